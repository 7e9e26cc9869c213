package wsconn

import (
	"net/http"
	"net/netip"
	"strings"
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
		"of the newer protocol":                  {"[fd00::1]:5000", "2001:db8::7", "2001:db8::/64"},
		"another one of the same customer":       {"[2001:db8::a:b:c:d]:5000", "", "2001:db8::/64"},
		"one of the next customer":               {"[2001:db8:0:1::7]:5000", "", "2001:db8:0:1::/64"},
		"of the newer protocol, with a port":     {"[fd00::1]:5000", "[2001:db8::7]:4711", "2001:db8::/64"},
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

// Whoever has one address of IPv6 has 2^64 of them.
func TestGateway_ConnectionsPerAddress_of_IPv6(t *testing.T) {
	w := newWorld(t, Config{ConnectionsPerAddress: 2, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	from := func(address string) http.Header { return http.Header{"X-Forwarded-For": {address}} }
	w.dial(t, from("2001:db8::1"))
	w.dial(t, from("2001:db8::2"))
	third := w.dial(t, from("2001:db8::a:3"))
	require.Equal(t, websocket.CloseTryAgainLater, third.expectClose())
	w.dial(t, from("2001:db8:0:1::1")).enter(tokenOfUser(t, 1, nil))
}

// An idle connection does not keep the 32 KB that a handshake may have.
func TestGateway_keeps_little_of_a_handshake(t *testing.T) {
	w := newWorld(t, Config{})
	token := tokenOfUser(t, 1, nil)
	ada := w.dial(t, http.Header{
		"Authorization": {"Bearer " + token}, "User-Agent": {strings.Repeat("u", 8000)}, "X-Forwarded-For": {strings.Repeat("9", 8000)},
	})
	ada.send("40")
	require.Contains(t, ada.next(), `40{"sid":`)
	kept := w.session(t, 1).conn.Request()
	require.Equal(t, transport.Request{Authorization: "Bearer " + token, RemoteAddr: kept.RemoteAddr}, *kept)

	long := &transport.Request{Origin: strings.Repeat("o", 8000), Authorization: "Bearer " + strings.Repeat("a", 20_000)}
	trim(long)
	require.Less(t, len(long.Origin)+len(long.Authorization), maxToken+1000)
	require.Greater(t, len(tokenOf(nil, long.Authorization)), maxToken, "which is refused")

	bob := w.dial(t, http.Header{"Authorization": {"Bearer " + strings.Repeat("a", 20_000)}})
	bob.send("40")
	require.Equal(t, `44{"message":"Invalid credentials"}`, bob.next())
}
