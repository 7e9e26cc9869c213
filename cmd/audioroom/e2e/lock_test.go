package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestSeatLock(t *testing.T) {
	t.Parallel()

	in(t, "tells the room, the sender before the ack", func(t *testing.T) {
		r := room(t)
		owner, a := r.JoinOwner(), r.Join()
		ack := owner.Do("seat:lock", seat(3))
		heard := owner.Expect("seat:locked", locked(3, true))
		assert.Less(t, heard.N, ack.N, "the broadcast comes before the ack")
		a.Expect("seat:locked", locked(3, true))
		assert.Equal(t, []int{3}, r.Settled().LockedSeats)
	})

	in(t, "takes the seat from who sits there", func(t *testing.T) {
		w, r := shared(t), room(t)
		owner, a, b := r.JoinOwner(), r.Join(), r.Join()
		a.Do("seat:take", seat(3))
		for _, s := range []*harness.Socket{owner, b} {
			s.Expect("seat:updated", updated(3, a.User))
		}
		ack := owner.Do("seat:lock", seat(3))
		for _, s := range []*harness.Socket{owner, a, b} {
			s.Expect("seat:cleared", seat(3))
			heard := s.Expect("seat:locked", locked(3, true))
			if s == owner {
				assert.Less(t, heard.N, ack.N, "the broadcast comes before the ack")
			}
		}
		state := r.Settled()
		assert.Empty(t, state.Seats)
		assert.Equal(t, []int{3}, state.LockedSeats)
		assert.Empty(t, w.Redis.Get(t, "room:"+r.ID+":seat:3"))
		a.Refused("seat:leave", P{}, "You are not seated")
		a.Refused("seat:take", seat(3), "Seat is locked")
		a.Do("seat:take", seat(4))
	})

	in(t, "is the managers' alone", func(t *testing.T) {
		r := room(t)
		owner, admin, member, stranger := r.JoinOwner(), r.JoinRole("admin"), r.JoinRole("member"), r.Join()
		member.Refused("seat:lock", seat(0), "Not room manager")
		stranger.Refused("seat:lock", seat(0), "Not room manager")
		owner.Do("seat:lock", seat(0))
		admin.Do("seat:lock", seat(1))
		for _, s := range []*harness.Socket{owner, admin, member, stranger} {
			s.Expect("seat:locked", locked(0, true))
			s.Expect("seat:locked", locked(1, true))
		}
		assert.Equal(t, []int{0, 1}, r.Settled().LockedSeats)
	})

	in(t, "takes no client's word for who is the owner", func(t *testing.T) {
		w, r := shared(t), room(t)
		a := w.Connect(t, harness.NewUser())
		a.Room = r.ID
		a.Emit("room:join", P{"roomId": r.ID, "ownerId": a.User})
		a.Refused("seat:lock", seat(0), "Not room manager")
		a.Refused("seat:lock", P{"seatIndex": 0, "ownerId": a.User}, "Not room manager")
	})

	in(t, "is refused for what is locked or is no seat", func(t *testing.T) {
		r := room(t)
		owner := r.JoinOwner()
		owner.Do("seat:lock", seat(3))
		owner.Expect("seat:locked", locked(3, true))
		owner.Refused("seat:lock", seat(3), "Already locked")
		owner.Refused("seat:lock", seat(15), "Invalid seat index")
		owner.Refused("seat:lock", seat(99), "Invalid seat index")
		assert.Equal(t, []int{3}, r.Settled().LockedSeats)
	})
}

func TestSeatLock_Rank(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		by, sits string
		allowed  bool
	}{
		{"owner", "admin", true}, {"owner", "member", true}, {"owner", "stranger", true},
		{"admin", "owner", false}, {"admin", "admin", false}, {"admin", "member", true}, {"admin", "stranger", true},
	} {
		name := c.by + " may not lock the seat of " + c.sits
		if c.allowed {
			name = c.by + " may lock the seat of " + c.sits
		}
		in(t, name, func(t *testing.T) {
			r := room(t)
			join := func(role string) *harness.Socket {
				switch role {
				case "owner":
					return r.JoinOwner()
				case "stranger":
					return r.Join()
				}
				return r.JoinRole(role)
			}
			sitter, manager := join(c.sits), join(c.by)
			sitter.Do("seat:take", seat(2))
			manager.Expect("seat:updated", updated(2, sitter.User))
			if !c.allowed {
				manager.Refused("seat:lock", seat(2), "Not allowed on this user")
				assert.Len(t, r.Settled().Seats, 1)
				return
			}
			manager.Do("seat:lock", seat(2))
			for _, s := range []*harness.Socket{sitter, manager} {
				s.Expect("seat:cleared", seat(2))
				s.Expect("seat:locked", locked(2, true))
			}
			assert.Empty(t, r.Settled().Seats)
		})
	}

	in(t, "admin may lock their own seat", func(t *testing.T) {
		r := room(t)
		admin := r.JoinRole("admin")
		admin.Do("seat:take", seat(2))
		ack := admin.Do("seat:lock", seat(2))
		admin.Expect("seat:cleared", seat(2))
		heard := admin.Expect("seat:locked", locked(2, true))
		assert.Less(t, heard.N, ack.N)
		assert.Empty(t, r.Settled().Seats)
	})
}

func TestSeatUnlock(t *testing.T) {
	t.Parallel()

	in(t, "tells the room, the sender before the ack", func(t *testing.T) {
		r := room(t)
		owner, a := r.JoinOwner(), r.Join()
		for _, index := range []int{3, 7} {
			owner.Do("seat:lock", seat(index))
			for _, s := range []*harness.Socket{owner, a} {
				s.Expect("seat:locked", locked(index, true))
			}
		}
		assert.Equal(t, []int{3, 7}, r.Settled().LockedSeats)

		ack := owner.Do("seat:unlock", seat(3))
		heard := owner.Expect("seat:locked", locked(3, false))
		assert.Less(t, heard.N, ack.N, "the broadcast comes before the ack")
		a.Expect("seat:locked", locked(3, false))
		assert.Equal(t, []int{7}, r.Settled().LockedSeats)
		a.Do("seat:take", seat(3))
		a.Refused("seat:take", seat(7), "Seat is locked")
	})

	in(t, "is the managers' alone", func(t *testing.T) {
		r := room(t)
		owner, admin, member, stranger := r.JoinOwner(), r.JoinRole("admin"), r.JoinRole("member"), r.Join()
		everyone := []*harness.Socket{owner, admin, member, stranger}
		for _, index := range []int{0, 1} {
			owner.Do("seat:lock", seat(index))
			for _, s := range everyone {
				s.Expect("seat:locked", locked(index, true))
			}
		}
		member.Refused("seat:unlock", seat(0), "Not room manager")
		stranger.Refused("seat:unlock", seat(0), "Not room manager")
		assert.Equal(t, []int{0, 1}, r.Settled().LockedSeats)
		for index, manager := range []*harness.Socket{owner, admin} {
			manager.Do("seat:unlock", seat(index))
			for _, s := range everyone {
				s.Expect("seat:locked", locked(index, false))
			}
		}
		assert.Empty(t, r.Settled().LockedSeats)
	})

	in(t, "is refused for what is not locked, whether a seat or not", func(t *testing.T) {
		r := room(t)
		owner := r.JoinOwner()
		owner.Refused("seat:unlock", seat(3), "Not locked")
		owner.Refused("seat:unlock", seat(15), "Not locked")
		owner.Refused("seat:unlock", seat(99), "Not locked")
		owner.Do("seat:lock", seat(3))
		owner.Do("seat:unlock", seat(3))
		owner.Refused("seat:unlock", seat(3), "Not locked")
		owner.Expect("seat:locked", locked(3, true))
		owner.Expect("seat:locked", locked(3, false))
		r.Settled()
	})

	in(t, "is refused outside and with a bad payload", func(t *testing.T) {
		r, other := room(t), room(t)
		owner := r.JoinOwner()
		owner.Do("seat:lock", seat(3))
		owner.Expect("seat:locked", locked(3, true))
		owner.Refused("seat:unlock", P{"roomId": other.ID, "seatIndex": 3}, "Not in room")
		owner.Refused("seat:unlock", P{}, "INVALID_PAYLOAD")
		owner.Refused("seat:unlock", seat(100), "INVALID_PAYLOAD")
		owner.Refused("seat:unlock", seat(-1), "INVALID_PAYLOAD")
		assert.Equal(t, []int{3}, r.Settled().LockedSeats)
	})

	in(t, "without an ack is done all the same", func(t *testing.T) {
		r := room(t)
		owner, a := r.JoinOwner(), r.Join()
		owner.Tell("seat:lock", P{"roomId": r.ID, "seatIndex": 3})
		owner.Tell("seat:unlock", P{"roomId": r.ID, "seatIndex": 3})
		for _, s := range []*harness.Socket{owner, a} {
			s.Expect("seat:locked", locked(3, true))
			s.Expect("seat:locked", locked(3, false))
		}
		r.Settled()
	})
}

func TestChecks_Order(t *testing.T) {
	t.Parallel()

	in(t, "the payload comes before membership", func(t *testing.T) {
		a := shared(t).Connect(t, harness.NewUser())
		a.Room = "elsewhere"
		a.Refused("seat:lock", seat(100), "INVALID_PAYLOAD")
		a.Refused("seat:lock", seat(99), "Not in room")
	})

	in(t, "membership comes before authority", func(t *testing.T) {
		w, r := shared(t), room(t)
		r.Join()
		stranger := w.Connect(t, harness.NewUser())
		stranger.Room = r.ID
		stranger.Refused("seat:lock", seat(0), "Not in room")
		stranger.Refused("seat:unlock", seat(0), "Not in room")
	})

	in(t, "authority comes before the state", func(t *testing.T) {
		r := room(t)
		owner, a := r.JoinOwner(), r.Join()
		owner.Do("seat:lock", seat(0))
		a.Refused("seat:lock", seat(0), "Not room manager")   // not: Already locked
		a.Refused("seat:lock", seat(50), "Not room manager")  // not: Invalid seat index
		a.Refused("seat:unlock", seat(1), "Not room manager") // not: Not locked
	})
}
