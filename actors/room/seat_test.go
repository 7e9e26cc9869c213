package room_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

func TestRoom_TakeSeat(t *testing.T) {
	t.Run("seats_the_user_and_tells_the_others", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		told(t, s.after(10).ok(&room.TakeSeat{Session: bob1, Seat: 2}), updated(2, bob, bob1))
		seat, occupied := s.Seat(2)
		require.True(t, occupied)
		require.Equal(t, room.SeatState{Seat: 2, User: bob}, seat)
		require.Equal(t, start+10, s.Activity())
	})

	t.Run("moves_from_the_seat_the_user_had", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		told(t, s.ok(&room.TakeSeat{Session: bob1, Seat: 0}), cleared(2, bob1), updated(0, bob, bob1))
		require.Equal(t, 0, s.seatOf(bob))
		_, occupied := s.Seat(2)
		require.False(t, occupied)
		told(t, s.ok(&room.TakeSeat{Session: ann1, Seat: 2}), updated(2, ann, ann1))
	})

	t.Run("moves_muted_who_was_muted", func(t *testing.T) {
		s := restored(t, muted(), ann1, bob1)
		told(t, s.ok(&room.TakeSeat{Session: bob1, Seat: 3}), cleared(1, bob1), updatedMuted(3, bob, bob1))
		told(t, s.ok(&room.TakeSeat{Session: ann1, Seat: 1}), updated(1, ann, ann1))
	})

	t.Run("of_ones_own_seat_succeeds_and_changes_nothing", func(t *testing.T) {
		s := newStage(t, ann1, bob1, bob2)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		s.after(10).refuses(room.OK, &room.TakeSeat{Session: bob1, Seat: 2})
		s.refuses(room.OK, &room.TakeSeat{Session: bob2, Seat: 2})
	})

	t.Run("from_another_session_moves_the_same_user", func(t *testing.T) {
		s := newStage(t, ann1, bob1, bob2)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		told(t, s.ok(&room.TakeSeat{Session: bob2, Seat: 1}), cleared(2, bob2), updated(1, bob, bob2))
	})

	t.Run("unmutes_who_stood_up_in_between", func(t *testing.T) {
		s := restored(t, muted(), ann1, bob1)
		s.ok(&room.LeaveSeat{Session: bob1})
		told(t, s.ok(&room.TakeSeat{Session: bob1, Seat: 1}), updated(1, bob, bob1))
	})

	for _, tc := range []struct {
		name string
		c    *room.TakeSeat
		want room.Error
	}{
		{"is_refused_to_who_is_not_there", &room.TakeSeat{Session: cid1, Seat: 2}, room.ErrNotInRoom},
		{"is_refused_to_who_is_not_there_before_all_else", &room.TakeSeat{Session: cid1, Seat: -1}, room.ErrNotInRoom},
		{"is_refused_below_the_first_seat", &room.TakeSeat{Session: bob1, Seat: -1}, room.ErrInvalidSeat},
		{"is_refused_beyond_the_last_seat", &room.TakeSeat{Session: bob1, Seat: seats}, room.ErrInvalidSeat},
		{"is_refused_on_a_locked_seat", &room.TakeSeat{Session: bob1, Seat: 1}, room.ErrSeatLocked},
		{"is_refused_on_a_locked_seat_even_to_who_locked_it", &room.TakeSeat{Session: ann1, Seat: 1}, room.ErrSeatLocked},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t, ann1, bob1)
			s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 1})
			s.ok(&room.TakeSeat{Session: bob1, Seat: 0})
			reply := s.refuses(tc.want, tc.c)
			require.Nil(t, reply.Occupant)
		})
	}

	t.Run("is_refused_on_a_taken_seat_and_tells_whose_it_is", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: ann1, Seat: 1})
		reply := s.refuses(room.ErrSeatTaken, &room.TakeSeat{Session: bob1, Seat: 1})
		require.Equal(t, &room.SeatState{Seat: 1, User: ann}, reply.Occupant)
	})

	t.Run("is_refused_on_a_muted_users_seat_and_tells_the_mute", func(t *testing.T) {
		s := restored(t, muted(), ann1, bob1)
		reply := s.refuses(room.ErrSeatTaken, &room.TakeSeat{Session: ann1, Seat: 1})
		require.Equal(t, &room.SeatState{Seat: 1, User: bob, Muted: true}, reply.Occupant)
	})
}

func TestRoom_LeaveSeat(t *testing.T) {
	t.Run("frees_the_seat_and_tells_the_others", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		told(t, s.after(10).ok(&room.LeaveSeat{Session: bob1}), cleared(2, bob1))
		require.Equal(t, -1, s.seatOf(bob))
		require.True(t, s.Has(bob))
		require.Equal(t, start+10, s.Activity())
		told(t, s.ok(&room.TakeSeat{Session: ann1, Seat: 2}), updated(2, ann, ann1))
	})

	t.Run("works_from_another_session_of_the_user", func(t *testing.T) {
		s := newStage(t, ann1, bob1, bob2)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		told(t, s.ok(&room.LeaveSeat{Session: bob2}), cleared(2, bob2))
		s.refuses(room.ErrNotSeated, &room.LeaveSeat{Session: bob1})
	})

	t.Run("is_refused_to_who_is_not_there", func(t *testing.T) {
		newStage(t, ann1).refuses(room.ErrNotInRoom, &room.LeaveSeat{Session: bob1})
	})

	t.Run("is_refused_to_who_is_not_seated", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: ann1, Seat: 0})
		s.refuses(room.ErrNotSeated, &room.LeaveSeat{Session: bob1})
	})

	t.Run("is_refused_the_second_time", func(t *testing.T) {
		s := newStage(t, ann1)
		s.ok(&room.TakeSeat{Session: ann1, Seat: 0})
		s.ok(&room.LeaveSeat{Session: ann1})
		s.refuses(room.ErrNotSeated, &room.LeaveSeat{Session: ann1})
	})
}

func TestRoom_Seat(t *testing.T) {
	s := newStage(t, ann1)
	for _, index := range []int{-1, 0, seats - 1, seats, room.MaxSeats} {
		_, occupied := s.Seat(index)
		require.False(t, occupied)
		require.False(t, s.Locked(index))
	}
}
