package main

import (
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"audioroom/laravel"
	"audioroom/persistence"
	"audioroom/wsconn"
	"audioroom/wsconn/transport"
)

// metrics is everything that the program counts, for /metrics. What happens with
// each message is in the tally; the rest is seldom enough to look labels up. Each
// series is there from the start, so that a rate over it misses nothing.
type metrics struct {
	transport.NopObserver
	registry *prometheus.Registry

	openRooms, unsavedRooms, participants atomic.Int64

	tally         *tally
	opened        prometheus.Counter
	closed        *prometheus.CounterVec
	handshakes    *prometheus.CounterVec
	authenticated *prometheus.CounterVec
	sentFrames    prometheus.Counter
	sentBytes     prometheus.Counter
	drops         *prometheus.CounterVec
	panics        *prometheus.CounterVec

	roomsOpened prometheus.Counter
	respawns    prometheus.Counter
	lostRooms   prometheus.Counter
	quarantined prometheus.Counter

	confirmed   prometheus.Counter // of commits; kept apart because it is the usual result
	commits     *prometheus.CounterVec
	commitTime  prometheus.Histogram
	batches     prometheus.Histogram
	pipelines   prometheus.Histogram
	lateCommits prometheus.Counter
	storeFaults *prometheus.CounterVec

	laravelCalls *prometheus.CounterVec
	laravelTime  *prometheus.HistogramVec
	events       *prometheus.CounterVec
}

// What a drop can be of, as a label.
const (
	dropConnection = "connection" // cut because it could not keep up
	dropMessage    = "message"    // came for a room that had just gone
	dropStatus     = "status"     // left to the outbox until the next start
	dropEvent      = "event"      // of the backend, unusable
)

// Buckets, 12 at most: each is a series of its own.
var (
	commitBuckets  = []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5}
	laravelBuckets = []float64{.0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	batchBuckets   = prometheus.ExponentialBuckets(1, 2, 10) // up to persistence.DefaultBatchCount
)

// newMetrics registers everything that is counted.
func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), tally: newTally()}
	m.registry.MustRegister(m.tally, collectors.NewGoCollector(), collectors.NewBuildInfoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	m.opened = m.counter("connections_opened_total", "Connections that were let in.")
	m.closed = m.counters("connections_closed_total", "Connections that ended, by reason.", "reason", texts(transport.CloseReasons())...)
	m.handshakes = m.counters("handshakes_refused_total", "Handshakes answered with an error, by HTTP status.", "status", "400", "503")
	m.authenticated = m.counters("authentications_total", "CONNECT packets, by outcome.", "outcome", labels(wsconn.AuthOutcomes())...)
	m.sentFrames = m.counter("sent_frames_total", "Frames handed to the network.")
	m.sentBytes = m.counter("sent_bytes_total", "Bytes handed to the network.")
	m.drops = m.counters("drops_total", "What could not be delivered, by what it was.", "what",
		dropConnection, dropMessage, dropStatus, dropEvent)
	m.panics = m.counters("panics_total", "Panics that were survived, by where.", "where", "room", "connection", "backend", "http")

	m.roomsOpened = m.counter("rooms_opened_total", "Rooms that were opened here, restored ones included.")
	m.respawns = m.counter("room_respawns_total", "Rooms that went on after a panic.")
	m.lostRooms = m.counter("rooms_lost_total", "Rooms given up because another process owns them, or because of a panic amidst.")
	m.quarantined = m.counter("rooms_quarantined_total", "Rooms put aside because they kept panicking or their snapshot can't be read.")

	m.commits = m.counters("commits_total", "Claims and commits that were answered, by result.", "result",
		"confirmed", "fenced", "diverged", "closed")
	m.confirmed = m.commits.WithLabelValues("confirmed")
	m.commitTime = m.histogram("commit_duration_seconds", "Time from a claim's or commit's making to its answer.", commitBuckets)
	m.batches = m.histogram("commit_batch_size", "Claims and commits that shared one pipeline.", batchBuckets)
	m.pipelines = m.histogram("redis_pipeline_duration_seconds", "Time that Redis took for a pipeline of claims and commits.", commitBuckets)
	m.lateCommits = m.counter("commits_late_total", "Claims and commits not confirmed within the commit timeout.")
	m.storeFaults = m.counters("commit_retries_total", "Claims and commits sent again, by fault.", "fault", labels(persistence.Faults())...)

	m.laravelCalls = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "audioroom_laravel_calls_total", Help: "Calls to the backend, each attempt for itself, by endpoint and outcome.",
	}, []string{"endpoint", "outcome"})
	m.laravelTime = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "audioroom_laravel_call_duration_seconds", Help: "Time of calls to the backend, by endpoint.", Buckets: laravelBuckets,
	}, []string{"endpoint"})
	m.registry.MustRegister(m.laravelCalls, m.laravelTime)
	for _, endpoint := range laravel.Endpoints() {
		m.laravelTime.WithLabelValues(string(endpoint))
		for _, outcome := range laravel.Outcomes() {
			m.laravelCalls.WithLabelValues(string(endpoint), string(outcome))
		}
	}
	m.events = m.counters("backend_events_total", "Events that the backend published, by what came of them.", "result",
		eventDone, eventFailed, eventGarbled, eventRepeated)

	m.tellVersion()
	m.gauge("rooms", "Rooms that are open.", func() float64 { return float64(m.openRooms.Load()) })
	m.gauge("participants", "Participants of all rooms.", func() float64 { return float64(m.participants.Load()) })
	m.gauge("rooms_unsaved", "Rooms served from memory because Redis does not confirm.", func() float64 { return float64(m.unsavedRooms.Load()) })
	return m
}

func (m *metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "audioroom_" + name, Help: help})
	m.registry.MustRegister(c)
	return c
}

// counters makes a counter for each value of a label.
func (m *metrics) counters(name, help, label string, values ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "audioroom_" + name, Help: help}, []string{label})
	m.registry.MustRegister(c)
	for _, value := range values {
		c.WithLabelValues(value)
	}
	return c
}

func (m *metrics) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "audioroom_" + name, Help: help, Buckets: buckets})
	m.registry.MustRegister(h)
	return h
}

func (m *metrics) gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "audioroom_" + name, Help: help}, read))
}

// labels turns the values of an enumeration into those of a label.
func labels[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

func texts[T interface{ String() string }](values []T) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = v.String()
	}
	return list
}

func statusLabel(status int) string { return strconv.Itoa(status) }
