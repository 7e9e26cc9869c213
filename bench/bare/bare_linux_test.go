package bare_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"audioroom/bench"
	"audioroom/bench/bare"
	"audioroom/persistence/redistest"
)

// What is compared with must not be faster by doing less: the checks of every
// scenario hold.
func TestServe_plays_its_scenarios(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	redis := redistest.Start(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- bare.Serve(ctx, address, redis.Addr()) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}, 10*time.Second, 5*time.Millisecond)

	managers := make([]int64, 20)
	for i := range managers {
		managers[i] = int64(i + 1)
	}
	profile := bench.DefaultProfile()
	profile.Secret = "of no interest to this server at all"
	for _, scenario := range []bench.Scenario{
		&bench.Lock{Managers: 1, Depth: 1}, &bench.Lock{Managers: 4, Depth: 16, Listeners: 3}, &bench.Seats{Users: 15},
		&bench.Churn{Users: 20, Rooms: 1, Stay: 5}, &bench.Churn{Users: 20, Rooms: 5}, &bench.Rooms{Rooms: 10, Users: 2},
	} {
		config := &bench.Config{
			WarmUp: 20 * time.Millisecond, Duration: 200 * time.Millisecond, Patience: 5 * time.Second,
			Prefix: scenario.Name(), Managers: managers, FirstUser: 100_000,
		}
		result, err := bench.Measure(ctx, scenario, &bench.Target{URL: "http://" + address, Profile: profile}, config)
		require.NoError(t, err, "%s, %s", scenario.Name(), scenario.Parameters())
		require.NotZero(t, result.Units)
	}
}

func TestServe_says_what_is_wrong(t *testing.T) {
	err := bare.Serve(t.Context(), "127.0.0.1:0", "127.0.0.1:1")
	require.ErrorContains(t, err, "redis")
	require.Error(t, bare.Serve(t.Context(), "nowhere", "127.0.0.1:1"))
}
