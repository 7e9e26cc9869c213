package persistence_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/persistence"
)

func TestEmbedded_lets_keys_expire(t *testing.T) {
	e := embedded(t)
	s := open(t, persistence.Config{URL: e.URL(), Inactivity: 300 * time.Millisecond})
	redis, ctx := client(t, e.URL()), context.Background()
	mustCommit(t, s, after(claim(t, s, "r"), 0))
	require.EqualValues(t, 1, redis.Exists(ctx, "room:r:activity").Val())
	eventually(t, func() bool { return redis.Exists(ctx, "room:r:activity").Val() == 0 }, "expired")
	assert.EqualValues(t, 1, redis.Exists(ctx, "room:r:snapshot").Val())
}

func TestEmbedded_Close(t *testing.T) {
	e, err := persistence.StartEmbedded("127.0.0.1:0")
	require.NoError(t, err)
	_, err = persistence.StartEmbedded(e.Addr())
	require.ErrorContains(t, err, "embedded redis", "the address is in use")
	e.Close()
	e.Close()
}
