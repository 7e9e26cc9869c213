package room_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// lived is a room with all that a snapshot keeps: ann seated, bob's seat held
// muted, locks, an owner, seats as the backend set them.
func lived(t *testing.T) *stage {
	t.Helper()
	s := restored(t, muted(), ann1, bob1, cid1)
	s.ok(&room.Configure{Owner: ann, MaxSeats: 6})
	s.after(10).ok(&room.TakeSeat{Session: ann1, Seat: 5})
	s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 4})
	s.ok(&room.LockSeat{Session: ann1, Rank: room.RankOwner, Seat: 2})
	s.ok(&room.Drop{Session: bob1})
	return s
}

// offering is lived, and a locked seat and a free one are offered.
func offering(t *testing.T) *stage {
	t.Helper()
	s := lived(t)
	s.ok(&room.Invite{Session: ann1, Rank: room.RankOwner, Target: eve, Seat: 4})
	s.after(5).ok(&room.Invite{Session: cid1, Rank: room.RankAdmin, Target: bob, Seat: 0})
	return s
}

func TestRoom_AppendSnapshot(t *testing.T) {
	t.Run("writes_all_that_lasts", func(t *testing.T) {
		s := offering(t)
		got, err := room.Decode(s.AppendSnapshot(nil, 7, false))
		require.NoError(t, err)
		require.Equal(t, &room.Snapshot{
			Version:      room.SnapshotVersion,
			Epoch:        7,
			Revision:     s.Revision(),
			ID:           "lobby",
			Activity:     start + 15,
			Owner:        ann,
			MaxSeats:     6,
			SeatCount:    6,
			Participants: 2,
			Seats: []room.SnapshotSeat{
				{Seat: 1, User: bob, Muted: true, HeldUntil: start + 10 + grace},
				{Seat: 5, User: ann},
			},
			Locked: []int{2, 4},
			Invites: []room.SnapshotInvite{
				{Seat: 4, User: eve, By: ann, Until: start + 10 + inviteTTL},
				{Seat: 0, User: bob, By: cid, Until: start + 15 + inviteTTL},
			},
		}, got)
	})

	t.Run("writes_what_encoding_json_would", func(t *testing.T) {
		for _, s := range []*stage{newStage(t), newStage(t, ann1), holding(t), lived(t), offering(t), restored(t, muted(), bob1)} {
			written := s.AppendSnapshot(nil, 1<<63, false)
			decoded, err := room.Decode(written)
			require.NoError(t, err)
			want, err := json.Marshal(decoded)
			require.NoError(t, err)
			require.Equal(t, string(want), string(written))
		}
	})

	t.Run("appends", func(t *testing.T) {
		s := lived(t)
		require.Equal(t, "before"+string(s.AppendSnapshot(nil, 1, false)), string(s.AppendSnapshot([]byte("before"), 1, false)))
	})

	t.Run("keeps_any_room_id", func(t *testing.T) {
		for _, id := range []string{"1", `say "hi" \ there`, "комната 🎧", "</script>\u2028\u007f", strings.Repeat("x", 128)} {
			s, err := room.Decode(room.New(id, start, config()).AppendSnapshot(nil, 0, false))
			require.NoError(t, err)
			require.Equal(t, id, s.ID)
			require.Equal(t, id, room.Restore(s, start, config()).ID())
		}
	})
}

func TestRestore(t *testing.T) {
	restore := func(t *testing.T, s *stage) *stage {
		t.Helper()
		later := s.now + 1000
		return &stage{Room: room.Restore(s.snapshot(), later, s.config), t: t, now: later, config: s.config}
	}

	t.Run("keeps_all_but_who_was_there", func(t *testing.T) {
		old := lived(t)
		s := restore(t, old)
		require.Zero(t, s.Participants())
		require.False(t, s.Has(ann))
		require.Zero(t, s.UserOf(ann1))
		require.Equal(t, "lobby", s.ID())
		require.Equal(t, ann, s.Owner())
		require.Equal(t, 6, s.SeatCount())
		require.Equal(t, old.Revision(), s.Revision())
		require.Equal(t, old.CreatedAt(), s.CreatedAt())
		require.True(t, s.Locked(2))
		require.True(t, s.Locked(4))
		require.False(t, s.IsClosed())
	})

	t.Run("holds_the_seats_of_all_who_sat_or_were_awaited_anew", func(t *testing.T) {
		s := restore(t, lived(t))
		require.Equal(t, []room.SnapshotSeat{
			{Seat: 1, User: bob, Muted: true, HeldUntil: s.now + grace},
			{Seat: 5, User: ann, HeldUntil: s.now + grace},
		}, s.snapshot().Seats)
		s.ok(join(cid1))
		s.refuses(room.ErrSeatTaken, &room.TakeSeat{Session: cid1, Seat: 5})
		told(t, s.ok(join(ann1)), userJoined(ann1), updated(5, ann, ann1), enters(ann1))
		told(t, s.after(grace-1).ok(join(bob1)), userJoined(bob1), updatedMuted(1, bob, bob1), enters(bob1))
	})

	t.Run("lets_go_of_who_does_not_come_back", func(t *testing.T) {
		s := restore(t, lived(t))
		s.ok(join(cid1))
		told(t, s.after(grace).ok(&room.TakeSeat{Session: cid1, Seat: 5}), updated(5, cid, cid1))
		told(t, s.ok(join(ann1)), userJoined(ann1), enters(ann1))
	})

	t.Run("keeps_invites_to_their_time", func(t *testing.T) {
		s := restore(t, offering(t)) // a second later
		s.ok(join(eve1))
		told(t, s.ok(&room.AcceptInvite{Session: eve1, Seat: room.AnySeat}), inviteEnded(4), unlocked(4), updated(4, eve, toAll))
		s.now = start + 15 + inviteTTL - 1
		s.ok(join(bob1))
		told(t, s.after(1).ok(&room.Tick{}), inviteEnded(0))
		require.Empty(t, s.snapshot().Invites)
	})

	t.Run("ends_invites_that_ran_out_meanwhile", func(t *testing.T) {
		old := offering(t)
		s := restore(t, old.after(inviteTTL))
		require.LessOrEqual(t, s.Deadline(), s.now)
		reply, events := s.do(join(eve1))
		require.Equal(t, room.OK, reply.Err)
		told(t, events, inviteEnded(4), inviteEnded(0), userJoined(eve1), enters(eve1))
		s.refuses(room.ErrNoInvite, &room.AcceptInvite{Session: eve1, Seat: room.AnySeat})
	})

	t.Run("holds_nothing_without_a_grace_time", func(t *testing.T) {
		old := lived(t)
		old.config.SeatGrace = 0
		require.Empty(t, restore(t, old).snapshot().Seats)
	})

	t.Run("starts_the_inactivity_time_anew", func(t *testing.T) {
		old := lived(t)
		s := restore(t, old.after(10*inactivity))
		require.Equal(t, s.now, s.Activity())
		require.Equal(t, s.now+grace, s.Deadline())
		s.after(grace).ok(&room.Tick{})
		s.after(inactivity-grace-1).refuses(room.OK, &room.Tick{})
		s.after(1).ok(&room.Tick{})
		require.True(t, s.IsClosed())
	})

	t.Run("lets_the_creator_of_a_room_without_seats_choose_them", func(t *testing.T) {
		s := restore(t, newStage(t))
		c := join(ann1)
		c.SeatCount = 7
		s.ok(c)
		require.Equal(t, 7, s.SeatCount())
	})

	t.Run("is_no_opening_the_first_to_join_chooses_no_seats", func(t *testing.T) {
		s := restore(t, newStage(t, ann1))
		c := join(bob1)
		c.SeatCount = 7
		s.ok(c)
		require.Equal(t, seats, s.SeatCount())
	})

	t.Run("leaves_the_seats_to_the_backend_that_set_them", func(t *testing.T) {
		s := restore(t, lived(t))
		c := join(ann1)
		c.SeatCount = 9
		s.ok(c)
		require.Equal(t, 6, s.SeatCount())
	})
}

func TestRoom_Reattach(t *testing.T) {
	reattached := func(t *testing.T) *stage {
		old := lived(t)
		s := &stage{Room: room.Restore(old.snapshot(), old.now+1000, old.config), t: t, now: old.now + 1000, config: old.config}
		s.Reattach(cid1, cid, profile(cid))
		s.Reattach(ann1, ann, profile(ann))
		s.Reattach(ann2, ann, profile(ann))
		return s
	}

	t.Run("puts_everybody_back_where_they_were", func(t *testing.T) {
		s := reattached(t)
		require.Equal(t, 2, s.Participants())
		require.Equal(t, ann, s.UserOf(ann1))
		require.Equal(t, ann, s.UserOf(ann2))
		require.Equal(t, 5, s.seatOf(ann))
		require.Equal(t, -1, s.seatOf(cid))
		state, _ := s.joins(join(eve1))
		require.Equal(t, [][]byte{profile(cid), profile(ann)}, state.Participants)
	})

	t.Run("keeps_the_mute", func(t *testing.T) {
		s := restored(t, muted())
		s.Reattach(bob1, bob, profile(bob))
		seat, _ := s.Seat(1)
		require.Equal(t, room.SeatState{Seat: 1, User: bob, Muted: true}, seat)
		require.Zero(t, s.Deadline())
	})

	t.Run("finds_the_seats_of_a_respawned_room_even_without_a_grace_time", func(t *testing.T) {
		c := config()
		c.SeatGrace = 0
		s := &stage{Room: room.Respawn(muted(), start, c), t: t, now: start, config: c}
		s.Reattach(bob1, bob, profile(bob))
		seat, _ := s.Seat(1)
		require.Equal(t, room.SeatState{Seat: 1, User: bob, Muted: true}, seat)
		told(t, s.ok(&room.Drop{Session: bob1}), cleared(1, bob1), exits(bob1), userLeft(bob1))
		require.Empty(t, s.snapshot().Seats)
	})

	t.Run("counts_as_no_change", func(t *testing.T) {
		old := lived(t)
		require.Equal(t, old.Revision(), reattached(t).Revision())
	})

	t.Run("leaves_the_others_seats_held", func(t *testing.T) {
		s := reattached(t)
		require.Equal(t, s.now+grace, s.Deadline())
		s.refuses(room.ErrSeatTaken, &room.TakeSeat{Session: cid1, Seat: 1})
		told(t, s.ok(join(bob1)), userJoined(bob1), updatedMuted(1, bob, bob1), enters(bob1))
	})

	t.Run("lets_a_user_leave_with_their_last_session_only", func(t *testing.T) {
		s := reattached(t)
		told(t, s.ok(&room.Leave{Session: ann1}), exits(ann1))
		told(t, s.ok(&room.Leave{Session: ann2}), cleared(5, ann2), exits(ann2), userLeft(ann2))
	})
}

func TestDecode(t *testing.T) {
	const full = `{"version":2,"epoch":3,"revision":9,"id":"lobby","created_at":5,"activity":6,"owner":1,"max_seats":4,"seat_count":4,` +
		`"participants":1,"seats":[{"seat":0,"user":1},{"seat":2,"user":2,"muted":true,"held_until":7}],"locked":[1,3]}`

	t.Run("reads_what_was_written", func(t *testing.T) {
		s, err := room.Decode([]byte(full))
		require.NoError(t, err)
		require.Equal(t, &room.Snapshot{Version: 2, Epoch: 3, Revision: 9, ID: "lobby", CreatedAt: 5, Activity: 6, Owner: 1,
			MaxSeats: 4, SeatCount: 4, Participants: 1, Locked: []int{1, 3},
			Seats: []room.SnapshotSeat{{Seat: 0, User: 1}, {Seat: 2, User: 2, Muted: true, HeldUntil: 7}}}, s)
	})

	t.Run("brings_version_1_to_the_present_one", func(t *testing.T) {
		old, err := room.Decode([]byte(strings.Replace(full, `"version":2`, `"version":1`, 1)))
		require.NoError(t, err)
		s, err := room.Decode([]byte(full))
		require.NoError(t, err)
		require.False(t, s.ToldLive)
		s.ToldLive = true // version 1 did not say
		require.Equal(t, s, old)
	})

	t.Run("ignores_fields_it_does_not_know", func(t *testing.T) {
		_, err := room.Decode([]byte(`{"version":1,"seat_count":4,"raised_hands":[1]}`))
		require.NoError(t, err)
	})

	for name, data := range unreadable {
		t.Run("refuses_"+name, func(t *testing.T) {
			s, err := room.Decode([]byte(data))
			require.ErrorIs(t, err, room.ErrSnapshot)
			require.Nil(t, s)
		})
	}

	t.Run("refuses_anything_cut_short", func(t *testing.T) {
		for i := range len(full) {
			_, err := room.Decode([]byte(full[:i]))
			require.ErrorIs(t, err, room.ErrSnapshot)
		}
	})
}

// unreadable are snapshots that Decode refuses.
var unreadable = map[string]string{
	"nothing":                        ``,
	"garbage":                        "\x00\xff snapshot",
	"null":                           `null`,
	"an_array":                       `[1]`,
	"a_string":                       `"snapshot"`,
	"an_empty_object":                `{}`,
	"two_objects":                    `{"version":1}{"version":1}`,
	"no_version":                     `{"seat_count":4}`,
	"version_0":                      `{"version":0,"seat_count":4}`,
	"a_negative_version":             `{"version":-1,"seat_count":4}`,
	"a_future_version":               `{"version":3,"seat_count":4}`,
	"a_version_in_words":             `{"version":"1","seat_count":4}`,
	"a_wrong_type":                   `{"version":1,"seat_count":"4"}`,
	"a_fraction":                     `{"version":1,"seat_count":4.5}`,
	"a_number_beyond_all_bounds":     `{"version":1,"activity":9223372036854775808}`,
	"a_negative_epoch":               `{"version":1,"epoch":-1}`,
	"fewer_than_no_seats":            `{"version":1,"seat_count":-1}`,
	"more_seats_than_there_are":      `{"version":1,"seat_count":101}`,
	"a_seat_below_the_first":         `{"version":1,"seat_count":4,"seats":[{"seat":-1,"user":1}]}`,
	"a_seat_beyond_the_last":         `{"version":1,"seat_count":4,"seats":[{"seat":4,"user":1}]}`,
	"a_seat_in_a_room_without":       `{"version":1,"seats":[{"seat":0,"user":1}]}`,
	"a_seat_without_a_user":          `{"version":1,"seat_count":4,"seats":[{"seat":0}]}`,
	"a_seat_with_a_negative_user":    `{"version":1,"seat_count":4,"seats":[{"seat":0,"user":-1}]}`,
	"a_seat_taken_twice":             `{"version":1,"seat_count":4,"seats":[{"seat":0,"user":1},{"seat":0,"user":2}]}`,
	"a_user_on_two_seats":            `{"version":1,"seat_count":4,"seats":[{"seat":0,"user":1},{"seat":1,"user":1}]}`,
	"a_user_seated_and_awaited":      `{"version":1,"seat_count":4,"seats":[{"seat":0,"user":1},{"seat":1,"user":1,"held_until":9}]}`,
	"a_seat_both_locked_and_taken":   `{"version":1,"seat_count":4,"seats":[{"seat":0,"user":1}],"locked":[0]}`,
	"a_seat_both_locked_and_awaited": `{"version":1,"seat_count":4,"seats":[{"seat":0,"user":1,"held_until":9}],"locked":[3,0]}`,
	"an_invite_beyond_the_last_seat": `{"version":1,"seat_count":4,"invites":[{"seat":4,"user":1,"by":2,"until":9}]}`,
	"an_invite_of_nobody":            `{"version":1,"seat_count":4,"invites":[{"seat":0,"by":2,"until":9}]}`,
	"an_invite_by_nobody":            `{"version":1,"seat_count":4,"invites":[{"seat":0,"user":1,"until":9}]}`,
	"an_invite_without_end":          `{"version":1,"seat_count":4,"invites":[{"seat":0,"user":1,"by":2}]}`,
	"two_invites_to_a_seat":          `{"version":1,"seat_count":4,"invites":[{"seat":0,"user":1,"by":2,"until":9},{"seat":0,"user":3,"by":2,"until":9}]}`,
	"a_lock_below_the_first_seat":    `{"version":1,"seat_count":4,"locked":[-1]}`,
	"a_lock_beyond_the_last_seat":    `{"version":1,"seat_count":4,"locked":[4]}`,
}
