package main

import (
	"net/http"
	"strings"

	"audioroom/cmd/audioroom/page"
)

// look returns the page and what it looks at, before what else a listener
// serves. The listener is one that only this machine reaches.
func (s *server) look(rest http.Handler, c page.Config) http.Handler {
	c.Store, c.SeatGrace, c.InviteTTL = s.store, s.config.SeatGrace, s.config.InviteTTL
	p := page.New(c)
	mux := http.NewServeMux()
	mux.Handle("/", rest)
	mux.Handle("/{$}", forPeople(p, rest))
	mux.Handle("/page/", p)
	own := s.routes()
	mux.Handle("/socket.io/", page.Admit(own))
	mux.Handle("/healthz", own)
	mux.Handle("/readyz", own)
	mux.Handle("/metrics", own)
	return mux
}

// forPeople serves the page to browsers, and to programs what is there for them.
func forPeople(page, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			page.ServeHTTP(w, r)
		} else {
			rest.ServeHTTP(w, r)
		}
	})
}
