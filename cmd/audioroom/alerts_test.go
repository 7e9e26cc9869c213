package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	promlabels "github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
	"github.com/stretchr/testify/require"
)

// alertRules reads the rules as Prometheus does, which refuses what it does not
// know.
func alertRules(t *testing.T) (rules []rulefmt.Rule) {
	t.Helper()
	text, err := os.ReadFile("deploy/alerts.yml")
	require.NoError(t, err)
	parsed, errs := rulefmt.Parse(text, false)
	require.Empty(t, errs)
	for _, group := range parsed.Groups {
		rules = append(rules, group.Rules...)
	}
	require.NotEmpty(t, rules)
	return rules
}

func TestAlerts_use_what_is_exported(t *testing.T) {
	e := exports(t)
	operations, err := os.ReadFile("../../OPERATIONS.md")
	require.NoError(t, err)
	seen := make(map[string]bool)
	for _, r := range alertRules(t) {
		require.False(t, seen[r.Alert], "%s is there twice", r.Alert)
		seen[r.Alert] = true
		e.check(t, r.Expr)
		require.Contains(t, []string{"critical", "warning"}, r.Labels["severity"], r.Alert)
		require.NotEmpty(t, r.Annotations["summary"], r.Alert)
		require.Contains(t, string(operations), "`"+r.Alert+"`", "OPERATIONS.md says what to do")
	}
	for _, name := range regexp.MustCompile("`(Audioroom[A-Z]\\w+)`").FindAllStringSubmatch(string(operations), -1) {
		require.True(t, seen[name[1]], "OPERATIONS.md tells of %s, which is no alert", name[1])
	}
}

// scraped is what Prometheus has from its targets: series in promtool's notation,
// one value each minute.
type scraped []string

var _ storage.Queryable = (scraped)(nil)

// Querier implements storage.Queryable.
func (s scraped) Querier(int64, int64) (storage.Querier, error) { return scrapedQuerier{s}, nil }

type scrapedQuerier struct{ series scraped }

// Select implements storage.Querier.
func (q scrapedQuerier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*promlabels.Matcher) storage.SeriesSet {
	var found []storage.Series
	for _, text := range q.series {
		labels, values, err := parser.ParseSeriesDesc(text)
		if err != nil {
			return storage.ErrSeriesSet(fmt.Errorf("%s: %w", text, err))
		}
		labels = promlabels.NewBuilder(labels).Set("job", "audioroom").Labels()
		if slices.ContainsFunc(matchers, func(m *promlabels.Matcher) bool { return !m.Matches(labels.Get(m.Name)) }) {
			continue
		}
		series := promql.Series{Metric: labels}
		for i, v := range values {
			if !v.Omitted {
				series.Floats = append(series.Floats, promql.FPoint{T: int64(i) * time.Minute.Milliseconds(), F: v.Value})
			}
		}
		found = append(found, promql.NewStorageSeries(series))
	}
	slices.SortFunc(found, func(a, b storage.Series) int { return promlabels.Compare(a.Labels(), b.Labels()) })
	return &scrapedSet{series: found, at: -1}
}

// scrapedSet is what was found.
type scrapedSet struct {
	series []storage.Series
	at     int
}

// Next implements storage.SeriesSet.
func (s *scrapedSet) Next() bool {
	s.at++
	return s.at < len(s.series)
}

// At implements storage.SeriesSet.
func (s *scrapedSet) At() storage.Series { return s.series[s.at] }

// Err implements storage.SeriesSet.
func (*scrapedSet) Err() error { return nil }

// Warnings implements storage.SeriesSet.
func (*scrapedSet) Warnings() annotations.Annotations { return nil }

// LabelValues implements storage.Querier.
func (scrapedQuerier) LabelValues(context.Context, string, *storage.LabelHints, ...*promlabels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// LabelNames implements storage.Querier.
func (scrapedQuerier) LabelNames(context.Context, *storage.LabelHints, ...*promlabels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// Close implements storage.Querier.
func (scrapedQuerier) Close() error { return nil }

// Each alert has a past after which it holds at 59 minutes, and one after which it
// doesn't.
func TestAlerts_fire_when_they_should(t *testing.T) {
	// The process is as old as the series, or has just been started.
	const old, young = `process_start_time_seconds{instance="a"} 0x60`, `process_start_time_seconds{instance="a"} _x49 3000x10`
	pasts := map[string]struct{ fires, quiet []scraped }{
		"AudioroomDown": {
			[]scraped{{`up{instance="a"} 1x55 0x10`, `up{instance="b"} 1x60`}, {}}, []scraped{{`up{instance="a"} 1x60`}}},
		"AudioroomNotReady": {
			[]scraped{{`audioroom_ready{instance="a"} 0x60`, `audioroom_draining{instance="a"} 0x60`}},
			[]scraped{{`audioroom_ready{instance="a"} 0x60`, `audioroom_draining{instance="a"} 1x60`}}},
		"AudioroomRoomsStuck": {
			[]scraped{{`up{instance="a"} 1x60`, `audioroom_mailbox_messages{instance="a"} 0x50 stale`, `audioroom_mailbox_messages{instance="b"} 0x60`}},
			[]scraped{{`up{instance="a"} 1x60`, `audioroom_mailbox_messages{instance="a"} 0x60`}, {`up{instance="a"} 0x60`}}},
		"AudioroomRedisAway": {
			[]scraped{{`audioroom_healthy{instance="a", part="redis"} 0x60`}}, []scraped{{`audioroom_healthy{instance="a", part="laravel"} 0x60`}}},
		"AudioroomRoomsUnsaved": {
			[]scraped{{`audioroom_rooms_unsaved{instance="a"} 3x60`}}, []scraped{{`audioroom_rooms_unsaved{instance="a"} 0x60`}}},
		"AudioroomLaravelAway": {
			[]scraped{{`audioroom_healthy{instance="a", part="laravel"} 0x60`}}, []scraped{{`audioroom_healthy{instance="a", part="redis"} 0x60`}}},
		"AudioroomRoomQuarantined": {
			[]scraped{
				{old, `audioroom_rooms_quarantined_total{instance="a"} 0x50 1x10`},
				{young, `audioroom_rooms_quarantined_total{instance="a"} _x50 1x10`},
				{young, `audioroom_rooms_quarantined_total{instance="a"} 1x60`}, // the same before the restart and after it
			},
			[]scraped{
				{old, `audioroom_rooms_quarantined_total{instance="a"} 0x10 1x50`},
				{young, `audioroom_rooms_quarantined_total{instance="a"} 1x49 0x10`},
				{young, `process_start_time_seconds{instance="b"} 0x60`, `audioroom_rooms_quarantined_total{instance="b"} 1x60`},
			}},
		"AudioroomPanics": {
			[]scraped{
				{old, `audioroom_panics_total{instance="a", where="room"} 0x50 1x10`},
				{young, `audioroom_panics_total{instance="a", where="room"} _x50 1x10`, `audioroom_panics_total{instance="a", where="http"} _x50 0x10`},
			},
			[]scraped{{old, `audioroom_panics_total{instance="a", where="room"} 0x10 1x50`}, {young, `audioroom_panics_total{instance="a", where="room"} 1x49 0x10`}}},
		"AudioroomEventsFail": {
			[]scraped{{`audioroom_events_total{instance="a", result="failed"} 0+2x60`, `audioroom_events_total{instance="a", result="ok"} 0+100x60`}},
			[]scraped{{`audioroom_events_total{instance="a", result="failed"} 0+2x60`, `audioroom_events_total{instance="a", result="ok"} 0+1000x60`}}},
		"AudioroomEventsSlow": {
			[]scraped{{`audioroom_event_duration_seconds_bucket{instance="a", le="0.5"} 0+90x60`, `audioroom_event_duration_seconds_bucket{instance="a", le="1"} 0+100x60`, `audioroom_event_duration_seconds_bucket{instance="a", le="+Inf"} 0+100x60`}},
			[]scraped{{`audioroom_event_duration_seconds_bucket{instance="a", le="0.5"} 0+100x60`, `audioroom_event_duration_seconds_bucket{instance="a", le="+Inf"} 0+100x60`}}},
		"AudioroomCommitsSlow": {
			[]scraped{{`audioroom_commit_duration_seconds_bucket{instance="a", le="0.1"} 0+90x60`, `audioroom_commit_duration_seconds_bucket{instance="a", le="0.25"} 0+100x60`, `audioroom_commit_duration_seconds_bucket{instance="a", le="+Inf"} 0+100x60`}},
			[]scraped{{`audioroom_commit_duration_seconds_bucket{instance="a", le="0.1"} 0+100x60`, `audioroom_commit_duration_seconds_bucket{instance="a", le="+Inf"} 0+100x60`}}},
		"AudioroomMailboxDeep": {
			[]scraped{{`audioroom_mailbox_messages_max{instance="a"} 1001x60`}}, []scraped{{`audioroom_mailbox_messages_max{instance="a"} 1000x60`}}},
		"AudioroomOutboxLong": {
			[]scraped{
				{`audioroom_outbox_statuses{instance="a"} 101x60`, `audioroom_laravel_calls_total{instance="a", endpoint="status", outcome="ok"} 0x60`}, // the backend has never accepted one
				{`audioroom_outbox_statuses{instance="a"} 101x60`, `audioroom_laravel_calls_total{instance="a", endpoint="status", outcome="ok"} 0+90x60`},
			},
			[]scraped{
				{`audioroom_outbox_statuses{instance="a"} 99x60`},
				{`audioroom_outbox_statuses{instance="a"} 900x60`, `audioroom_laravel_calls_total{instance="a", endpoint="status", outcome="ok"} 0+6000x60`, `audioroom_laravel_calls_total{instance="b", endpoint="status", outcome="ok"} 0+6000x60`},
			}},
		"AudioroomClientsCut": {
			[]scraped{{`audioroom_drops_total{instance="a", what="connection"} 0+20x60`, `audioroom_connections_opened_total{instance="a"} 0+100x60`}},
			[]scraped{{`audioroom_drops_total{instance="a", what="connection"} 0+5x60`, `audioroom_connections_opened_total{instance="a"} 0+100x60`}}},
		"AudioroomClientsRefused": {
			[]scraped{{`audioroom_authentications_total{instance="a", outcome="expired"} 0+60x60`, `audioroom_authentications_total{instance="a", outcome="accepted"} 0+40x60`}},
			[]scraped{{`audioroom_authentications_total{instance="a", outcome="expired"} 0+40x60`, `audioroom_authentications_total{instance="a", outcome="accepted"} 0+60x60`}}},
		"AudioroomBudgetsUsedUp": {
			[]scraped{{`audioroom_budget_refusals_total{instance="a", budget="events"} 0+700x60`}},
			[]scraped{{`audioroom_budget_refusals_total{instance="a", budget="events"} 0+500x60`}}},
		"AudioroomRoomsContended": {
			[]scraped{{`audioroom_rooms_lost_total{instance="a"} 0+2x60`}}, []scraped{{`audioroom_rooms_lost_total{instance="a"} 0+1x60`}}},
		"AudioroomLeftDraining": {
			[]scraped{{`audioroom_draining{instance="a"} 1x60`}}, []scraped{{`audioroom_draining{instance="a"} 0x60`}}},
		"AudioroomCertificateRunsOut": {
			[]scraped{{`audioroom_tls_certificate_not_after_timestamp_seconds{instance="a"} 600000x60`}},
			[]scraped{{`audioroom_tls_certificate_not_after_timestamp_seconds{instance="a"} 700000x60`}}},
		"AudioroomCertificateUnread": {
			[]scraped{{`audioroom_tls_reload_failed{instance="a"} 1x60`}}, []scraped{{`audioroom_tls_reload_failed{instance="a"} 0x60`}}},
		"AudioroomFilesRunOut": {
			[]scraped{{`process_open_fds{instance="a"} 900x60`, `process_max_fds{instance="a"} 1000x60`}},
			[]scraped{{`process_open_fds{instance="a"} 500x60`, `process_max_fds{instance="a"} 1000x60`}}},
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 100_000, Timeout: time.Minute})
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	holds := func(t *testing.T, expr string, past scraped) promql.Vector {
		t.Helper()
		query, err := engine.NewInstantQuery(t.Context(), past, nil, expr, time.Unix(59*60, 0))
		require.NoError(t, err)
		defer query.Close()
		vector, err := query.Exec(t.Context()).Vector()
		require.NoError(t, err)
		return slices.Clone(vector)
	}
	var names []string
	for _, r := range alertRules(t) {
		names = append(names, r.Alert)
		past := pasts[r.Alert]
		require.NotEmpty(t, past.fires, r.Alert)
		require.NotEmpty(t, past.quiet, r.Alert)
		for _, p := range past.fires {
			require.Len(t, holds(t, r.Expr, p), 1, "%s, for one server: %v", r.Alert, p)
		}
		for _, p := range past.quiet {
			require.Empty(t, holds(t, r.Expr, p), "%s: %v", r.Alert, p)
		}
	}
	require.ElementsMatch(t, names, slices.Collect(maps.Keys(pasts)))
}
