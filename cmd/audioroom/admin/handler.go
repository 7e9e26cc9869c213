// Package admin is the operator's side door: profiles, the rooms as they are in
// memory, closing one of them, draining, the log level. It is plain HTTP without
// a password, so it is for a loopback listener of its own, and takes no request
// that a browser sends on behalf of some page.
package admin

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
)

// Handler serves the admin API.
type Handler struct {
	program Program
	mux     *http.ServeMux
}

var _ http.Handler = (*Handler)(nil)

// New returns the admin API of a program.
func New(program Program) *Handler {
	h := &Handler{program: program, mux: http.NewServeMux()}
	h.mux.HandleFunc("GET /{$}", h.index)
	h.mux.HandleFunc("GET /rooms", h.list)
	h.mux.HandleFunc("GET /rooms/{id}", h.show)
	h.mux.HandleFunc("POST /rooms/{id}/close", h.close)
	h.mux.HandleFunc("GET /drain", h.state)
	h.mux.HandleFunc("POST /drain", h.drain)
	h.mux.HandleFunc("POST /undrain", h.undrain)
	h.mux.HandleFunc("GET /log-level", h.level)
	h.mux.HandleFunc("PUT /log-level", h.setLevel)

	h.mux.HandleFunc("/debug/pprof/", pprof.Index)
	h.mux.HandleFunc("/debug/pprof/cmdline", http.NotFound) // flags may hold secrets
	h.mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	h.mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	h.mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !loopback(hostname(r.Host)) {
		// A page anywhere can have its name resolve to 127.0.0.1.
		refuse(w, http.StatusForbidden, "ask for 127.0.0.1 or localhost, not for "+r.Host)
		return
	}
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		refuse(w, http.StatusForbidden, "not for pages in a browser")
		return
	}
	h.mux.ServeHTTP(w, r)
}

// index says what there is.
func (h *Handler) index(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{
		"GET /rooms":             "the rooms that are open here",
		"GET /rooms/{id}":        "one room as it is in memory",
		"POST /rooms/{id}/close": "close a room: everybody is told, nothing of it stays",
		"GET /drain":             "whether the server is draining, and what is left",
		"POST /drain":            "take no new connections and say so to /readyz",
		"POST /undrain":          "take them again",
		"GET /log-level":         "the log level",
		"PUT /log-level":         "set it: debug, info, warn or error as the body",
		"GET /debug/pprof/":      "profiles of the Go runtime",
	})
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

// answer writes JSON, for people to read.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	_ = out.Encode(body) // the peer is gone: nobody to tell
}

// Fault is what the API answers when it could not do as asked.
type Fault struct {
	Error string `json:"error"`
}

// refuse answers what is wrong.
func refuse(w http.ResponseWriter, status int, why string) { answer(w, status, Fault{why}) }
