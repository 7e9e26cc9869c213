package e2e_test

import (
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// complete is a configuration that is good, of a server that nobody talks to.
func complete(over harness.Env) harness.Env {
	env := harness.Usual()
	maps.Copy(env, harness.Env{
		"LISTEN": "127.0.0.1:0", "REDIS_URL": "redis://127.0.0.1:1", "LARAVEL_API_URL": "http://127.0.0.1:1",
	})
	maps.Copy(env, over)
	return env
}

func TestConfig(t *testing.T) {
	t.Parallel()

	in(t, "that is bad in many ways is told of in full", func(t *testing.T) {
		stdout, stderr, status := harness.Run(t, stage.Program, complete(harness.Env{
			"JWT_SECRET": "short", "REDIS_URL": "http://nowhere", "LARAVEL_API_URL": "nowhere", "LARAVEL_INTERNAL_KEY": "",
			"CORS_ORIGINS": "nowhere/", "SEAT_GRACE": "soon", "ROOM_INACTIVITY_TIMEOUT": "-1s", "DEFAULT_SEAT_COUNT": "101",
			"EVENT_BUDGET": "-1", "EVENT_REFILL": "many", "PING_INTERVAL": "0s", "PING_TIMEOUT": "1", "STATUS_WINDOW": "-1s",
			"COMMIT_TIMEOUT": "x", "CONNECTIONS_PER_USER": "-1", "LOG_LEVEL": "loud", "LOG_FORMAT": "xml", "LISTEN": "nowhere",
		}), "serve")
		assert.Equal(t, 2, status)
		assert.Empty(t, stdout)
		for _, name := range []string{
			"JWT_SECRET", "REDIS_URL", "LARAVEL_API_URL", "LARAVEL_INTERNAL_KEY", "CORS_ORIGINS", "SEAT_GRACE",
			"ROOM_INACTIVITY_TIMEOUT", "DEFAULT_SEAT_COUNT", "EVENT_BUDGET", "EVENT_REFILL", "PING_INTERVAL", "PING_TIMEOUT",
			"STATUS_WINDOW", "COMMIT_TIMEOUT", "CONNECTIONS_PER_USER", "LOG_LEVEL", "LOG_FORMAT", "LISTEN",
		} {
			assert.Contains(t, stderr, name)
		}
		assert.NotContains(t, stderr, "goroutine")
	})

	in(t, "that is missing is told of in full", func(t *testing.T) {
		_, stderr, status := harness.Run(t, stage.Program, nil, "serve")
		assert.Equal(t, 2, status)
		for _, name := range []string{"JWT_SECRET", "LARAVEL_API_URL", "LARAVEL_INTERNAL_KEY"} {
			assert.Contains(t, stderr, name)
		}
	})

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() })
	const short = "not-long-enough"
	for _, c := range []struct {
		what  string
		env   harness.Env
		args  []string
		names string
	}{
		{"a short secret", harness.Env{"JWT_SECRET": short}, nil, "JWT_SECRET"},
		{"a short second secret", harness.Env{"JWT_SECRET": harness.Secret + "," + short}, nil, "JWT_SECRET"},
		{"a space after the comma", harness.Env{"JWT_SECRET": harness.Secret + ", " + harness.OldSecret}, nil, "JWT_SECRET: secret 2"},
		{"a line break at the end", harness.Env{"JWT_SECRET": harness.Secret + "\n"}, nil, "JWT_SECRET: secret 1"},
		{"a padded key", harness.Env{"LARAVEL_INTERNAL_KEY": " the-internal-key"}, nil, "LARAVEL_INTERNAL_KEY"},
		{"an unknown flag", nil, []string{"--nonsense"}, "--nonsense"},
		{"a bad flag", nil, []string{"--seat-grace", "soon"}, "--seat-grace"},
		{"a port that is taken", harness.Env{"LISTEN": taken.Addr().String()}, nil, taken.Addr().String()},
	} {
		in(t, "with "+c.what+" is told of in one line", func(t *testing.T) {
			stdout, stderr, status := harness.Run(t, stage.Program, complete(c.env), append([]string{"serve"}, c.args...)...)
			assert.Equal(t, 2, status)
			assert.Empty(t, stdout)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %q", stderr)
			assert.Contains(t, stderr, c.names)
			for _, secret := range []string{short, harness.Secret, harness.OldSecret, "the-internal-key"} {
				assert.NotContains(t, stderr, secret, "a secret is not told")
			}
		})
	}

	in(t, "comes from flags as well, which win", func(t *testing.T) {
		env := complete(harness.Env{"DEFAULT_SEAT_COUNT": "3"})
		w := stage.World(t, harness.Setup{})
		maps.Copy(env, harness.Env{"REDIS_URL": w.Env()["REDIS_URL"], "LARAVEL_API_URL": w.Env()["LARAVEL_API_URL"]})
		server, err := harness.Serve(stage.Program, env, "--default-seat-count", "4")
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, server.Stop()) })
		require.NoError(t, server.Ready())
		other := &harness.World{Stage: stage, Server: server}
		a := other.Connect(t, harness.NewUser())
		assert.Equal(t, 4, a.State(a.Ask("room:join", P{"roomId": "room-" + harness.NewID(1)}).Wait()).SeatCount)
	})

	in(t, "is explained", func(t *testing.T) {
		stdout, _, status := harness.Run(t, stage.Program, nil, "serve", "--help")
		assert.Equal(t, 0, status)
		for name := range harness.Usual() {
			assert.Contains(t, stdout, name)
		}
	})
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	w := shared(t)
	for path, status := range map[string]int{
		"/readyz": http.StatusOK, "/metrics": http.StatusOK, "/nothing": http.StatusNotFound,
	} {
		assert.Equal(t, status, w.Server.Status(path), path)
	}
}
