package room_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// owned is a room of ann's, with the given sessions in it.
func owned(t *testing.T, sessions ...room.SessionID) *stage {
	t.Helper()
	s := newStage(t, sessions...)
	s.ok(&room.Configure{Owner: ann})
	return s
}

func assign(target room.UserID, seat int) *room.AssignSeat {
	return &room.AssignSeat{Session: ann1, Rank: room.RankOwner, Target: target, Seat: seat}
}

func TestRoom_AssignSeat(t *testing.T) {
	t.Run("seats_a_participant_and_tells_the_room_the_sender_too", func(t *testing.T) {
		s := owned(t, ann1, bob1)
		c := &room.AssignSeat{Session: ann1, Target: bob, Seat: 2}
		c.As(room.RankOwner)
		told(t, s.after(10).ok(c), updated(2, bob, toAll))
		require.Equal(t, 2, s.seatOf(bob))
		require.Equal(t, start+10, s.Activity())
	})

	t.Run("moves_who_is_seated_with_their_mute", func(t *testing.T) {
		s := restored(t, muted(), ann1, bob1)
		told(t, s.ok(assign(bob, 3)), cleared(1, toAll), updatedMuted(3, bob, toAll))
		require.Equal(t, 3, s.seatOf(bob))
	})

	t.Run("seats_the_owner_themselves", func(t *testing.T) {
		s := owned(t, ann1)
		told(t, s.ok(assign(ann, 0)), updated(0, ann, toAll))
	})

	t.Run("of_the_seat_that_the_user_has_changes_nothing", func(t *testing.T) {
		s := owned(t, ann1, bob1)
		s.ok(assign(bob, 2))
		s.refuses(room.OK, assign(bob, 2))
	})

	t.Run("ends_the_hold_of_another_and_nobody_is_told_of_a_clearing", func(t *testing.T) {
		s := holding(t)
		s.ok(join(cid1))
		told(t, s.ok(assign(cid, 1)), updated(1, cid, toAll))
		require.Zero(t, s.Deadline())
		told(t, s.ok(join(bob1)), userJoined(bob1), enters(bob1))
		require.Equal(t, -1, s.seatOf(bob))
	})

	t.Run("takes_no_mute_over_from_the_hold", func(t *testing.T) {
		s := restored(t, muted(), ann1, cid1)
		told(t, s.ok(assign(cid, 1)), updated(1, cid, toAll))
	})

	t.Run("leaves_an_invite_to_the_seat_pending_until_it_runs_out", func(t *testing.T) {
		s := owned(t, ann1, bob1, cid1)
		s.ok(invite(bob, 2))
		told(t, s.ok(assign(cid, 2)), updated(2, cid, toAll))
		s.refuses(room.ErrSeatTaken, &room.AcceptInvite{Session: bob1, Seat: 2})
		told(t, s.after(inviteTTL).ok(&room.Tick{}), inviteEnded(2))
	})

	for _, tc := range []struct {
		name string
		c    *room.AssignSeat
		want room.Error
	}{
		{"is_refused_to_who_is_not_there", &room.AssignSeat{Session: eve1, Rank: room.RankOwner, Target: bob, Seat: 2}, room.ErrNotInRoom},
		{"is_refused_to_an_admin", &room.AssignSeat{Session: bob1, Rank: room.RankAdmin, Target: bob, Seat: 2}, room.ErrNotOwner},
		{"is_refused_to_a_member", &room.AssignSeat{Session: bob1, Rank: room.RankMember, Target: bob, Seat: 2}, room.ErrNotOwner},
		{"is_refused_to_an_unknown_rank", &room.AssignSeat{Session: bob1, Target: bob, Seat: 2}, room.ErrNotOwner},
		{"is_refused_to_an_admin_before_the_seat_is_looked_at", &room.AssignSeat{Session: bob1, Rank: room.RankAdmin, Target: eve, Seat: -1}, room.ErrNotOwner},
		{"is_refused_below_the_first_seat", assign(bob, -1), room.ErrInvalidSeat},
		{"is_refused_beyond_the_last_seat", assign(bob, seats), room.ErrInvalidSeat},
		{"is_refused_beyond_the_last_seat_before_the_user_is_looked_for", assign(eve, seats), room.ErrInvalidSeat},
		{"is_refused_on_a_locked_seat", assign(bob, 1), room.ErrSeatLocked},
		{"is_refused_on_a_seat_that_another_has", assign(bob, 0), room.ErrSeatOccupied},
		{"is_refused_on_a_seat_that_another_has_before_the_user_is_looked_for", assign(eve, 0), room.ErrSeatOccupied},
		{"is_refused_for_who_is_not_there", assign(eve, 2), room.ErrUserNotInRoom},
		{"is_refused_for_who_is_awaited", assign(4, 3), room.ErrUserNotInRoom},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := owned(t, ann1, bob1, cid1)
			s.ok(join(eve1))
			s.ok(&room.TakeSeat{Session: eve1, Seat: 3})
			s.ok(&room.Drop{Session: eve1})
			s.ok(&room.TakeSeat{Session: cid1, Seat: 0})
			s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 1})
			s.refuses(tc.want, tc.c)
		})
	}
}
