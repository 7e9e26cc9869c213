package room_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// invite is an invite by ann, who manages the room.
func invite(target room.UserID, seat int) *room.Invite {
	return &room.Invite{Session: ann1, Rank: room.RankAdmin, Target: target, Seat: seat}
}

// inviting is a room in which ann invited bob to seat 2.
func inviting(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, ann1, bob1, cid1)
	s.ok(invite(bob, 2))
	return s
}

func TestRoom_Invite(t *testing.T) {
	t.Run("tells_the_room_and_then_the_user", func(t *testing.T) {
		for _, rank := range []room.Rank{room.RankAdmin, room.RankOwner} {
			s := newStage(t, ann1, bob1)
			c := &room.Invite{Session: ann1, Target: bob, Seat: 2}
			c.As(rank)
			told(t, s.after(10).ok(c), invited(2, bob), received(2, bob, ann, s.now+inviteTTL))
			require.Equal(t, start+10, s.Activity())
			require.Equal(t, []room.SnapshotInvite{{Seat: 2, User: bob, By: ann, Until: s.now + inviteTTL}}, s.snapshot().Invites)
			require.Equal(t, s.now+inviteTTL, s.Deadline())
		}
	})

	t.Run("may_be_to_a_user_who_is_not_there", func(t *testing.T) {
		s := newStage(t, ann1)
		told(t, s.ok(invite(eve, 2)), invited(2, eve), received(2, eve, ann, start+inviteTTL))
		s.ok(join(eve1))
		told(t, s.ok(&room.AcceptInvite{Session: eve1, Seat: 2}), inviteEnded(2), updated(2, eve, toAll))
	})

	t.Run("may_be_to_a_locked_seat", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.LockSeat{Session: ann1, Rank: room.RankAdmin, Seat: 2})
		told(t, s.ok(invite(bob, 2)), invited(2, bob), received(2, bob, ann, start+inviteTTL))
		require.True(t, s.Locked(2), "it is locked until the invite is accepted")
		s.refuses(room.ErrSeatLocked, &room.TakeSeat{Session: bob1, Seat: 2})
	})

	t.Run("may_be_one_of_several_to_one_user_or_of_one_user", func(t *testing.T) {
		s := inviting(t)
		told(t, s.ok(invite(bob, 1)), invited(1, bob), received(1, bob, ann, start+inviteTTL))
		told(t, s.ok(invite(cid, 3)), invited(3, cid), received(3, cid, ann, start+inviteTTL))
	})

	t.Run("holds_no_seat", func(t *testing.T) {
		s := inviting(t)
		told(t, s.ok(&room.TakeSeat{Session: cid1, Seat: 2}), updated(2, cid, cid1))
	})

	for _, tc := range []struct {
		name string
		c    *room.Invite
		want room.Error
	}{
		{"is_refused_to_who_is_not_there", &room.Invite{Session: eve1, Rank: room.RankOwner, Target: bob, Seat: 3}, room.ErrNotInRoom},
		{"is_refused_to_oneself", invite(ann, 3), room.ErrInviteSelf},
		{"is_refused_to_oneself_before_the_rank_is_looked_at", &room.Invite{Session: bob1, Target: bob, Seat: 3}, room.ErrInviteSelf},
		{"is_refused_to_a_member", &room.Invite{Session: bob1, Rank: room.RankMember, Target: cid, Seat: 3}, room.ErrNotManager},
		{"is_refused_to_an_unknown_rank", &room.Invite{Session: bob1, Target: cid, Seat: 3}, room.ErrNotManager},
		{"is_refused_to_a_member_before_the_seat_is_looked_at", &room.Invite{Session: bob1, Rank: room.RankMember, Target: cid, Seat: -1}, room.ErrNotManager},
		{"is_refused_below_the_first_seat", invite(bob, -1), room.ErrInvalidSeat},
		{"is_refused_beyond_the_last_seat", invite(bob, seats), room.ErrInvalidSeat},
		{"is_refused_for_who_is_seated", invite(cid, 3), room.ErrAlreadySeated},
		{"is_refused_for_who_is_seated_on_that_very_seat", invite(cid, 0), room.ErrAlreadySeated},
		{"is_refused_to_a_seat_that_somebody_has", invite(bob, 0), room.ErrSeatOccupied},
		{"is_refused_to_a_seat_that_is_held", invite(bob, 1), room.ErrSeatOccupied},
		{"is_refused_to_a_seat_that_another_is_invited_to", invite(eve, 2), room.ErrInvitePending},
		{"is_refused_to_a_seat_that_the_user_is_invited_to", invite(bob, 2), room.ErrInvitePending},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := inviting(t)
			s.ok(&room.TakeSeat{Session: cid1, Seat: 0})
			s.ok(join(eve1))
			s.ok(&room.TakeSeat{Session: eve1, Seat: 1})
			s.ok(&room.Drop{Session: eve1})
			s.refuses(tc.want, tc.c)
		})
	}
}

func TestRoom_AcceptInvite(t *testing.T) {
	for _, seat := range []int{2, room.AnySeat} {
		accept := &room.AcceptInvite{Session: bob1, Seat: seat}
		name := fmt.Sprintf("of_seat_%d_", seat)

		t.Run(name+"is_one_step_in_its_order", func(t *testing.T) {
			s := inviting(t)
			told(t, s.after(10).ok(accept), inviteEnded(2), updated(2, bob, toAll))
			require.Equal(t, 2, s.seatOf(bob))
			require.Equal(t, start+10, s.Activity())
			require.Zero(t, s.Deadline())
			s.refuses(room.ErrNoInvite, accept)
		})

		t.Run(name+"unlocks_the_seat_and_leaves_the_old_one", func(t *testing.T) {
			s := inviting(t)
			s.ok(&room.TakeSeat{Session: bob1, Seat: 0})
			s.ok(&room.LockSeat{Session: ann1, Rank: room.RankAdmin, Seat: 2})
			told(t, s.ok(accept), inviteEnded(2), unlocked(2), cleared(0, toAll), updated(2, bob, toAll))
			require.False(t, s.Locked(2))
		})

		t.Run(name+"is_refused_if_somebody_was_faster_and_the_invite_is_kept", func(t *testing.T) {
			s := inviting(t)
			s.ok(&room.TakeSeat{Session: cid1, Seat: 2})
			reply := s.refuses(room.ErrSeatTaken, accept)
			require.Nil(t, reply.Occupant)
			s.ok(&room.LeaveSeat{Session: cid1})
			told(t, s.ok(accept), inviteEnded(2), updated(2, bob, toAll))
		})

		t.Run(name+"is_refused_if_the_seat_is_held_and_the_invite_is_kept", func(t *testing.T) {
			s := inviting(t)
			s.ok(&room.TakeSeat{Session: cid1, Seat: 2})
			s.ok(&room.Drop{Session: cid1})
			s.refuses(room.ErrSeatTaken, accept)
			s.ok(&room.LockSeat{Session: ann1, Rank: room.RankAdmin, Seat: 2}) // which ends the hold
			told(t, s.ok(accept), inviteEnded(2), unlocked(2), updated(2, bob, toAll))
		})

		t.Run(name+"on_which_the_user_sits_already_just_ends_the_invite", func(t *testing.T) {
			s := inviting(t)
			s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
			told(t, s.ok(accept), inviteEnded(2))
			require.Equal(t, 2, s.seatOf(bob))
		})
	}

	t.Run("of_any_seat_is_of_the_latest_invite", func(t *testing.T) {
		s := inviting(t)
		s.ok(invite(bob, 1))
		s.ok(invite(cid, 3))
		told(t, s.ok(&room.AcceptInvite{Session: bob1, Seat: room.AnySeat}), inviteEnded(1), updated(1, bob, toAll))
		told(t, s.ok(&room.AcceptInvite{Session: bob1, Seat: room.AnySeat}), inviteEnded(2), cleared(1, toAll), updated(2, bob, toAll))
		s.refuses(room.ErrNoInvite, &room.AcceptInvite{Session: bob1, Seat: room.AnySeat})
	})

	t.Run("may_come_from_any_session_of_the_user", func(t *testing.T) {
		s := inviting(t)
		s.ok(join(bob2))
		told(t, s.ok(&room.AcceptInvite{Session: bob2, Seat: 2}), inviteEnded(2), updated(2, bob, toAll))
		s.refuses(room.ErrNoInvite, &room.AcceptInvite{Session: bob1, Seat: 2})
	})

	t.Run("survives_leaving_and_coming_back", func(t *testing.T) {
		s := inviting(t)
		s.ok(&room.Leave{Session: bob1})
		s.refuses(room.ErrNotInRoom, &room.AcceptInvite{Session: bob1, Seat: 2})
		s.ok(join(bob1))
		s.ok(&room.AcceptInvite{Session: bob1, Seat: 2})
	})
}

// What is said of accepting holds for declining as far as it can.
func TestRoom_invites_are_not_to_be_answered(t *testing.T) {
	for name, answer := range map[string]func(room.SessionID, int) room.Command{
		"accepted": func(s room.SessionID, seat int) room.Command { return &room.AcceptInvite{Session: s, Seat: seat} },
		"declined": func(s room.SessionID, seat int) room.Command { return &room.DeclineInvite{Session: s, Seat: seat} },
	} {
		t.Run(name, func(t *testing.T) {
			s := inviting(t)
			for _, seat := range []int{2, room.AnySeat} {
				s.refuses(room.ErrNotInRoom, answer(eve1, seat))
				s.refuses(room.ErrNoInvite, answer(cid1, seat))
				s.refuses(room.ErrNoInvite, answer(ann1, seat))
			}
			for _, seat := range []int{1, 99, -2} {
				s.refuses(room.ErrNoInvite, answer(bob1, seat))
			}
		})
	}
}

func TestRoom_DeclineInvite(t *testing.T) {
	for _, seat := range []int{2, room.AnySeat} {
		s := inviting(t)
		c := &room.DeclineInvite{Session: bob1, Seat: seat}
		told(t, s.after(10).ok(c), inviteEnded(2))
		require.Equal(t, start+10, s.Activity())
		require.Empty(t, s.snapshot().Invites)
		s.refuses(room.ErrNoInvite, c)
		s.refuses(room.ErrNoInvite, &room.AcceptInvite{Session: bob1, Seat: seat})
		s.ok(invite(cid, 2))
	}
}

func TestRoom_invites_run_out(t *testing.T) {
	accept := &room.AcceptInvite{Session: bob1, Seat: 2}

	t.Run("not_at_the_last_millisecond", func(t *testing.T) {
		s := inviting(t).after(inviteTTL - 1)
		s.refuses(room.OK, &room.Tick{})
		told(t, s.ok(accept), inviteEnded(2), updated(2, bob, toAll))
	})

	t.Run("at_the_millisecond_that_the_user_was_told", func(t *testing.T) {
		s := inviting(t).after(inviteTTL)
		revision := s.Revision()
		told(t, s.ok(&room.Tick{}), inviteEnded(2))
		require.Greater(t, s.Revision(), revision)
		require.Equal(t, start, s.Activity(), "time is no activity")
		s.refuses(room.ErrNoInvite, accept)
		s.ok(invite(cid, 2))
	})

	t.Run("even_if_no_tick_said_so", func(t *testing.T) {
		s := inviting(t).after(inviteTTL)
		reply, events := s.do(accept)
		require.Equal(t, room.Reply{Err: room.ErrNoInvite}, reply)
		told(t, events, inviteEnded(2))
	})

	t.Run("before_what_comes_then_is_carried_out", func(t *testing.T) {
		s := inviting(t).after(inviteTTL)
		told(t, s.ok(invite(cid, 2)), inviteEnded(2), invited(2, cid), received(2, cid, ann, s.now+inviteTTL))
	})

	t.Run("even_if_what_comes_then_asks_for_a_rank", func(t *testing.T) {
		s := inviting(t)
		s.ok(&room.TakeSeat{Session: cid1, Seat: 0})
		reply, events := s.after(inviteTTL).do(&room.LockSeat{Session: ann1, Rank: room.RankAdmin, Seat: 0})
		require.Equal(t, room.Reply{Ask: cid}, reply)
		told(t, events, inviteEnded(2))
	})

	t.Run("each_at_its_time_the_earlier_first", func(t *testing.T) {
		s := inviting(t)
		s.after(10).ok(invite(cid, 1))
		s.after(10).ok(invite(bob, 3))
		require.Equal(t, start+inviteTTL, s.Deadline())
		s.now = start + inviteTTL
		told(t, s.ok(&room.Tick{}), inviteEnded(2))
		require.Equal(t, start+10+inviteTTL, s.Deadline())
		told(t, s.after(20).ok(&room.Tick{}), inviteEnded(1), inviteEnded(3))
		require.Zero(t, s.Deadline())
	})

	t.Run("in_an_empty_room_too", func(t *testing.T) {
		s := inviting(t)
		for _, session := range []room.SessionID{ann1, bob1, cid1} {
			s.ok(&room.Leave{Session: session})
		}
		require.Equal(t, start+inviteTTL, s.Deadline())
		s.after(inviteTTL).ok(&room.Tick{})
		require.Equal(t, start+inactivity, s.Deadline())
	})
}
