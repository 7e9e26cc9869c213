package bench_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/bench"
	"audioroom/cmd/audioroom/e2e/harness"
)

// A server that does as it should passes every scenario, and something is
// measured.
func TestMeasure_passes_an_honest_server(t *testing.T) {
	for name, c := range map[string]struct {
		scenario bench.Scenario
		times    []string
		alter    func(*bench.Config)
	}{
		"lock":                 {&bench.Lock{Managers: 3, Depth: 4, Listeners: 3}, []string{"ack"}, nil},
		"lock, one at a time":  {&bench.Lock{Managers: 1, Depth: 1}, []string{"ack"}, nil},
		"lock, open loop":      {&bench.Lock{Managers: 2, Depth: 2}, []string{"ack"}, func(c *bench.Config) { c.Rate = 200 }},
		"seats":                {&bench.Seats{Users: 10, Listeners: 3}, []string{"ack"}, nil},
		"churn":                {&bench.Churn{Users: 10, Rooms: 1}, []string{"join", "leave"}, nil},
		"churn, many rooms":    {&bench.Churn{Users: 10, Rooms: 5, Stay: 2}, []string{"join", "leave"}, nil},
		"fanout":               {&bench.Fanout{Listeners: 50, Limit: time.Second}, []string{"frame", "ack"}, func(c *bench.Config) { c.Rate = 50 }},
		"rooms":                {&bench.Rooms{Rooms: 20, Users: 2}, []string{"ack"}, nil},
		"rooms, seats":         {&bench.Rooms{Rooms: 20, Users: 2, Seats: true, InFlight: 4}, []string{"ack"}, nil},
		"mixed":                {&bench.Mixed{Rooms: 3, Members: 30}, []string{"chat", "seat", "moderation", "join", "leave", "frame"}, nil},
		"storm":                {&bench.Storm{Clients: 40, Rooms: 4}, []string{"connected", "back in the room"}, nil},
		"drop":                 {&bench.Drop{Members: 40}, []string{"leave heard"}, nil},
		"drop, politely":       {&bench.Drop{Members: 40, Polite: true}, []string{"leave heard"}, nil},
		"rooms by a neighbour": {&bench.Rooms{Rooms: 5, Users: 1}, []string{"ack", "neighbour before", "neighbour"}, func(c *bench.Config) { c.Neighbour = 200 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, c.scenario.Validate())
			config := short()
			config.Patience *= 10
			if c.alter != nil {
				c.alter(config)
			}
			result, err := measure(t, c.scenario, target(""), config)
			require.NoError(t, err)
			require.Positive(t, result.Units)
			require.Positive(t, result.Checked.Acks)
			for _, of := range c.times {
				latency, ok := result.Latency(of)
				require.True(t, ok, of)
				require.Positive(t, latency.P50)
				require.LessOrEqual(t, latency.P50, latency.P99)
				require.LessOrEqual(t, latency.P99, latency.Max)
				require.NotEmpty(t, latency.Curve)
			}
		})
	}
}

func TestMeasure_reports_what_the_server_used(t *testing.T) {
	t.Parallel()
	to := target("")
	to.PIDs = []int{servedPID(t)}
	config := short()
	config.Patience *= 10
	result, err := measure(t, &bench.Idle{Sockets: 40, Members: 10, EmptyRooms: 40}, to, config)
	require.NoError(t, err)
	require.Positive(t, result.Server.RSS)
	for _, name := range []string{"base", "connected socket", "joined socket", "empty room", "CPU at rest"} {
		_, ok := result.Figure(name)
		require.True(t, ok, name)
	}
	config.Duration *= 2 // CPU time is told in hundredths of a second
	result, err = measure(t, &bench.Lock{Managers: 2, Depth: 16}, to, config)
	require.NoError(t, err)
	require.Positive(t, result.Server.CPUPerUnit)
	require.Len(t, result.Slices, 10)

	_, err = measure(t, &bench.Idle{Sockets: 1, Members: 1}, target(""), config)
	require.ErrorContains(t, err, "pid")
	to.PIDs = []int{1 << 30}
	_, err = measure(t, &bench.Lock{Managers: 1, Depth: 1}, to, config)
	require.ErrorContains(t, err, "pid")
}

func TestMeasure_as_many_as_were_asked_for(t *testing.T) {
	t.Parallel()
	config := short()
	config.Units, config.Patience = 300, 10*time.Second
	result, err := measure(t, &bench.Lock{Managers: 1, Depth: 4}, target(""), config)
	require.NoError(t, err)
	require.GreaterOrEqual(t, result.Units, int64(300))
	require.Len(t, result.Slices, 10)
	sum := int64(0)
	for _, slice := range result.Slices {
		sum += slice.Units
	}
	require.Equal(t, result.Units, sum)
}

// What an open loop asks for beyond the server's capacity is not kept quiet.
func TestMeasure_tells_what_could_not_begin(t *testing.T) {
	t.Parallel()
	config := short()
	config.Rate, config.Patience = 1000, 10*time.Second
	slow := lying(t, delayed(20*time.Millisecond))
	result, err := measure(t, &bench.Lock{Managers: 1, Depth: 1}, target(slow.url), config)
	require.NoError(t, err)
	late, ok := result.Figure("not begun in time")
	require.True(t, ok)
	require.Greater(t, late, 100.0)
	acks, _ := result.Latency("ack")
	require.Greater(t, acks.Max, float64(100*time.Millisecond/time.Microsecond))
}

// A stall is seen by all who would have asked meanwhile, in an open loop; a closed
// one has few ask then.
func TestMeasure_does_not_omit_a_stall(t *testing.T) {
	t.Parallel()
	const stall = 400 * time.Millisecond
	for name, c := range map[string]struct {
		rate  float64
		shows bool
	}{"open loop": {200, true}, "closed loop": {0, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := short()
			config.Rate, config.Duration, config.Patience = c.rate, 1500*time.Millisecond, 10*time.Second
			stalling := lying(t, stalled(300*time.Millisecond, stall))
			result, err := measure(t, &bench.Lock{Managers: 1, Depth: 1}, target(stalling.url), config)
			require.NoError(t, err)
			acks, _ := result.Latency("ack")
			require.Greater(t, acks.Max, float64(stall.Microseconds())*0.9)
			if c.shows { // a quarter of all is late; the others are not
				require.Greater(t, acks.P90, float64(stall.Microseconds())/10, "p90 of %v", acks)
			} else {
				require.Less(t, acks.P90, float64(stall.Microseconds())/10, "p90 of %v", acks)
			}
		})
	}
}

func TestMeasure_says_what_is_wrong_with_the_way_to_the_server(t *testing.T) {
	t.Parallel()
	scenario := &bench.Lock{Managers: 1, Depth: 1}
	wrong := target("")
	wrong.Profile.Secret = "another secret of at least thirty-two bytes"
	_, err := measure(t, scenario, wrong, short())
	require.ErrorContains(t, err, "Invalid credentials")
	_, err = measure(t, scenario, target("http://127.0.0.1:1"), short())
	require.ErrorContains(t, err, "connection refused")
	_, err = measure(t, scenario, target("gopher://there"), short())
	require.ErrorContains(t, err, "scheme")
	page := httptest.NewServer(http.NotFoundHandler())
	defer page.Close()
	_, err = measure(t, scenario, target(page.URL), short())
	require.ErrorContains(t, err, "404")
	stranger := short()
	stranger.Managers = []int64{77}
	_, err = measure(t, scenario, target(""), stranger)
	require.ErrorContains(t, err, "Not room manager")
}

func TestMeasure_over_TLS(t *testing.T) {
	t.Parallel()
	to, err := url.Parse(served.URL)
	require.NoError(t, err)
	front := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(to))
	front.Config.ErrorLog = log.New(io.Discard, "", 0) // the client refuses it, once
	front.StartTLS()
	defer front.Close()
	roots := x509.NewCertPool()
	roots.AddCert(front.Certificate())
	secure := target(front.URL)
	secure.TLS = &tls.Config{RootCAs: roots}
	config := short()
	config.Patience *= 10
	for _, scenario := range []bench.Scenario{
		&bench.Seats{Users: 5, Listeners: 2}, &bench.Drop{Members: 10}, &bench.Drop{Members: 10, Polite: true},
	} {
		_, err := measure(t, scenario, secure, config)
		require.NoError(t, err, scenario.Name())
	}
	_, err = measure(t, &bench.Lock{Managers: 1, Depth: 1}, target(front.URL), config)
	require.ErrorContains(t, err, "certificate")
}

func TestCompare_measures_in_turns(t *testing.T) {
	t.Parallel()
	config := short()
	config.Patience *= 10
	config.Duration *= 2
	slow := lying(t, delayed(50*time.Millisecond))
	var turns []string
	c, err := bench.Compare(context.Background(), &bench.Lock{Managers: 1, Depth: 1}, target(""), target(slow.url), config, 2, func(r *bench.Result) {
		turns = append(turns, r.URL)
	})
	require.NoError(t, err)
	require.Equal(t, []string{served.URL, slow.url, served.URL, slow.url}, turns)
	for _, ratio := range c.Ratios {
		require.Len(t, ratio.Pairs, 2)
		require.LessOrEqual(t, ratio.Min, ratio.Median)
		require.LessOrEqual(t, ratio.Median, ratio.Max)
		switch ratio.Of {
		case "ack p50":
			require.Greater(t, ratio.Min, 1.0)
		case "lock or unlock per second":
			require.Less(t, ratio.Max, 1.0)
		}
	}
	require.NotEmpty(t, c.Ratios)

	false := lying(t, every(50, anAck, func(packet string) []string { return []string{packet, packet} }))
	_, err = bench.Compare(context.Background(), &bench.Lock{Managers: 1, Depth: 4}, target(""), target(false.url), config, 1, nil)
	require.ErrorContains(t, err, "B, "+false.url+", pair 1: ack twice")
}

func TestProfile_mints_tokens_for_any_server(t *testing.T) {
	path := filepath.Join(t.TempDir(), "profile.json")
	require.NoError(t, os.WriteFile(path, []byte(`{
		"secret": "s3cret", "id": "user.uid", "name": "user.nick", "idAsText": true, "ttl": "1h", "claims": {"iss": "there", "user": {"role": "x"}}
	}`), 0o600))
	profile, err := bench.LoadProfile(path, bench.DefaultProfile())
	require.NoError(t, err)
	require.NoError(t, profile.Validate())
	for _, user := range []int64{7, 8} {
		token, err := profile.Mint(user, "Ann")
		require.NoError(t, err)
		claims := claimsOf(t, token, "s3cret")
		require.Equal(t, map[string]any{"uid": map[int64]string{7: "7", 8: "8"}[user], "nick": "Ann", "role": "x"}, claims["user"])
		require.Equal(t, "there", claims["iss"])
		require.InDelta(t, time.Hour.Seconds(), claims["exp"].(float64)-claims["iat"].(float64), 0)
	}

	plain := bench.DefaultProfile()
	require.ErrorContains(t, plain.Validate(), "secret")
	plain.Secret = harness.Secret
	require.NoError(t, plain.Validate())
	plain.TTL = "soon"
	require.ErrorContains(t, plain.Validate(), "soon")
	require.NoError(t, os.WriteFile(path, []byte(`{"sekret": ""}`), 0o600))
	_, err = bench.LoadProfile(path, plain)
	require.ErrorContains(t, err, "sekret")
}

func TestScenario_Validate(t *testing.T) {
	for _, scenario := range []bench.Scenario{
		&bench.Lock{Managers: 8, Depth: 64}, &bench.Lock{Depth: 1}, &bench.Seats{}, &bench.Seats{Users: 101}, &bench.Churn{Users: 1, Rooms: 2},
		&bench.Fanout{}, &bench.Rooms{Rooms: 1}, &bench.Idle{}, &bench.Mixed{Rooms: 1, Members: 5}, &bench.Storm{Clients: 1, Rooms: 2}, &bench.Drop{},
	} {
		require.Error(t, scenario.Validate(), "%#v", scenario)
	}
}
