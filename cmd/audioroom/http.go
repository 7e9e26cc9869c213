package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Bounds of /metrics, which is served where clients are: each scrape takes some
// milliseconds of a CPU, and some tenths of a second while Redis is away.
const (
	scrapes       = 8 // at the same time; some Prometheis and a person
	scrapeTimeout = 5 * time.Second
)

// routes is what is served over HTTP.
func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", s.gateway)
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: scrapes, Timeout: scrapeTimeout,
	}))
	return mux
}

// condition is what /healthz and /readyz answer.
type condition struct {
	Status string `json:"status"`
	// Degraded says of each part that is not well what is wrong with it.
	Degraded map[string]string `json:"degraded,omitempty"`
}

// healthz tells whether everything works: 200, or 503 and what does not.
func (s *server) healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, "ok", "degraded", s.troubles())
}

// readyz tells whether new clients should be sent here.
func (s *server) readyz(w http.ResponseWriter, _ *http.Request) {
	troubles := make(map[string]string)
	if h := s.store.Healthy(); !h.OK {
		troubles["redis"] = s.config.discreet(h.Reason)
	}
	if !s.ready.Load() {
		troubles["start"] = "rooms are not restored yet, or the backend was not reached yet"
	}
	if s.gate.closed() {
		troubles["draining"] = "the server takes no new connections"
	}
	answer(w, "ready", "not ready", troubles)
}

// troubles is what is wrong, by part.
func (s *server) troubles() map[string]string {
	troubles := make(map[string]string)
	if h := s.store.Healthy(); !h.OK {
		troubles["redis"] = s.config.discreet(h.Reason)
	}
	if h := s.backend.reporter.Healthy(); !h.OK {
		troubles["laravel"] = s.config.discreet(h.Reason)
	}
	if n := s.metrics.unsavedRooms.Load(); n > 0 {
		troubles["rooms"] = fmt.Sprintf("%d served from memory, not saved", n)
	}
	return troubles
}

// inside matches what tells where something is: URLs, paths in quotes, names that
// are looked up, and addresses of the network.
var inside = regexp.MustCompile(`"[^"]*"|\bunix \S+|\blookup \S+|(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?|` + addresses.String())

// discreet returns a reason without where Redis, the backend and this server are:
// anybody may ask for it. The log has all of it.
func (c *config) discreet(reason string) string {
	for _, text := range []string{c.RedisURL, c.LaravelURL} {
		if u, err := url.Parse(text); err == nil && u.Hostname() != "" {
			reason = strings.ReplaceAll(reason, u.Host, "…")
			reason = strings.ReplaceAll(reason, u.Hostname(), "…")
		}
	}
	return inside.ReplaceAllString(reason, "…")
}

func answer(w http.ResponseWriter, well, ill string, troubles map[string]string) {
	c, code := condition{Status: well}, http.StatusOK
	if len(troubles) > 0 {
		c, code = condition{Status: ill, Degraded: troubles}, http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(c) // the peer is gone: nobody to tell
}

// newLogger makes the log that the configuration asks for, at a level that can be
// changed.
func newLogger(c *config, w io.Writer, level *slog.LevelVar) *slog.Logger {
	configured, _ := c.logLevel() // validated
	level.Set(configured)
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
