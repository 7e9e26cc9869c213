package persistence_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
	"audioroom/persistence/redistest"
)

func TestStore_Claim_tells_who_is_blocked(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, ctx := openURL(t, url), context.Background()
		assert.Empty(t, claim(t, s, "r").Blocked, "of a room that nobody was blocked in")

		require.NoError(t, s.Block(ctx, "r", 7, 0))
		require.NoError(t, s.Block(ctx, "r", 8, 1_900_000_000_123))
		require.NoError(t, s.Block(ctx, "r", 1<<53-1, 5))
		require.NoError(t, s.Block(ctx, "other", 9, 0))
		want := map[room.UserID]int64{7: 0, 8: 1_900_000_000_123, 1<<53 - 1: 5}
		held := claim(t, s, "r")
		assert.Equal(t, want, held.Blocked)
		assert.Nil(t, held.Snapshot, "the room is not open")

		mustCommit(t, s, after(held, 0))
		again := claim(t, s, "r")
		assert.Equal(t, want, again.Blocked, "with a snapshot too")
		assert.NotNil(t, again.Snapshot)

		require.NoError(t, s.Block(ctx, "r", 7, 44), "a block replaces the one before")
		require.NoError(t, s.Unblock(ctx, "r", 8))
		require.NoError(t, s.Unblock(ctx, "r", 8), "twice")
		require.NoError(t, s.Unblock(ctx, "r", 1_000), "who was never blocked")
		assert.Equal(t, map[room.UserID]int64{7: 44, 1<<53 - 1: 5}, claim(t, s, "r").Blocked)
	})
}

func TestStore_Block_outlives_the_room_and_redis(t *testing.T) {
	server := redistest.Start(t, redistest.AppendOnly())
	s, ctx := openURL(t, server.URL()), context.Background()
	require.NoError(t, s.Block(ctx, "r", 7, 0))
	held := claim(t, s, "r")
	mustCommit(t, s, after(held, 0))
	end := after(held, 1)
	end.Close = true
	mustCommit(t, s, end)
	assert.Equal(t, map[room.UserID]int64{7: 0}, claim(t, s, "r").Blocked)

	server.Kill()
	server.Restart()
	assert.Equal(t, map[room.UserID]int64{7: 0}, claim(t, openURL(t, server.URL()), "r").Blocked)
}

func TestStore_Claim_leaves_out_what_is_no_block(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis, ctx := openURL(t, url), client(t, url), context.Background()
		require.NoError(t, redis.HSet(ctx, "rooms:blocked:r", "seven", 1, "8", "never", "9", "7.5", "10", "60").Err())
		assert.Equal(t, map[room.UserID]int64{10: 60}, claim(t, s, "r").Blocked)
	})
}

func TestStore_RevokeBefore_never_goes_back(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis, ctx := openURL(t, url), client(t, url), context.Background()
		const key = "auth:user_revoked:7"
		for _, step := range []struct {
			at   int64
			want string
		}{{1_700_000_000, "1700000000"}, {1_699_999_999, "1700000000"}, {1_700_000_000, "1700000000"}, {1_700_000_001, "1700000001"}, {0, "1700000001"}, {-5, "1700000001"}} {
			require.NoError(t, s.RevokeBefore(ctx, 7, time.Unix(step.at, 999_000_000)))
			assert.Equal(t, step.want, redis.Get(ctx, key).Val(), "after %d", step.at)
		}
		assert.Equal(t, time.Duration(-1), redis.TTL(ctx, key).Val(), "it is kept for good")

		for issued, revoked := range map[int64]bool{1_700_000_000: true, 1_700_000_001: false, 1_700_000_002: false} {
			got, err := s.Revoked(ctx, "t", 7, time.Unix(issued, 0))
			require.NoError(t, err)
			assert.Equal(t, revoked, got, "a token of %d", issued)
			got, err = s.Revoked(ctx, "t", 8, time.Unix(issued, 0))
			require.NoError(t, err)
			assert.False(t, got, "another user's")
		}
	})
}

func TestStore_RevokeBefore_replaces_what_is_no_time(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, c, ctx := openURL(t, url), client(t, url), context.Background()
		require.NoError(t, c.Set(ctx, "auth:user_revoked:7", "yesterday", 0).Err())
		require.NoError(t, s.RevokeBefore(ctx, 7, time.Unix(5, 0)))
		assert.Equal(t, "5", c.Get(ctx, "auth:user_revoked:7").Val())

		require.NoError(t, c.SAdd(ctx, "auth:user_revoked:8", "a set").Err())
		err := s.RevokeBefore(ctx, 8, time.Unix(5, 0))
		var refused redis.Error
		assert.ErrorAs(t, err, &refused, "an error that says so")
	})
}

func TestStore_blocks_and_revocations_fail_in_time_when_redis_does_not_answer(t *testing.T) {
	server := redistest.Start(t)
	s, ctx := openURL(t, server.URL()), context.Background()
	changes := map[string]func() error{
		"Block":        func() error { return s.Block(ctx, "r", 7, 0) },
		"Unblock":      func() error { return s.Unblock(ctx, "r", 7) },
		"RevokeBefore": func() error { return s.RevokeBefore(ctx, 7, time.Unix(5, 0)) },
	}
	for name, change := range changes {
		require.NoError(t, change(), name)
	}
	server.Freeze()
	for name, change := range changes {
		began := time.Now()
		assert.Error(t, change(), name)
		assert.Less(t, time.Since(began), 3*time.Second, name)
	}
	server.Thaw()
	for name, change := range changes {
		assert.NoError(t, change(), name)
	}
}
