package actors

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// opened returns a room "r" on a store that answers step by step, with the
// sessions of the given users in it.
func opened(t *testing.T, users ...room.UserID) (*stepStore, *fakeBackend, []*fakeSession) {
	store := newStepStore(true)
	rooms, backend := startRooms(t, testConfig, store)
	sessions := make([]*fakeSession, len(users))
	for i, u := range users {
		sessions[i] = newSession(t, rooms, u).joined("r")
	}
	eventually(t, func() bool { // the last join was heard by all
		store.mu.Lock()
		defer store.mu.Unlock()
		return len(store.commits) == 0
	}, "the store at rest")
	store.setAuto(false)
	for i, s := range sessions {
		s.waitFor(len(users) - 1 - i)
		s.forget()
	}
	return store, backend, sessions
}

func TestCommit(t *testing.T) {
	t.Run("nothing is released before the store confirms", func(t *testing.T) {
		store, _, s := opened(t, 1, 3)
		s[0].take(2)
		c := store.waitCommit(t)
		require.Equal(t, []SeatChange{{Seat: 2, User: 1}}, c.Seats)
		require.Empty(t, s[0].got())
		require.Empty(t, s[1].got())
		store.confirm(nil)
		require.Equal(t, []string{"reply *room.TakeSeat room: ok"}, s[0].waitFor(1))
		require.Equal(t, []string{"seat 2 taken by 1"}, s[1].waitFor(1))
	})

	t.Run("what is applied meanwhile shares the next commit and keeps its order", func(t *testing.T) {
		store, _, s := opened(t, 1, 3)
		s[0].take(0)
		first := store.waitCommit(t)
		s[1].take(0) // refused, but not before it is certain
		s[1].take(1)
		s[0].send(&room.LockSeat{Session: s[0].id, Rank: room.RankOwner, Seat: 1})
		s[0].send(&room.LeaveSeat{Session: s[0].id})
		store.confirm(nil)
		s[0].waitFor(1)
		second := store.waitCommit(t)
		require.Equal(t, first.Revision, second.Last)
		require.Equal(t, []string{"seat 0 taken by 1"}, s[1].waitFor(1))
		require.Zero(t, s[0].soons(), "who asked is answered at once")
		require.Equal(t, 1, s[1].soons(), "more is under way")
		store.confirm(nil)
		require.Equal(t, []string{
			"seat 0 taken by 1", "reply *room.TakeSeat room: seat is taken", "reply *room.TakeSeat room: ok",
			"seat 1 cleared", "seat 1 locked true", "seat 0 cleared",
		}, s[1].waitFor(6))
		require.Equal(t, []string{
			"reply *room.TakeSeat room: ok", "seat 1 taken by 3", "seat 1 cleared", "seat 1 locked true",
			"reply *room.LockSeat room: ok", "reply *room.LeaveSeat room: ok",
		}, s[0].waitFor(6))
		require.Equal(t, []SeatChange{{Seat: 0}, {Seat: 1}}, second.Seats)
		require.Equal(t, []LockChange{{Seat: 1, Locked: true}}, second.Locks)
	})

	t.Run("a refusal with nothing pending is answered at once", func(t *testing.T) {
		_, _, s := opened(t, 1)
		s[0].take(77)
		require.Equal(t, []string{"reply *room.TakeSeat room: invalid seat index"}, s[0].waitFor(1))
	})

	t.Run("a joiner hears nothing of what was before and all that comes after", func(t *testing.T) {
		store, _, s := opened(t, 1, 2)
		s[0].take(0)
		store.waitCommit(t)
		late := newSession(t, s[0].rooms, 3)
		late.join("r")
		s[0].send(&room.LeaveSeat{Session: s[0].id})
		s[1].send(&room.Leave{Session: s[1].id})
		s[0].take(1)
		store.confirm(nil)
		store.waitCommit(t)
		require.Empty(t, late.got())
		store.confirm(nil)
		require.Equal(t, []string{"reply *room.Join room: ok", "seat 0 cleared", "user 2 left", "seat 1 taken by 1"}, late.waitFor(4))
		require.Equal(t, []string{"seat 0 taken by 1", "user 3 joined", "seat 0 cleared", "reply *room.Leave room: ok"}, s[1].waitFor(4))
	})

	t.Run("statuses follow the count and wait for their commit", func(t *testing.T) {
		store, backend, s := opened(t, 1, 2)
		before := len(backend.reported())
		s[1].send(&room.Leave{Session: s[1].id})
		c := store.waitCommit(t)
		require.Contains(t, string(c.Status), `{"is_live":true,"participant_count":1,"started_at":"`)
		require.Equal(t, []UserChange{{User: 2}}, c.Users)
		require.Len(t, backend.reported(), before)
		store.confirm(nil)
		s[1].waitFor(1)
		require.Len(t, backend.reported(), before+1)
		s[0].take(1)
		require.Nil(t, store.waitCommit(t).Status, "the count is the same")
		store.confirm(nil)
	})
}

func TestCommit_late(t *testing.T) {
	store, backend, s := opened(t, 1, 2)
	s[0].take(0)
	store.waitCommit(t)
	store.late()
	require.Equal(t, []string{"reply *room.TakeSeat room: ok"}, s[0].waitFor(1), "released from memory")
	s[0].take(1)
	require.Equal(t, "reply *room.TakeSeat room: ok", s[0].waitFor(2)[1], "later ones don't wait at all")
	s[1].send(&room.Leave{Session: s[1].id})
	s[1].waitFor(4) // seat 0, seat 0 cleared, seat 1, reply
	require.Contains(t, backend.reported()[len(backend.reported())-1], `"participant_count":1`)
	require.Len(t, store.commits, 1, "one commit under way, however long")

	store.confirm(nil)
	c := store.waitCommit(t)
	require.Equal(t, []SeatChange{{Seat: 0}, {Seat: 1, User: 1}}, c.Seats, "all that was only in memory is saved")
	require.Equal(t, []UserChange{{User: 2}}, c.Users)
	require.Equal(t, 1, c.Participants)
	s[0].forget()
	s[0].take(2)
	store.confirm(nil)
	store.waitCommit(t)
	require.Empty(t, s[0].got(), "the room waits for the store again")
	store.confirm(nil)
	s[0].waitFor(1)
}

func TestCommit_diverged(t *testing.T) {
	store, _, s := opened(t, 1, 2)
	s[0].take(0)
	store.waitCommit(t)
	s[0].send(&room.LockSeat{Session: s[0].id, Rank: room.RankOwner, Seat: 3})
	store.confirm(ErrDiverged)
	eventually(t, func() bool { m := store.made(); return m[len(m)-1].Full && m[len(m)-1].Revision > 2 }, "a full commit")
	c := store.waitCommit(t)
	require.True(t, c.Full)
	require.ElementsMatch(t, []UserChange{{User: 1, In: true}, {User: 2, In: true}}, c.Users)
	require.Equal(t, []SeatChange{{Seat: 0, User: 1}}, c.Seats)
	require.Empty(t, s[0].got())
	store.confirm(nil)
	s[0].waitFor(1)
	if len(s[0].got()) < 3 { // the lock came after the full commit
		store.waitCommit(t)
		store.confirm(nil)
	}
	require.Equal(t, []string{"reply *room.TakeSeat room: ok", "seat 3 locked true", "reply *room.LockSeat room: ok"}, s[0].waitFor(3))
}

func TestCommit_fenced(t *testing.T) {
	store, _, s := opened(t, 1, 2)
	s[0].take(0)
	store.waitCommit(t)
	s[1].take(1)
	store.confirm(ErrFenced)
	for _, session := range s {
		eventually(t, session.wasCut, "the session cut")
		require.Empty(t, session.got(), "nothing is acknowledged that another may not have seen")
		require.Equal(t, []string{"*room.TakeSeat"}, session.lost(), "which each is told of once")
	}
	store.setAuto(true)
	newSession(t, s[0].rooms, 1).joined("r")
	require.Len(t, store.claims, 2, "the next join claims the room anew")
}
