package persistence_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/actors"
	"audioroom/persistence"
	"audioroom/persistence/redistest"
)

// soon is how quickly everything has to be confirmed once Redis is there again.
const soon = time.Second

// recorder is an Observer that counts.
type recorder struct {
	mu     sync.Mutex
	faults map[persistence.Fault]int
	lates  int
	done   int
	orders []int
}

func newRecorder() *recorder { return &recorder{faults: make(map[persistence.Fault]int)} }

func (r *recorder) Pipeline(orders int, _ time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.orders = append(r.orders, orders)
}

func (r *recorder) Done(time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
}

func (r *recorder) Late() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lates++
}

func (r *recorder) Fault(f persistence.Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults[f]++
}

func (r *recorder) count(f persistence.Fault) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.faults[f]
}

// claimAll claims and commits so many rooms.
func claimAll(t *testing.T, s *persistence.Store, count int) (rooms []actors.Claim) {
	t.Helper()
	var outcomes []*outcome
	for i := range count {
		outcomes = append(outcomes, startClaim(t, s, fmt.Sprintf("room-%d", i)))
	}
	for _, o := range outcomes {
		r := o.wait()
		require.NoError(t, r.err)
		rooms = append(rooms, r.claim)
	}
	for _, r := range commitAll(t, s, rooms, 0) {
		require.NoError(t, r.wait().err)
	}
	return rooms
}

func commitAll(t *testing.T, s *persistence.Store, rooms []actors.Claim, last uint64) (outcomes []*outcome) {
	t.Helper()
	for _, held := range rooms {
		outcomes = append(outcomes, startCommit(t, s, after(held, last)))
	}
	return outcomes
}

func requireFences(t *testing.T, url string, rooms []actors.Claim, revision int) {
	t.Helper()
	redis := client(t, url)
	for _, held := range rooms {
		require.Equal(t, fmt.Sprintf("%d.%d", held.Epoch, revision), redis.Get(context.Background(), "rooms:fence:"+held.RoomID).Val())
	}
}

func TestStore_survives_a_redis_that_freezes_with_a_pipeline_in_flight(t *testing.T) {
	server, seen := redistest.Start(t), newRecorder()
	s := open(t, persistence.Config{URL: server.URL(), Observer: seen})
	rooms := claimAll(t, s, 50)

	server.Freeze()
	began := time.Now()
	outcomes := commitAll(t, s, rooms, 1)
	for _, o := range outcomes {
		o.waitLate()
	}
	took := time.Since(began)
	assert.GreaterOrEqual(t, took, time.Second, "the commit timeout")
	assert.Less(t, took, 1900*time.Millisecond, "though the pipeline hangs for longer")
	health := s.Healthy()
	assert.False(t, health.OK)
	assert.Equal(t, 50, health.Unsaved)

	// Long enough for the pipeline to be given up and sent again: Redis will
	// find it twice.
	eventually(t, func() bool { return seen.count(persistence.FaultTimeout) >= 50 }, "the pipeline is given up")
	server.Thaw()
	thawed := time.Now()
	for _, o := range outcomes {
		require.NoError(t, o.wait().err)
		assert.EqualValues(t, 1, o.lates.Load())
	}
	t.Logf("confirmed %v after the thaw", time.Since(thawed))
	assert.Less(t, time.Since(thawed), soon)
	requireFences(t, server.URL(), rooms, 2)
	eventually(t, func() bool { return s.Healthy().OK }, "healthy again")

	for last := uint64(2); last < 10; last++ {
		for _, o := range commitAll(t, s, rooms, last) {
			require.NoError(t, o.wait().err)
			assert.Zero(t, o.lates.Load())
		}
	}
	requireFences(t, server.URL(), rooms, 10)
}

func TestStore_survives_a_short_freeze_without_sending_twice(t *testing.T) {
	server, seen := redistest.Start(t), newRecorder()
	s := open(t, persistence.Config{URL: server.URL(), Observer: seen, CommitTimeout: 100 * time.Millisecond})
	held := claim(t, s, "r")
	server.Freeze()
	o := startCommit(t, s, after(held, 0))
	o.waitLate()
	server.Thaw()
	thawed := time.Now()
	require.NoError(t, o.wait().err)
	assert.Less(t, time.Since(thawed), soon)
	assert.Zero(t, seen.count(persistence.FaultTimeout))
}

func TestStore_keeps_what_it_confirmed_when_redis_is_killed(t *testing.T) {
	server := redistest.Start(t, redistest.AppendOnly())
	s := open(t, persistence.Config{URL: server.URL()})
	rooms := claimAll(t, s, 20)
	server.Kill()
	outcomes := commitAll(t, s, rooms, 1)
	outcomes[0].waitLate()
	server.Restart()
	back := time.Now()
	for _, o := range outcomes {
		require.NoError(t, o.wait().err)
	}
	t.Logf("confirmed %v after the restart", time.Since(back))
	assert.Less(t, time.Since(back), soon)
	requireFences(t, server.URL(), rooms, 2)
}

func TestStore_tells_when_redis_comes_back_empty(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, persistence.Config{URL: server.URL()})
	rooms := claimAll(t, s, 20)
	server.Kill()
	outcomes := commitAll(t, s, rooms, 1)
	server.RestartEmpty()
	for i := len(outcomes) - 1; i >= 0; i-- {
		require.ErrorIs(t, outcomes[i].wait().err, actors.ErrDiverged)
	}
	for i := len(rooms) - 1; i >= 0; i-- {
		c := after(rooms[i], 1)
		c.Full, c.Revision = true, 3
		mustCommit(t, s, c)
	}
	requireFences(t, server.URL(), rooms, 3)
	for _, o := range commitAll(t, s, rooms, 3) {
		require.NoError(t, o.wait().err)
	}
}

func TestStore_survives_replies_that_get_lost(t *testing.T) {
	server := redistest.Start(t)
	cable := startProxy(t, server.Addr())
	s := open(t, persistence.Config{URL: cable.URL(), Probe: time.Hour})
	redis, ctx := client(t, server.URL()), context.Background()
	claim(t, s, "warm") // so that the scripts are loaded and the connection is made
	for _, pass := range []int{0, 1, 3, 10} {
		t.Run(fmt.Sprintf("after %d bytes", pass), func(t *testing.T) {
			lost := cable.lost()
			cable.loseReplies(1, pass)
			id := fmt.Sprintf("cut-%d", pass)
			held := claim(t, s, id)
			assert.Equal(t, fmt.Sprintf("%d.0", held.Epoch), redis.Get(ctx, "rooms:fence:"+id).Val())
			assert.Equal(t, lost+1, cable.lost())

			counter := redis.Get(ctx, "rooms:epoch").Val()
			assert.Equal(t, fmt.Sprint(held.Epoch), counter, "the repeated claim got the same epoch")

			cable.loseReplies(1, pass)
			c := after(held, 0)
			c.Status, c.Users = []byte("{}"), in(1)
			mustCommit(t, s, c)
			assert.Equal(t, fmt.Sprintf("%d.1", held.Epoch), redis.Get(ctx, "rooms:fence:"+id).Val())
			cable.loseReplies(1, pass)
			end := after(held, 1)
			end.Close = true
			mustCommit(t, s, end)
			assert.Empty(t, redis.Keys(ctx, "room:"+id+":*").Val())
		})
	}
	t.Run("in the middle of a pipeline", func(t *testing.T) {
		rooms := claimAll(t, s, 100)
		cable.loseReplies(2, 210)
		for _, o := range commitAll(t, s, rooms, 1) {
			require.NoError(t, o.wait().err)
		}
		requireFences(t, server.URL(), rooms, 2)
	})
}

func TestStore_survives_a_redis_that_forgets_the_scripts(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s := openURL(t, url)
		rooms := claimAll(t, s, 10)
		require.NoError(t, client(t, url).ScriptFlush(context.Background()).Err())
		for _, o := range commitAll(t, s, rooms, 1) {
			require.NoError(t, o.wait().err)
			assert.Zero(t, o.lates.Load())
		}
	})
}

func TestStore_waits_for_a_redis_that_takes_no_writes(t *testing.T) {
	server := redistest.Start(t)
	redis, ctx := client(t, server.URL()), context.Background()
	for name, refuse := range map[string][2][]any{
		"OOM":      {{"config", "set", "maxmemory", "1"}, {"config", "set", "maxmemory", "0"}},
		"READONLY": {{"replicaof", "127.0.0.1", "1"}, {"replicaof", "no", "one"}},
	} {
		t.Run(name, func(t *testing.T) {
			seen := newRecorder()
			s := open(t, persistence.Config{URL: server.URL(), Observer: seen, CommitTimeout: 200 * time.Millisecond})
			held := claim(t, s, name)
			require.NoError(t, redis.Do(ctx, refuse[0]...).Err())
			o := startCommit(t, s, after(held, 0))
			o.waitLate()
			health := s.Healthy()
			assert.False(t, health.OK)
			assert.Contains(t, health.Reason, name)
			eventually(t, func() bool { return seen.count(persistence.FaultRefused) >= 4 }, "it tries again")
			assert.NoError(t, s.Ping(ctx), "it answers all the same")

			require.NoError(t, redis.Do(ctx, refuse[1]...).Err())
			began := time.Now()
			require.NoError(t, o.wait().err)
			assert.Less(t, time.Since(began), soon)
			eventually(t, func() bool { return s.Healthy().OK }, "healthy again")
			assert.Less(t, seen.count(persistence.FaultRefused), 100, "no busy loop")
		})
	}
}

func TestStore_holds_up_nobody_for_a_room_whose_keys_are_broken(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		var log strings.Builder
		seen := newRecorder()
		s := open(t, persistence.Config{
			URL: url, Observer: seen, Logger: logTo(&log), CommitTimeout: 300 * time.Millisecond,
		})
		redis, ctx := client(t, url), context.Background()
		broken, sound := claim(t, s, "broken"), claim(t, s, "sound")
		require.NoError(t, redis.Set(ctx, "room:broken:locked_seats", "what is this", 0).Err())

		c := after(broken, 0)
		c.Locks = []actors.LockChange{{Seat: 1, Locked: true}}
		c.Users, c.Status = in(7), []byte("{}")
		stuck := startCommit(t, s, c)
		for last := range uint64(50) {
			began := time.Now()
			mustCommit(t, s, after(sound, last))
			require.Less(t, time.Since(began), soon)
		}
		stuck.waitLate()
		assert.False(t, s.Healthy().OK)
		assert.Equal(t, 1, s.Healthy().Unsaved)
		eventually(t, func() bool { return seen.count(persistence.FaultRoom) >= 4 }, "it tries again")

		require.NoError(t, redis.Del(ctx, "room:broken:locked_seats").Err())
		require.NoError(t, stuck.wait().err)
		where, _, err := s.RoomOf(ctx, 7)
		require.NoError(t, err)
		assert.Equal(t, "broken", where, "all of the commit is there, not only what came before the fault")
		found, err := s.Inspect(ctx, "broken")
		require.NoError(t, err)
		assert.Equal(t, []int{1}, found.Locked)
		eventually(t, func() bool { return s.Healthy().OK }, "healthy again")
		require.NoError(t, s.Close(ctx))
		assert.Equal(t, 1, strings.Count(log.String(), "can't be saved"), "logged once in a while")
	})
}

func TestStore_opened_without_redis_starts_when_redis_does(t *testing.T) {
	server := redistest.Start(t)
	server.Kill()
	var log strings.Builder
	s := open(t, persistence.Config{URL: server.URL(), Logger: logTo(&log)})
	o := startClaim(t, s, "r")
	o.waitLate()
	health := s.Healthy()
	assert.False(t, health.OK)
	assert.Contains(t, health.Reason, "connection refused")
	assert.WithinDuration(t, time.Now(), health.Since, 5*time.Second)
	assert.Error(t, s.Ping(context.Background()))

	server.Restart()
	back := time.Now()
	require.NoError(t, o.wait().err)
	t.Logf("claimed %v after the start", time.Since(back))
	assert.Less(t, time.Since(back), soon)
	eventually(t, func() bool { return s.Healthy().OK }, "healthy")
	require.NoError(t, s.Close(context.Background()))
	assert.Equal(t, 1, strings.Count(log.String(), "does not confirm"), log.String())
	assert.Equal(t, 1, strings.Count(log.String(), "is back"), log.String())
}

func TestStore_notices_a_redis_that_is_gone_while_nobody_writes(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, persistence.Config{URL: server.URL(), Probe: 10 * time.Millisecond})
	eventually(t, func() bool { return s.Healthy().OK }, "healthy")
	server.Kill()
	eventually(t, func() bool { return !s.Healthy().OK }, "noticed")
	server.Restart()
	eventually(t, func() bool { return s.Healthy().OK }, "healthy again")
}
