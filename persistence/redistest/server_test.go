package redistest_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"audioroom/persistence/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, s *redistest.Server) *redis.Client {
	options, err := redis.ParseURL(s.URL())
	require.NoError(t, err)
	options.MaxRetries, options.DialerRetries, options.ContextTimeoutEnabled = -1, 1, true
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestServer_keeps_its_data_as_configured(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		options []redistest.Option
		end     func(*redistest.Server)
		restart func(*redistest.Server)
		keeps   bool
	}{
		"killed, append only":   {[]redistest.Option{redistest.AppendOnly()}, (*redistest.Server).Kill, (*redistest.Server).Restart, true},
		"stopped, append only":  {[]redistest.Option{redistest.AppendOnly()}, (*redistest.Server).Stop, (*redistest.Server).Restart, true},
		"emptied, append only":  {[]redistest.Option{redistest.AppendOnly()}, (*redistest.Server).Kill, (*redistest.Server).RestartEmpty, false},
		"killed, nothing saved": {nil, (*redistest.Server).Kill, (*redistest.Server).Restart, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t, c.options...)
			addr := server.Addr()
			require.NoError(t, connect(t, server).Set(ctx, "k", "v", 0).Err())
			c.end(server)
			assert.Error(t, connect(t, server).Ping(ctx).Err())
			c.restart(server)
			assert.Equal(t, addr, server.Addr())
			assert.Equal(t, c.keeps, connect(t, server).Exists(ctx, "k").Val() == 1)
		})
	}
}

func TestServer_Freeze_stops_answers_until_Thaw(t *testing.T) {
	ctx := context.Background()
	server := redistest.Start(t, redistest.Args("--maxmemory", "64mb"))
	c := connect(t, server)
	require.NoError(t, c.Ping(ctx).Err())
	server.Freeze()
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	assert.Error(t, c.Ping(short).Err())
	server.Thaw()
	assert.NoError(t, c.Ping(ctx).Err())
	assert.Equal(t, "67108864", c.ConfigGet(ctx, "maxmemory").Val()["maxmemory"])
	server.Freeze() // a frozen server ends with its test, too
}
