package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// barred has a socket try to join and be refused for a block, and returns the
// seconds that are left.
func barred(t *testing.T, s *harness.Socket, roomID string) float64 {
	t.Helper()
	answer := s.Emit("room:join", P{"roomId": roomID}).(P)
	seconds, ok := answer["remaining_seconds"].(float64)
	require.True(t, ok, "%v", answer)
	require.Equal(t, P{"error": "room_blocked", "permanent": false, "remaining_seconds": seconds}, answer)
	return seconds
}

var forEver = P{"error": "room_blocked", "permanent": true, "remaining_seconds": nil}

func TestBlock(t *testing.T) {
	t.Parallel()

	in(t, "puts the user out, refuses them with the seconds left, until it is lifted", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		second := c.JoinAs(c.any.User)
		c.any.Do("seat:take", seat(3))
		hear(c.Others(c.any), says{"seat:updated", updated(3, c.any.User)})
		c.Tells("room.member_blocked", c.any.User, P{"remaining_seconds": 60})
		c.Without(c.any, second)
		hear(c.Others(nil), says{"seat:cleared", seat(3)}, says{"room:userLeft", on(c.any.User)})
		for _, s := range []*harness.Socket{c.any, second, w.Connect(t, c.any.User)} {
			left := barred(t, s, c.ID)
			assert.LessOrEqual(t, left, 60.0)
			assert.Greater(t, left, 50.0)
			s.Refused("seat:take", P{"roomId": c.ID, "seatIndex": 3}, "Not in room")
		}
		c.any.Unheard()
		second.Unheard()
		assert.Equal(t, 4, c.Settled().ParticipantCount)
		assert.Empty(t, c.RoomOf(c.any.User))
		c.sit(c.member, 3) // no seat is held
		other := w.Room(t) // the block is this room's
		other.Enter(c.any)
		c.any.Do("room:leave", P{})

		c.Tells("room.user_unblocked", c.any.User, P{})
		c.Heeded()
		c.Enter(c.any)
		assert.Equal(t, 5, c.Settled().ParticipantCount)
	})

	in(t, "ends by itself, the seconds left are whole and never 0 before", func(t *testing.T) {
		c := castOf(t, shared(t))
		blocked := time.Now()
		c.Tells("room.member_blocked", c.any.User, P{"remaining_seconds": 2})
		c.Without(c.any)
		hear(c.Others(nil), says{"room:userLeft", on(c.any.User)})
		c.any.Expect("room.member_blocked", P{"remaining_seconds": 2})
		var last P
		harness.Eventually(t, "the block ends", func() bool {
			answer := c.any.Emit("room:join", P{"roomId": c.ID}).(P)
			if answer["error"] == nil {
				return true
			}
			last = answer
			seconds := answer["remaining_seconds"].(float64)
			require.Contains(t, []float64{1, 2}, seconds)
			return false
		})
		assert.GreaterOrEqual(t, time.Since(blocked), 1900*time.Millisecond)
		assert.Less(t, time.Since(blocked), 5*time.Second)
		assert.Equal(t, 1.0, last["remaining_seconds"])
		c.With(c.any)
		hear(c.Others(c.any), says{"room:userJoined", P{"userId": c.any.User, "user": harness.Public(c.any.User)}})
		c.Settled()
	})

	in(t, "for ever says so, and ends the hold on a seat", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.sit(c.any, 3)
		c.any.Cut()
		c.Without(c.any)
		hear(c.Others(nil), says{"seat:cleared", seat(3)}, says{"room:userLeft", on(c.any.User)})
		c.Tells("room.member_blocked", c.any.User, P{"permanent": true})
		c.Heeded()
		c.sit(c.member, 3)
		back := shared(t).Connect(t, c.any.User)
		assert.Equal(t, forEver, back.Emit("room:join", P{"roomId": c.ID}))
		c.Settled()
	})

	in(t, "replaces the one before", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.Tells("room.member_blocked", c.outside.User, P{"permanent": true})
		c.Tells("room.member_blocked", c.outside.User, P{"remaining_seconds": 100})
		c.Heeded()
		assert.Greater(t, barred(t, c.outside, c.ID), 90.0)
		c.outside.Unheard()
		c.Settled()
	})

	in(t, "holds for a room that nobody opened yet", func(t *testing.T) {
		w := shared(t)
		r, marker := w.Room(t), w.Room(t)
		a := w.Connect(t, harness.NewUser())
		marker.Join()
		r.Tells("room.member_blocked", a.User, P{"permanent": true})
		marker.Heeded()
		assert.Equal(t, forEver, a.Emit("room:join", P{"roomId": r.ID}))
		r.Join()
		assert.Equal(t, forEver, a.Emit("room:join", P{"roomId": r.ID}))
		assert.Equal(t, 1, r.Settled().ParticipantCount)
	})
}

func TestBlock_Survives(t *testing.T) {
	t.Parallel()
	w := hasty(t)
	r := w.Room(t)
	keeper, a, b := r.Join(), r.Join(), r.Join()
	r.Tells("room.member_blocked", a.User, P{"permanent": true})
	r.Without(a)
	hear(r.Others(nil), says{"room:userLeft", on(a.User)})
	r.Tells("room.member_blocked", b.User, P{"remaining_seconds": 3600})
	r.Without(b)
	hear(r.Others(nil), says{"room:userLeft", on(b.User)})
	refused := func(what string) {
		t.Helper()
		assert.Equal(t, forEver, w.Connect(t, a.User).Emit("room:join", P{"roomId": r.ID}), what)
		assert.Greater(t, barred(t, w.Connect(t, b.User), r.ID), 3500.0, what)
	}
	refused("at first")

	w.Crash(t)
	w.Restart(t, nil)
	refused("after a restart")
	keeper = r.JoinAs(keeper.User)
	r.Without(r.Others(keeper)...)
	refused("after a restart, with someone there")

	keeper.Do("room:leave", P{})
	w.Laravel.HearsClose(t, r.ID)
	require.Empty(t, r.InRedis())
	refused("in the room that follows a closed one")

	r.Without(keeper)
	keeper = r.Join()
	r.Tells("room.user_unblocked", a.User, P{})
	r.Tells("room.user_unblocked", b.User, P{})
	r.Heeded()
	r.JoinAs(a.User)
	r.JoinAs(b.User)
	assert.Equal(t, 3, r.Settled().ParticipantCount, "with %v", keeper)
}
