package e2e_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestSeatTake(t *testing.T) {
	t.Parallel()

	in(t, "tells the others", func(t *testing.T) {
		w, r := shared(t), room(t)
		a, b, c := r.Join(), r.Join(), r.Join()
		key := "room:" + r.ID + ":seat:3"
		assert.Empty(t, w.Redis.Get(t, key))
		a.Do("seat:take", seat(3))
		assert.JSONEq(t, fmt.Sprintf(`{"userId":%d,"muted":false}`, a.User), w.Redis.Get(t, key))
		for _, s := range []*harness.Socket{b, c} {
			s.Expect("seat:updated", updated(3, a.User))
		}
		assert.Equal(t, []harness.Seat{{SeatIndex: 3, UserID: a.User}}, r.Settled().Seats)
	})

	in(t, "without an ack is done all the same", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Tell("seat:take", P{"roomId": r.ID, "seatIndex": 0})
		b.Expect("seat:updated", updated(0, a.User))
		r.Settled()
	})

	in(t, "moves who sits elsewhere", func(t *testing.T) {
		w, r := shared(t), room(t)
		a, b := r.Join(), r.Join()
		a.Do("seat:take", seat(3))
		a.Do("seat:take", seat(8))
		b.Expect("seat:updated", updated(3, a.User))
		b.Expect("seat:cleared", seat(3))
		b.Expect("seat:updated", updated(8, a.User))
		assert.Equal(t, []harness.Seat{{SeatIndex: 8, UserID: a.User}}, r.Settled().Seats)
		assert.Empty(t, w.Redis.Get(t, "room:"+r.ID+":seat:3"))
		b.Do("seat:take", seat(3))
	})

	in(t, "of the seat one has is harmless", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Do("seat:take", seat(3))
		b.Expect("seat:updated", updated(3, a.User))
		a.Do("seat:take", seat(3))
		assert.Equal(t, []harness.Seat{{SeatIndex: 3, UserID: a.User}}, r.Agreed().Seats)
	})

	in(t, "by a second socket moves the user", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a2 := r.JoinAs(a.User)
		a.Do("seat:take", seat(1))
		a2.Expect("seat:updated", updated(1, a.User))
		a2.Do("seat:take", seat(2))
		a.Expect("seat:cleared", seat(1))
		a.Expect("seat:updated", updated(2, a.User))
		b.Expect("seat:updated", updated(1, a.User))
		b.Expect("seat:cleared", seat(1))
		b.Expect("seat:updated", updated(2, a.User))
		r.Settled()
	})

	in(t, "of a taken seat is refused with who sits there", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Do("seat:take", seat(3))
		b.Expect("seat:updated", updated(3, a.User))
		before := r.Settled()
		assert.Equal(t, harness.Plain(t, P{
			"success": false, "error": "Seat is already taken",
			"occupant": P{"seatIndex": 3, "userId": a.User, "isMuted": false},
		}), b.Emit("seat:take", P{"roomId": r.ID, "seatIndex": 3}))
		assert.Equal(t, before, r.Settled())
	})

	in(t, "of a locked seat is refused to everyone", func(t *testing.T) {
		r := room(t)
		owner, a := r.JoinOwner(), r.Join()
		owner.Do("seat:lock", seat(3))
		a.Refused("seat:take", seat(3), "Seat is locked")
		owner.Refused("seat:take", seat(3), "Seat is locked")
		for _, s := range []*harness.Socket{owner, a} {
			s.Expect("seat:locked", locked(3, true))
		}
		r.Settled()
	})

	in(t, "beyond the room's seats is refused", func(t *testing.T) {
		r := room(t)
		a := r.Join()
		a.Refused("seat:take", seat(15), "Invalid seat index")
		a.Refused("seat:take", seat(99), "Invalid seat index")
		a.Do("seat:take", seat(14))
		r.Settled()
	})

	in(t, "keeps the seat one has when it is refused", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Do("seat:take", seat(1))
		b.Do("seat:take", seat(2))
		a.Refused("seat:take", seat(15), "Invalid seat index")
		assert.False(t, a.Ask("seat:take", P{"roomId": r.ID, "seatIndex": 2}).Succeeded())
		b.Expect("seat:updated", updated(1, a.User))
		a.Expect("seat:updated", updated(2, b.User))
		assert.Len(t, r.Settled().Seats, 2)
	})
}

func TestSeatLeave(t *testing.T) {
	t.Parallel()

	in(t, "tells the others", func(t *testing.T) {
		w, r := shared(t), room(t)
		a, b := r.Join(), r.Join()
		a.Do("seat:take", seat(3))
		b.Expect("seat:updated", updated(3, a.User))
		a.Do("seat:leave", P{})
		assert.Empty(t, w.Redis.Get(t, "room:"+r.ID+":seat:3"))
		b.Expect("seat:cleared", seat(3))
		assert.Empty(t, r.Settled().Seats)
		b.Do("seat:take", seat(3))
	})

	in(t, "is refused to who has no seat", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Refused("seat:leave", P{}, "You are not seated")
		a.Do("seat:take", seat(3))
		b.Expect("seat:updated", updated(3, a.User))
		a.Do("seat:leave", P{})
		b.Expect("seat:cleared", seat(3))
		a.Refused("seat:leave", P{}, "You are not seated")
		r.Settled()
	})

	in(t, "by a second socket frees the user's seat", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a2 := r.JoinAs(a.User)
		a.Do("seat:take", seat(3))
		a2.Do("seat:leave", P{})
		a.Expect("seat:cleared", seat(3))
		a2.Expect("seat:updated", updated(3, a.User))
		b.Expect("seat:updated", updated(3, a.User))
		b.Expect("seat:cleared", seat(3))
		r.Settled()
	})
}

func TestMembership(t *testing.T) {
	t.Parallel()

	requests := []struct {
		event   string
		payload P
	}{
		{"seat:take", seat(0)}, {"seat:leave", P{}}, {"seat:lock", seat(0)}, {"seat:unlock", seat(0)},
	}

	in(t, "is needed for everything at a seat", func(t *testing.T) {
		w, r := shared(t), room(t)
		a := r.Join()
		owner := w.Connect(t, r.Owner)
		owner.Room = r.ID
		for _, q := range requests {
			owner.Refused(q.event, q.payload, "Not in room")
		}
		a.Quiet()
		r.Settled()
	})

	in(t, "of one room is none of another", func(t *testing.T) {
		r, other := room(t), room(t)
		a, owner := r.JoinOwner(), other.JoinOwner()
		for _, q := range requests {
			payload := P{"roomId": other.ID}
			for name, value := range q.payload {
				payload[name] = value
			}
			a.Refused(q.event, payload, "Not in room")
		}
		owner.Quiet()
		r.Settled()
		other.Settled()
	})

	in(t, "ends with the leave", func(t *testing.T) {
		r := room(t)
		owner := r.JoinOwner()
		owner.Do("room:leave", P{})
		for _, q := range requests {
			owner.Refused(q.event, q.payload, "Not in room")
		}
	})
}
