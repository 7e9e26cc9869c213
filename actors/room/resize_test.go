package room_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

func TestRoom_Resize(t *testing.T) {
	t.Run("clears_unlocks_and_uninvites_beyond_and_the_users_stay", func(t *testing.T) {
		s := owned(t, ann1, bob1, cid1)
		s.ok(assign(bob, 2))
		s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 3})
		s.ok(invite(cid, 3))
		s.ok(invite(eve, 0))
		told(t, s.after(10).ok(&room.Resize{MaxSeats: 2}), cleared(2, toAll), unlocked(3), inviteEnded(3))
		require.Equal(t, 2, s.SeatCount())
		require.True(t, s.Has(bob))
		require.Equal(t, start, s.Activity(), "it is the backend's doing")
		s.refuses(room.ErrNoInvite, &room.AcceptInvite{Session: cid1, Seat: 3})
		s.refuses(room.ErrInvalidSeat, &room.TakeSeat{Session: bob1, Seat: 2})
		told(t, s.ok(&room.TakeSeat{Session: bob1, Seat: 1}), updated(1, bob, bob1))
		require.Equal(t, []room.SnapshotInvite{{Seat: 0, User: eve, By: ann, Until: start + inviteTTL}}, s.snapshot().Invites)
	})

	t.Run("ends_holds_beyond_and_tells_nobody", func(t *testing.T) {
		s := holding(t)
		told(t, s.ok(&room.Resize{MaxSeats: 1}))
		require.Zero(t, s.Deadline())
		told(t, s.ok(join(bob1)), userJoined(bob1), enters(bob1))
	})

	t.Run("takes_mutes_beyond_with_it", func(t *testing.T) {
		s := restored(t, muted(), ann1, bob1)
		told(t, s.ok(&room.Resize{MaxSeats: 1}), cleared(1, toAll))
		s.ok(&room.Resize{MaxSeats: 4})
		told(t, s.ok(&room.TakeSeat{Session: bob1, Seat: 1}), updated(1, bob, bob1))
	})

	t.Run("adds_free_seats", func(t *testing.T) {
		s := newStage(t, ann1)
		told(t, s.ok(&room.Resize{MaxSeats: room.MaxSeats}))
		told(t, s.ok(&room.TakeSeat{Session: ann1, Seat: room.MaxSeats - 1}), updated(room.MaxSeats-1, ann, ann1))
	})

	t.Run("outranks_the_owner", func(t *testing.T) {
		s := owned(t, ann1)
		s.ok(&room.Resize{MaxSeats: 3})
		c := join(ann2)
		c.SeatCount = 9
		s.ok(c)
		require.Equal(t, 3, s.SeatCount())
		require.Equal(t, ann, s.Owner())
	})

	t.Run("counts_before_the_first_join", func(t *testing.T) {
		s := newStage(t)
		s.ok(&room.Resize{MaxSeats: 3})
		require.Zero(t, s.SeatCount())
		c := join(ann1)
		c.SeatCount = 9
		s.ok(c)
		require.Equal(t, 3, s.SeatCount())
	})

	t.Run("that_tells_nothing_new_or_nonsense_changes_nothing", func(t *testing.T) {
		s := newStage(t, ann1)
		s.ok(&room.Resize{MaxSeats: 3})
		for _, count := range []int{3, 0, -1, room.MaxSeats + 1} {
			s.refuses(room.OK, &room.Resize{MaxSeats: count})
		}
	})
}

func TestRoom_Confirm(t *testing.T) {
	s := newStage(t, ann1)
	revision := s.Revision()
	told(t, s.after(10).ok(&room.Confirm{User: ann}), room.Event{Kind: room.UserConfirmed, User: ann})
	require.Greater(t, s.Revision(), revision, "it is to be written")
	require.Equal(t, start, s.Activity())
	s.refuses(room.OK, &room.Confirm{User: bob})
}
