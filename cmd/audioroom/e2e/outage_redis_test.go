package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
	"audioroom/laravel/standin"
)

// without has a row's operation happen while Redis is away and waits until all
// is well again. The backend publishes through Redis: its events come as soon as
// that is back.
func (c *troupe) without(away, back func()) {
	c.all(func() {
		c.w.Laravel.Awaits(c.t, "all statuses", func() bool { return c.w.Laravel.Flying(standin.Status) == 0 })
		away()
	})
	asks := time.Now()
	if c.op.name != "backend event" {
		c.operates()
	}
	if c.op.by != nil {
		assert.Greater(c.t, time.Since(asks), 700*time.Millisecond, "Redis is waited for before it is done without")
	}
	if c.op.closes {
		time.Sleep(2 * closesAfter)
		assert.Equal(c.t, 1.0, c.w.Server.Metric(c.t, "audioroom_rooms"), "no room closes behind the back of Redis")
	}
	c.all(func() {
		assert.Equal(c.t, http.StatusServiceUnavailable, c.w.Server.Status("/healthz"))
		assert.NotZero(c.t, c.w.Server.Metric(c.t, "audioroom_rooms_unsaved"))
		back()
		harness.Eventually(c.t, "all is well again", func() bool { return c.w.Server.Status("/healthz") == http.StatusOK })
		assert.Zero(c.t, c.w.Server.Metric(c.t, "audioroom_rooms_unsaved"))
	})
	if c.op.name == "backend event" {
		c.operates()
	}
	c.kept()
	c.settled()
	c.hearsOfIt()
	// What the backend accepted while Redis was away may still be there: it is
	// sent once more, as it is, at the next start.
	harness.Eventually(c.t, "nothing waits that the backend has not accepted", func() bool {
		left, told := c.w.Redis.Outbox(c.t, c.ID), c.w.Laravel.Reported(c.t, c.ID)
		return left == nil || assert.ObjectsAreEqual(told[len(told)-1], left)
	})
}

func TestMatrix_RedisFrozen(t *testing.T) {
	faulty{script: func(c *troupe) {
		c.without(func() { c.w.Redis.Freeze(c.t) }, c.w.Redis.Thaw)
	}}.play(t)
}

func TestMatrix_RedisKilled(t *testing.T) {
	faulty{script: func(c *troupe) {
		c.without(c.w.Redis.Kill, func() { require.NoError(c.t, c.w.Redis.Start()) })
	}}.play(t)
}

// Redis loses everything it held before; what happens next in a room brings all
// of the room back.
func TestMatrix_RedisEmptied(t *testing.T) {
	faulty{script: func(c *troupe) {
		c.all(func() { c.w.Redis.Empty(c.t) })
		c.operates()
		c.kept()
		c.settled()
		c.told()
	}}.play(t)
}

// Redis carries the operation's commit out, and the connection breaks in the
// middle of its answer: it is sent again, and nobody hears anything twice.
func TestMatrix_ReplyCut(t *testing.T) {
	faulty{
		setup: behindProxy,
		script: func(c *troupe) {
			c.all(func() {})
			c.turn.Lock() // one cut at a time
			defer c.turn.Unlock()
			cuts := c.w.Proxy.Cuts()
			if c.op.closes {
				c.w.Proxy.CutAfter(`"ended_at"`)
			} else {
				c.w.Proxy.CutAfter(`"id":"` + c.ID + `"`)
			}
			c.operates()
			c.kept()
			c.settled()
			c.told()
			assert.Equal(c.t, cuts+1, c.w.Proxy.Cuts())
		},
	}.play(t)
}

// What is lost comes back by itself, also of rooms in which nothing happens.
func TestOutage_RedisEmptied(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{})
	rooms := make([]*harness.Room, 5)
	states := make([]harness.State, len(rooms))
	for i := range rooms {
		r := w.Room(t)
		owner, a := r.JoinOwner(), r.Join()
		a.Do("seat:take", seat(i))
		owner.Expect("seat:updated", updated(i, a.User))
		owner.Do("seat:lock", seat(i+1))
		hear(r.Others(nil), says{"seat:locked", locked(i+1, true)})
		rooms[i], states[i] = r, r.Settled()
	}
	w.Redis.Empty(t)
	_, err := w.Server.Logged("redis lost data, every room is saved in full")
	require.NoError(t, err)
	for i, r := range rooms {
		harness.Eventually(t, "the room is in Redis", func() bool { return len(w.Redis.Kept(t, r.ID).Seats) == 1 })
		assert.Equal(t, states[i], r.Settled(), "nobody heard anything, and all is as it was")
	}
	w.Crash(t)
	w.Restart(t, nil)
	assert.EqualValues(t, len(rooms), w.Server.Metric(t, "audioroom_rooms"))
	for i, r := range rooms {
		r.Without(r.Others(nil)...)
		state := r.Enter(w.Connect(t, states[i].Seats[0].UserID))
		assert.Equal(t, states[i].Seats, state.Seats)
		assert.Equal(t, states[i].LockedSeats, state.LockedSeats)
	}
}
