package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestBackendEvents_Twice(t *testing.T) {
	t.Parallel()

	in(t, "the same envelope acts and is passed on once", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		kick := harness.Envelope("room.member_kicked", P{"room_id": c.ID, "user_id": c.any.User, "payload": P{"n": 1}})
		w.Publish(t, kick)
		c.Without(c.any)
		hear(c.Others(nil), says{"room:userLeft", on(c.any.User)})
		c.any.Expect("room.member_kicked", P{"n": 1})
		c.Enter(c.any)
		w.Publish(t, kick)
		w.Publish(t, kick)
		c.Heeded()
		assert.Equal(t, 5, c.Settled().ParticipantCount, "nobody is kicked again, nor told so")

		relay := harness.Envelope("room.level_up", P{"room_id": c.ID, "payload": P{"level": 2}})
		w.Publish(t, relay)
		w.Publish(t, relay)
		hear(c.Others(nil), says{"room.level_up", P{"level": 2}})
		c.Heeded()
		c.Settled()
	})

	in(t, "another envelope that says the same acts again", func(t *testing.T) {
		c := castOf(t, shared(t))
		for range 2 {
			c.Tells("room.member_kicked", c.any.User, P{})
			c.Without(c.any)
			hear(c.Others(nil), says{"room:userLeft", on(c.any.User)})
			c.any.Expect("room.member_kicked", P{})
			c.Enter(c.any)
		}
		c.Settled()
	})
}

func TestBackendEvents_OutOfOrder(t *testing.T) {
	t.Parallel()

	now := time.Now().UnixMilli()
	// says publishes an event as of a moment, in milliseconds from now.
	says := func(t *testing.T, c *cast, event string, user, moment int64, payload P) {
		t.Helper()
		shared(t).Publish(t, harness.Envelope(event, P{"room_id": c.ID, "user_id": user, "timestamp": now + moment, "payload": payload}))
	}

	in(t, "an older block does not undo a newer unblock, nor put anyone out", func(t *testing.T) {
		c := castOf(t, shared(t))
		says(t, c, "room.user_unblocked", c.any.User, 0, P{})
		says(t, c, "room.member_blocked", c.any.User, -1, P{"permanent": true})
		says(t, c, "room.member_blocked", c.any.User, -60_000, P{"permanent": true})
		c.any.Expect("room.member_blocked", P{"permanent": true}) // to be told is another matter
		c.any.Expect("room.member_blocked", P{"permanent": true})
		c.Heeded()
		assert.Equal(t, 5, c.Settled().ParticipantCount)
	})

	in(t, "an older unblock does not undo a newer block", func(t *testing.T) {
		c := castOf(t, shared(t))
		says(t, c, "room.member_blocked", c.outside.User, 0, P{"permanent": true})
		says(t, c, "room.user_unblocked", c.outside.User, -1, P{})
		c.Heeded()
		assert.Equal(t, forEver, c.outside.Emit("room:join", P{"roomId": c.ID}))
		says(t, c, "room.user_unblocked", c.outside.User, 1, P{})
		c.Heeded()
		c.Enter(c.outside)
		c.outside.Unheard()
		c.Settled()
	})

	in(t, "an older block does not undo a newer one", func(t *testing.T) {
		c := castOf(t, shared(t))
		says(t, c, "room.member_blocked", c.outside.User, 0, P{"remaining_seconds": 1000})
		says(t, c, "room.member_blocked", c.outside.User, -1000, P{"permanent": true})
		c.Heeded()
		assert.Greater(t, barred(t, c.outside, c.ID), 100.0) // times count from the start of the tests
		c.outside.Unheard()
		c.Settled()
	})

	in(t, "an older number of seats does not undo a newer one", func(t *testing.T) {
		c := castOf(t, shared(t))
		says(t, c, "room.updated", 1, 0, P{"max_seats": 5})
		says(t, c, "room.updated", 1, -1, P{"max_seats": 20})
		c.Heeded()
		assert.Equal(t, 5, c.Settled().SeatCount)
		says(t, c, "room.updated", 1, 1, P{"max_seats": 20})
		c.Heeded()
		assert.Equal(t, 20, c.Settled().SeatCount)
	})

	in(t, "an older word about someone else, or another room, counts", func(t *testing.T) {
		c, d := castOf(t, shared(t)), castOf(t, shared(t))
		says(t, c, "room.user_unblocked", c.outside.User, 0, P{})
		says(t, c, "room.member_blocked", d.outside.User, -1000, P{"permanent": true})
		says(t, d, "room.member_blocked", c.outside.User, -1000, P{"permanent": true})
		c.Heeded()
		d.Heeded()
		assert.Equal(t, forEver, d.outside.Emit("room:join", P{"roomId": c.ID}))
		assert.Equal(t, forEver, c.outside.Emit("room:join", P{"roomId": d.ID}))
	})

	in(t, "an older revocation does not let older tokens in again", func(t *testing.T) {
		w := shared(t)
		user := harness.NewUser()
		opened := func(age int64) *harness.Socket {
			return w.Open(t, harness.Opening{User: user, Claims: harness.Claims{"iat": now/1000 - age}})
		}
		w.Publish(t, harness.Envelope("auth.revoke_tokens", P{"user_id": user, "timestamp": now - 10_000}))
		w.Publish(t, harness.Envelope("auth.revoke_tokens", P{"user_id": user, "timestamp": now - 60_000}))
		harness.Eventually(t, "it is kept", func() bool { return w.Redis.Get(t, revokedKey(user)) != "" })
		c := castOf(t, w)
		c.Heeded()
		assert.Equal(t, "Invalid credentials", opened(30).ConnectError())
		opened(5).Connected()
	})
}
