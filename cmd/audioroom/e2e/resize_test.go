package e2e_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestMaxSeats(t *testing.T) {
	t.Parallel()

	in(t, "shrinking clears who sits beyond, who stays in the room", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		c.sit(c.any, 12)
		c.sit(c.member, 4)
		c.does(c.owner, "seat:mute", on(c.any.User), says{"seat:userMuted", muted(c.any.User, true)})
		c.does(c.owner, "seat:lock", seat(13), says{"seat:locked", locked(13, true)})
		c.does(c.owner, "seat:lock", seat(2), says{"seat:locked", locked(2, true)})
		c.Tells("room.updated", 0, P{"max_seats": 5, "name": "new name"})
		hear(c.Others(nil), says{"seat:cleared", seat(12)}, says{"seat:locked", locked(13, false)})
		state := c.Settled()
		assert.Equal(t, 5, state.SeatCount)
		assert.Equal(t, 5, state.ParticipantCount)
		assert.Equal(t, []harness.Seat{{SeatIndex: 4, UserID: c.member.User}}, state.Seats)
		assert.Equal(t, []int{2}, state.LockedSeats)
		c.any.Refused("seat:take", seat(12), "Invalid seat index")
		c.any.Refused("seat:take", seat(5), "Invalid seat index")
		c.any.Refused("seat:leave", P{}, "You are not seated")
		c.sit(c.any, 3) // not muted any more
		c.Settled()

		c.Tells("room.updated", 0, P{"max_seats": 100})
		c.Heeded()
		c.any.Do("seat:take", seat(99))
		hear(c.Others(c.any), says{"seat:cleared", seat(3)}, says{"seat:updated", updated(99, c.any.User)})
		assert.Equal(t, 100, c.Settled().SeatCount)
	})

	in(t, "shrinking ends holds and invites beyond", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.sit(c.any, 12)
		c.any.Cut()
		c.Without(c.any)
		hear(c.Others(nil), says{"seat:cleared", seat(12)}, says{"room:userLeft", on(c.any.User)})
		c.invites(c.owner, c.member.User, 9, c.member)
		c.Tells("room.updated", 0, P{"max_seats": 5})
		hear(c.Others(nil), says{"seat:invite:pending", notPending(9)})
		c.member.Refused("seat:invite:accept", P{}, "No pending invite found")
		c.JoinAs(c.any.User)
		assert.Empty(t, c.Settled().Seats)
	})

	in(t, "outranks what joiners ask for, the owner too", func(t *testing.T) {
		w := shared(t)
		r := w.Room(t)
		r.Join()
		w.Laravel.SetRoom(r.ID, r.Owner, 7)
		r.Tells("room.updated", 0, P{"max_seats": 7})
		r.Heeded()
		owner := w.Connect(t, r.Owner)
		state := owner.State(owner.Ask("room:join", P{"roomId": r.ID, "seatCount": 30}).Wait())
		assert.Equal(t, 7, state.SeatCount)
	})

	in(t, "told late by another administrator does not undo what is newer", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		now := time.Now().UnixMilli()
		for i, seats := range []int{5, 20} {
			w.Publish(t, harness.Envelope("room.updated", P{
				"room_id": c.ID, "user_id": harness.NewUser(), "timestamp": now - int64(i), "payload": P{"max_seats": seats},
			}))
		}
		c.Heeded()
		assert.Equal(t, 5, c.Settled().SeatCount)
	})

	in(t, "shrinking and growing while takes race it", func(t *testing.T) {
		const rounds = 60
		w := shared(t)
		c := castOf(t, w)
		watcher := c.Join()
		view := newReplay(t, c.Settled())
		takers := []*harness.Socket{c.owner, c.admin, c.peer, c.member, c.any}
		seats := 15
		for round := range rounds {
			var requests []harness.Request
			for i := range 4 * len(takers) {
				requests = append(requests, harness.Request{By: takers[i%len(takers)], Event: "seat:take", Payload: seat(rand.IntN(20))})
			}
			before := seats
			seats = 1 + rand.IntN(20)
			answers := harness.AtOnce(requests...)
			c.Tells("room.updated", 0, P{"max_seats": seats})
			for i, answer := range answers {
				index := requests[i].Payload.(P)["seatIndex"].(int)
				if answer.Succeeded() {
					require.Less(t, index, max(before, seats), "there was never such a seat")
				}
			}
			marker := P{"round": round}
			w.Publish(t, harness.Envelope("room.level_up", P{"room_id": c.ID, "payload": marker}))
			var heard []harness.Seen
			for e := watcher.Next(); e.Event != "room.level_up"; e = watcher.Next() {
				heard = append(heard, e)
			}
			state := watcher.State(watcher.Ask("room:join", P{"roomId": c.ID}).Wait())
			view.hear(append(heard, watcher.Unheard()...))
			view.same(state)
			require.Equal(t, seats, state.SeatCount)
			for _, s := range state.Seats {
				require.Less(t, s.SeatIndex, seats, "nobody sits beyond")
			}
			if round%10 == 9 {
				c.SameInRedis(withSelf(state, watcher))
			}
		}
		for _, s := range takers {
			s.Unheard()
		}
		watcher.Unheard()
		c.Settled()
	})
}
