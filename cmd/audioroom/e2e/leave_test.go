package e2e_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestRoomLeave(t *testing.T) {
	t.Parallel()

	in(t, "clears the seat, then tells that the user left", func(t *testing.T) {
		w, r := shared(t), room(t)
		a, b, c := r.Join(), r.Join(), r.Join()
		a.Do("seat:take", seat(6))
		for _, s := range []*harness.Socket{b, c} {
			s.Expect("seat:updated", updated(6, a.User))
		}
		require.Equal(t, 3, r.Settled().ParticipantCount)
		require.Equal(t, r.ID, r.RoomOf(a.User))

		a.Do("room:leave", P{})
		r.Without(a)
		for _, s := range []*harness.Socket{b, c} {
			s.Expect("seat:cleared", seat(6))
			s.Expect("room:userLeft", P{"userId": a.User})
		}
		state := r.Settled()
		assert.Equal(t, 2, state.ParticipantCount)
		assert.Empty(t, state.Seats)
		assert.Empty(t, r.RoomOf(a.User))
		assert.Empty(t, w.Redis.Get(t, "room:"+r.ID+":seat:6"))
		a.Quiet()
	})

	in(t, "holds no seat", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Do("seat:take", seat(0))
		a.Do("room:leave", P{})
		r.Without(a)
		b.Expect("seat:updated", updated(0, a.User))
		b.Expect("seat:cleared", seat(0))
		b.Expect("room:userLeft", P{"userId": a.User})
		b.Do("seat:take", seat(0))
		r.JoinAs(a.User)
		assert.Equal(t, []harness.Seat{{SeatIndex: 0, UserID: b.User}}, r.Settled().Seats)
	})

	in(t, "unseated tells only that the user left", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Do("room:leave", P{})
		r.Without(a)
		b.Expect("room:userLeft", P{"userId": a.User})
		assert.Equal(t, 1, r.Settled().ParticipantCount)
		a.Quiet()
	})

	in(t, "twice does no more than once", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Do("room:leave", P{})
		a.Do("room:leave", P{})
		r.Without(a)
		b.Expect("room:userLeft", P{"userId": a.User})
		assert.Equal(t, 1, r.Settled().ParticipantCount)
		a.Quiet()
	})

	in(t, "of a room one is not in does nothing", func(t *testing.T) {
		w, r, other := shared(t), room(t), room(t)
		a, b, c := r.Join(), r.Join(), other.Join()
		a.Do("seat:take", seat(2))
		b.Expect("seat:updated", updated(2, a.User))
		before, otherBefore := r.Settled(), other.Settled()

		a.Do("room:leave", P{"roomId": other.ID})
		a.Do("room:leave", P{"roomId": "nobody-ever-was-here"})
		stranger := w.Connect(t, harness.NewUser())
		stranger.Room = r.ID
		stranger.Do("room:leave", P{})

		assert.Equal(t, before, r.Settled())
		assert.Equal(t, otherBefore, other.Settled())
		assert.Empty(t, w.Redis.Keys(t, "room:nobody-ever-was-here:*"))
		a.Quiet()
		c.Quiet()
		stranger.Quiet()
	})

	in(t, "by the last one leaves an empty room behind", func(t *testing.T) {
		w, r := shared(t), room(t)
		a := r.Join()
		a.Do("seat:take", seat(1))
		w.Laravel.HearsCount(t, r.ID, 1)
		a.Do("room:leave", P{})
		assert.Equal(t, "0", w.Redis.Get(t, "room:"+r.ID+":participants"))
		assert.Empty(t, w.Redis.Get(t, "room:"+r.ID+":seat:1"))
		assert.NotEmpty(t, w.Redis.Get(t, "room:"+r.ID+":snapshot"), "it closes later")
		assert.Empty(t, r.RoomOf(a.User))
		w.Laravel.HearsCount(t, r.ID, 0)

		r.Without(a)
		b := r.Join()
		assert.Equal(t, 1, r.Settled().ParticipantCount)
		b.Do("seat:take", seat(1))
	})

	in(t, "without an ack is done all the same", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Tell("room:leave", P{"roomId": r.ID})
		r.Without(a)
		b.Expect("room:userLeft", P{"userId": a.User})
		assert.Equal(t, 1, r.Settled().ParticipantCount)
	})

	in(t, "with unknown fields is done all the same", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Do("room:leave", P{"why": "tired", "userId": b.User})
		r.Without(a)
		b.Expect("room:userLeft", P{"userId": a.User})
		r.Settled()
	})

	in(t, "with an invalid payload is silently ignored", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Do("seat:take", seat(0))
		b.Expect("seat:updated", updated(0, a.User))
		before := r.Settled()
		var answers []*harness.Answer
		for _, args := range [][]any{
			nil, {nil}, {r.ID}, {42}, {true}, {[]any{P{"roomId": r.ID}}}, {P{}}, {P{"roomId": 42}}, {P{"roomId": nil}}, {P{"roomId": ""}},
			{P{"roomId": strings.Repeat("x", 129)}}, {P{"roomId": r.ID + "\n"}}, {P{"roomId": []string{r.ID}}}, {P{"roomID": r.ID}},
		} {
			answers = append(answers, a.Ask("room:leave", args...))
		}
		assert.Equal(t, before, r.Settled())
		for i, answer := range answers {
			assert.False(t, answer.Came(), "shape %d was answered", i)
		}
	})
}

func TestRoomLeave_TwoSocketsOfOneUser(t *testing.T) {
	t.Parallel()

	in(t, "the first frees no seat, tells nobody, changes no count", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a2 := r.JoinAs(a.User)
		a.Do("seat:take", seat(5))
		for _, s := range []*harness.Socket{b, a2} {
			s.Expect("seat:updated", updated(5, a.User))
		}
		before := r.Settled()

		a.Do("room:leave", P{})
		r.Without(a)
		assert.Equal(t, before, r.Settled())
		assert.Equal(t, r.ID, r.RoomOf(a.User))
		a.Refused("seat:leave", P{}, "Not in room")
		a.Quiet()

		a2.Do("room:leave", P{})
		r.Without(a2)
		b.Expect("seat:cleared", seat(5))
		b.Expect("room:userLeft", P{"userId": a.User})
		assert.Equal(t, 1, r.Settled().ParticipantCount)
		assert.Empty(t, r.RoomOf(a.User))
		a.Quiet()
		a2.Quiet()
	})

	in(t, "in two rooms they are two participants", func(t *testing.T) {
		r, other := room(t), room(t)
		a, b := r.Join(), r.Join()
		a2 := other.JoinAs(a.User)
		assert.Equal(t, other.ID, r.RoomOf(a.User))
		a.Do("room:leave", P{})
		r.Without(a)
		b.Expect("room:userLeft", P{"userId": a.User})
		r.Settled()
		assert.Equal(t, 1, other.Settled().ParticipantCount)
		assert.Equal(t, other.ID, r.RoomOf(a.User), "only the leave of that same room deletes it")
		a2.Do("room:leave", P{})
		assert.Empty(t, r.RoomOf(a.User))
	})
}
