package actors

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

func TestRespawn_applies_orders_again(t *testing.T) {
	store, _, s := opened(t, 1, 2)
	panicOn(s[0].rooms, func(c room.Command) bool { take, ok := c.(*room.TakeSeat); return ok && take.Seat == 3 })
	s[0].take(0)
	store.waitCommit(t) // what follows waits for it
	s[0].rooms.Order("r", &room.Remove{User: 2})
	s[0].rooms.Order("r", &room.Resize{MaxSeats: 2})
	eventually(t, func() bool { // orders go through the supervisor
		s[0].forget()
		s[0].take(3)
		return s[0].waitFor(1)[0] == "reply *room.TakeSeat room: internal error"
	}, "the panic")
	store.confirm(nil)
	c := store.waitCommit(t)
	require.Equal(t, 1, c.Participants, "user 2 is out")
	snapshot, err := room.Decode(c.Snapshot)
	require.NoError(t, err)
	require.Equal(t, 2, snapshot.SeatCount)
	store.confirm(nil)
	eventually(t, func() bool { s[1].mu.Lock(); defer s[1].mu.Unlock(); return len(s[1].left) == 1 }, "user 2 let go")
}

func TestRespawn_who_leaves_is_gone_all_the_same(t *testing.T) {
	for name, leave := range map[string]func(*fakeSession){
		"leave": func(s *fakeSession) { s.send(&room.Leave{Session: s.id}) },
		"drop":  (*fakeSession).drop,
	} {
		t.Run(name, func(t *testing.T) {
			store := newStepStore(true)
			rooms, _ := startRooms(t, testConfig, store)
			a, b, c := newSession(t, rooms, 1).joined("r"), newSession(t, rooms, 2).joined("r"), newSession(t, rooms, 3).joined("r")
			a.waitFor(2)
			b.waitFor(1)
			b.forget()
			var once atomic.Bool
			panicOn(rooms, func(c room.Command) bool { return isDeparture(c) && once.CompareAndSwap(false, true) })
			leave(a)
			require.Equal(t, []string{"user 1 left"}, b.waitFor(1))
			require.True(t, once.Load())
			c.waitFor(1)
		})
	}
}

func TestRespawn_keeps_the_order_of_participants(t *testing.T) {
	_, _, s := opened(t, 1)
	rooms := s[0].rooms
	s[0].rooms.store.(*stepStore).setAuto(true)
	b, c := newSession(t, rooms, 2).joined("r"), newSession(t, rooms, 3).joined("r")
	s[0].send(&room.Leave{Session: s[0].id})
	b.waitFor(2) // user 3 joined, user 1 left
	c.waitFor(1)
	panicOn(rooms, func(c room.Command) bool { _, ok := c.(*room.TakeSeat); return ok })
	b.take(0)
	b.waitFor(3)
	require.Equal(t, []string{`{"id":2}`, `{"id":3}`}, newSession(t, rooms, 4).joined("r").participants())
}

// A room in which nobody is keeps no snapshot to respawn from: it makes one before
// it changes.
func TestRespawn_of_a_room_that_was_empty(t *testing.T) {
	store, _, s := opened(t, 1)
	store.setAuto(true)
	s[0].send(&room.LockSeat{Session: s[0].id, Rank: room.RankOwner, Seat: 2})
	s[0].waitFor(2)
	s[0].send(&room.Leave{Session: s[0].id})
	require.Contains(t, s[0].waitFor(3), "reply *room.Leave room: ok")

	broken := true
	panicOn(s[0].rooms, func(c room.Command) bool {
		_, ok := c.(*room.Join)
		defer func() { broken = broken && !ok }()
		return ok && broken
	})
	second := newSession(t, s[0].rooms, 2)
	second.join("r")
	require.Equal(t, []string{"reply *room.Join room: internal error"}, second.waitFor(1))
	second.join("r")
	require.Equal(t, "reply *room.Join room: ok", second.waitFor(2)[1])

	made := store.made()
	snapshot, err := room.Decode(made[len(made)-1].Snapshot)
	require.NoError(t, err)
	require.Equal(t, []int{2}, snapshot.Locked)
	require.Equal(t, 1, made[len(made)-1].Participants)
}

// A panic while the room is respawned costs no message: what has come is kept until
// the room is there.
func TestRespawn_that_panics_loses_no_message(t *testing.T) {
	store, _, s := opened(t, 1, 2)
	var n atomic.Int32
	reached, gate := make(chan struct{}), make(chan struct{})
	panicOn(s[0].rooms, func(c room.Command) bool {
		if _, ok := c.(*room.Leave); !ok {
			return false
		}
		k := n.Add(1)
		if k == 1 {
			close(reached)
			<-gate
		}
		return k <= 2
	})
	s[0].take(0)
	store.waitCommit(t)
	s[1].send(&room.Leave{Session: s[1].id})
	<-reached
	store.confirm(nil) // its message waits in the mailbox
	close(gate)
	require.Equal(t, "reply *room.TakeSeat room: ok", s[0].waitFor(1)[0])
}

// A room that is empty but for what is not stored yet is respawned from what was.
func TestRespawn_of_a_room_whose_last_changes_are_not_stored(t *testing.T) {
	store, _, s := opened(t, 1)
	var n atomic.Int32
	reached, gate := make(chan struct{}), make(chan struct{})
	panicOn(s[0].rooms, func(c room.Command) bool {
		switch c.(type) {
		case *room.Leave:
			if n.Add(1) == 1 {
				close(reached)
				<-gate
			}
		case *room.Join:
			return true
		}
		return false
	})
	s[0].forget()
	s[0].take(0)
	store.waitCommit(t)
	s[0].send(&room.LockSeat{Session: s[0].id, Rank: room.RankOwner, Seat: 2})
	s[0].send(&room.Leave{Session: s[0].id})
	<-reached
	store.confirm(nil)
	other := newSession(t, s[0].rooms, 2)
	other.join("r")
	eventually(t, func() bool { d, _ := s[0].rooms.Depth(t.Context()); return d.Waiting >= 2 }, "both wait")
	close(gate)
	store.setAuto(true)
	require.Contains(t, s[0].waitFor(3), "reply *room.LockSeat room: ok")
}

// The snapshot of a room that was empty is made before the first change.
func TestRespawn_of_a_room_that_was_empty_and_changed_since(t *testing.T) {
	store, _, s := opened(t, 1)
	store.setAuto(true)
	s[0].send(&room.Leave{Session: s[0].id})
	s[0].waitFor(1)

	reached, gate := make(chan struct{}), make(chan struct{})
	var third room.SessionID
	first := true
	panicOn(s[0].rooms, func(c room.Command) bool {
		join, ok := c.(*room.Join)
		if ok && first {
			first = false
			close(reached)
			<-gate
		}
		return ok && join.Session == third
	})
	second := newSession(t, s[0].rooms, 2)
	other := newSession(t, s[0].rooms, 3)
	third = other.id
	second.join("r")
	<-reached
	second.send(&room.LockSeat{Session: second.id, Rank: room.RankAdmin, Seat: 2})
	other.join("r")
	eventually(t, func() bool { d, _ := s[0].rooms.Depth(t.Context()); return d.Waiting >= 2 }, "both wait")
	close(gate)
	require.Contains(t, other.waitFor(1), "reply *room.Join room: internal error")
	require.Contains(t, second.waitFor(3), "reply *room.LockSeat room: ok")
}
