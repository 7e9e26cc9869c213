package main

import (
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"

	"audioroom/wsconn"
)

func TestTally_counts_each_event_once_whoever_counts(t *testing.T) {
	tally := newTally()
	code := wsconn.EventCode(len(tally.events) - 1)
	var counting sync.WaitGroup
	for session := range uint64(100) {
		counting.Go(func() {
			for range 10 {
				tally.count(session, code, wsconn.ResultOK, 250*time.Microsecond)
			}
			tally.count(session, code, wsconn.ResultThrottled, time.Minute)
		})
	}
	counting.Wait()
	tally.count(1, code, wsconn.ResultFlooded, 0)
	tally.count(1, code, wsconn.ResultSprawling, 0)
	tally.count(1, code, wsconn.ResultFull, 0)
	tally.count(1, code, wsconn.ResultFull, 0)
	tally.refused[budgetUser].Add(3)

	registry := prometheus.NewRegistry()
	registry.MustRegister(tally)
	all := exposition(registry)
	name := `event="` + tally.events[code] + `"`
	for _, line := range []string{
		`audioroom_events_total{` + name + `,result="ok"} 1000`,
		`audioroom_events_total{` + name + `,result="throttled"} 100`,
		`audioroom_events_total{` + name + `,result="refused"} 0`,
		`audioroom_event_duration_seconds_bucket{` + name + `,le="0.0001"} 4`,
		`audioroom_event_duration_seconds_bucket{` + name + `,le="0.00025"} 1004`,
		`audioroom_event_duration_seconds_bucket{` + name + `,le="5"} 1004`,
		`audioroom_event_duration_seconds_bucket{` + name + `,le="+Inf"} 1104`,
		`audioroom_event_duration_seconds_count{` + name + `} 1104`,
		`audioroom_event_duration_seconds_sum{` + name + `} 6000.25`,
		`audioroom_budget_refusals_total{budget="events"} 100`,
		`audioroom_budget_refusals_total{budget="chat"} 1`,
		`audioroom_budget_refusals_total{budget="rooms"} 1`,
		`audioroom_budget_refusals_total{budget="participants"} 2`,
		`audioroom_budget_refusals_total{budget="user_connections"} 3`,
	} {
		require.Contains(t, all, line)
	}
}

// exposition is what /metrics says, line by line.
func exposition(registry *prometheus.Registry) []string {
	page := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	return strings.Split(page.Body.String(), "\n")
}

// BenchmarkTally_count is what measuring costs for each event, from many
// sessions at once.
func BenchmarkTally_count(b *testing.B) {
	tally := newTally()
	var sessions atomic.Uint64
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		session := sessions.Add(1)
		for p.Next() {
			tally.count(session, 3, wsconn.ResultOK, 700*time.Microsecond)
		}
	})
}
