package wsconn

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"audioroom/wsconn/transport"
)

func TestProxies_client(t *testing.T) {
	trusted := proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, c := range map[string]struct {
		peer, forwarded, want string
	}{
		"a client of its own":                    {"203.0.113.7:5000", "", "203.0.113.7"},
		"a client that claims to be another":     {"203.0.113.7:5000", "198.51.100.1", "203.0.113.7"},
		"a client that claims to be a proxy's":   {"203.0.113.7:5000", "10.0.0.9", "203.0.113.7"},
		"behind a proxy":                         {"10.0.0.1:5000", "203.0.113.7", "203.0.113.7"},
		"behind two proxies":                     {"10.0.0.1:5000", "203.0.113.7, 10.0.0.2", "203.0.113.7"},
		"a lie before the proxy's word":          {"10.0.0.1:5000", "198.51.100.1,203.0.113.7", "203.0.113.7"},
		"a lie that looks like a proxy's word":   {"10.0.0.1:5000", "198.51.100.1, 10.0.0.3, 203.0.113.7", "203.0.113.7"},
		"a proxy that says nothing":              {"10.0.0.1:5000", "", "10.0.0.1"},
		"a proxy that hides its clients":         {"10.0.0.1:5000", "198.51.100.1, unknown", "10.0.0.1"},
		"from within, through proxies alone":     {"10.0.0.1:5000", "10.0.0.7, 10.0.0.2", "10.0.0.7"},
		"with a port":                            {"10.0.0.1:5000", "203.0.113.7:4711", "203.0.113.7"},
		"of the newer protocol":                  {"[fd00::1]:5000", "2001:db8::7", "2001:db8::7"},
		"of the newer protocol, with a port":     {"[fd00::1]:5000", "[2001:db8::7]:4711", "2001:db8::7"},
		"of the older protocol within the newer": {"[::ffff:10.0.0.1]:5000", "::ffff:203.0.113.7", "203.0.113.7"},
		"an empty entry":                         {"10.0.0.1:5000", "203.0.113.7,", "10.0.0.1"},
		"no network address":                     {"pipe", "203.0.113.7", "pipe"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, trusted.client(&transport.Request{RemoteAddr: c.peer, ForwardedFor: c.forwarded}))
		})
	}
}

func TestGateway_ConnectionsPerAddress_behind_a_proxy(t *testing.T) {
	w := newWorld(t, Config{ConnectionsPerAddress: 1, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	from := func(lines ...string) http.Header { return http.Header{"X-Forwarded-For": lines} }
	w.dial(t, from("203.0.113.7"))
	w.dial(t, from("203.0.113.8"))
	eventually(t, func() bool { return w.addressCount("203.0.113.7") == 1 && w.addressCount("203.0.113.8") == 1 }, "each is counted")
	for _, header := range []http.Header{from("203.0.113.7"), from("198.51.100.1, 203.0.113.7"), from("198.51.100.1", "203.0.113.7")} {
		ws, _, err := w.dialer.Dial("ws://audioroom.test/socket.io/?EIO=4&transport=websocket", header)
		require.NoError(t, err)
		second := &peer{t: t, ws: ws}
		require.Equal(t, websocket.CloseTryAgainLater, second.expectClose(), "%v", header)
		ws.Close()
	}
}
