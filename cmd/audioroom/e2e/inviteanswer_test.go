package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestSeatInvite_Answers(t *testing.T) {
	t.Parallel()

	in(t, "are the invited user's alone, whatever their rank", func(t *testing.T) {
		c := castOf(t, shared(t))
		for _, invited := range []*harness.Socket{c.admin, c.member, c.any} {
			c.invites(c.owner, invited.User, 3, invited)
			for _, event := range []string{"seat:invite:accept", "seat:invite:decline"} {
				for _, s := range c.named() {
					switch s {
					case invited:
					case c.outside:
						s.Refused(event, seat(3), "Not in room")
						s.Refused(event, P{}, "Not in room")
					default:
						s.Refused(event, seat(3), "No pending invite found")
						s.Refused(event, P{}, "No pending invite found")
					}
				}
				invited.Refused(event, seat(4), "No pending invite found")
				invited.Refused(event, seat(99), "No pending invite found")
			}
			c.does(invited, "seat:invite:accept", seat(3),
				says{"seat:invite:pending", notPending(3)}, says{"seat:updated", updated(3, invited.User)})
			invited.Refused("seat:invite:accept", seat(3), "No pending invite found")
			invited.Refused("seat:invite:decline", seat(3), "No pending invite found")
			assert.Equal(t, []harness.Seat{{SeatIndex: 3, UserID: invited.User}}, c.Settled().Seats)
			c.stand(invited, 3)
		}
	})

	in(t, "accept of a locked seat unlocks it, clears the seat moved from and seats, as one step", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		c.does(c.owner, "seat:lock", seat(8), says{"seat:locked", locked(8, true)})
		c.invites(c.owner, c.any.User, 8, c.any)
		c.sit(c.any, 2)
		c.does(c.owner, "seat:mute", on(c.any.User), says{"seat:userMuted", muted(c.any.User, true)})
		c.any.Refused("seat:take", seat(8), "Seat is locked")
		c.does(c.any, "seat:invite:accept", P{},
			says{"seat:invite:pending", notPending(8)},
			says{"seat:locked", locked(8, false)},
			says{"seat:cleared", seat(2)},
			says{"seat:updated", sitting(8, c.any.User, true)})
		state := c.Settled()
		assert.Equal(t, []harness.Seat{{SeatIndex: 8, UserID: c.any.User, IsMuted: true}}, state.Seats)
		assert.Empty(t, state.LockedSeats)
	})

	in(t, "decline of a locked seat leaves it locked", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.does(c.owner, "seat:lock", seat(8), says{"seat:locked", locked(8, true)})
		c.invites(c.owner, c.any.User, 8, c.any)
		c.does(c.any, "seat:invite:decline", P{}, says{"seat:invite:pending", notPending(8)})
		assert.Equal(t, []int{8}, c.Settled().LockedSeats)
	})

	in(t, "accept of a seat that is taken by now is refused, and the invite is kept", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.invites(c.owner, c.any.User, 8, c.any)
		c.sit(c.member, 8)
		c.any.Refused("seat:invite:accept", P{}, "Seat is already taken")
		c.any.Refused("seat:invite:accept", seat(8), "Seat is already taken")
		c.stand(c.member, 8)
		c.does(c.any, "seat:invite:accept", P{}, says{"seat:invite:pending", notPending(8)}, says{"seat:updated", updated(8, c.any.User)})
		c.Settled()
	})

	in(t, "accept of a seat that is held for someone is refused until the hold ends", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.invites(c.owner, c.any.User, 8, c.any)
		c.sit(c.member, 8)
		c.member.Cut()
		c.Without(c.member)
		hear(c.Others(nil), says{"seat:cleared", seat(8)}, says{"room:userLeft", on(c.member.User)})
		c.any.Refused("seat:invite:accept", P{}, "Seat is already taken")
		c.does(c.owner, "seat:lock", seat(8), says{"seat:locked", locked(8, true)}) // ends it
		c.does(c.any, "seat:invite:accept", P{},
			says{"seat:invite:pending", notPending(8)}, says{"seat:locked", locked(8, false)}, says{"seat:updated", updated(8, c.any.User)})
		c.Settled()
	})

	in(t, "come from whatever socket of the user is in the room", func(t *testing.T) {
		c := castOf(t, shared(t))
		second := c.JoinAs(c.any.User)
		c.invites(c.owner, c.any.User, 8, c.any, second)
		c.does(second, "seat:invite:accept", P{}, says{"seat:invite:pending", notPending(8)}, says{"seat:updated", updated(8, c.any.User)})
		c.any.Refused("seat:invite:accept", P{}, "No pending invite found")
		c.Settled()
	})

	in(t, "outlive a leave and a join of the invited user", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.invites(c.owner, c.any.User, 8, c.any)
		c.any.Do("room:leave", P{})
		c.Without(c.any)
		hear(c.Others(nil), says{"room:userLeft", on(c.any.User)})
		c.any.Refused("seat:invite:accept", P{}, "Not in room")
		c.Enter(c.any)
		c.does(c.any, "seat:invite:accept", P{}, says{"seat:invite:pending", notPending(8)}, says{"seat:updated", updated(8, c.any.User)})
		c.Settled()
	})
}
