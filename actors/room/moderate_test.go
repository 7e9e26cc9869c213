package room_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// ranked is a command of a manager against a user who is seated.
type ranked interface {
	asker
	As(rank room.Rank)
}

// powers are the commands of managers against others, by name, as bob gives
// them against cid on seat 2, with what they have the room told.
var powers = map[string]struct {
	command func(sender room.SessionID, target room.UserID) ranked
	tells   func(target room.UserID) []room.Event
}{
	"removes": {
		func(s room.SessionID, u room.UserID) ranked { return &room.RemoveFromSeat{Session: s, Target: u} },
		func(room.UserID) []room.Event { return []room.Event{cleared(2, toAll)} },
	},
	"mutes": {
		func(s room.SessionID, u room.UserID) ranked {
			return &room.MuteSeat{Session: s, Target: u, Muted: true}
		},
		func(u room.UserID) []room.Event { return []room.Event{mutedOn(2, u, true)} },
	},
	"unmutes": {
		func(s room.SessionID, u room.UserID) ranked { return &room.MuteSeat{Session: s, Target: u} },
		func(u room.UserID) []room.Event { return []room.Event{mutedOn(2, u, false)} },
	},
	"locks_away": {
		func(s room.SessionID, _ room.UserID) ranked { return &room.LockSeat{Session: s, Seat: 2} },
		func(room.UserID) []room.Event { return []room.Event{cleared(2, toAll), locked(2)} },
	},
}

// Every rank tries every rank: owner, admin, member, somebody unknown and
// oneself.
func TestRoom_ranks(t *testing.T) {
	ranks := []room.Rank{room.RankUnknown, room.RankMember, room.RankAdmin, room.RankOwner}
	for name, power := range powers {
		for _, sender := range ranks {
			for _, target := range ranks[1:] {
				t.Run(fmt.Sprintf("%s_%s_%s", sender, name, target), func(t *testing.T) {
					s := newStage(t, ann1, bob1, cid1)
					senders, targets := bob1, cid // two of the same rank, the owner apart
					switch {
					case sender == room.RankOwner && target == room.RankOwner: // whoever else is called one is none
						s.ok(&room.Configure{Owner: ann})
					case sender == room.RankOwner:
						s.ok(&room.Configure{Owner: bob})
					case target == room.RankOwner:
						s.ok(&room.Configure{Owner: cid})
					}
					s.ok(&room.TakeSeat{Session: cid1, Seat: 2})
					c := power.command(senders, targets)
					c.As(sender)
					switch {
					case sender < room.RankAdmin:
						s.refuses(room.ErrNotManager, c)
					case sender == room.RankOwner && target < room.RankOwner:
						told(t, s.ok(c), power.tells(cid)...)
					default:
						s.asks(cid, c)
						c.Answer(cid, target)
						if target < sender {
							told(t, s.after(10).ok(c), power.tells(cid)...)
							require.Equal(t, s.now, s.Activity())
						} else {
							s.refuses(room.ErrNotAllowed, c)
						}
					}
				})
			}
			t.Run(fmt.Sprintf("%s_%s_themselves", sender, name), func(t *testing.T) {
				s := newStage(t, ann1, cid1)
				s.ok(&room.TakeSeat{Session: cid1, Seat: 2})
				c := power.command(cid1, cid)
				c.As(sender)
				if sender < room.RankAdmin {
					s.refuses(room.ErrNotManager, c)
					return
				}
				told(t, s.ok(c), power.tells(cid)...)
			})
		}
	}
}

func TestRoom_moderators_are_refused(t *testing.T) {
	for name, power := range powers {
		t.Run(name+"_by_who_is_not_there", func(t *testing.T) {
			s := owned(t, ann1, cid1)
			s.ok(&room.TakeSeat{Session: cid1, Seat: 2})
			c := power.command(bob1, cid)
			c.As(room.RankOwner)
			s.refuses(room.ErrNotInRoom, c)
		})
		if name == "locks_away" {
			continue // an empty seat can be locked
		}
		for what, prepare := range map[string]func(*stage){
			"who_is_not_seated": func(s *stage) { s.ok(join(cid1)) },
			"who_is_not_there":  func(*stage) {},
			"who_is_awaited": func(s *stage) {
				s.ok(join(cid1))
				s.ok(&room.TakeSeat{Session: cid1, Seat: 2})
				s.ok(&room.Drop{Session: cid1})
			},
		} {
			t.Run(name+"_"+what, func(t *testing.T) {
				s := owned(t, ann1, bob1)
				prepare(s)
				c := power.command(ann1, cid)
				c.As(room.RankOwner)
				s.refuses(room.ErrUserNotSeated, c)
				admins := power.command(bob1, cid)
				admins.As(room.RankAdmin)
				s.asks(cid, admins) // authority comes before state
				admins.Answer(cid, room.RankAdmin)
				s.refuses(room.ErrNotAllowed, admins)
				admins.Answer(cid, room.RankMember)
				s.refuses(room.ErrUserNotSeated, admins)
			})
		}
	}
}

func TestRoom_RemoveFromSeat_keeps_the_user_in_the_room(t *testing.T) {
	s := restored(t, muted(), ann1, bob1)
	told(t, s.ok(&room.RemoveFromSeat{Session: ann1, Rank: room.RankAdmin, Target: bob, TargetRank: room.RankMember}), cleared(1, toAll))
	require.True(t, s.Has(bob))
	require.Zero(t, s.Deadline(), "nothing is held")
	told(t, s.ok(&room.TakeSeat{Session: bob1, Seat: 1}), updated(1, bob, bob1)) // the mute went with the seat
}

// A mute belongs to the holding of a seat, whichever seat that is.
func TestRoom_MuteSeat_follows_the_user(t *testing.T) {
	mute := func(s *stage) {
		told(s.t, s.ok(&room.MuteSeat{Session: ann1, Rank: room.RankOwner, Target: bob, Muted: true}), mutedOn(1, bob, true))
	}
	for name, tc := range map[string]struct {
		do   func(s *stage) []room.Event
		want []room.Event
	}{
		"to_a_seat_that_they_take": {func(s *stage) []room.Event { return s.ok(&room.TakeSeat{Session: bob1, Seat: 3}) },
			[]room.Event{cleared(1, bob1), updatedMuted(3, bob, bob1)}},
		"to_a_seat_that_they_are_assigned": {func(s *stage) []room.Event { return s.ok(assign(bob, 3)) },
			[]room.Event{cleared(1, toAll), updatedMuted(3, bob, toAll)}},
		"to_a_seat_that_they_are_invited_to": {func(s *stage) []room.Event {
			s.ok(&room.LeaveSeat{Session: bob1})
			s.ok(invite(bob, 3))
			s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
			s.ok(&room.MuteSeat{Session: ann1, Rank: room.RankOwner, Target: bob, Muted: true})
			return s.ok(&room.AcceptInvite{Session: bob1, Seat: 3})
		}, []room.Event{inviteEnded(3), cleared(1, toAll), updatedMuted(3, bob, toAll)}},
		"through_a_lost_connection": {func(s *stage) []room.Event {
			s.ok(&room.Drop{Session: bob1})
			return s.after(grace - 1).ok(join(bob1))
		}, []room.Event{userJoined(bob1), updatedMuted(1, bob, bob1), enters(bob1)}},
		"not_past_the_grace_time": {func(s *stage) []room.Event {
			s.ok(&room.Drop{Session: bob1})
			s.after(grace).ok(join(bob1))
			return s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		}, []room.Event{updated(1, bob, bob1)}},
		"not_out_of_the_seat": {func(s *stage) []room.Event {
			s.ok(&room.LeaveSeat{Session: bob1})
			return s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		}, []room.Event{updated(1, bob, bob1)}},
		"not_to_who_sits_there_next": {func(s *stage) []room.Event {
			s.ok(&room.TakeSeat{Session: bob1, Seat: 2})
			return s.ok(&room.TakeSeat{Session: cid1, Seat: 1})
		}, []room.Event{updated(1, cid, cid1)}},
		"until_it_is_lifted": {func(s *stage) []room.Event {
			s.ok(&room.MuteSeat{Session: ann1, Rank: room.RankOwner, Target: bob})
			return s.ok(&room.TakeSeat{Session: bob1, Seat: 3})
		}, []room.Event{cleared(1, bob1), updated(3, bob, bob1)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := owned(t, ann1, bob1, cid1)
			s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
			mute(s)
			told(t, tc.do(s), tc.want...)
		})
	}

	t.Run("and_is_what_joiners_and_refused_takers_see", func(t *testing.T) {
		s := owned(t, ann1, bob1)
		s.ok(&room.TakeSeat{Session: bob1, Seat: 1})
		mute(s)
		want := room.SeatState{Seat: 1, User: bob, Muted: true}
		require.Equal(t, &want, s.refuses(room.ErrSeatTaken, &room.TakeSeat{Session: ann1, Seat: 1}).Occupant)
		state, _ := s.joins(join(cid1))
		require.Equal(t, []room.SeatState{want}, state.Seats)
	})
}
