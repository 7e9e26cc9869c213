package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
	"audioroom/laravel/standin"
)

// asked counts how often the backend was asked for a user's role.
func asked(w *harness.World, roomID string, user int64) (times int) {
	for _, call := range w.Laravel.Calls(standin.Role) {
		if call.Room == roomID && call.User == user {
			times++
		}
	}
	return times
}

func TestRoleChange(t *testing.T) {
	t.Parallel()

	in(t, "makes the next command ask again, and no other user's", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		user := c.member.User
		c.member.Refused("seat:lock", seat(0), "Not room manager")
		c.any.Refused("seat:lock", seat(0), "Not room manager")
		w.Laravel.SetRole(c.ID, user, "admin")
		w.Laravel.SetRole(c.ID, c.any.User, "admin")
		c.member.Refused("seat:lock", seat(0), "Not room manager") // as the cache has it
		assert.Equal(t, 1, asked(w, c.ID, user))

		c.Tells("room.member_role_changed", user, P{"role": "admin"})
		c.member.Expect("room.member_role_changed", P{"role": "admin"})
		c.does(c.member, "seat:lock", seat(0), says{"seat:locked", locked(0, true)})
		assert.Equal(t, 2, asked(w, c.ID, user))
		c.any.Refused("seat:lock", seat(1), "Not room manager")
		assert.Equal(t, 1, asked(w, c.ID, c.any.User))

		w.Laravel.SetRole(c.ID, user, "member")
		c.Tells("room.member_role_changed", user, P{"role": "member"})
		c.member.Expect("room.member_role_changed", P{"role": "member"})
		c.member.Refused("seat:unlock", seat(0), "Not room manager")
		c.Settled()
	})

	in(t, "counts for who is acted upon, too", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		c.sit(c.any, 3)
		c.does(c.admin, "seat:mute", on(c.any.User), says{"seat:userMuted", muted(c.any.User, true)})
		w.Laravel.SetRole(c.ID, c.any.User, "admin")
		c.Tells("room.member_role_changed", c.any.User, P{})
		c.any.Expect("room.member_role_changed", P{})
		c.admin.Refused("seat:unmute", on(c.any.User), "Not allowed on this user")
		c.admin.Refused("seat:lock", seat(3), "Not allowed on this user")
		assert.Len(t, c.Settled().Seats, 1)
	})
}
