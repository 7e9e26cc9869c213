package page

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
)

// local reports whether a request comes from this machine and was meant for it.
// The second is not the same: a page anywhere can have its host's name resolve
// to 127.0.0.1 and its visitor's browser ask there, but the Host header then
// has the name.
func local(r *http.Request) bool {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && loopback(peer) && loopback(hostname(r.Host))
}

// hostname is a Host header without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// own reports whether a request comes from a page of this handler. Browsers say
// so with every POST; what is not a browser has no need to ask.
func own(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin == "http://"+r.Host || origin == "https://"+r.Host
}

// protect lets the page use what comes with it, and nothing else: no script or
// style of anybody's making, no address beyond the server's, no frame around it,
// no text taken for HTML. The host is a loopback one.
func protect(header http.Header, host string) {
	connect := "'self' ws://" + host + " wss://" + host // not every browser takes 'self' for both
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
		"connect-src "+connect+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "+
		"require-trusted-types-for 'script'; trusted-types 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// answer writes JSON that nobody is to keep.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the peer is gone: nobody to tell
}

// refuse answers what is wrong in a word.
func refuse(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]string{"error": why})
}
