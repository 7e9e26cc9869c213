package room_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

func TestRoom_Leave(t *testing.T) {
	t.Run("frees_the_seat_before_telling_the_others", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		told(t, s.after(10).ok(&room.Leave{Session: bob1}), cleared(1, bob1), exits(bob1), userLeft(bob1))
		require.False(t, s.Has(bob))
		require.Zero(t, s.UserOf(bob1))
		require.Equal(t, 1, s.Participants())
		require.Equal(t, -1, s.seatOf(bob))
		require.Equal(t, start+10, s.Activity())
	})

	t.Run("keeps_no_seat", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		s.ok(&room.Leave{Session: bob1})
		require.Empty(t, s.snapshot().Seats)
		told(t, s.ok(&room.TakeSeat{Session: ann1, Seat: 1}), updated(1, ann, ann1))
		told(t, s.ok(join(bob1)), userJoined(bob1), enters(bob1))
	})

	t.Run("of_one_who_is_not_seated_clears_nothing", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		told(t, s.ok(&room.Leave{Session: bob1}), exits(bob1), userLeft(bob1))
	})

	t.Run("of_the_last_one_leaves_an_empty_room_open", func(t *testing.T) {
		s := newStage(t, ann1)
		told(t, s.ok(&room.Leave{Session: ann1}), exits(ann1), userLeft(ann1))
		require.Zero(t, s.Participants())
		require.False(t, s.IsClosed())
		require.Equal(t, seats, s.SeatCount())
		told(t, s.ok(join(bob1)), userJoined(bob1), enters(bob1))
	})
}

// Most rooms that exist are empty: their seats take memory only while there is
// something to remember of one.
func TestRoom_without_anyone_keeps_only_seats_that_matter(t *testing.T) {
	s := newStage(t, ann1, bob1)
	s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 2})
	s.ok(&room.Leave{Session: ann1})
	s.ok(&room.Leave{Session: bob1})
	require.True(t, s.HasSeatsOfItsOwn(), "one is locked")

	s = newStage(t, ann1)
	require.True(t, s.HasSeatsOfItsOwn())
	s.ok(&room.TakeSeat{Session: ann1, Seat: 1})
	s.ok(&room.Drop{Session: ann1})
	require.True(t, s.HasSeatsOfItsOwn(), "one is held")
	s.after(grace).ok(&room.Tick{})
	require.False(t, s.HasSeatsOfItsOwn())
	require.Equal(t, seats, s.SeatCount())

	s.ok(join(bob1))
	s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
	require.True(t, s.HasSeatsOfItsOwn())
	s.ok(&room.Leave{Session: bob1})
	require.False(t, s.HasSeatsOfItsOwn())
	s.ok(&room.Resize{MaxSeats: 2})
	require.Equal(t, 2, s.SeatCount())
	require.True(t, room.UntouchedSeatsAreFree())
}

// What a leave and a drop share.
func TestRoom_Leave_or_Drop(t *testing.T) {
	for name, leave := range map[string]func(room.SessionID) room.Command{
		"Leave": func(s room.SessionID) room.Command { return &room.Leave{Session: s} },
		"Drop":  func(s room.SessionID) room.Command { return &room.Drop{Session: s} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("of_a_session_that_is_not_there_changes_nothing", func(t *testing.T) {
				s := newStage(t, ann1)
				before := dump(s.Room)
				told(t, s.after(10).ok(leave(bob1)))
				told(t, s.ok(leave(ann2)))
				require.Equal(t, before, dump(s.Room))
			})

			t.Run("twice_changes_nothing_more", func(t *testing.T) {
				s := newStage(t, ann1, bob1)
				s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
				s.ok(leave(bob1))
				before := dump(s.Room)
				told(t, s.after(10).ok(leave(bob1)))
				require.Equal(t, before, dump(s.Room))
			})

			t.Run("of_one_session_of_two_frees_no_seat_and_tells_nobody", func(t *testing.T) {
				for _, order := range [][2]room.SessionID{{bob1, bob2}, {bob2, bob1}} {
					s := newStage(t, ann1, bob1, bob2)
					s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
					told(t, s.after(10).ok(leave(order[0])), exits(order[0]))
					require.Equal(t, 1, s.seatOf(bob))
					require.Equal(t, 2, s.Participants())
					require.Equal(t, []room.SnapshotSeat{{Seat: 1, User: bob}}, s.snapshot().Seats)
					require.Equal(t, bob, s.UserOf(order[1]))
					require.Zero(t, s.UserOf(order[0]))
					told(t, s.ok(leave(order[1])), cleared(1, order[1]), exits(order[1]), userLeft(order[1]))
				}
			})

			t.Run("late_of_a_replaced_session_keeps_the_user", func(t *testing.T) {
				s := newStage(t, ann1, bob1)
				s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
				s.ok(join(bob2))
				told(t, s.ok(leave(bob1)), exits(bob1))
				told(t, s.ok(&room.TakeSeat{Session: bob2, Seat: 2}), cleared(1, bob2), updated(2, bob, bob2))
			})

			t.Run("takes_any_one_out_of_the_list", func(t *testing.T) {
				for _, gone := range []room.SessionID{ann1, bob1, cid1} {
					s := newStage(t, ann1, bob1, cid1)
					s.ok(leave(gone))
					var want [][]byte
					for _, u := range []room.UserID{ann, bob, cid} {
						if u != userOf(gone) {
							want = append(want, profile(u))
						}
					}
					state, _ := s.joins(join(eve1))
					require.Equal(t, want, state.Participants)
				}
			})

			t.Run("one_after_the_other_empties_the_list_in_any_order", func(t *testing.T) {
				sessions := []room.SessionID{ann1, bob1, cid1}
				for first := range sessions {
					for _, second := range []int{1, 2} {
						s := newStage(t, append(sessions, eve1)...)
						s.ok(leave(sessions[first]))
						s.ok(leave(sessions[(first+second)%3]))
						state, _ := s.joins(join(eve1))
						require.Equal(t, [][]byte{profile(userOf(sessions[(first+3-second)%3]))}, state.Participants)
					}
				}
			})
		})
	}
}

func TestRoom_Drop(t *testing.T) {
	t.Run("does_all_that_a_leave_does_and_holds_the_seat", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		told(t, s.after(10).ok(&room.Drop{Session: bob1}), cleared(1, bob1), exits(bob1), userLeft(bob1))
		require.False(t, s.Has(bob))
		require.Equal(t, 1, s.Participants())
		require.Equal(t, start+10, s.Activity())
		_, occupied := s.Seat(1)
		require.False(t, occupied)
		require.Equal(t, []room.SnapshotSeat{{Seat: 1, User: bob, HeldUntil: start + 10 + grace}}, s.snapshot().Seats)
	})

	t.Run("of_one_who_is_not_seated_holds_nothing", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		told(t, s.ok(&room.Drop{Session: bob1}), exits(bob1), userLeft(bob1))
		require.Empty(t, s.snapshot().Seats)
	})

	t.Run("holds_nothing_without_a_grace_time", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.config.SeatGrace = 0
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		told(t, s.ok(&room.Drop{Session: bob1}), cleared(1, bob1), exits(bob1), userLeft(bob1))
		require.Empty(t, s.snapshot().Seats)
	})

	t.Run("before_the_last_session_leaves_holds_nothing", func(t *testing.T) {
		s := newStage(t, ann1, bob1, bob2)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		s.ok(&room.Drop{Session: bob1})
		s.ok(&room.Leave{Session: bob2})
		require.Empty(t, s.snapshot().Seats)
	})

	t.Run("of_the_last_session_holds_whatever_the_others_did", func(t *testing.T) {
		s := newStage(t, ann1, bob1, bob2)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		s.ok(&room.Leave{Session: bob1})
		s.ok(&room.Drop{Session: bob2})
		require.Equal(t, []room.SnapshotSeat{{Seat: 1, User: bob, HeldUntil: start + grace}}, s.snapshot().Seats)
	})
}
