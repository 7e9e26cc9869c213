package bench_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/bench"
	"audioroom/cmd/audioroom/e2e/harness"
)

// command runs audioroom bench for a moment.
func command(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	args = append([]string{"bench"}, args...)
	return harness.Run(t, program, harness.Env{"JWT_SECRET": harness.Secret}, args...)
}

// briefly are the arguments for a run that takes a moment.
func briefly(args ...string) []string {
	return append(args, "--warm-up", "50ms", "--duration", "300ms")
}

func TestCommand_prints_a_table(t *testing.T) {
	t.Parallel()
	stdout, stderr, status := command(t, briefly("lock", served.URL, "--depth", "8", "--pid", strconv.Itoa(servedPID(t)))...)
	require.Zero(t, status, stderr)
	require.Empty(t, stderr) // the progress bar is for terminals
	for _, text := range []string{"lock: 1 manager × depth 8", "closed loop", "throughput", "server CPU", "server memory", "all in order", "p99.9", "ack"} {
		require.Contains(t, stdout, text)
	}
}

func TestCommand_prints_JSON_and_writes_a_page(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.html")
	stdout, stderr, status := command(t, briefly("seats", served.URL, "--users", "5", "--json", "--html", path)...)
	require.Zero(t, status, stderr)
	var result bench.Result
	require.NoError(t, json.Unmarshal([]byte(stdout), &result))
	require.Equal(t, "seats", result.Scenario)
	require.Positive(t, result.PerSecond)
	acks, ok := result.Latency("ack")
	require.True(t, ok)
	require.Positive(t, acks.P999)
	page := wellFormed(t, path)
	require.Equal(t, 1, strings.Count(page, "<svg"))
	require.Contains(t, page, "seats: 5 users take and leave")
	require.NotContains(t, page, "src=") // it needs nothing else
	require.NotContains(t, page, "<link")
}

func TestCommand_compares_two_servers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.html")
	args := briefly("churn", served.URL, "--users", "4", "--vs", served.URL, "--pairs", "2")
	stdout, stderr, status := command(t, append(args, "--html", path)...)
	require.Zero(t, status, stderr)
	for _, text := range []string{"in turns", "B ÷ A", "median", "join and leave per second", "join p99", "leave p50"} {
		require.Contains(t, stdout, text)
	}
	page := wellFormed(t, path)
	require.Equal(t, 2, strings.Count(page, "<svg")) // of joins and of leaves
	require.Contains(t, page, "<h2>Comparison</h2>")
	require.Contains(t, page, "<h2>B 2</h2>")

	stdout, stderr, status = command(t, append(args, "--json")...)
	require.Zero(t, status, stderr)
	var compared bench.Comparison
	require.NoError(t, json.Unmarshal([]byte(stdout), &compared))
	require.Len(t, compared.B, 2)
	require.NotEmpty(t, compared.Ratios)
}

// wellFormed reads a page to its end.
func wellFormed(t *testing.T, path string) string {
	t.Helper()
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	decoder := xml.NewDecoder(strings.NewReader(string(page)))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			return string(page)
		} else {
			require.NoError(t, err)
		}
	}
}

func TestCommand_exit_status(t *testing.T) {
	t.Parallel()
	lying := lying(t, every(20, anAck, func(packet string) []string { return []string{packet, packet} }))
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"a lie":                {[]string{"lock", lying.url, "--depth", "4"}, 1, "audioroom: lock: ack twice: user 1 got a second answer"},
		"nobody there":         {[]string{"lock", "http://127.0.0.1:1"}, 1, "connection refused"},
		"no scenario":          {nil, 2, "expected one of"},
		"an unknown scenario":  {[]string{"dance"}, 2, "dance"},
		"too many seats":       {[]string{"lock", "--managers", "8", "--depth", "64"}, 2, "than the 100 seats of a room"},
		"no duration":          {[]string{"lock", "--duration", "0s"}, 2, "--duration"},
		"no number":            {[]string{"lock", "--depth", "many"}, 2, "depth"},
		"a second pid alone":   {[]string{"lock", "--vs-pid", "1"}, 2, "--vs-pid"},
		"a missing profile":    {[]string{"lock", "--jwt-profile", "/nowhere.json"}, 2, "/nowhere.json"},
		"an unknown line":      {[]string{"suite", "--only", "waltz"}, 1, "waltz"},
		"a pid of nothing":     {[]string{"lock", served.URL, "--pid", "1073741824"}, 1, "pid"},
		"a secret of another":  {[]string{"lock", served.URL, "--jwt-secret", strings.Repeat("x", 40)}, 1, "Invalid credentials"},
		"a page in no folder":  {briefly("lock", served.URL, "--html", "/nowhere/report.html"), 1, "/nowhere/report.html"},
		"an unused core alone": {[]string{"lock", "--local", "--vs", served.URL}, 2, "--local"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, status := command(t, c.args...)
			require.Equal(t, c.status, status, stderr)
			require.Contains(t, stderr, c.says)
			require.Equal(t, 1, strings.Count(stderr, "\n"), "more than a line: %s", stderr)
			require.Empty(t, stdout)
		})
	}
}

// A token of another form is minted by a profile from a file.
func TestCommand_mints_tokens_by_a_profile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "profile.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"secret": "`+harness.Secret+`", "id": "uid", "claims": {"id": 1}}`), 0o600))
	// The server reads the claim id, which is the same for all here.
	stdout, stderr, status := command(t, briefly("lock", served.URL, "--managers", "3", "--jwt-profile", path, "--manager-ids", "1")...)
	require.Zero(t, status, stderr)
	require.Contains(t, stdout, "all in order")
	_, stderr, status = command(t, briefly("lock", served.URL, "--jwt-id", "uid")...)
	require.Equal(t, 1, status)
	require.Contains(t, stderr, "Invalid credentials")
}

// The suite brings all that it needs.
func TestCommand_suite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "RESULTS.md")
	const byHand = "<!-- by hand: kept when this file is written anew -->\n"
	require.NoError(t, os.WriteFile(path, []byte(byHand+"Mostly in the kernel.\n<!-- end"), 0o600))
	stdout, stderr, status := command(t, "suite", "--quick", "--only", "lock-64", "--out", path)
	require.Zero(t, status, stderr)
	require.Contains(t, stdout, "lock, depth 64: CPU per operation")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(text), "| lock, depth 64: CPU per operation | **")
	require.Contains(t, string(text), "| ≤ 5 µs | ≤ 3 µs |")
	require.Contains(t, string(text), "47 µs")
	require.Contains(t, string(text), byHand+"Mostly in the kernel.\n")
}
