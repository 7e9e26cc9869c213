package room_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

func TestRoom_LockSeat(t *testing.T) {
	t.Run("locks_an_empty_seat_and_tells_the_room", func(t *testing.T) {
		for _, rank := range []room.Rank{room.RankAdmin, room.RankOwner} {
			s := newStage(t, ann1, bob1)
			told(t, s.after(10).ok(&room.LockSeat{Session: ann1, Rank: rank, Seat: 2}), locked(2))
			require.True(t, s.Locked(2))
			require.Equal(t, start+10, s.Activity())
			require.Equal(t, []int{2}, s.snapshot().Locked)
		}
	})

	t.Run("takes_the_seat_from_who_sits_there", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		c := &room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 2, Occupant: bob, OccupantRank: room.RankMember}
		told(t, s.ok(c), cleared(2, toAll), locked(2))
		require.Equal(t, -1, s.seatOf(bob))
		require.True(t, s.Has(bob))
		s.refuses(room.ErrNotSeated, &room.LeaveSeat{Session: bob1})
		s.refuses(room.ErrSeatLocked, &room.TakeSeat{Session: bob1, Seat: 2})
		told(t, s.ok(&room.TakeSeat{Session: bob1, Seat: 1}), updated(1, bob, bob1))
	})

	t.Run("takes_the_mute_with_the_seat", func(t *testing.T) {
		s := restored(t, muted(), ann1, bob1)
		s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 1, Occupant: bob, OccupantRank: room.RankMember})
		told(t, s.ok(&room.TakeSeat{Session: bob1, Seat: 0}), updated(0, bob, bob1))
	})

	t.Run("is_allowed_on_ones_own_seat_without_asking", func(t *testing.T) {
		for _, rank := range []room.Rank{room.RankAdmin, room.RankOwner} {
			for _, session := range []room.SessionID{ann1, ann2} {
				s := newStage(t, ann1, ann2, bob1)
				s.ok(&room.TakeSeat{Session: ann1, Seat: 2})
				told(t, s.ok(&room.LockSeat{Session: session, Rank: rank, Seat: 2}), cleared(2, toAll), locked(2))
			}
		}
	})

	for _, tc := range []struct {
		name string
		c    *room.LockSeat
		want room.Error
	}{
		{"is_refused_to_who_is_not_there", &room.LockSeat{Session: cid1, Rank: room.RankOwner, Seat: 2}, room.ErrNotInRoom},
		{"is_refused_to_a_member", &room.LockSeat{Session: bob1, Rank: room.RankMember, Seat: 2}, room.ErrNotManager},
		{"is_refused_to_an_unknown_rank", &room.LockSeat{Session: bob1, Seat: 2}, room.ErrNotManager},
		{"is_refused_to_a_member_before_the_seat_is_looked_at", &room.LockSeat{Session: bob1, Rank: room.RankMember, Seat: -1}, room.ErrNotManager},
		{"is_refused_to_a_member_on_their_own_seat", &room.LockSeat{Session: bob1, Rank: room.RankMember, Seat: 0}, room.ErrNotManager},
		{"is_refused_below_the_first_seat", &room.LockSeat{Session: bob1, Rank: room.RankAdmin, Seat: -1}, room.ErrInvalidSeat},
		{"is_refused_beyond_the_last_seat", &room.LockSeat{Session: bob1, Rank: room.RankAdmin, Seat: seats}, room.ErrInvalidSeat},
		{"is_refused_on_a_locked_seat", &room.LockSeat{Session: bob1, Rank: room.RankAdmin, Seat: 1}, room.ErrAlreadyLocked},
		{"is_refused_on_a_locked_seat_to_the_owner_too", &room.LockSeat{Session: bob1, Rank: room.RankOwner, Seat: 1}, room.ErrAlreadyLocked},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t, ann1, bob1)
			s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 1})
			s.ok(&room.TakeSeat{Session: bob1, Seat: 0})
			s.refuses(tc.want, tc.c)
		})
	}
}

func TestRoom_LockSeat_byRank(t *testing.T) {
	t.Run("an_admin_asks_for_the_rank_of_who_sits_there", func(t *testing.T) {
		for _, tc := range []struct {
			occupant room.Rank
			want     room.Error
		}{
			{room.RankMember, room.OK},
			{room.RankAdmin, room.ErrNotAllowed},
			{room.RankOwner, room.ErrNotAllowed},
		} {
			t.Run(tc.occupant.String(), func(t *testing.T) {
				s := newStage(t, ann1, bob1)
				s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
				c := &room.LockSeat{Session: ann1, Seat: 2}
				c.As(room.RankAdmin)
				s.asks(bob, c)
				c.Answer(bob, tc.occupant)
				if tc.want != room.OK {
					s.refuses(tc.want, c)
					return
				}
				told(t, s.ok(c), cleared(2, toAll), locked(2))
			})
		}
	})

	t.Run("an_admin_asks_again_when_somebody_else_sits_there_by_then", func(t *testing.T) {
		s := newStage(t, ann1, bob1, cid1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		c := &room.LockSeat{Session: ann1, Rank: room.RankAdmin, Seat: 2}
		s.asks(bob, c)
		s.ok(&room.LeaveSeat{Session: bob1})
		s.ok(&room.TakeSeat{Session: cid1, Seat: 2})
		c.Answer(bob, room.RankMember)
		s.asks(cid, c)
		c.Answer(cid, room.RankAdmin)
		s.refuses(room.ErrNotAllowed, c)
	})

	t.Run("an_answer_is_not_needed_when_nobody_sits_there_by_then", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		c := &room.LockSeat{Session: ann1, Rank: room.RankAdmin, Seat: 2}
		s.asks(bob, c)
		s.ok(&room.Drop{Session: bob1})
		c.Answer(bob, room.RankOwner)
		told(t, s.ok(c), locked(2))
	})

	t.Run("an_answer_comes_too_late_for_who_has_left", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		c := &room.LockSeat{Session: ann1, Rank: room.RankAdmin, Seat: 2}
		s.asks(bob, c)
		s.ok(&room.Leave{Session: ann1})
		c.Answer(bob, room.RankMember)
		s.refuses(room.ErrNotInRoom, c)
	})

	t.Run("an_admin_is_told_of_a_lock_before_the_occupant_counts", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		c := &room.LockSeat{Session: ann1, Rank: room.RankAdmin, Seat: 2}
		s.asks(bob, c)
		s.ok(&room.LockSeat{Session: bob1, Rank: room.RankOwner, Seat: 2})
		c.Answer(bob, room.RankOwner)
		s.refuses(room.ErrAlreadyLocked, c)
	})

	t.Run("the_owner_locks_away_members_and_admins", func(t *testing.T) {
		for _, occupant := range []room.Rank{room.RankMember, room.RankAdmin} {
			s := newStage(t, ann1, bob1)
			s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
			c := &room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 2, Occupant: bob, OccupantRank: occupant}
			told(t, s.ok(c), cleared(2, toAll), locked(2))
		}
	})
}

func TestRoom_UnlockSeat(t *testing.T) {
	t.Run("unlocks_and_tells_the_room", func(t *testing.T) {
		for _, rank := range []room.Rank{room.RankAdmin, room.RankOwner} {
			s := newStage(t, ann1, bob1)
			s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 2})
			c := &room.UnlockSeat{Session: bob1, Seat: 2}
			c.As(rank)
			told(t, s.after(10).ok(c), unlocked(2))
			require.False(t, s.Locked(2))
			require.Equal(t, start+10, s.Activity())
			require.Empty(t, s.snapshot().Locked)
			told(t, s.ok(&room.TakeSeat{Session: bob1, Seat: 2}), updated(2, bob, bob1))
		}
	})

	for _, tc := range []struct {
		name string
		c    *room.UnlockSeat
		want room.Error
	}{
		{"is_refused_to_who_is_not_there", &room.UnlockSeat{Session: cid1, Rank: room.RankOwner, Seat: 1}, room.ErrNotInRoom},
		{"is_refused_to_a_member", &room.UnlockSeat{Session: bob1, Rank: room.RankMember, Seat: 1}, room.ErrNotManager},
		{"is_refused_to_an_unknown_rank", &room.UnlockSeat{Session: bob1, Seat: 1}, room.ErrNotManager},
		{"is_refused_on_a_seat_that_is_not_locked", &room.UnlockSeat{Session: bob1, Rank: room.RankAdmin, Seat: 2}, room.ErrNotLocked},
		{"is_refused_below_the_first_seat", &room.UnlockSeat{Session: bob1, Rank: room.RankAdmin, Seat: -1}, room.ErrNotLocked},
		{"is_refused_beyond_the_last_seat", &room.UnlockSeat{Session: bob1, Rank: room.RankAdmin, Seat: seats}, room.ErrNotLocked},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t, ann1, bob1)
			s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 1})
			s.refuses(tc.want, tc.c)
		})
	}

	t.Run("is_refused_the_second_time", func(t *testing.T) {
		s := newStage(t, ann1)
		s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 1})
		s.ok(&room.UnlockSeat{Session: ann1, Rank: room.RankOwner, Seat: 1})
		s.refuses(room.ErrNotLocked, &room.UnlockSeat{Session: ann1, Rank: room.RankOwner, Seat: 1})
	})
}

func TestRank(t *testing.T) {
	ranks := []room.Rank{room.RankUnknown, room.RankMember, room.RankAdmin, room.RankOwner}
	for i, rank := range ranks {
		require.Equal(t, rank == room.RankAdmin || rank == room.RankOwner, rank.Manages())
		require.Equal(t, []string{"unknown", "member", "admin", "owner"}[i], rank.String())
		for j, other := range ranks {
			require.Equal(t, i > j, rank.Outranks(other), "%s over %s", rank, other)
		}
	}
	require.Equal(t, "unknown", room.Rank(99).String())
}

func TestError_Error(t *testing.T) {
	seen := make(map[string]bool)
	for e := range room.NumErrors {
		text := e.Error()
		require.NotEqual(t, "room: ", text)
		require.False(t, seen[text], text)
		seen[text] = true
	}
	require.Equal(t, "room: unknown error", room.NumErrors.Error())
}
