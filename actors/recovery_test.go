package actors

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

func TestShut(t *testing.T) {
	t.Run("members hear of it and are let go", func(t *testing.T) {
		store, backend, s := opened(t, 1, 2)
		s[0].rooms.Order("r", &room.Shut{})
		require.True(t, store.waitCommit(t).Close)
		require.Empty(t, s[0].got())
		store.confirm(nil)
		for _, session := range s {
			require.Equal(t, []string{"closed"}, session.waitFor(1))
			require.Equal(t, []string{"r"}, session.left)
		}
		require.Contains(t, backend.reported()[len(backend.reported())-1], `"ended_at"`)
		store.setAuto(true)
		newSession(t, s[0].rooms, 1).joined("r")
	})

	t.Run("a command that waits for a rank is answered", func(t *testing.T) {
		store, backend, s := opened(t, 2, 3)
		store.setAuto(true)
		s[1].take(0)
		s[1].waitFor(1)
		backend.mu.Lock()
		backend.hold = true
		backend.mu.Unlock()
		s[0].forget()
		s[0].send(&room.LockSeat{Session: s[0].id, Rank: room.RankAdmin, Seat: 0})
		eventually(t, func() bool { backend.mu.Lock(); defer backend.mu.Unlock(); return len(backend.held) == 1 }, "the question")
		s[0].rooms.Order("r", &room.Shut{})
		require.Equal(t, []string{"closed", "reply *room.LockSeat room: not in room"}, s[0].waitFor(2))
		backend.held[0]() // to an actor that is gone or knows nothing of it
		newSession(t, s[0].rooms, 1).joined("r")
	})
}

func TestLateClose(t *testing.T) {
	store, _, s := opened(t, 1, 2)
	s[0].rooms.Order("r", &room.Shut{})
	store.waitCommit(t)
	departing := s[1]
	departing.send(&room.Leave{Session: departing.id})
	store.late()
	require.Equal(t, []string{"closed", "reply *room.Leave room: ok"}, departing.waitFor(2), "a leave never waits for the store")
	again := newSession(t, s[0].rooms, 3)
	again.join("r")
	require.Equal(t, []string{"reply *room.Join room: ok"}, again.waitFor(1), "a join gets a fresh room")
	again.take(0)
	again.waitFor(2)
	store.confirm(nil) // the former room is buried, the present one claims its place
	store.answerClaim(t)
	c := store.waitCommit(t)
	require.True(t, c.Full)
	require.Equal(t, []SeatChange{{Seat: 0, User: 3}}, c.Seats)
	store.confirm(nil)
}

func TestClaimLate_before_anybody_joins(t *testing.T) {
	store := newStepStore(false)
	rooms, _ := startRooms(t, testConfig, store)
	done := make(chan struct{})
	rooms.tellSupervisor(&restoreMessage{ids: []string{"r"}, done: func() { close(done) }})
	eventually(t, func() bool { store.mu.Lock(); defer store.mu.Unlock(); return store.claimer != nil }, "the claim")
	store.claimer.ClaimLate("r")
	s := newSession(t, rooms, 1)
	s.join("r")
	require.Equal(t, []string{"reply *room.Join room: ok"}, s.waitFor(1))
	<-done
	store.claimer.Claimed(Claim{RoomID: "r", Epoch: 1, Blocked: map[room.UserID]int64{1: 0}}, nil)
	store.waitCommit(t)
	store.confirm(nil)
	eventually(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.left) == 1 }, "the blocked user out of the room")
}

func TestDiverged_tells_the_status_again(t *testing.T) {
	store, backend, s := opened(t, 1, 2)
	told := len(backend.reported())
	s[1].send(&room.Leave{Session: s[1].id})
	require.NotNil(t, store.waitCommit(t).Status)
	store.confirm(ErrDiverged)
	eventually(t, func() bool { m := store.made(); return m[len(m)-1].Full }, "the room written in full")
	require.Contains(t, string(store.waitCommit(t).Status), `"participant_count":1`)
	store.confirm(nil)
	s[1].waitFor(1)
	require.Len(t, backend.reported(), told+1)
}

func TestQuarantine_with_a_commit_under_way(t *testing.T) {
	store, backend, s := opened(t, 1, 2)
	panicOn(s[0].rooms, func(c room.Command) bool { _, ok := c.(*room.LeaveSeat); return ok })
	s[0].take(0)
	store.waitCommit(t)
	s[1].take(1) // applied, and waits for the commit
	for range maxPanics + 1 {
		s[0].send(&room.LeaveSeat{Session: s[0].id})
	}
	require.Equal(t, []string{"reply *room.TakeSeat room: internal error"}, s[1].waitFor(1), "what was not handed to the store did not happen")
	s[0].waitFor(maxPanics + 1)
	s[0].forget()
	store.confirm(nil)
	require.Equal(t, []string{"reply *room.TakeSeat room: ok"}, s[0].waitFor(1), "what was handed over is committed")
	c := store.waitCommit(t)
	require.True(t, c.Close)
	require.NotEmpty(t, c.Quarantine)
	require.Len(t, s[0].got(), 1, "nothing is told before the store confirms")
	store.confirm(nil)
	require.Equal(t, "closed", s[0].waitFor(2)[1])
	require.Equal(t, []string{"seat 0 taken by 1", "closed"}, s[1].waitFor(3)[1:])
	eventually(t, func() bool { return strings.Contains(fmt.Sprint(backend.reported()), "ended_at") }, "the backend told")
}

func TestQuarantine_of_a_snapshot_that_cant_be_read(t *testing.T) {
	for name, snapshot := range map[string]string{
		"junk":            "junk",
		"a later version": `{"version":1000000,"seat_count":4}`,
		"out of range":    `{"version":1,"seat_count":4,"locked":[7]}`,
	} {
		t.Run(name, func(t *testing.T) {
			store := newStepStore(true)
			store.snapshots["r"] = []byte(snapshot)
			rooms, backend := startRooms(t, testConfig, store)
			require.NoError(t, rooms.Restore(t.Context(), []string{"r", "other"}))
			c := store.made()[slices.IndexFunc(store.made(), func(c Commit) bool { return c.RoomID == "r" })]
			require.True(t, c.Close)
			require.Contains(t, c.Quarantine, "unreadable snapshot")
			require.Len(t, backend.reported(), 1)
			require.Contains(t, backend.reported()[0], `"is_live":false`)
			newSession(t, rooms, 1).joined("r")
		})
	}

	t.Run("those who wait to join get a fresh room", func(t *testing.T) {
		store := newStepStore(false)
		store.snapshots["r"] = []byte("junk")
		rooms, _ := startRooms(t, testConfig, store)
		s := newSession(t, rooms, 1)
		s.join("r")
		store.answerClaim(t)
		store.waitCommit(t)
		store.confirm(nil)
		store.answerClaim(t)
		store.waitCommit(t)
		store.confirm(nil)
		require.Equal(t, []string{"reply *room.Join room: ok"}, s.waitFor(1))
	})
}

func TestAsk_a_panic_costs_one_of_those_who_wait_for_a_rank(t *testing.T) {
	store := newStepStore(true)
	rooms, backend := startRooms(t, testConfig, store)
	var once atomic.Bool
	panicOn(rooms, func(c room.Command) bool {
		lock, ok := c.(*room.LockSeat)
		return ok && lock.Occupant != 0 && once.CompareAndSwap(false, true)
	})
	a, b, member := newSession(t, rooms, 2).joined("r"), newSession(t, rooms, 3).joined("r"), newSession(t, rooms, 4).joined("r")
	member.take(1)
	a.waitFor(3) // b and the member joined, the seat
	b.waitFor(2)
	backend.mu.Lock()
	backend.hold, backend.ranks = true, map[room.UserID]room.Rank{4: room.RankMember}
	backend.mu.Unlock()
	for _, s := range []*fakeSession{a, b} {
		s.forget()
		s.send(&room.LockSeat{Session: s.id, Rank: room.RankAdmin, Seat: 1})
		s.send(&room.UnlockSeat{Session: s.id, Rank: room.RankAdmin, Seat: 3})
		s.waitFor(1) // the lock waits by now
	}
	backend.mu.Lock()
	answer := backend.held[0]
	backend.mu.Unlock()
	answer()
	require.Equal(t, "reply *room.LockSeat room: internal error", a.waitFor(2)[1])
	require.Equal(t, []string{"seat 1 cleared", "seat 1 locked true", "reply *room.LockSeat room: ok"}, b.waitFor(4)[1:])
}

func TestAsk_keeps_the_order_of_requests_about_one_user(t *testing.T) {
	store, backend, s := opened(t, 2, 3)
	store.setAuto(true)
	s[1].take(1)
	s[1].waitFor(1)
	s[0].waitFor(1)
	s[0].forget()
	backend.mu.Lock()
	backend.hold = true
	backend.mu.Unlock()
	for _, muted := range []bool{true, false, true} {
		s[0].send(&room.MuteSeat{Session: s[0].id, Rank: room.RankAdmin, Target: 3, Muted: muted})
	}
	eventually(t, func() bool { backend.mu.Lock(); defer backend.mu.Unlock(); return len(backend.held) == 1 }, "one question for all")
	backend.held[0]()
	require.Equal(t, []string{
		"user 3 muted true", "reply *room.MuteSeat room: ok", "user 3 muted false",
		"reply *room.MuteSeat room: ok", "user 3 muted true", "reply *room.MuteSeat room: ok",
	}, s[0].waitFor(6))
}

func TestRestored_the_backend_is_told_that_nobody_came_back(t *testing.T) {
	brief := testConfig
	brief.Room.SeatGrace = 50
	for _, comesBack := range []bool{false, true} {
		store := newStepStore(true)
		first := Start(testConfig, store, &fakeBackend{}, noUsers{}, describe)
		newSession(t, first, 1).joined("r")
		stop(t, first)
		rooms, backend := startRooms(t, brief, store)
		require.NoError(t, rooms.Restore(t.Context(), []string{"r"}))
		want := `"participant_count":0`
		if comesBack {
			newSession(t, rooms, 1).joined("r")
			want = `"participant_count":1`
		}
		eventually(t, func() bool { return len(backend.reported()) == 1 }, "a status")
		require.Contains(t, backend.reported()[0], want)
	}
}

func TestRewrite(t *testing.T) {
	store, _, s := opened(t, 1)
	s[0].take(2)
	store.waitCommit(t)
	store.confirm(nil)
	s[0].waitFor(1)
	s[0].rooms.Rewrite()
	c := store.waitCommit(t)
	require.True(t, c.Full)
	require.Equal(t, []SeatChange{{Seat: 2, User: 1}}, c.Seats)
	require.Equal(t, c.Last, c.Revision, "nothing changed")
	require.NotNil(t, c.Status, "the outbox may be lost as well")
	store.confirm(nil)
	s[0].take(3) // and it goes on
	store.waitCommit(t)
	store.confirm(nil)
	s[0].waitFor(2)
}
