package room_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

func TestRoom_Tick(t *testing.T) {
	closes := func(s *stage) room.Event {
		return room.Event{Kind: room.Closed, Reason: room.CloseIdle, At: s.now}
	}

	t.Run("closes_a_room_that_was_idle_for_the_inactivity_time", func(t *testing.T) {
		s := newStage(t, ann1)
		s.after(10).ok(&room.Leave{Session: ann1})
		s.after(inactivity-1).refuses(room.OK, &room.Tick{})
		revision := s.Revision()
		told(t, s.after(1).ok(&room.Tick{}), closes(s))
		require.True(t, s.IsClosed())
		require.Greater(t, s.Revision(), revision)
	})

	t.Run("closes_a_room_that_nobody_ever_joined", func(t *testing.T) {
		s := newStage(t)
		s.after(inactivity-1).refuses(room.OK, &room.Tick{})
		told(t, s.after(1).ok(&room.Tick{}), closes(s))
	})

	t.Run("closes_a_room_long_after_its_time_if_it_came_late", func(t *testing.T) {
		s := newStage(t).after(10 * inactivity)
		told(t, s.ok(&room.Tick{}), closes(s))
	})

	t.Run("never_closes_a_room_with_somebody_in_it", func(t *testing.T) {
		s := newStage(t, ann1)
		s.after(100*inactivity).refuses(room.OK, &room.Tick{})
		told(t, s.ok(&room.Drop{Session: ann1}), exits(ann1), userLeft(ann1))
		s.after(inactivity-1).refuses(room.OK, &room.Tick{})
	})

	t.Run("does_not_close_a_room_with_a_held_seat", func(t *testing.T) {
		s := newStage(t, ann1)
		s.config.SeatGrace = 3 * inactivity
		s.ok(&room.TakeSeat{Session: ann1, Seat: 0})
		s.ok(&room.Drop{Session: ann1})
		s.after(3*inactivity-1).refuses(room.OK, &room.Tick{})
		told(t, s.after(1).ok(&room.Tick{}), closes(s))
	})

	t.Run("waits_for_activity_not_for_the_end_of_a_hold", func(t *testing.T) {
		s := newStage(t, ann1)
		s.ok(&room.TakeSeat{Session: ann1, Seat: 0})
		s.ok(&room.Drop{Session: ann1})
		told(t, s.after(grace).ok(&room.Tick{}))
		s.after(inactivity-grace-1).refuses(room.OK, &room.Tick{})
		told(t, s.after(1).ok(&room.Tick{}), closes(s))
	})

	t.Run("lets_a_join_keep_the_room_that_comes_first", func(t *testing.T) {
		s := newStage(t).after(2 * inactivity)
		told(t, s.ok(join(ann1)), userJoined(ann1), enters(ann1))
		s.refuses(room.OK, &room.Tick{})
	})
}

func TestRoom_Activity(t *testing.T) {
	for _, tc := range []struct {
		name  string
		c     room.Command
		moves bool
	}{
		{"a_join", join(cid1), true},
		{"a_second_session", join(ann2), true},
		{"the_same_session_again", join(ann1), false},
		{"a_leave", &room.Leave{Session: bob1}, true},
		{"a_drop", &room.Drop{Session: bob1}, true},
		{"a_leave_of_nobody", &room.Leave{Session: cid1}, false},
		{"a_seat_taken", &room.TakeSeat{Session: bob1, Seat: 1}, true},
		{"a_seat_refused", &room.TakeSeat{Session: bob1, Seat: 0}, false},
		{"a_seat_left", &room.LeaveSeat{Session: ann1}, true},
		{"a_seat_locked", &room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 1}, true},
		{"a_seat_unlocked", &room.UnlockSeat{Session: ann1, Rank: room.RankOwner, Seat: 3}, true},
		{"a_seat_assigned", &room.AssignSeat{Session: ann1, Rank: room.RankOwner, Target: bob, Seat: 1}, true},
		{"a_seat_assigned_to_who_has_it", &room.AssignSeat{Session: ann1, Rank: room.RankOwner, Target: ann}, false},
		{"a_user_removed_from_their_seat", &room.RemoveFromSeat{Session: ann1, Rank: room.RankOwner, Target: ann}, true},
		{"a_user_muted", &room.MuteSeat{Session: ann1, Rank: room.RankOwner, Target: ann, Muted: true}, true},
		{"a_user_unmuted", &room.MuteSeat{Session: ann1, Rank: room.RankOwner, Target: ann}, true},
		{"a_mute_refused", &room.MuteSeat{Session: ann1, Rank: room.RankOwner, Target: bob, TargetRank: room.RankMember}, false},
		{"an_invite", &room.Invite{Session: ann1, Rank: room.RankOwner, Target: cid, Seat: 1}, true},
		{"an_invite_refused", &room.Invite{Session: ann1, Rank: room.RankOwner, Target: bob, Seat: 2}, false},
		{"an_invite_accepted", &room.AcceptInvite{Session: bob1, Seat: 2}, true},
		{"an_invite_declined", &room.DeclineInvite{Session: bob1, Seat: 2}, true},
		{"a_message", say(bob1), true},
		{"a_user_kicked", &room.Remove{User: bob}, true},
		{"a_user_blocked", &room.Block{User: bob}, true},
		{"a_block_of_nobody", &room.Block{User: cid}, false},
		{"an_unblock", &room.Unblock{User: cid}, false},
		{"a_new_number_of_seats", &room.Resize{MaxSeats: 2}, false},
		{"a_word_of_the_backend", &room.Configure{Owner: ann, MaxSeats: 2}, false},
		{"time", &room.Tick{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t, ann1, bob1)
			s.ok(&room.TakeSeat{Session: ann1, Seat: 0})
			s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 3})
			s.ok(&room.Invite{Session: ann1, Rank: room.RankOwner, Target: bob, Seat: 2})
			s.after(10).do(tc.c)
			require.Equal(t, tc.moves, s.Activity() == start+10)
			s.now = start - 10 // a clock that was set back
			s.do(join(eve1))
			require.Equal(t, tc.moves, s.Activity() == start+10)
			require.GreaterOrEqual(t, s.Activity(), start)
		})
	}
}

func TestRoom_Deadline(t *testing.T) {
	t.Run("is_the_inactivity_time_of_a_room_that_nobody_joined", func(t *testing.T) {
		require.Equal(t, start+inactivity, newStage(t).Deadline())
	})

	t.Run("is_none_with_somebody_in_the_room", func(t *testing.T) {
		s := newStage(t, ann1)
		require.Zero(t, s.Deadline())
		s.ok(&room.TakeSeat{Session: ann1, Seat: 0})
		require.Zero(t, s.Deadline())
	})

	t.Run("is_the_end_of_the_first_hold", func(t *testing.T) {
		s := newStage(t, ann1, bob1, cid1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		s.ok(&room.TakeSeat{Session: cid1, Seat: 1})
		s.ok(&room.Drop{Session: bob1})
		require.Equal(t, start+grace, s.Deadline())
		s.after(10).ok(&room.Drop{Session: cid1})
		require.Equal(t, start+grace, s.Deadline())
		s.ok(join(bob1))
		require.Equal(t, start+10+grace, s.Deadline())
		s.ok(join(cid1))
		require.Zero(t, s.Deadline())
		for _, session := range []room.SessionID{ann1, bob1, cid1} {
			s.ok(&room.Leave{Session: session})
		}
		require.Equal(t, start+10+inactivity, s.Deadline())
	})

	t.Run("is_the_end_of_the_hold_in_a_room_that_is_empty", func(t *testing.T) {
		s := newStage(t, ann1)
		s.ok(&room.TakeSeat{Session: ann1, Seat: 0})
		s.after(10).ok(&room.Drop{Session: ann1})
		require.Equal(t, start+10+grace, s.Deadline())
		s.after(grace).ok(&room.Tick{})
		require.Equal(t, start+10+inactivity, s.Deadline())
	})

	t.Run("is_the_inactivity_time_after_the_last_leave", func(t *testing.T) {
		s := newStage(t, ann1)
		s.after(10).ok(&room.Leave{Session: ann1})
		require.Equal(t, start+10+inactivity, s.Deadline())
	})

	t.Run("is_none_of_a_closed_room", func(t *testing.T) {
		s := newStage(t)
		s.after(inactivity).ok(&room.Tick{})
		require.Zero(t, s.Deadline())
	})

	t.Run("brings_a_room_to_its_end_tick_by_tick", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: ann1, Seat: 0})
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		s.ok(&room.Drop{Session: ann1})
		s.after(10).ok(&room.Drop{Session: bob1})
		for range 3 {
			require.False(t, s.IsClosed())
			s.now = s.Deadline()
			s.ok(&room.Tick{})
		}
		require.True(t, s.IsClosed())
		require.Equal(t, start+10+inactivity, s.now)
	})
}

func TestRoom_closed(t *testing.T) {
	commands := map[string]room.Command{
		"Join":           join(ann1),
		"Leave":          &room.Leave{Session: ann1},
		"Drop":           &room.Drop{Session: ann1},
		"TakeSeat":       &room.TakeSeat{Session: ann1},
		"LeaveSeat":      &room.LeaveSeat{Session: ann1},
		"LockSeat":       &room.LockSeat{Session: ann1, Rank: room.RankOwner},
		"UnlockSeat":     &room.UnlockSeat{Session: ann1, Rank: room.RankOwner},
		"AssignSeat":     &room.AssignSeat{Session: ann1, Rank: room.RankOwner, Target: ann},
		"RemoveFromSeat": &room.RemoveFromSeat{Session: ann1, Rank: room.RankOwner, Target: ann},
		"MuteSeat":       &room.MuteSeat{Session: ann1, Rank: room.RankOwner, Target: ann},
		"Invite":         &room.Invite{Session: ann1, Rank: room.RankOwner, Target: bob},
		"AcceptInvite":   &room.AcceptInvite{Session: ann1},
		"DeclineInvite":  &room.DeclineInvite{Session: ann1},
		"Chat":           say(ann1),
		"Remove":         &room.Remove{User: ann},
		"Block":          &room.Block{User: ann},
		"Unblock":        &room.Unblock{User: ann},
		"Confirm":        &room.Confirm{User: ann},
		"Resize":         &room.Resize{MaxSeats: 2},
		"Shut":           &room.Shut{},
		"Configure":      &room.Configure{Owner: ann, MaxSeats: 9},
		"Tick":           &room.Tick{},
	}
	for name, c := range commands {
		t.Run("when_idle_refuses_"+name, func(t *testing.T) {
			s := newStage(t)
			s.after(inactivity).ok(&room.Tick{})
			s.refuses(room.ErrNotInRoom, c)
		})
		t.Run("by_Close_refuses_"+name, func(t *testing.T) {
			s := holding(t)
			revision := s.Revision()
			s.Close()
			require.True(t, s.IsClosed())
			require.Greater(t, s.Revision(), revision)
			require.Zero(t, s.Deadline())
			s.after(inactivity+grace).refuses(room.ErrNotInRoom, c)
		})
	}
}
