package main

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"audioroom/actors"
)

const (
	// watchTimeout bounds what a scrape asks of rooms and of Redis. What does not
	// answer within it is left out of that scrape.
	watchTimeout = 500 * time.Millisecond
	// watchAge is how long their answers are used again: anybody may scrape, as
	// often as they like.
	watchAge = time.Second
)

// answers are what rooms and Redis say when they are asked. Any goroutine may get
// them.
type answers struct {
	askDepth  func(context.Context) (actors.Depth, error)
	askLength func(context.Context) (int, error) // of the outbox

	mu     sync.Mutex // held while they are asked: who comes meanwhile uses the answers
	at     time.Time
	latest answered
}

// answered is one set of answers.
type answered struct {
	depth               actors.Depth
	length              int
	depthErr, lengthErr error
}

// get returns answers of this second.
func (a *answers) get() answered {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.at.IsZero() && time.Since(a.at) < watchAge {
		return a.latest
	}
	ctx, cancel := context.WithTimeout(context.Background(), watchTimeout)
	defer cancel()
	var asking sync.WaitGroup
	asking.Go(func() { a.latest.depth, a.latest.depthErr = a.askDepth(ctx) })
	a.latest.length, a.latest.lengthErr = a.askLength(ctx)
	asking.Wait()
	a.at = time.Now()
	return a.latest
}

// watch reads what the running server knows of itself whenever it is asked for.
type watch struct {
	server  *server
	answers answers

	connections, healthy, ready, draining, pending, outbox, supervisor, mailbox, deepest *prometheus.Desc
}

var _ prometheus.Collector = (*watch)(nil)

func newWatch(s *server) *watch {
	gauge := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("audioroom_"+name, help, labels, nil)
	}
	return &watch{
		server:      s,
		answers:     answers{askDepth: s.rooms.Depth, askLength: s.store.OutboxLen},
		connections: gauge("connections", "Open connections, by state: in session, or not authenticated (yet).", "state"),
		healthy:     gauge("healthy", "Whether the latest dealings with Redis and with the backend went well: 1 or 0.", "part"),
		ready:       gauge("ready", "Whether rooms are restored and the backend was reached: 1 or 0."),
		draining:    gauge("draining", "Whether new connections are refused: 1 or 0."),
		pending:     gauge("statuses_pending", "Rooms of this server whose latest status the backend has not answered yet."),
		outbox:      gauge("outbox_statuses", "Statuses in Redis that the backend has not accepted, those of all servers."),
		supervisor:  gauge("supervisor_messages", "Messages that wait for the supervisor, which opens rooms and passes orders on to them."),
		mailbox:     gauge("mailbox_messages", "Messages that wait for rooms."),
		deepest:     gauge("mailbox_messages_max", "Messages that wait for the room with the most of them."),
	}
}

// Describe implements prometheus.Collector.
func (w *watch) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		w.connections, w.healthy, w.ready, w.draining, w.pending, w.outbox, w.supervisor, w.mailbox, w.deepest,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (w *watch) Collect(to chan<- prometheus.Metric) {
	set := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	s := w.server
	all, sessions := s.gateway.Connections(), s.gateway.Sessions()
	set(w.connections, float64(sessions), "session")
	set(w.connections, float64(max(all-sessions, 0)), "unauthenticated")
	set(w.healthy, truth(s.store.Healthy().OK), "redis")
	set(w.healthy, truth(s.backend.reporter.Healthy().OK), "laravel")
	set(w.ready, truth(s.ready.Load()))
	set(w.draining, truth(s.gate.closed()))
	set(w.pending, float64(s.backend.reporter.Pending()))
	set(w.supervisor, float64(s.rooms.Backlog()))

	a := w.answers.get()
	if a.lengthErr == nil {
		set(w.outbox, float64(a.length))
	}
	if a.depthErr == nil {
		set(w.mailbox, float64(a.depth.Waiting))
		set(w.deepest, float64(a.depth.Deepest))
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
