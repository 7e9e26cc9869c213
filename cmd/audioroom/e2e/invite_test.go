package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// invites has a manager invite someone, who hears of it on these sockets of
// theirs. Those of them that are in the room hear what the room hears first.
func (c *cast) invites(by *harness.Socket, user int64, index int, theirs ...*harness.Socket) {
	c.t.Helper()
	before := time.Now()
	c.does(by, "seat:invite", at(user, index), says{"seat:invite:pending", pending(index, user)})
	for _, s := range theirs {
		heard := s.Next()
		require.Equal(c.t, "seat:invite:received", heard.Event)
		expiry := heard.Args[0].(P)["expiresAt"]
		require.Equal(c.t, []any{harness.Plain(c.t, P{
			"seatIndex": index, "invitedById": by.User, "targetUserId": user, "expiresAt": expiry,
		})}, heard.Args)
		assert.WithinDuration(c.t, before.Add(30*time.Second), time.UnixMilli(int64(expiry.(float64))), 3*time.Second)
	}
}

func TestSeatInvite(t *testing.T) {
	t.Parallel()

	in(t, "is for managers, to anyone but themselves", func(t *testing.T) {
		c := castOf(t, shared(t))
		for _, by := range c.named() {
			for _, to := range c.named() {
				switch {
				case by == c.outside:
					by.Refused("seat:invite", at(to.User, 3), "Not in room")
				case by == to:
					by.Refused("seat:invite", at(to.User, 3), "Cannot invite yourself")
				case !c.manages(by):
					by.Refused("seat:invite", at(to.User, 3), "Not room manager")
				case to == c.outside:
					c.invites(by, to.User, 3, to)
					c.outside.Refused("seat:invite:decline", P{}, "Not in room")
					to.Emit("room:join", P{"roomId": c.ID})
					joined := says{"room:userJoined", P{"userId": to.User, "user": harness.Public(to.User)}}
					hear(c.Others(nil), joined)
					to.Do("seat:invite:decline", P{})
					hear(append(c.Others(nil), to), says{"seat:invite:pending", notPending(3)})
					to.Do("room:leave", P{})
					hear(c.Others(nil), says{"room:userLeft", on(to.User)})
				default:
					c.invites(by, to.User, 3, to)
					c.does(to, "seat:invite:decline", P{}, says{"seat:invite:pending", notPending(3)})
				}
			}
		}
		assert.Empty(t, c.Settled().Seats)
		c.outside.Quiet()
	})

	in(t, "reaches every socket of the invited user: here, in another room, in none", func(t *testing.T) {
		w := shared(t)
		c, other := castOf(t, w), w.Room(t)
		bystander := other.Join()
		user := c.any.User
		here, elsewhere, nowhere := c.JoinAs(user), other.JoinAs(user), w.Connect(t, user)
		c.invites(c.admin, user, 14, c.any, here, elsewhere, nowhere)
		for _, s := range []*harness.Socket{bystander, nowhere, c.outside} {
			s.Quiet()
		}
		elsewhere.Refused("seat:invite:accept", P{"roomId": c.ID}, "Not in room")
		here.Do("seat:invite:accept", P{})
		all := []says{{"seat:invite:pending", notPending(14)}, {"seat:updated", updated(14, user)}}
		hear(c.Others(nil), all...)
		other.Agreed()
		nowhere.Quiet()
		assert.Len(t, c.Agreed().Seats, 1)
	})

	in(t, "is refused by the state in this order", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.sit(c.member, 4)
		c.sit(c.peer, 5)
		for _, by := range []*harness.Socket{c.owner, c.admin} {
			by.Refused("seat:invite", at(by.User, 15), "Cannot invite yourself")
			by.Refused("seat:invite", at(c.member.User, 15), "Invalid seat index")
			by.Refused("seat:invite", at(c.member.User, 99), "Invalid seat index")
			by.Refused("seat:invite", at(c.member.User, 5), "User is already seated")
			by.Refused("seat:invite", at(c.member.User, 4), "User is already seated") // on that very seat
			by.Refused("seat:invite", at(c.any.User, 4), "Seat is already occupied")
		}
		c.any.Refused("seat:invite", at(c.any.User, 15), "Cannot invite yourself")
		c.any.Refused("seat:invite", at(c.member.User, 15), "Not room manager")
		c.invites(c.admin, c.any.User, 7, c.any)
		c.owner.Refused("seat:invite", at(c.any.User, 7), "Invite already pending for this seat")
		c.owner.Refused("seat:invite", at(c.outside.User, 7), "Invite already pending for this seat")
		c.owner.Refused("seat:invite", at(c.member.User, 7), "User is already seated")
		c.stand(c.member, 4)
		c.sit(c.member, 7) // an invite reserves nothing
		c.owner.Refused("seat:invite", at(c.any.User, 7), "Seat is already occupied")
		c.Settled()
		c.outside.Quiet()
	})

	in(t, "of a seat that is held for someone is refused", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.sit(c.member, 4)
		c.member.Cut()
		c.Without(c.member)
		hear(c.Others(nil), says{"seat:cleared", seat(4)}, says{"room:userLeft", on(c.member.User)})
		c.owner.Refused("seat:invite", at(c.any.User, 4), "Seat is already occupied")
		c.Settled()
	})

	in(t, "may be for several seats, the latest is meant unless a seat is named", func(t *testing.T) {
		c := castOf(t, shared(t))
		for _, index := range []int{1, 2, 3, 4} {
			c.invites(c.owner, c.any.User, index, c.any)
		}
		c.any.Refused("seat:invite:decline", seat(5), "No pending invite found")
		c.does(c.any, "seat:invite:decline", P{}, says{"seat:invite:pending", notPending(4)})
		c.does(c.any, "seat:invite:decline", seat(2), says{"seat:invite:pending", notPending(2)})
		c.does(c.any, "seat:invite:accept", P{}, says{"seat:invite:pending", notPending(3)}, says{"seat:updated", updated(3, c.any.User)})
		c.does(c.any, "seat:invite:accept", seat(1), says{"seat:invite:pending", notPending(1)},
			says{"seat:cleared", seat(3)}, says{"seat:updated", updated(1, c.any.User)})
		c.any.Refused("seat:invite:accept", P{}, "No pending invite found")
		assert.Equal(t, []harness.Seat{{SeatIndex: 1, UserID: c.any.User}}, c.Settled().Seats)
	})

	in(t, "without an ack is done all the same", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.owner.Tell("seat:invite", P{"roomId": c.ID, "userId": c.any.User, "seatIndex": 1})
		hear(c.Others(nil), says{"seat:invite:pending", pending(1, c.any.User)})
		assert.Equal(t, "seat:invite:received", c.any.Next().Event)
		c.any.Tell("seat:invite:accept", P{"roomId": c.ID})
		hear(c.Others(nil), says{"seat:invite:pending", notPending(1)}, says{"seat:updated", updated(1, c.any.User)})
		c.owner.Tell("seat:invite", P{"roomId": c.ID, "userId": c.member.User, "seatIndex": 2})
		hear(c.Others(nil), says{"seat:invite:pending", pending(2, c.member.User)})
		assert.Equal(t, "seat:invite:received", c.member.Next().Event)
		c.member.Tell("seat:invite:decline", P{"roomId": c.ID})
		hear(c.Others(nil), says{"seat:invite:pending", notPending(2)})
		c.Settled()
	})
}
