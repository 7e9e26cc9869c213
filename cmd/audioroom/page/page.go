// Package page is what people look at: a room in which they can take part, an
// overview of the running server, and the reference of the events. It is plain
// HTML, CSS and modules, embedded in the program.
//
// The page is a client like any other: it speaks Socket.IO, and reads /healthz
// and /metrics. Beside that it asks the handler which rooms there are and what is
// stored of one, because the events don't tell until when a seat is held.
//
// The handler is for listeners that only this machine can reach, and answers
// nobody else: one with Config.Mint gives a token to whoever asks.
package page

import (
	"context"
	"net/http"
	"time"
)

// Store is what the page asks about rooms. Calls may block until ctx ends.
type Store interface {
	// Active returns the ids of the open rooms, the longest inactive first.
	Active(ctx context.Context) ([]string, error)
	// Snapshot returns a room's snapshot, nil if it is not stored.
	Snapshot(ctx context.Context, roomID string) ([]byte, error)
}

// Person is somebody whom the page offers to be.
type Person struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	// Rank is "owner", "admin" or "member", as the backend of development says.
	Rank string `json:"rank"`
}

// Config is what a Handler needs.
type Config struct {
	Store Store
	// SeatGrace and InviteTTL are the server's: the page counts down from them
	// until it has read what is stored.
	SeatGrace, InviteTTL time.Duration
	// Mint makes a token; it is called from any goroutine. Nil: the page asks for
	// one.
	Mint func(user int64, name string) (string, error)
	// People are whom the page offers to be, if there is a Mint.
	People []Person
}

// Handler serves the page. It may be used by many goroutines.
type Handler struct {
	config Config
	mux    *http.ServeMux
	assets map[string]asset
	rooms  listing
}

// New returns a handler.
func New(config Config) *Handler {
	h := &Handler{config: config, mux: http.NewServeMux(), assets: loadAssets()}
	h.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { h.serveAsset(w, r, "index.html") })
	h.mux.HandleFunc("GET /page/{name...}", func(w http.ResponseWriter, r *http.Request) { h.serveAsset(w, r, r.PathValue("name")) })
	h.mux.HandleFunc("GET /page/api/config", h.serveConfig)
	h.mux.HandleFunc("GET /page/api/rooms", h.serveRooms)
	h.mux.HandleFunc("GET /page/api/room", h.serveRoom)
	if config.Mint != nil {
		h.mux.HandleFunc("POST /page/api/token", h.serveToken)
	}
	return h
}

// Admit lets the page connect to a Socket.IO server that is served beside it,
// whatever origins that accepts: a page is no stranger where it comes from.
func Admit(sockets http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if local(r) && own(r) {
			r.Header.Del("Origin") // as from a client that is no page
		}
		sockets.ServeHTTP(w, r)
	})
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !local(r) {
		http.Error(w, "this page is for this machine only: ask for 127.0.0.1 or localhost", http.StatusForbidden)
		return
	}
	protect(w.Header(), r.Host)
	h.mux.ServeHTTP(w, r)
}

// serveConfig tells the page what it can't know.
func (h *Handler) serveConfig(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, struct {
		Mints     bool     `json:"mints"`
		People    []Person `json:"people"`
		SeatGrace int64    `json:"seatGrace"` // milliseconds
		InviteTTL int64    `json:"inviteTTL"` // milliseconds
	}{h.config.Mint != nil, h.config.People, h.config.SeatGrace.Milliseconds(), h.config.InviteTTL.Milliseconds()})
}
