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
	"strconv"
	"strings"
	"time"
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

	h.mux.HandleFunc("/debug/pprof/", brief(pprof.Index))
	h.mux.HandleFunc("/debug/pprof/cmdline", http.NotFound) // flags may hold secrets
	h.mux.HandleFunc("/debug/pprof/profile", brief(pprof.Profile))
	h.mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	h.mux.HandleFunc("/debug/pprof/trace", brief(pprof.Trace))
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !meant(w, r) {
		return
	}
	// Pages on other ports of this machine are "same-site".
	site := r.Header.Get("Sec-Fetch-Site")
	if r.Header.Get("Origin") != "" || site != "" && site != "none" && site != "same-origin" {
		refuse(w, http.StatusForbidden, "not for pages in a browser")
		return
	}
	h.mux.ServeHTTP(w, r)
}

// Guard lets no request through to a loopback listener that is not meant for this
// machine.
func Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if meant(w, r) {
			next.ServeHTTP(w, r)
		}
	})
}

// meant answers a request that asks for another host: a page anywhere can have its
// name resolve to 127.0.0.1.
func meant(w http.ResponseWriter, r *http.Request) bool {
	if loopback(hostname(r.Host)) {
		return true
	}
	refuse(w, http.StatusForbidden, "ask for 127.0.0.1 or localhost, not for "+r.Host)
	return false
}

// maxProfile bounds a profile that is taken over a time: it costs what it measures.
const maxProfile = 60 * time.Second

// brief refuses profiles over longer times.
func brief(profile http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		seconds, err := strconv.ParseFloat(r.FormValue("seconds"), 64)
		if err == nil && !(seconds <= maxProfile.Seconds()) { // NaN is no time either
			refuse(w, http.StatusBadRequest, "seconds may be 60 at most")
			return
		}
		profile(w, r)
	}
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
