package wsconn

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"audioroom/wsconn/transport"
)

// proxies are the networks whose word on where a client comes from is taken.
type proxies []netip.Prefix

func (p proxies) trust(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(addr) })
}

// client returns the network address of who sent a request: the peer's, unless
// that is a trusted proxy. Then it is what the proxies say, read from the right,
// where each has appended whom it heard: the first that is no proxy itself.
// Further left is the client's own word, which counts for nothing.
func (p proxies) client(r *transport.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr // not a network's, such as a test's pipe
	}
	addr, ok := parseAddr(host)
	if !ok {
		return host
	}
	heard := r.ForwardedFor
	for p.trust(addr) && heard != "" {
		entry := heard
		if i := strings.LastIndexByte(heard, ','); i >= 0 {
			heard, entry = heard[:i], heard[i+1:]
		} else {
			heard = ""
		}
		next, ok := parseAddr(strings.TrimSpace(entry))
		if !ok { // a proxy that hides its clients: they count as one
			break
		}
		addr = next
	}
	return addr.String()
}

// parseAddr reads an address with or without a port, as proxies write it.
func parseAddr(text string) (netip.Addr, bool) {
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return addr.Unmap().WithZone(""), err == nil
}
