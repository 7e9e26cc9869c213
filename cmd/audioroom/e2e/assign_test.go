package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestSeatAssign(t *testing.T) {
	t.Parallel()

	in(t, "is the owner's alone, on anyone in the room", func(t *testing.T) {
		c := castOf(t, shared(t))
		for name, by := range c.named() {
			for target, on := range c.named() {
				switch {
				case by == c.outside:
					by.Refused("seat:assign", at(on.User, 3), "Not in room")
				case by != c.owner:
					by.Refused("seat:assign", at(on.User, 3), "Not room owner")
				case on == c.outside:
					by.Refused("seat:assign", at(on.User, 3), "User is not in room")
				default:
					c.does(by, "seat:assign", at(on.User, 3), says{"seat:updated", updated(3, on.User)})
					assert.Equal(t, []harness.Seat{{SeatIndex: 3, UserID: on.User}}, c.Settled().Seats, "%s assigned %s", name, target)
					c.stand(on, 3)
				}
			}
		}
		assert.Empty(t, c.Settled().Seats)
		c.outside.Quiet()
	})

	in(t, "clears the seat moved from first, the mute goes along", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.sit(c.any, 2)
		c.does(c.owner, "seat:mute", on(c.any.User), says{"seat:userMuted", muted(c.any.User, true)})
		c.does(c.owner, "seat:assign", at(c.any.User, 9),
			says{"seat:cleared", seat(2)}, says{"seat:updated", sitting(9, c.any.User, true)})
		assert.Equal(t, []harness.Seat{{SeatIndex: 9, UserID: c.any.User, IsMuted: true}}, c.Settled().Seats)
	})

	in(t, "to the seat that the user sits on tells nobody", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.sit(c.any, 2)
		c.owner.Do("seat:assign", at(c.any.User, 2))
		assert.Len(t, c.Settled().Seats, 1)
	})

	in(t, "is refused for a seat that is none, locked or occupied, in this order", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.sit(c.member, 4)
		c.does(c.owner, "seat:lock", seat(5), says{"seat:locked", locked(5, true)})
		for _, user := range []int64{c.any.User, c.member.User, c.owner.User, c.outside.User, 1} { // whoever it is
			c.owner.Refused("seat:assign", at(user, 15), "Invalid seat index")
			c.owner.Refused("seat:assign", at(user, 99), "Invalid seat index")
			c.owner.Refused("seat:assign", at(user, 5), "Seat is locked")
			if user != c.member.User {
				c.owner.Refused("seat:assign", at(user, 4), "Seat is already occupied")
			}
		}
		c.owner.Refused("seat:assign", at(c.outside.User, 0), "User is not in room")
		c.admin.Refused("seat:assign", at(c.outside.User, 15), "Not room owner") // authority comes before the state
		assert.Len(t, c.Settled().Seats, 1)
	})

	in(t, "ends the hold on the seat", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		c.sit(c.any, 4)
		gone := c.any.User
		c.any.Cut()
		c.Without(c.any)
		hear(c.Others(nil), says{"seat:cleared", seat(4)}, says{"room:userLeft", on(gone)})
		c.does(c.owner, "seat:assign", at(c.member.User, 4), says{"seat:updated", updated(4, c.member.User)})
		back := c.JoinAs(gone)
		assert.Equal(t, []harness.Seat{{SeatIndex: 4, UserID: c.member.User}}, c.Settled().Seats)
		assert.Equal(t, P{"success": false, "error": "Seat is already taken", "occupant": harness.Plain(t, updated(4, c.member.User))},
			back.Emit("seat:take", P{"roomId": c.ID, "seatIndex": 4}))
		assert.JSONEq(t, string(mustJSON(t, P{"userId": c.member.User, "muted": false})), w.Redis.Get(t, "room:"+c.ID+":seat:4"))
	})

	in(t, "of someone who is gone is refused, be the seat held for them", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.sit(c.any, 4)
		c.any.Cut()
		c.Without(c.any)
		hear(c.Others(nil), says{"seat:cleared", seat(4)}, says{"room:userLeft", on(c.any.User)})
		c.owner.Refused("seat:assign", at(c.any.User, 4), "User is not in room")
		c.owner.Refused("seat:assign", at(c.any.User, 6), "User is not in room")
		c.JoinAs(c.any.User)
		hear(c.Others(nil)[:4], says{"seat:updated", updated(4, c.any.User)})
		assert.Len(t, c.Settled().Seats, 1)
	})

	in(t, "without an ack is done all the same", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.owner.Tell("seat:assign", P{"roomId": c.ID, "userId": c.any.User, "seatIndex": 0})
		hear(c.Others(nil), says{"seat:updated", updated(0, c.any.User)})
		c.Settled()
	})
}
