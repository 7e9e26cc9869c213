package bench_test

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"audioroom/bench"
	"audioroom/cmd/audioroom/e2e/harness"
)

// The program, and the server under load, the same for all tests: they use other
// rooms.
var (
	program string
	served  *harness.Server
)

// TestMain builds the program and starts it once.
func TestMain(m *testing.M) {
	flag.Parse()
	// The tests wait for other processes most of the time.
	if flag.Lookup("test.parallel").Value.String() < "8" {
		flag.Set("test.parallel", "8")
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "audioroom-bench-test-")
	if err != nil {
		return broken(err)
	}
	defer os.RemoveAll(dir)
	// Without the race detector: what is measured here is not raced by the driver.
	program = dir + "/audioroom"
	if out, err := exec.Command("go", "build", "-o", program, "audioroom/cmd/audioroom").CombinedOutput(); err != nil {
		return broken(fmt.Errorf("%w\n%s", err, out))
	}
	redis, err := harness.NewRedis(true)
	if err != nil {
		return broken(err)
	}
	defer redis.Close()
	backend, err := harness.NewLaravel("key", true)
	if err != nil {
		return broken(err)
	}
	defer backend.Close()
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return broken(err)
	}
	address := port.Addr().String()
	port.Close()
	served, err = harness.Serve(program, harness.Env{
		"LISTEN": address, "LOG_FORMAT": "json", "JWT_SECRET": harness.Secret, "REDIS_URL": redis.URL(),
		"LARAVEL_API_URL": backend.URL(), "LARAVEL_INTERNAL_KEY": "key",
		"EVENT_BUDGET": "0", "CHAT_PER_MINUTE": "0", "CONNECTIONS_PER_USER": "0", "ROOMS_PER_MINUTE": "0",
	})
	if err != nil {
		return broken(err)
	}
	if err := served.Ready(); err != nil {
		return broken(err)
	}
	world := goleak.IgnoreCurrent()
	status := m.Run()
	if status == 0 {
		if err := goleak.Find(world, goleak.IgnoreAnyFunction("net/http.(*conn).serve")); err != nil {
			return broken(err)
		}
	}
	if err := served.Stop(); err != nil {
		return broken(err)
	}
	return status
}

func broken(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// target is the server at a URL, which is the program's if it is empty.
func target(url string) *bench.Target {
	if url == "" {
		url = served.URL
	}
	profile := bench.DefaultProfile()
	profile.Secret = harness.Secret
	return &bench.Target{URL: url, Profile: profile}
}

// servedPID finds the program among the children of this process.
func servedPID(t *testing.T) int {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	require.NoError(t, err)
	for _, list := range lists {
		children, _ := os.ReadFile(list) // the thread may have ended
		for _, child := range strings.Fields(string(children)) {
			if line, err := os.ReadFile("/proc/" + child + "/cmdline"); err == nil && string(line) == program+"\x00serve\x00" {
				pid, err := strconv.Atoi(child)
				require.NoError(t, err)
				return pid
			}
		}
	}
	t.Fatal("the program is not among this process's children")
	return 0
}

// claimsOf reads a token.
func claimsOf(t *testing.T, token, secret string) jwt.MapClaims {
	t.Helper()
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return []byte(secret), nil }, jwt.WithValidMethods([]string{"HS256"}))
	require.NoError(t, err)
	return claims
}

// short is a configuration for a run that takes a moment.
func short() *bench.Config {
	return &bench.Config{
		WarmUp: 50 * time.Millisecond, Duration: 250 * time.Millisecond, Patience: time.Second,
		Prefix: fmt.Sprintf("test-%d", os.Getpid()), Managers: []int64{1, 2, 3}, FirstUser: 100_000,
	}
}

// measure runs a scenario against a server.
func measure(t *testing.T, scenario bench.Scenario, target *bench.Target, config *bench.Config) (*bench.Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return bench.Measure(ctx, scenario, target, config)
}
