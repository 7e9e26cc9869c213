package room_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// holding is a room with ann in it, in which seat 1 is held for bob.
func holding(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, ann1, bob1)
	s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
	s.ok(&room.Drop{Session: bob1})
	return s
}

func TestRoom_heldSeat(t *testing.T) {
	t.Run("is_given_back_on_join", func(t *testing.T) {
		s := holding(t)
		state, events := s.after(10).joins(join(bob1))
		told(t, events, userJoined(bob1), updated(1, bob, bob1), enters(bob1))
		require.Equal(t, []room.SeatState{{Seat: 1, User: bob}}, state.Seats)
		require.Equal(t, []room.SnapshotSeat{{Seat: 1, User: bob}}, s.snapshot().Seats)
	})

	t.Run("is_given_back_to_another_session_of_the_user", func(t *testing.T) {
		s := holding(t)
		told(t, s.ok(join(bob2)), userJoined(bob2), updated(1, bob, bob2), enters(bob2))
		told(t, s.ok(join(bob1)), enters(bob1))
	})

	t.Run("is_given_back_muted_as_it_was", func(t *testing.T) {
		s := restored(t, muted(), ann1, bob1)
		told(t, s.ok(&room.Drop{Session: bob1}), cleared(1, bob1), exits(bob1), userLeft(bob1))
		state, events := s.joins(join(bob1))
		told(t, events, userJoined(bob1), updatedMuted(1, bob, bob1), enters(bob1))
		require.Equal(t, []room.SeatState{{Seat: 1, User: bob, Muted: true}}, state.Seats)
	})

	t.Run("can_be_retaken_after_the_join", func(t *testing.T) {
		s := holding(t)
		s.ok(join(bob1))
		told(t, s.ok(&room.TakeSeat{Session: bob1, Seat: 1}))
		require.Equal(t, 1, s.seatOf(bob))
	})

	t.Run("is_given_back_again_and_again", func(t *testing.T) {
		s := holding(t)
		for range 3 {
			s.after(grace - 1)
			told(t, s.ok(join(bob1)), userJoined(bob1), updated(1, bob, bob1), enters(bob1))
			told(t, s.ok(&room.Drop{Session: bob1}), cleared(1, bob1), exits(bob1), userLeft(bob1))
		}
	})

	t.Run("is_shown_as_free", func(t *testing.T) {
		s := holding(t)
		state, _ := s.joins(join(cid1))
		require.Empty(t, state.Seats)
	})

	t.Run("is_refused_to_others_without_an_occupant", func(t *testing.T) {
		s := holding(t)
		reply := s.refuses(room.ErrSeatTaken, &room.TakeSeat{Session: ann1, Seat: 1})
		require.Nil(t, reply.Occupant)
	})

	t.Run("is_refused_to_others_who_would_move", func(t *testing.T) {
		s := holding(t)
		s.ok(&room.TakeSeat{Session: ann1, Seat: 0})
		s.refuses(room.ErrSeatTaken, &room.TakeSeat{Session: ann1, Seat: 1})
		require.Equal(t, 0, s.seatOf(ann))
	})

	t.Run("ends_with_a_lock_and_nobody_is_told_of_a_clearing", func(t *testing.T) {
		for _, rank := range []room.Rank{room.RankAdmin, room.RankOwner} {
			s := holding(t)
			told(t, s.ok(&room.LockSeat{Session: ann1, Rank: rank, Seat: 1}), locked(1))
			require.Empty(t, s.snapshot().Seats)
			s.ok(&room.UnlockSeat{Session: ann1, Rank: rank, Seat: 1})
			told(t, s.ok(join(bob1)), userJoined(bob1), enters(bob1))
		}
	})

	t.Run("does_not_end_with_a_lock_of_another", func(t *testing.T) {
		s := holding(t)
		s.ok(&room.LockSeat{Session: ann1, Rank: room.RankAdmin, Seat: 0})
		told(t, s.ok(join(bob1)), userJoined(bob1), updated(1, bob, bob1), enters(bob1))
	})

	t.Run("does_not_start_while_the_user_has_another_session", func(t *testing.T) {
		s := newStage(t, ann1, bob1, bob2)
		s.ok(&room.TakeSeat{Session: bob2, Seat: 1})
		told(t, s.ok(&room.Drop{Session: bob2}), exits(bob2))
		told(t, s.after(2*grace).ok(&room.Tick{}))
		require.Equal(t, 1, s.seatOf(bob))
		reply := s.refuses(room.ErrSeatTaken, &room.TakeSeat{Session: ann1, Seat: 1})
		require.Equal(t, &room.SeatState{Seat: 1, User: bob}, reply.Occupant)
	})

	t.Run("is_one_of_several_each_for_its_own_user", func(t *testing.T) {
		s := newStage(t, ann1, bob1, cid1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		s.ok(&room.TakeSeat{Session: cid1, Seat: 2})
		s.ok(&room.Drop{Session: bob1})
		s.after(10).ok(&room.Drop{Session: cid1})
		s.refuses(room.ErrSeatTaken, &room.TakeSeat{Session: ann1, Seat: 1})
		s.refuses(room.ErrSeatTaken, &room.TakeSeat{Session: ann1, Seat: 2})
		told(t, s.ok(join(cid1)), userJoined(cid1), updated(2, cid, cid1), enters(cid1))
		told(t, s.ok(join(bob1)), userJoined(bob1), updated(1, bob, bob1), enters(bob1))
	})

	t.Run("is_forgotten_with_its_mute", func(t *testing.T) {
		s := restored(t, muted(), ann1)
		s.after(grace)
		told(t, s.ok(join(bob1)), userJoined(bob1), enters(bob1))
		told(t, s.ok(&room.TakeSeat{Session: bob1, Seat: 1}), updated(1, bob, bob1))
	})
}

func TestRoom_heldSeat_expires(t *testing.T) {
	for _, tc := range []struct {
		name  string
		after int64
		held  bool
	}{
		{"not_at_the_last_millisecond", grace - 1, true},
		{"at_the_end_of_the_grace_time", grace, false},
		{"past_the_end_of_the_grace_time", grace + 1, false},
	} {
		for _, ticked := range []bool{false, true} {
			name := tc.name + "_without_a_tick"
			if ticked {
				name = tc.name + "_with_a_tick"
			}
			t.Run(name, func(t *testing.T) {
				later := func() *stage {
					s := holding(t).after(tc.after)
					if ticked {
						told(t, s.ok(&room.Tick{}))
					}
					return s
				}
				s := later()
				if tc.held {
					told(t, s.ok(join(bob1)), userJoined(bob1), updated(1, bob, bob1), enters(bob1))
				} else {
					told(t, s.ok(join(bob1)), userJoined(bob1), enters(bob1))
				}
				s = later()
				if tc.held {
					s.refuses(room.ErrSeatTaken, &room.TakeSeat{Session: ann1, Seat: 1})
				} else {
					told(t, s.ok(&room.TakeSeat{Session: ann1, Seat: 1}), updated(1, ann, ann1))
				}
			})
		}
	}

	t.Run("counting_from_the_drop", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		s.after(1000).ok(&room.Drop{Session: bob1})
		s.after(grace - 1)
		s.refuses(room.ErrSeatTaken, &room.TakeSeat{Session: ann1, Seat: 1})
		s.after(1).ok(&room.TakeSeat{Session: ann1, Seat: 1})
	})

	t.Run("and_is_saved_as_a_change_that_is_no_activity", func(t *testing.T) {
		s := holding(t)
		revision := s.Revision()
		told(t, s.after(grace).ok(&room.Tick{}))
		require.Greater(t, s.Revision(), revision)
		require.Equal(t, start, s.Activity())
		require.Empty(t, s.snapshot().Seats)
	})

	t.Run("even_before_a_command_that_is_refused", func(t *testing.T) {
		s := holding(t)
		reply, events := s.after(grace).do(&room.TakeSeat{Session: bob1, Seat: 1})
		require.Equal(t, room.Reply{Err: room.ErrNotInRoom}, reply)
		told(t, events)
		require.Empty(t, s.snapshot().Seats)
	})

	t.Run("one_by_one", func(t *testing.T) {
		s := newStage(t, ann1, bob1, cid1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		s.ok(&room.TakeSeat{Session: cid1, Seat: 2})
		s.ok(&room.Drop{Session: cid1})
		s.after(10).ok(&room.Drop{Session: bob1})
		told(t, s.after(grace-10).ok(&room.Tick{}))
		require.Equal(t, []room.SnapshotSeat{{Seat: 1, User: bob, HeldUntil: start + 10 + grace}}, s.snapshot().Seats)
	})
}
