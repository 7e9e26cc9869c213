package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestForceClose(t *testing.T) {
	t.Parallel()

	in(t, "tells everyone, keeps nothing, and lets them join anew", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		second := c.JoinAs(c.any.User)
		c.any.Do("seat:take", seat(3))
		hear(c.Others(c.any), says{"seat:updated", updated(3, c.any.User)})
		c.does(c.owner, "seat:lock", seat(5), says{"seat:locked", locked(5, true)})
		c.invites(c.owner, c.member.User, 7, c.member)
		everyone := c.Others(nil)

		c.Tells("room.force_close", 0, P{"by": "support"})
		for _, s := range everyone {
			heard := s.Next()
			require.Equal(t, "room:closed", heard.Event)
			at := heard.Args[0].(P)["timestamp"]
			require.Equal(t, []any{P{"roomId": c.ID, "reason": "admin_force_close", "timestamp": at}}, heard.Args)
			assert.WithinDuration(t, time.Now(), time.UnixMilli(int64(at.(float64))), 5*time.Second)
			s.Refused("seat:take", seat(0), "Not in room")
			s.Do("room:leave", P{}) // is over already
			s.Quiet()
			assert.Empty(t, c.RoomOf(s.User))
		}
		assert.Empty(t, c.InRedis())
		_, listed := w.Redis.ActiveAt(t, c.ID)
		assert.False(t, listed)
		ended := w.Laravel.HearsClose(t, c.ID)
		assert.Equal(t, P{"is_live": false, "participant_count": 0.0, "ended_at": ended["ended_at"]}, ended)
		harness.Eventually(t, "the outbox is empty", func() bool { return w.Redis.Outbox(t, c.ID) == nil })

		c.Without(everyone...)
		state := c.Enter(c.any)
		assert.Equal(t, harness.State{
			RoomID: c.ID, Participants: []P{}, Seats: []harness.Seat{}, LockedSeats: []int{}, SeatCount: 15, ParticipantCount: 1,
		}, state)
		c.Enter(second)
		c.Enter(c.member)
		c.member.Refused("seat:invite:accept", P{}, "No pending invite found")
		c.Settled()
		w.Laravel.HearsCount(t, c.ID, 2)
	})

	in(t, "holds no seat for who is gone", func(t *testing.T) {
		w, r := shared(t), room(t)
		a := r.Join()
		a.Do("seat:take", seat(3))
		a.Cut()
		r.Without(a)
		a.Disconnected()
		harness.Eventually(t, "nobody is there", func() bool { return r.RoomOf(a.User) == "" })
		r.Tells("room.force_close", 0, nil)
		w.Laravel.HearsClose(t, r.ID)
		assert.Empty(t, r.InRedis())
		r.JoinAs(a.User)
		assert.Empty(t, r.Settled().Seats)
	})

	in(t, "of a room that is not open changes nothing", func(t *testing.T) {
		w := shared(t)
		other, marker := w.Room(t), w.Room(t)
		marker.Join()
		other.Tells("room.force_close", 0, nil)
		marker.Heeded()
		assert.Empty(t, other.InRedis())
		assert.Empty(t, w.Laravel.Reported(t, other.ID))
		marker.Settled()
	})

	in(t, "racing joins leaves nobody in a dead room", func(t *testing.T) {
		const rounds, people = 30, 4
		w := shared(t)
		r := w.Room(t)
		sockets := make([]*harness.Socket, people)
		for i := range sockets {
			sockets[i] = w.Connect(t, harness.NewUser())
			sockets[i].Room = r.ID
		}
		for range rounds {
			sockets[0].Emit("room:join", P{"roomId": r.ID})
			var joins []harness.Request
			for _, s := range sockets[1:] {
				joins = append(joins, harness.Request{By: s, Event: "room:join", Payload: P{}})
			}
			answers := harness.AtOnce(joins...)
			r.Tells("room.force_close", 0, nil)
			for _, answer := range answers {
				require.NotContains(t, answer.Value(), "error")
			}
			// Whoever was not told of the end is in a room that is alive.
			for _, s := range sockets {
				closed := false
				told := func() bool {
					for _, heard := range s.Unheard() {
						closed = closed || heard.Event == "room:closed"
					}
					return closed
				}
				if s.Ask("chat:message", P{"roomId": r.ID, "content": "x"}).Succeeded() {
					// The close may have come right after the message.
					harness.Eventually(t, "in the room or told", func() bool { return r.RoomOf(s.User) == r.ID || told() })
				} else {
					require.True(t, told(), "%v is out and was not told; it saw:\n%s", s, s.Log())
				}
				s.Do("room:leave", P{})
				s.Unheard()
			}
		}
	})
}
