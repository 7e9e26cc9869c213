package main

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"audioroom/actors"
	"audioroom/laravel"
	"audioroom/persistence"
	"audioroom/wsconn"
	"audioroom/wsconn/transport"
)

// metrics counts what the adapters and rooms tell, for /metrics.
type metrics struct {
	transport.NopObserver
	registry *prometheus.Registry

	openRooms, unsavedRooms atomic.Int64

	handshakes    *prometheus.CounterVec
	closed        *prometheus.CounterVec
	authenticated *prometheus.CounterVec
	sentFrames    prometheus.Counter
	sentBytes     prometheus.Counter
	panics        *prometheus.CounterVec
	lostRooms     prometheus.Counter
	quarantined   prometheus.Counter
	commits       prometheus.Histogram
	batches       prometheus.Histogram
	lateCommits   prometheus.Counter
	storeFaults   *prometheus.CounterVec
	laravelCalls  *prometheus.HistogramVec
}

var (
	_ actors.Observer      = (*metrics)(nil)
	_ transport.Observer   = (*metrics)(nil)
	_ persistence.Observer = (*metrics)(nil)
	_ laravel.Observer     = (*metrics)(nil)
	_ wsconn.Observer      = (*metrics)(nil)
)

// newMetrics registers everything that is counted.
func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "audioroom_" + name, Help: help})
	}
	counters := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "audioroom_" + name, Help: help}, []string{label})
	}
	m := &metrics{
		registry:      prometheus.NewRegistry(),
		handshakes:    counters("handshakes_refused_total", "Handshakes answered with an error, by HTTP status.", "status"),
		closed:        counters("connections_closed_total", "Connections that ended, by reason.", "reason"),
		authenticated: counters("authentications_total", "CONNECT packets, by outcome.", "outcome"),
		sentFrames:    counter("sent_frames_total", "Frames handed to the network."),
		sentBytes:     counter("sent_bytes_total", "Bytes handed to the network."),
		panics:        counters("panics_total", "Panics that were survived, by where.", "where"),
		lostRooms:     counter("rooms_lost_total", "Rooms given up because another process owns them, or because of a panic amidst."),
		quarantined:   counter("rooms_quarantined_total", "Rooms put aside because they kept panicking or their snapshot can't be read."),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "audioroom_commit_seconds", Help: "Time from a commit's making to its confirmation.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2.5, 12),
		}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "audioroom_commit_batch_size", Help: "Claims and commits that shared one pipeline.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 10),
		}),
		lateCommits: counter("commits_late_total", "Commits and claims not confirmed within the commit timeout."),
		storeFaults: counters("commit_retries_total", "Commits and claims sent again, by fault.", "fault"),
		laravelCalls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "audioroom_laravel_call_seconds", Help: "Calls to the backend, by endpoint and outcome.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 11),
		}, []string{"endpoint", "outcome"}),
	}
	m.registry.MustRegister(m.handshakes, m.closed, m.authenticated, m.sentFrames, m.sentBytes, m.panics, m.lostRooms, m.quarantined,
		m.commits, m.batches, m.lateCommits, m.storeFaults, m.laravelCalls,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, r := range transport.CloseReasons() {
		m.closed.WithLabelValues(r.String())
	}
	return m
}

// watch registers what is read from the running server.
func (m *metrics) watch(s *server) {
	gauge := func(name, help string, read func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "audioroom_" + name, Help: help}, read))
	}
	gauge("connections", "Open connections.", func() float64 { return float64(s.gateway.Connections()) })
	gauge("rooms", "Rooms that are open.", func() float64 { return float64(m.openRooms.Load()) })
	gauge("rooms_unsaved", "Rooms served from memory because Redis does not confirm.", func() float64 { return float64(m.unsavedRooms.Load()) })
	gauge("statuses_pending", "Statuses that the backend has not accepted yet.", func() float64 { return float64(s.backend.reporter.Pending()) })
}

// RoomOpened implements actors.Observer.
func (m *metrics) RoomOpened() { m.openRooms.Add(1) }

// RoomClosed implements actors.Observer.
func (m *metrics) RoomClosed() { m.openRooms.Add(-1) }

// RoomPanicked implements actors.Observer.
func (m *metrics) RoomPanicked() { m.panics.WithLabelValues("room").Inc() }

// RoomLost implements actors.Observer.
func (m *metrics) RoomLost() { m.lostRooms.Inc() }

// RoomQuarantined implements actors.Observer.
func (m *metrics) RoomQuarantined() { m.quarantined.Inc() }

// RoomUnsaved implements actors.Observer.
func (m *metrics) RoomUnsaved(unsaved bool) {
	if unsaved {
		m.unsavedRooms.Add(1)
	} else {
		m.unsavedRooms.Add(-1)
	}
}

// Refused implements transport.Observer.
func (m *metrics) Refused(status int) { m.handshakes.WithLabelValues(strconv.Itoa(status)).Inc() }

// Closed implements transport.Observer.
func (m *metrics) Closed(reason transport.CloseReason) {
	m.closed.WithLabelValues(reason.String()).Inc()
}

// Written implements transport.Observer.
func (m *metrics) Written(frames, bytes int) {
	m.sentFrames.Add(float64(frames))
	m.sentBytes.Add(float64(bytes))
}

// Panicked implements transport.Observer.
func (m *metrics) Panicked() { m.panics.WithLabelValues("connection").Inc() }

// Authenticated implements wsconn.Observer.
func (m *metrics) Authenticated(outcome wsconn.AuthOutcome) {
	m.authenticated.WithLabelValues(string(outcome)).Inc()
}

// Pipeline implements persistence.Observer.
func (m *metrics) Pipeline(orders int, _ time.Duration) { m.batches.Observe(float64(orders)) }

// Done implements persistence.Observer.
func (m *metrics) Done(took time.Duration, _ error) { m.commits.Observe(took.Seconds()) }

// Late implements persistence.Observer.
func (m *metrics) Late() { m.lateCommits.Inc() }

// Fault implements persistence.Observer.
func (m *metrics) Fault(fault persistence.Fault) {
	m.storeFaults.WithLabelValues(string(fault)).Inc()
}

// LaravelCall implements laravel.Observer.
func (m *metrics) LaravelCall(endpoint laravel.Endpoint, outcome laravel.Outcome, took time.Duration) {
	m.laravelCalls.WithLabelValues(string(endpoint), string(outcome)).Observe(took.Seconds())
}
