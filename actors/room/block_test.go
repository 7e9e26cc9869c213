package room_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// expellers are the commands that take a user out of the room.
var expellers = map[string]func(room.UserID) room.Command{
	"a_kick":  func(u room.UserID) room.Command { return &room.Remove{User: u} },
	"a_block": func(u room.UserID) room.Command { return &room.Block{User: u, Until: start + grace} },
}

func TestRoom_a_user_is_taken_out_by(t *testing.T) {
	for name, expel := range expellers {
		t.Run(name+"_with_everything_that_a_leave_does", func(t *testing.T) {
			s := restored(t, muted(), ann1, bob1)
			told(t, s.after(10).ok(expel(bob)), cleared(1, bob1), exits(bob1), userLeft(bob1))
			require.False(t, s.Has(bob))
			require.Zero(t, s.UserOf(bob1))
			require.Equal(t, 1, s.Participants())
			require.Equal(t, start+10, s.Activity())
			require.Zero(t, s.Deadline(), "no seat is held")
			told(t, s.ok(&room.TakeSeat{Session: ann1, Seat: 1}), updated(1, ann, ann1))
			s.refuses(room.ErrNotInRoom, &room.LeaveSeat{Session: bob1})
		})

		t.Run(name+"_with_all_their_sessions", func(t *testing.T) {
			s := newStage(t, ann1, bob1, bob2)
			s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
			told(t, s.ok(expel(bob)), exits(bob1), cleared(1, bob2), exits(bob2), userLeft(bob2))
			told(t, s.ok(&room.Drop{Session: bob1}))
			told(t, s.ok(&room.Leave{Session: bob2}))
		})

		t.Run(name+"_who_stands", func(t *testing.T) {
			s := newStage(t, ann1, bob1)
			told(t, s.ok(expel(bob)), exits(bob1), userLeft(bob1))
		})

		t.Run(name+"_and_a_seat_that_is_held_for_them_is_free", func(t *testing.T) {
			s := holding(t)
			revision := s.Revision()
			told(t, s.ok(expel(bob)))
			require.Greater(t, s.Revision(), revision)
			require.Empty(t, s.snapshot().Seats)
			told(t, s.ok(&room.TakeSeat{Session: ann1, Seat: 1}), updated(1, ann, ann1))
		})

		t.Run(name+"_who_is_not_there_and_nothing_changes", func(t *testing.T) {
			s := holding(t)
			s.refuses(room.OK, expel(cid))
		})

		t.Run(name+"_and_the_last_to_go_leaves_the_room_to_its_end", func(t *testing.T) {
			s := newStage(t, bob1)
			s.ok(&room.TakeSeat{Session: bob1, Seat: 0})
			s.ok(expel(bob))
			require.Equal(t, start+inactivity, s.Deadline())
		})
	}

	t.Run("a_kick_and_may_come_back_to_another_seat", func(t *testing.T) {
		s := restored(t, muted(), ann1, bob1)
		s.ok(&room.Remove{User: bob})
		told(t, s.ok(join(bob1)), userJoined(bob1), enters(bob1))
		told(t, s.ok(&room.TakeSeat{Session: bob1, Seat: 1}), updated(1, bob, bob1))
	})
}

func TestRoom_Block(t *testing.T) {
	refused := func(t *testing.T, s *stage, left int64) {
		t.Helper()
		reply := s.refuses(room.ErrBlocked, join(bob1))
		require.Equal(t, left, reply.BlockedFor)
	}

	t.Run("refuses_joins_and_tells_the_time_that_is_left", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.Block{User: bob, Until: start + 10_000})
		refused(t, s, 10_000)
		refused(t, s.after(1), 9_999)
		refused(t, s.after(9_998), 1)
		told(t, s.after(1).ok(join(bob1)), userJoined(bob1), enters(bob1))
		require.Empty(t, s.Blocked())
	})

	t.Run("refuses_joins_for_ever", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.Block{User: bob})
		refused(t, s, 0)
		refused(t, s.after(100*365*24*3_600_000), 0)
	})

	t.Run("refuses_every_session_of_the_user_and_nobody_elses", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.Block{User: bob})
		s.refuses(room.ErrBlocked, join(bob2))
		s.ok(join(cid1))
	})

	t.Run("may_meet_a_user_who_was_never_there", func(t *testing.T) {
		s := newStage(t, ann1)
		s.refuses(room.OK, &room.Block{User: bob, Until: start + 10})
		refused(t, s, 10)
	})

	t.Run("that_is_over_already_takes_the_user_out_and_lets_them_in", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		told(t, s.ok(&room.Block{User: bob, Until: start}), exits(bob1), userLeft(bob1))
		s.ok(join(bob1))
	})

	t.Run("is_replaced_by_a_newer_one", func(t *testing.T) {
		s := newStage(t, ann1)
		s.ok(&room.Block{User: bob})
		s.ok(&room.Block{User: bob, Until: start + 10})
		refused(t, s, 10)
		s.ok(&room.Block{User: bob})
		refused(t, s.after(10), 0)
	})

	t.Run("ends_with_an_unblock", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		s.ok(&room.Block{User: bob})
		s.refuses(room.OK, &room.Unblock{User: bob})
		told(t, s.ok(join(bob1)), userJoined(bob1), enters(bob1))
		s.refuses(room.OK, &room.Unblock{User: bob})
		s.refuses(room.OK, &room.Unblock{User: eve})
	})

	t.Run("is_no_matter_of_the_snapshot_but_of_who_keeps_the_room", func(t *testing.T) {
		s := newStage(t, ann1)
		s.ok(&room.Block{User: bob, Until: start + 10})
		require.Equal(t, map[room.UserID]int64{bob: start + 10}, s.Blocked())
		r := room.Restore(s.snapshot(), start, s.config)
		require.Empty(t, r.Blocked())
		r.SetBlocked(s.Blocked())
		reply, _ := r.Apply(start, join(bob1), nil)
		require.Equal(t, room.Reply{Err: room.ErrBlocked, BlockedFor: 10}, reply)
	})

	t.Run("opens_no_room_that_its_first_joiner_is_kept_out_of", func(t *testing.T) {
		s := newStage(t)
		s.SetBlocked(map[room.UserID]int64{bob: 0})
		refused(t, s, 0)
		require.Zero(t, s.SeatCount())
		c := join(ann1)
		c.SeatCount = 7
		s.ok(c)
		require.Equal(t, 7, s.SeatCount(), "ann creates it")
	})
}

func TestRoom_Shut(t *testing.T) {
	closed := func(s *stage) room.Event { return room.Event{Kind: room.Closed, Reason: room.CloseForced, At: s.now} }

	t.Run("tells_everybody_before_they_leave", func(t *testing.T) {
		s := newStage(t, ann1, bob1, cid1)
		s.ok(join(ann2))
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		s.ok(&room.Drop{Session: cid1})
		s.after(10)
		told(t, s.ok(&room.Shut{}), closed(s), exits(ann1), exits(ann2), exits(bob1))
		require.True(t, s.IsClosed())
		require.Zero(t, s.Deadline())
		s.refuses(room.ErrNotInRoom, join(eve1))
	})

	t.Run("closes_a_room_that_is_empty", func(t *testing.T) {
		s := newStage(t)
		told(t, s.ok(&room.Shut{}), closed(s))
	})

	t.Run("closes_once", func(t *testing.T) {
		s := newStage(t, ann1)
		s.ok(&room.Shut{})
		s.refuses(room.ErrNotInRoom, &room.Shut{})
	})
}
