package wsconn

import (
	"errors"
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

// ownBits is how much of an IPv6 address is the same for all that one customer may
// have: providers give each a /64 at least.
const ownBits = 64

// client returns the network address of who sent a request, of IPv6 the /64 that
// it is in, for who has one address of that has them all: the peer's, unless
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
	if addr.Is6() {
		network, _ := addr.Prefix(ownBits) // it has as many bits
		return network.String()
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

// errAddress refuses a connection.
var errAddress = errors.New("wsconn: too many connections from this address")

// countAddress counts a connection of an address in or out.
func (g *Gateway) countAddress(v *client, change int) error {
	limit := g.config.ConnectionsPerAddress
	if limit == 0 {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.addresses[v.address] += change // also of those that are refused: Closed follows
	switch n := g.addresses[v.address]; {
	case n <= 0:
		delete(g.addresses, v.address)
	case change > 0 && n > limit:
		return errAddress
	}
	return nil
}

// trim drops what nobody asks for any more from what is kept of a handshake, and
// what is longer than anything that is let in.
func trim(r *transport.Request) {
	r.ForwardedFor = ""
	r.Origin = clip(r.Origin, maxOrigin)
	r.Authorization = clip(r.Authorization, maxToken+len("Bearer ")+1) // one too many is refused as ever
}

// maxOrigin is longer than any Origin that is allowed: names of hosts have 253
// bytes at most.
const maxOrigin = 512

func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.Clone(text[:most])
}
