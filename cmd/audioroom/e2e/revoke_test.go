package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

// revokedKey names the key that says since when a user's tokens are good.
func revokedKey(user int64) string { return fmt.Sprintf("auth:user_revoked:%d", user) }

func TestForceDisconnect(t *testing.T) {
	t.Parallel()

	in(t, "ends every socket of the user, wherever it is, and of nobody else", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		elsewhere := w.Room(t)
		bystander := elsewhere.Join()
		user := c.any.User
		c.sit(c.any, 3)
		all := []*harness.Socket{c.any, elsewhere.JoinAs(user), w.Connect(t, user)}

		w.Publish(t, harness.Envelope("auth.force_disconnect", P{"user_id": user}))
		for _, s := range all {
			end := s.Disconnected()
			assert.Equal(t, "io server disconnect", end.Reason)
			assert.False(t, end.Active, "the client does not come back by itself")
		}
		c.Without(c.any)
		elsewhere.Without(all[1])
		hear(c.Others(nil), says{"seat:cleared", seat(3)}, says{"room:userLeft", on(user)})
		bystander.Expect("room:userLeft", on(user))
		assert.Equal(t, 4, c.Settled().ParticipantCount)
		assert.Equal(t, 1, elsewhere.Settled().ParticipantCount)
		assert.Empty(t, c.RoomOf(user))
		c.outside.Quiet()
		w.Connect(t, user) // the token is as good as before
	})

	in(t, "of a user who is not connected harms nobody", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		w.Publish(t, harness.Envelope("auth.force_disconnect", P{"user_id": harness.NewUser()}))
		w.Publish(t, harness.Envelope("auth.force_disconnect", nil))
		c.Heeded()
		c.Settled()
	})
}

func TestRevokeTokens(t *testing.T) {
	t.Parallel()
	w := shared(t)
	c := castOf(t, w)
	user := c.any.User
	now := time.Now().Unix()
	opening := func(age int64) harness.Opening {
		return harness.Opening{User: user, Claims: harness.Claims{"iat": now - age}}
	}
	older, newer := w.Open(t, opening(100)).Connected(), w.Open(t, opening(10)).Connected()
	c.Enter(older)
	c.Enter(newer)

	w.Publish(t, harness.Envelope("auth.revoke_tokens", P{"user_id": user, "timestamp": (now - 50) * 1000}))
	assert.Equal(t, "io server disconnect", older.Disconnected().Reason)
	c.Without(older)
	c.Heeded() // whose token is newer stays
	assert.Equal(t, 5, c.Settled().ParticipantCount)
	assert.Equal(t, fmt.Sprint(now-50), w.Redis.Get(t, revokedKey(user)))
	assert.Equal(t, "Invalid credentials", w.Open(t, opening(51)).ConnectError())
	w.Open(t, opening(50)).Connected()
	w.Open(t, opening(49)).Connected()
	w.Connect(t, harness.NewUser()) // it is this user's tokens alone
}
