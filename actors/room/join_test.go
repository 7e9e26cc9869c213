package room_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

func TestRoom_Join(t *testing.T) {
	t.Run("opens_the_room", func(t *testing.T) {
		s := newStage(t)
		require.Equal(t, "lobby", s.ID())
		require.Equal(t, start, s.CreatedAt())
		require.Zero(t, s.SeatCount())
		state, events := s.after(5).joins(join(ann1))
		require.Equal(t, &room.State{SeatCount: seats, ParticipantCount: 1}, state)
		told(t, events, userJoined(ann1), enters(ann1))
		require.Equal(t, 1, s.Participants())
		require.True(t, s.Has(ann))
		require.Equal(t, ann, s.UserOf(ann1))
		require.Equal(t, start+5, s.Activity())
		require.Equal(t, start, s.CreatedAt())
	})

	t.Run("tells_the_others_and_the_joiner_who_is_there", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
		s.ok(&room.TakeSeat{Session: ann1, Seat: 0})
		s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 3})
		s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 1})
		state, events := s.joins(join(cid1))
		require.Equal(t, &room.State{
			Participants:     [][]byte{profile(ann), profile(bob)},
			Seats:            []room.SeatState{{Seat: 0, User: ann}, {Seat: 2, User: bob}},
			Locked:           []int{1, 3},
			SeatCount:        seats,
			ParticipantCount: 3,
		}, state)
		told(t, events, userJoined(cid1), enters(cid1))
	})

	t.Run("again_with_the_same_session_answers_the_state_and_changes_nothing", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.Configure{Owner: ann})
		before := dump(s.Room)
		again := join(ann1)
		again.SeatCount = 9
		state, events := s.after(10).joins(again)
		require.Equal(t, [][]byte{profile(bob)}, state.Participants)
		require.Equal(t, 2, state.ParticipantCount)
		require.Equal(t, seats, state.SeatCount)
		told(t, events)
		require.Equal(t, before, dump(s.Room))
	})

	t.Run("of_a_full_room_is_refused_to_who_is_not_in_it", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.config.Participants = 2
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		s.refuses(room.ErrRoomFull, join(cid1))
		s.ok(join(bob2))
		s.ok(&room.Leave{Session: bob2})
		s.refuses(room.ErrRoomFull, join(cid1))
		s.ok(&room.Drop{Session: bob1})
		s.ok(join(cid1))
		s.refuses(room.ErrRoomFull, join(eve1))
		s.joins(join(bob1)) // whose seat is held
		require.Equal(t, 3, s.Participants())
		s.ok(&room.Leave{Session: ann1})
		s.refuses(room.ErrRoomFull, join(eve1))
		s.ok(&room.Leave{Session: cid1})
		s.ok(join(eve1))
	})

	t.Run("with_a_second_session_tells_nobody", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: ann1, Seat: 1})
		state, events := s.after(10).joins(join(ann2))
		require.Equal(t, [][]byte{profile(bob)}, state.Participants)
		require.Equal(t, []room.SeatState{{Seat: 1, User: ann}}, state.Seats)
		require.Equal(t, 2, state.ParticipantCount)
		told(t, events, enters(ann2))
		require.Equal(t, 2, s.Participants())
		require.Equal(t, ann, s.UserOf(ann2))
		require.Equal(t, start+10, s.Activity())
	})

	t.Run("keeps_the_profile_that_the_user_came_with", func(t *testing.T) {
		s := newStage(t, ann1)
		s.ok(&room.Join{Session: ann2, User: ann, Profile: []byte(`{"id":1,"name":"new"}`)})
		state, _ := s.joins(join(bob1))
		require.Equal(t, [][]byte{profile(ann)}, state.Participants)
	})

	t.Run("after_a_leave_comes_last_in_the_list", func(t *testing.T) {
		s := newStage(t, ann1, bob1, cid1)
		s.ok(&room.Leave{Session: ann1})
		s.ok(join(ann1))
		state, _ := s.joins(join(eve1))
		require.Equal(t, [][]byte{profile(bob), profile(cid), profile(ann)}, state.Participants)
	})
}

func TestRoom_Join_lists(t *testing.T) {
	for _, tc := range []struct {
		name          string
		others, names int
	}{
		{"nobody_to_who_is_alone", 0, 0},
		{"everybody_but_the_joiner", room.MaxListed - 1, room.MaxListed - 1},
		{"as_many_as_may_be_listed", room.MaxListed, room.MaxListed},
		{"no_more_than_may_be_listed", room.MaxListed + 1, room.MaxListed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t)
			for i := range tc.others {
				s.ok(join(room.SessionID(100 + 10*i)))
			}
			state, _ := s.joins(join(ann1))
			require.Len(t, state.Participants, tc.names)
			require.Equal(t, tc.others+1, state.ParticipantCount)
			for i, p := range state.Participants {
				require.Equal(t, profile(room.UserID(10+i)), p)
			}
		})
	}

	t.Run("everybody_else_to_one_of_the_first_in_a_full_list", func(t *testing.T) {
		s := newStage(t, ann1)
		for i := range room.MaxListed {
			s.ok(join(room.SessionID(100 + 10*i)))
		}
		state, _ := s.joins(join(ann2))
		require.Len(t, state.Participants, room.MaxListed)
		require.NotContains(t, state.Participants, profile(ann))
		require.Equal(t, profile(10+room.MaxListed-1), state.Participants[room.MaxListed-1])
	})
}

func TestRoom_Join_seatCount(t *testing.T) {
	asks := func(s room.SessionID, count int) *room.Join {
		c := join(s)
		c.SeatCount = count
		return c
	}
	for _, tc := range []struct {
		name  string
		first room.Command // before anybody joined, or nil
		joins []*room.Join
		want  int
	}{
		{"is_the_default_if_nobody_asks", nil, []*room.Join{asks(ann1, 0)}, seats},
		{"is_what_the_creator_asks_for", nil, []*room.Join{asks(ann1, 7)}, 7},
		{"can_be_1", nil, []*room.Join{asks(ann1, 1)}, 1},
		{"can_be_the_most_there_is", nil, []*room.Join{asks(ann1, room.MaxSeats)}, room.MaxSeats},
		{"is_not_for_who_comes_later", nil, []*room.Join{asks(ann1, 7), asks(bob1, 9)}, 7},
		{"is_not_for_the_creator_who_comes_again", nil, []*room.Join{asks(ann1, 7), asks(ann2, 9)}, 7},
		{"is_the_owners_when_they_come_later", &room.Configure{Owner: bob}, []*room.Join{asks(ann1, 7), asks(bob1, 9)}, 9},
		{"is_the_owners_with_a_second_session", &room.Configure{Owner: bob}, []*room.Join{asks(bob1, 7), asks(bob2, 9)}, 9},
		{"stays_when_the_owner_asks_for_none", &room.Configure{Owner: bob}, []*room.Join{asks(ann1, 7), asks(bob1, 0)}, 7},
		{"is_the_backends_before_the_creators", &room.Configure{MaxSeats: 6}, []*room.Join{asks(ann1, 7)}, 6},
		{"is_the_backends_if_nobody_asks", &room.Configure{MaxSeats: 6}, []*room.Join{asks(ann1, 0)}, 6},
		{"is_the_backends_before_the_owners", &room.Configure{Owner: bob, MaxSeats: 6}, []*room.Join{asks(ann1, 7), asks(bob1, 9)}, 6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t)
			if tc.first != nil {
				told(t, s.ok(tc.first))
			}
			for i, c := range tc.joins {
				state, events := s.joins(c)
				require.Equal(t, s.SeatCount(), state.SeatCount)
				require.Equal(t, enters(c.Session), events[len(events)-1], fmt.Sprint("join ", i))
			}
			require.Equal(t, tc.want, s.SeatCount())
		})
	}

	t.Run("of_the_owner_clears_and_unlocks_what_lies_beyond_before_they_enter", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.Configure{Owner: cid})
		s.ok(&room.TakeSeat{Session: ann1, Seat: 0})
		s.ok(&room.TakeSeat{Session: bob1, Seat: 3})
		s.ok(&room.LockSeat{Session: ann1, Rank: room.RankAdmin, Seat: 2})
		state, events := s.joins(asks(cid1, 2))
		told(t, events, unlocked(2), cleared(3, toAll), userJoined(cid1), enters(cid1))
		require.Equal(t, []room.SeatState{{Seat: 0, User: ann}}, state.Seats)
		require.Empty(t, state.Locked)
		require.Equal(t, 2, state.SeatCount)
	})

	t.Run("of_the_owner_may_end_the_hold_that_awaits_them", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.ok(&room.Configure{Owner: ann})
		s.ok(&room.TakeSeat{Session: ann1, Seat: 3})
		s.ok(&room.Drop{Session: ann1})
		state, events := s.joins(asks(ann1, 3))
		told(t, events, userJoined(ann1), enters(ann1))
		require.Empty(t, state.Seats)
		require.Empty(t, s.snapshot().Seats)
	})
}
