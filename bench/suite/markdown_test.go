package suite

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/bench"
)

func filled(values ...float64) Line {
	l := Line{row: rows()[0], Values: values}
	for _, value := range values {
		l.Results = append(l.Results, &bench.Result{
			PerSecond: 1000, Unit: "lock or unlock", Server: &bench.ServerUsage{CPU: 0.5, CPUPerUnit: value},
			Latencies: []bench.Latency{{Of: "ack", P50: value, P99: 2 * value}},
		})
	}
	return l
}

// beside puts figures of the bare server beside those of a line.
func beside(l Line, bare ...float64) Line {
	l.Bare = bare
	return l
}

func TestMarkdown_has_medians_beside_targets(t *testing.T) {
	facts := Facts{Machine: "a machine", Redis: "Redis 7", Command: "make bench", Runs: 3, InProcess: map[string]InProcess{"lock_depth_1": {9.5, 16}}}
	var text bytes.Buffer
	require.NoError(t, Markdown(&text, []Line{beside(filled(30, 50, 20), 10, 15, 20)}, facts, ""))
	require.Contains(t, text.String(),
		"| lock, depth 1: CPU per operation | **30 µs** (20 µs to 50 µs) | ≤ 40 µs | ≤ 25 µs | met | 15 µs, × 2 | 206 µs | 9.5 µs, 16 allocations |")
	require.Contains(t, text.String(), "| lock, depth 1 | 1,000/s of lock or unlock | 3,000/s, p99 0.5 ms | 50 % | 0 % | ack | 30µs |")
	require.NotContains(t, text.String(), "at work for others")

	facts.Busy = 0.5
	text.Reset()
	require.NoError(t, Markdown(&text, []Line{filled(50)}, facts, ""))
	require.Contains(t, text.String(), "missed: 1.25 × the target |")
	require.Contains(t, text.String(), "at work for others before the first run (50 % of its cores)")
}

func TestMarkdown_says_what_no_server_reaches_here(t *testing.T) {
	var text bytes.Buffer
	require.NoError(t, Markdown(&text, []Line{beside(filled(100), 50)}, Facts{}, ""))
	require.Contains(t, text.String(), "| missed: 2.5 × the target; out of reach of the bare server, too | 50 µs, × 2 |")
}

func TestMarkdown_keeps_what_people_wrote(t *testing.T) {
	var first, second bytes.Buffer
	require.NoError(t, Markdown(&first, []Line{filled(30)}, Facts{}, ""))
	edited := strings.Replace(first.String(), byHandBegin+"\n", byHandBegin+"\nHalf of it is the kernel's.\n", 1)
	require.NoError(t, Markdown(&second, []Line{filled(20)}, Facts{}, edited))
	require.Contains(t, second.String(), byHandBegin+"\nHalf of it is the kernel's.\n")
	require.Contains(t, second.String(), "**20 µs**")
	require.NotContains(t, second.String(), "**30 µs**")
}

func TestReadInProcess(t *testing.T) {
	found, err := ReadInProcess(strings.NewReader(`goos: linux
BenchmarkWhole/lock_depth_1-2  36536  18543 ns/op  13.01 cpu-µs/op  1300 B/op  16 allocs/op
BenchmarkOther-2  36536  18543 ns/op
PASS
`))
	require.NoError(t, err)
	require.Equal(t, map[string]InProcess{"lock_depth_1": {13.01, 16}}, found)
	_, err = ReadInProcess(strings.NewReader("BenchmarkWhole/x-2 1 much ns/op"))
	require.Error(t, err)
}

func TestLine_has_to_stay_as_another_is(t *testing.T) {
	last := rows()[len(rows())-2]
	require.Equal(t, "flat-1", last.flatTo)
	one := Line{row: row{name: "flat-1"}, Values: []float64{100}}
	many := Line{row: last, Values: []float64{126}}
	many.compare([]Line{filled(30), one})
	require.Contains(t, many.verdict(), "missed")
	many.Values[0] = 124
	require.Equal(t, "met", many.verdict())

	one.Err = errors.New("no figure")
	many = Line{row: last, Values: []float64{126}}
	many.compare([]Line{one})
	require.Empty(t, many.verdict())
}

func TestMissed(t *testing.T) {
	broken := filled()
	broken.Err = errors.New("ack twice: user 1")
	missed, failed := Missed([]Line{filled(39), filled(41), {row: row{}, Values: []float64{7}}, broken})
	require.Equal(t, 1, missed)
	require.Equal(t, 1, failed)

	var text bytes.Buffer
	require.NoError(t, Markdown(&text, []Line{filled(30), broken}, Facts{}, ""))
	require.Contains(t, text.String(), "| **failed** | ≤ 40 µs | ≤ 25 µs | ack twice: user 1 |")
}

// Every line can be run, has a name of its own, and what it is compared with.
func TestRows(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rows() {
		require.False(t, seen[r.name], r.name)
		seen[r.name] = true
		require.NoError(t, r.scenario.Validate(), r.name)
		require.NotNil(t, r.value, r.name)
		require.NotNil(t, r.format, r.name)
		require.LessOrEqual(t, r.reach, r.target, r.name)
	}
}

func TestDrift_compares_the_last_fifth_with_the_first(t *testing.T) {
	result := &bench.Result{Server: &bench.ServerUsage{}}
	for i := range 10 {
		result.Slices = append(result.Slices, bench.Slice{Units: 100, CPUPerUnit: float64(i + 1)})
	}
	value, ok := drift(result)
	require.True(t, ok)
	require.InDelta(t, 9.5/1.5, value, 1e-9)
	_, ok = drift(&bench.Result{})
	require.False(t, ok)
}
