package room_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

func TestRoom_Configure(t *testing.T) {
	for _, tc := range []struct {
		name string
		c    *room.Configure
		want int
	}{
		{"names_the_owner", &room.Configure{Owner: ann}, seats},
		{"sets_the_seats", &room.Configure{Owner: ann, MaxSeats: 9}, 9},
		{"sets_the_seats_of_a_room_that_nobody_owns", &room.Configure{MaxSeats: 9}, 9},
		{"gives_the_owner_the_seats_they_asked_for", &room.Configure{Owner: ann, By: ann, SeatCount: 9}, 9},
		{"gives_nobody_else_the_seats_they_asked_for", &room.Configure{Owner: ann, By: bob, SeatCount: 9}, seats},
		{"gives_nobody_their_seats_in_a_room_that_nobody_owns", &room.Configure{SeatCount: 9}, seats},
		{"puts_the_backends_seats_before_the_owners", &room.Configure{Owner: ann, MaxSeats: 7, By: ann, SeatCount: 9}, 7},
		{"leaves_the_seats_to_the_owner_who_asked_for_none", &room.Configure{Owner: ann, By: ann}, seats},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t, ann1, bob1)
			revision := s.Revision()
			told(t, s.after(10).ok(tc.c))
			require.Equal(t, tc.want, s.SeatCount())
			require.Equal(t, tc.c.Owner, s.Owner())
			snapshot := s.snapshot()
			require.Equal(t, tc.c.Owner, snapshot.Owner)
			require.Equal(t, tc.c.MaxSeats, snapshot.MaxSeats)
			require.Equal(t, start, s.Activity())
			changed := tc.want != seats || tc.c.Owner != 0
			require.Equal(t, changed, s.Revision() > revision)
		})
	}

	t.Run("that_tells_nothing_new_changes_nothing", func(t *testing.T) {
		s := newStage(t, ann1)
		s.refuses(room.OK, &room.Configure{})
		c := &room.Configure{Owner: ann, MaxSeats: 6, By: ann, SeatCount: 9}
		s.ok(c)
		s.refuses(room.OK, c)
	})

	t.Run("keeps_the_seats_when_the_backend_sets_none_any_more", func(t *testing.T) {
		s := newStage(t, ann1)
		s.ok(&room.Configure{Owner: ann, MaxSeats: 6})
		s.ok(&room.Configure{Owner: ann})
		require.Equal(t, 6, s.SeatCount())
		c := join(ann2)
		c.SeatCount = 8
		s.ok(c)
		require.Equal(t, 8, s.SeatCount())
	})

	t.Run("clears_and_unlocks_what_lies_beyond_and_tells_the_room", func(t *testing.T) {
		s := newStage(t, ann1, bob1, cid1)
		s.ok(&room.TakeSeat{Session: ann1, Seat: 0})
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 1})
		s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 3})
		told(t, s.ok(&room.Configure{Owner: ann, MaxSeats: 2}), cleared(2, toAll), unlocked(3))
		require.Equal(t, 0, s.seatOf(ann))
		require.True(t, s.Locked(1))
		s.refuses(room.ErrNotSeated, &room.LeaveSeat{Session: bob1})
		s.refuses(room.ErrInvalidSeat, &room.TakeSeat{Session: bob1, Seat: 2})
	})

	t.Run("ends_holds_beyond_and_tells_nobody", func(t *testing.T) {
		s := holding(t)
		told(t, s.ok(&room.Configure{Owner: ann, MaxSeats: 1}))
		require.Zero(t, s.Deadline())
		told(t, s.ok(join(bob1)), userJoined(bob1), enters(bob1))
	})

	t.Run("keeps_what_lies_within", func(t *testing.T) {
		s := restored(t, muted(), ann1, bob1, cid1)
		s.ok(&room.TakeSeat{Session: cid1, Seat: 0})
		s.ok(&room.Drop{Session: cid1})
		told(t, s.ok(&room.Configure{MaxSeats: 2}))
		seat, _ := s.Seat(1)
		require.Equal(t, room.SeatState{Seat: 1, User: bob, Muted: true}, seat)
		told(t, s.ok(join(cid1)), userJoined(cid1), updated(0, cid, cid1), enters(cid1))
	})

	t.Run("adds_free_seats", func(t *testing.T) {
		s := newStage(t, ann1)
		s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 3})
		told(t, s.ok(&room.Configure{MaxSeats: 2}), unlocked(3))
		told(t, s.ok(&room.Configure{MaxSeats: 5}))
		told(t, s.ok(&room.TakeSeat{Session: ann1, Seat: 3}), updated(3, ann, ann1))
	})
}
