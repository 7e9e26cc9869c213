package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// ends are the ways in which a connection ends.
var ends = map[string]func(*harness.Socket){
	"polite": (*harness.Socket).Disconnect,
	"cut":    (*harness.Socket).Cut,
}

func TestDisconnect(t *testing.T) {
	t.Parallel()

	for how, end := range ends {
		in(t, how+", does all that a leave does, at once", func(t *testing.T) {
			w, r := shared(t), room(t)
			a, b, c := r.Join(), r.Join(), r.Join()
			a.Do("seat:take", seat(6))
			for _, s := range []*harness.Socket{b, c} {
				s.Expect("seat:updated", updated(6, a.User))
			}
			require.Equal(t, 3, r.Settled().ParticipantCount)

			end(a)
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
			assert.Equal(t, P{"roomId": nil}, b.Emit("user:getRoom", P{"userId": a.User}))
			w.Laravel.HearsCount(t, r.ID, 2)
		})

		in(t, how+", of one of two sockets changes nothing", func(t *testing.T) {
			r := room(t)
			a, b := r.Join(), r.Join()
			a2 := r.JoinAs(a.User)
			a.Do("seat:take", seat(6))
			for _, s := range []*harness.Socket{b, a2} {
				s.Expect("seat:updated", updated(6, a.User))
			}
			before := r.Settled()
			end(a)
			r.Without(a)
			a.Disconnected()
			assert.Equal(t, before, r.Settled())
			a2.Do("seat:leave", P{})
			b.Expect("seat:cleared", seat(6))
			r.Settled()
		})

		in(t, how+", of who never joined tells nobody", func(t *testing.T) {
			w, r := shared(t), room(t)
			a := r.Join()
			stranger := w.Connect(t, harness.NewUser())
			end(stranger)
			stranger.Disconnected()
			a.Quiet()
			assert.Equal(t, 1, r.Settled().ParticipantCount)
		})
	}

	in(t, "late, of a socket that was replaced, does not remove its user", func(t *testing.T) {
		r := room(t)
		old, b := r.Join(), r.Join()
		old.Do("seat:take", seat(1))
		b.Expect("seat:updated", updated(1, old.User))
		again := r.JoinAs(old.User)
		before := r.Settled()
		old.Cut()
		r.Without(old)
		old.Disconnected()
		assert.Equal(t, before, r.Settled())
		assert.Equal(t, r.ID, r.RoomOf(again.User))
	})
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"PING_INTERVAL": "300ms", "PING_TIMEOUT": "1200ms"}})
	r := w.Room(t)
	a, b := r.Join(), r.Join()
	a.Do("seat:take", seat(3))
	b.Expect("seat:updated", updated(3, a.User))
	fell := time.Now()
	a.FallSilent()
	r.Without(a)
	b.Expect("seat:cleared", seat(3)) // who answers no ping has left
	b.Expect("room:userLeft", P{"userId": a.User})
	assert.Greater(t, time.Since(fell), 1100*time.Millisecond, "the time for an answer is granted")
	assert.Equal(t, 1, r.Settled().ParticipantCount)
}

func TestJoin_OfASocketThatIsGoneByItsTurn(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"COMMIT_TIMEOUT": "30s"}})
	r := w.Room(t)
	a, b := w.Connect(t, harness.NewUser()), w.Connect(t, harness.NewUser())
	w.Redis.Freeze(t)
	join := P{"roomId": r.ID}
	a.Tell("room:join", join)
	a.Poke()
	a.Cut()
	_, err := w.Server.Logged("session closed")
	require.NoError(t, err)
	joined := b.Ask("room:join", join)
	b.Poke()
	w.Redis.Thaw()
	assert.Equal(t, 1, b.State(joined.Wait()).ParticipantCount)
	r.Enter(b)
	r.Settled()
	assert.Empty(t, r.RoomOf(a.User))
}

func TestHeldSeat(t *testing.T) {
	t.Parallel()

	// vacate lets a new user sit down and vanish; b and who else is there heard
	// of it.
	vacate := func(t *testing.T, r *harness.Room, index int, there ...*harness.Socket) (user int64) {
		t.Helper()
		a := r.Join()
		a.Do("seat:take", seat(index))
		a.Cut()
		r.Without(a)
		for _, s := range there {
			s.Expect("seat:updated", updated(index, a.User))
			s.Expect("seat:cleared", seat(index))
			s.Expect("room:userLeft", P{"userId": a.User})
		}
		return a.User
	}

	in(t, "is refused to others, who are told of no occupant", func(t *testing.T) {
		r := room(t)
		b := r.Join()
		vacate(t, r, 4, b)
		assert.Equal(t, P{"success": false, "error": "Seat is already taken", "occupant": nil},
			b.Emit("seat:take", P{"roomId": r.ID, "seatIndex": 4}))
		assert.Empty(t, r.Settled().Seats, "it is shown as free")
		b.Do("seat:take", seat(5))
	})

	in(t, "is given back to who joins again", func(t *testing.T) {
		w, r := shared(t), room(t)
		b, c := r.Join(), r.Join()
		user := vacate(t, r, 4, b, c)
		a := w.Connect(t, user)
		state := a.State(a.Ask("room:join", P{"roomId": r.ID}).Wait())
		assert.Equal(t, []harness.Seat{{SeatIndex: 4, UserID: user}}, state.Seats)
		for _, s := range []*harness.Socket{b, c} {
			assert.Equal(t, "room:userJoined", s.Next().Event)
			s.Expect("seat:updated", updated(4, user))
		}
		a.Quiet()
		assert.Equal(t, state.Seats, r.Settled().Seats)
		a.Room = r.ID
		a.Do("seat:take", seat(4)) // harmless
		a.Do("seat:leave", P{})
		for _, s := range []*harness.Socket{b, c} {
			s.Expect("seat:cleared", seat(4))
		}
		b.Do("seat:take", seat(4)) // it was given back, not held on
	})

	in(t, "is given back even to who joins an empty room", func(t *testing.T) {
		r := room(t)
		user := vacate(t, r, 4)
		harness.Eventually(t, "nobody is there", func() bool { return r.RoomOf(user) == "" })
		r.JoinAs(user)
		assert.Equal(t, []harness.Seat{{SeatIndex: 4, UserID: user}}, r.Settled().Seats)
	})

	in(t, "is given up by a lock", func(t *testing.T) {
		r := room(t)
		owner, b := r.JoinOwner(), r.Join()
		user := vacate(t, r, 4, owner, b)
		owner.Do("seat:lock", seat(4))
		for _, s := range []*harness.Socket{owner, b} {
			s.Expect("seat:locked", locked(4, true)) // nobody was seen there: no seat:cleared
		}
		b.Refused("seat:take", seat(4), "Seat is locked")
		r.JoinAs(user)
		assert.Empty(t, r.Settled().Seats)
		owner.Do("seat:unlock", seat(4))
		b.Expect("seat:locked", locked(4, false))
		b.Do("seat:take", seat(4))
	})

	in(t, "is held for each of many", func(t *testing.T) {
		r := room(t)
		b := r.Join()
		first, second := vacate(t, r, 1, b), vacate(t, r, 2, b)
		c := r.JoinAs(second)
		b.Expect("seat:updated", updated(2, second))
		r.JoinAs(first)
		for _, s := range []*harness.Socket{b, c} {
			s.Expect("seat:updated", updated(1, first))
		}
		assert.Len(t, r.Settled().Seats, 2)
	})
}

func TestHeldSeat_IsFreeAfterTheGrace(t *testing.T) {
	t.Parallel()
	const grace = 1500 * time.Millisecond
	w := stage.World(t, harness.Setup{Env: harness.Env{"SEAT_GRACE": grace.String()}})
	r := w.Room(t)
	a, b := r.Join(), r.Join()
	a.Do("seat:take", seat(4))
	b.Expect("seat:updated", updated(4, a.User))
	cut := time.Now()
	a.Cut()
	r.Without(a)
	b.Expect("seat:cleared", seat(4))
	b.Expect("room:userLeft", P{"userId": a.User})
	gone := time.Now()
	harness.Eventually(t, "the seat is free", func() bool {
		return b.Ask("seat:take", P{"roomId": r.ID, "seatIndex": 4}).Succeeded()
	})
	assert.GreaterOrEqual(t, time.Since(cut), grace)
	assert.Less(t, time.Since(gone), grace+3*time.Second)
	r.JoinAs(a.User)
	assert.Equal(t, []harness.Seat{{SeatIndex: 4, UserID: b.User}}, r.Settled().Seats)
}
