package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestKick(t *testing.T) {
	t.Parallel()

	in(t, "of who is seated and muted does all that a leave does and holds no seat", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		second := c.JoinAs(c.any.User)
		c.any.Do("seat:take", seat(3))
		hear(c.Others(c.any), says{"seat:updated", updated(3, c.any.User)})
		c.does(c.owner, "seat:mute", on(c.any.User), says{"seat:userMuted", muted(c.any.User, true)})
		w.Laravel.HearsCount(t, c.ID, 5)

		c.Tells("room.member_kicked", c.any.User, P{"reason": "rude"})
		c.Without(c.any, second)
		hear(c.Others(nil), says{"seat:cleared", seat(3)}, says{"room:userLeft", on(c.any.User)})
		for _, s := range []*harness.Socket{c.any, second} {
			s.Expect("room.member_kicked", P{"reason": "rude"}) // to the user, and nothing of the room
			s.Refused("seat:take", P{"roomId": c.ID, "seatIndex": 3}, "Not in room")
			s.Quiet()
		}
		state := c.Settled()
		assert.Equal(t, 4, state.ParticipantCount)
		assert.Empty(t, state.Seats)
		assert.Empty(t, c.RoomOf(c.any.User))
		assert.Empty(t, w.Redis.Get(t, "room:"+c.ID+":seat:3"))
		w.Laravel.HearsCount(t, c.ID, 4)

		c.sit(c.member, 3)
		c.stand(c.member, 3)
		c.Enter(c.any) // a kick is no block, and the mute is gone with the seat
		c.sit(c.any, 3)
		assert.Equal(t, []harness.Seat{{SeatIndex: 3, UserID: c.any.User}}, c.Settled().Seats)
	})

	in(t, "of who is gone ends the hold on their seat", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.sit(c.any, 3)
		c.any.Cut()
		c.Without(c.any)
		hear(c.Others(nil), says{"seat:cleared", seat(3)}, says{"room:userLeft", on(c.any.User)})
		c.Tells("room.member_kicked", c.any.User, P{})
		c.Heeded()
		c.sit(c.member, 3)
		c.JoinAs(c.any.User)
		assert.Len(t, c.Settled().Seats, 1)
	})

	in(t, "out of one room leaves the user's other rooms alone", func(t *testing.T) {
		w := shared(t)
		first, second := w.Room(t), w.Room(t)
		a := first.Join()
		one := first.JoinAs(harness.NewUser())
		two := second.JoinAs(one.User)
		first.Tells("room.member_kicked", one.User, P{})
		first.Without(one)
		a.Expect("room:userLeft", on(one.User))
		for _, s := range []*harness.Socket{one, two} {
			s.Expect("room.member_kicked", P{})
		}
		first.Settled()
		assert.Equal(t, 1, second.Settled().ParticipantCount)
		assert.Equal(t, second.ID, second.RoomOf(two.User))
	})

	in(t, "of who is not there, or out of a room that is not, changes nothing", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		c.Tells("room.member_kicked", c.outside.User, P{})
		c.outside.Expect("room.member_kicked", P{})
		elsewhere := w.Room(t)
		elsewhere.Tells("room.member_kicked", c.any.User, P{})
		c.any.Expect("room.member_kicked", P{})
		c.Heeded()
		assert.Equal(t, 5, c.Settled().ParticipantCount)
		assert.Empty(t, elsewhere.InRedis())
	})
}
