package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	promlabels "github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"audioroom/persistence"
)

// exported is what a fresh server exports: of each metric the labels and their
// values.
type exported map[string]map[string][]string

// gather scrapes a server that nothing has happened to and that has everything
// switched on.
func gather(t *testing.T) []*dto.MetricFamily {
	t.Helper()
	redis, err := persistence.StartEmbedded("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(redis.Close)
	cert, key := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	writePair(t, cert, key, "audioroom")
	s, err := newServer(&config{
		TLSCert: cert, TLSKey: key, RedisURL: redis.URL(), LaravelURL: "http://127.0.0.1:1", LaravelKey: "key", Secrets: []string{devSecret},
		Inactivity: time.Minute, CommitTimeout: time.Second, PingInterval: time.Second, PingTimeout: time.Second,
	}, slog.New(slog.DiscardHandler), new(slog.LevelVar))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.stop()) })
	families, err := s.metrics.registry.Gather()
	require.NoError(t, err)
	return families
}

func exports(t *testing.T) exported {
	e := make(exported)
	for _, f := range gather(t) {
		values := make(map[string][]string)
		for _, m := range f.Metric {
			for _, l := range m.Label {
				values[l.GetName()] = append(values[l.GetName()], l.GetValue())
			}
		}
		e[f.GetName()] = values
		if f.GetType() == dto.MetricType_HISTOGRAM || f.GetType() == dto.MetricType_SUMMARY {
			for _, suffix := range []string{"_sum", "_count", "_bucket"} {
				e[f.GetName()+suffix] = values
			}
		}
	}
	return e
}

// target labels come from Prometheus, not from the program.
var targetLabels = []string{"instance", "job", "le", promlabels.MetricName}

// check fails if an expression uses what is not exported, and returns the
// metrics that it uses.
func (e exported) check(t *testing.T, expr string) (used []string) {
	t.Helper()
	expr = strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*").Replace(expr)
	parsed, err := parser.ParseExpr(expr)
	require.NoError(t, err, expr)
	known := make(map[string][]string)
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		s, ok := node.(*parser.VectorSelector)
		if !ok || s.Name == "up" {
			return nil
		}
		values, ok := e[s.Name]
		require.True(t, ok, "%s: the program exports no %s", expr, s.Name)
		maps.Copy(known, values)
		used = append(used, s.Name)
		for _, m := range s.LabelMatchers {
			if slices.Contains(targetLabels, m.Name) {
				continue
			}
			require.Contains(t, values, m.Name, "%s: %s has no such label", expr, s.Name)
			if m.Type == promlabels.MatchEqual || m.Type == promlabels.MatchNotEqual {
				require.Contains(t, values[m.Name], m.Value, "%s: the label %s never has that value", expr, m.Name)
			}
		}
		return nil
	})
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if a, ok := node.(*parser.AggregateExpr); ok {
			for _, name := range a.Grouping {
				require.True(t, slices.Contains(targetLabels, name) || known[name] != nil, "%s: nothing has the label %s", expr, name)
			}
		}
		return nil
	})
	return used
}

func TestMetrics_follow_the_conventions(t *testing.T) {
	families := gather(t)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
	series := 0
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "audioroom_") {
			continue
		}
		require.LessOrEqual(t, len(f.Metric), 120, "%s has too many series", f.GetName())
		for _, m := range f.Metric {
			series += 1 + len(m.GetHistogram().GetBucket())
			require.LessOrEqual(t, len(m.GetHistogram().GetBucket()), 12, f.GetName())
		}
	}
	require.Less(t, series, 1000, "series of one server")
}

func TestDashboard_uses_what_is_exported(t *testing.T) {
	e := exports(t)
	text, err := os.ReadFile("deploy/dashboard.json")
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Title   string
			Type    string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	used := make(map[string]bool)
	for _, p := range dashboard.Panels {
		require.Equal(t, p.Type == "row", len(p.Targets) == 0, p.Title)
		require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for _, target := range p.Targets {
			for _, name := range e.check(t, target.Expr) {
				used[strings.TrimSuffix(name, "_bucket")] = true
			}
		}
	}
	for _, f := range gather(t) {
		if strings.HasPrefix(f.GetName(), "audioroom_") {
			require.True(t, used[f.GetName()], "the dashboard does not show %s", f.GetName())
		}
	}
}

// The table of metrics in OPERATIONS.md has a row for each that is exported, and
// no other.
func TestOperations_tells_of_every_metric(t *testing.T) {
	text, err := os.ReadFile("../../OPERATIONS.md")
	require.NoError(t, err)
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(audioroom_[a-z_]+)").FindAllStringSubmatch(string(text), -1) {
		told = append(told, row[1])
	}
	var there []string
	for _, f := range gather(t) {
		if strings.HasPrefix(f.GetName(), "audioroom_") {
			there = append(there, f.GetName())
		}
	}
	require.ElementsMatch(t, there, told)
}

func TestWatch_leaves_out_what_does_not_answer(t *testing.T) {
	s, err := newServer(&config{
		RedisURL: "redis://127.0.0.1:1", LaravelURL: "http://127.0.0.1:1", LaravelKey: "key", Secrets: []string{devSecret},
		Inactivity: time.Minute, CommitTimeout: time.Second, PingInterval: time.Second, PingTimeout: time.Second,
	}, slog.New(slog.DiscardHandler), new(slog.LevelVar))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.stop()) })
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	require.Eventually(t, func() bool { return !s.store.Healthy().OK }, 5*time.Second, time.Millisecond)
	_, err = s.rooms.Depth(ctx)
	require.NoError(t, err)
	page := exposition(s.metrics.registry)
	require.Contains(t, page, `audioroom_healthy{part="redis"} 0`)
	require.Contains(t, page, `audioroom_mailbox_messages 0`)
	for _, line := range page {
		require.NotContains(t, line, "audioroom_outbox_statuses ")
	}
}
