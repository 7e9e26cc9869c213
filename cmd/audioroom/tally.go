package main

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"audioroom/wsconn"
)

// eventLimits are the upper bounds of the buckets of event durations: from what a
// room takes without Redis to what a client gives up on.
var eventLimits = [...]time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond,
	5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 5 * time.Second,
}

// maxResults is room for every wsconn.EventResult, with the rest of a cell a
// multiple of a cache line.
const maxResults = 10

// tallyShards spreads the sessions that count at the same time; a power of two,
// far above the number of cores.
const tallyShards = 32

// tally counts the events of all clients. Each is two or three uncontended atomic
// additions: no label is looked up, and sessions that are answered at the same
// time count in different places. Prometheus gets the sums when it asks.
type tally struct {
	events  []string // by code
	results []wsconn.EventResult
	shards  [tallyShards][]cell
	// refused counts what was refused by the budgets of connections.
	refused [budgetEnd]atomic.Uint64

	total, seconds, refusals *prometheus.Desc
}

// budget is one that connections use up. Those of events are in the cells.
type budget int

const (
	budgetConnects budget = iota
	budgetUser
	budgetAddress
	budgetServer
	budgetFrames
	budgetUnderway

	budgetEnd
)

var budgetNames = [budgetEnd]string{"connects", "user_connections", "address_connections", "connections", "frames", "underway"}

// onlyOf are the results that one event alone has.
var onlyOf = map[wsconn.EventResult]string{
	wsconn.ResultFlooded: "chat:message", wsconn.ResultSprawling: "room:join", wsconn.ResultFull: "room:join",
}

// cell is one event in one shard: 24 words, three cache lines.
type cell struct {
	results [maxResults]atomic.Uint64
	buckets [len(eventLimits) + 1]atomic.Uint64 // the last for what is slower
	sum     atomic.Uint64                       // ns
}

var _ prometheus.Collector = (*tally)(nil)

func newTally() *tally {
	t := &tally{
		events: wsconn.EventNames(), results: wsconn.EventResults(),
		total: prometheus.NewDesc("audioroom_events_total", "Events of clients, by how they were answered.",
			[]string{"event", "result"}, nil),
		seconds: prometheus.NewDesc("audioroom_event_duration_seconds", "Time from an event's arrival to its answer.",
			[]string{"event"}, nil),
		refusals: prometheus.NewDesc("audioroom_budget_refusals_total", "What was refused because a budget was used up, by budget.",
			[]string{"budget"}, nil),
	}
	for i := range t.shards {
		t.shards[i] = make([]cell, len(t.events))
	}
	return t
}

// count counts an event. Any goroutine may call it.
func (t *tally) count(session uint64, event wsconn.EventCode, result wsconn.EventResult, took time.Duration) {
	c := &t.shards[session%tallyShards][event]
	i := 0
	for i < len(eventLimits) && took > eventLimits[i] {
		i++
	}
	c.results[result].Add(1)
	c.buckets[i].Add(1)
	c.sum.Add(uint64(took))
}

// Describe implements prometheus.Collector.
func (t *tally) Describe(to chan<- *prometheus.Desc) {
	to <- t.total
	to <- t.seconds
	to <- t.refusals
}

// Collect implements prometheus.Collector.
func (t *tally) Collect(to chan<- prometheus.Metric) {
	var throttled, flooded, sprawling, full uint64
	for code, event := range t.events {
		var sum, count uint64
		var results [maxResults]uint64
		limits := make(map[float64]uint64, len(eventLimits))
		for i := range len(eventLimits) + 1 {
			for s := range t.shards {
				count += t.shards[s][code].buckets[i].Load()
			}
			if i < len(eventLimits) {
				limits[eventLimits[i].Seconds()] = count
			}
		}
		for s := range t.shards {
			c := &t.shards[s][code]
			sum += c.sum.Load()
			for _, r := range t.results {
				results[r] += c.results[r].Load()
			}
		}
		to <- prometheus.MustNewConstHistogram(t.seconds, count, time.Duration(sum).Seconds(), limits, event)
		for _, r := range t.results {
			if only := onlyOf[r]; only != "" && only != event {
				continue
			}
			to <- prometheus.MustNewConstMetric(t.total, prometheus.CounterValue, float64(results[r]), event, r.String())
		}
		throttled += results[wsconn.ResultThrottled]
		flooded += results[wsconn.ResultFlooded]
		sprawling += results[wsconn.ResultSprawling]
		full += results[wsconn.ResultFull]
	}
	to <- prometheus.MustNewConstMetric(t.refusals, prometheus.CounterValue, float64(throttled), "events")
	to <- prometheus.MustNewConstMetric(t.refusals, prometheus.CounterValue, float64(flooded), "chat")
	to <- prometheus.MustNewConstMetric(t.refusals, prometheus.CounterValue, float64(sprawling), "rooms")
	to <- prometheus.MustNewConstMetric(t.refusals, prometheus.CounterValue, float64(full), "participants")
	for b := range t.refused {
		to <- prometheus.MustNewConstMetric(t.refusals, prometheus.CounterValue, float64(t.refused[b].Load()), budgetNames[b])
	}
}
