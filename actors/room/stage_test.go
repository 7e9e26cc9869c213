package room_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// The times and numbers of the rooms under test.
const (
	start      int64 = 1_700_000_000_000
	grace      int64 = 45_000
	inactivity int64 = 120_000
	inviteTTL  int64 = 30_000
	seats            = 4
)

// The users and their sessions. Ann opens the rooms.
const (
	ann, bob, cid, eve room.UserID = 1, 2, 3, 4

	ann1, ann2 room.SessionID = 11, 12
	bob1, bob2 room.SessionID = 21, 22
	cid1       room.SessionID = 31
	eve1       room.SessionID = 41
)

func config() *room.Config {
	return &room.Config{SeatGrace: grace, InviteTTL: inviteTTL, ChatPerMinute: 60, Inactivity: inactivity, DefaultSeats: seats}
}

// userOf tells whose session it is: tests number them by their user.
func userOf(s room.SessionID) room.UserID { return room.UserID(s / 10) }

func profile(u room.UserID) []byte { return fmt.Appendf(nil, `{"id":%d}`, u) }

func join(s room.SessionID) *room.Join {
	return &room.Join{Session: s, User: userOf(s), Profile: profile(userOf(s))}
}

// stage is a room under test, with a clock that the test moves.
type stage struct {
	*room.Room
	t      *testing.T
	now    int64
	config *room.Config
}

// newStage opens a room that the given sessions join, in order.
func newStage(t *testing.T, sessions ...room.SessionID) *stage {
	t.Helper()
	c := config()
	s := &stage{Room: room.New("lobby", start, c), t: t, now: start, config: c}
	for _, session := range sessions {
		s.ok(join(session))
	}
	return s
}

// restored opens a room from a snapshot, for states that take long to reach.
func restored(t *testing.T, snapshot *room.Snapshot, sessions ...room.SessionID) *stage {
	t.Helper()
	c := config()
	s := &stage{Room: room.Restore(snapshot, start, c), t: t, now: start, config: c}
	for _, session := range sessions {
		s.ok(join(session))
	}
	return s
}

// muted is a snapshot in which bob sits muted on seat 1.
func muted() *room.Snapshot {
	return &room.Snapshot{Version: room.SnapshotVersion, ID: "lobby", SeatCount: seats,
		Seats: []room.SnapshotSeat{{Seat: 1, User: bob, Muted: true}}}
}

func (s *stage) after(ms int64) *stage { s.now += ms; return s }

func (s *stage) do(c room.Command) (room.Reply, []room.Event) { return s.Apply(s.now, c, nil) }

// ok applies a command that succeeds and returns what was told.
func (s *stage) ok(c room.Command) []room.Event {
	s.t.Helper()
	reply, events := s.do(c)
	require.Equal(s.t, room.OK, reply.Err)
	require.Zero(s.t, reply.Ask)
	return events
}

// joins applies a join and returns what the joiner and the others are told.
func (s *stage) joins(c *room.Join) (*room.State, []room.Event) {
	s.t.Helper()
	reply, events := s.do(c)
	require.Equal(s.t, room.OK, reply.Err)
	require.NotNil(s.t, reply.State)
	return reply.State, events
}

// refuses applies a command that is refused and requires that it changed
// nothing and told nothing.
func (s *stage) refuses(want room.Error, c room.Command) room.Reply {
	s.t.Helper()
	before := dump(s.Room)
	reply, events := s.do(c)
	require.Equal(s.t, want, reply.Err)
	require.Zero(s.t, reply.Ask)
	require.Empty(s.t, events)
	require.Equal(s.t, before, dump(s.Room))
	return reply
}

// asks applies a command that needs a user's rank and requires that it changed
// nothing and told nothing.
func (s *stage) asks(want room.UserID, c room.Command) {
	s.t.Helper()
	before := dump(s.Room)
	reply, events := s.do(c)
	require.Equal(s.t, room.Reply{Ask: want}, reply)
	require.Empty(s.t, events)
	require.Equal(s.t, before, dump(s.Room))
}

// seatOf returns the seat that a user visibly sits on, -1 if none.
func (s *stage) seatOf(user room.UserID) int {
	for i := range room.MaxSeats {
		if seat, ok := s.Seat(i); ok && seat.User == user {
			return i
		}
	}
	return -1
}

// snapshot returns the room's snapshot, decoded.
func (s *stage) snapshot() *room.Snapshot {
	s.t.Helper()
	snapshot, err := room.Decode(s.AppendSnapshot(nil, 0, false))
	require.NoError(s.t, err)
	return snapshot
}

// dump writes down all of a room that can be seen from outside.
func dump(r *room.Room) string {
	var b strings.Builder
	b.Write(r.AppendSnapshot(nil, 0, false))
	r.EachMember(func(user room.UserID, profile []byte, sessions []room.SessionID) {
		fmt.Fprintf(&b, " %d%s%d", user, profile, sessions)
	})
	fmt.Fprint(&b, " ", r.IsClosed(), r.Deadline())
	return b.String()
}

// told requires exactly these events, in this order.
func told(t *testing.T, got []room.Event, want ...room.Event) {
	t.Helper()
	if len(want) == 0 {
		require.Empty(t, got)
		return
	}
	require.Equal(t, want, got)
}

// The events. toAll says that nobody is excepted.
const toAll room.SessionID = 0

func updated(seat int, user room.UserID, except room.SessionID) room.Event {
	return room.Event{Kind: room.SeatUpdated, Seat: seat, User: user, Except: except}
}

func updatedMuted(seat int, user room.UserID, except room.SessionID) room.Event {
	return room.Event{Kind: room.SeatUpdated, Seat: seat, User: user, Muted: true, Except: except}
}

func cleared(seat int, except room.SessionID) room.Event {
	return room.Event{Kind: room.SeatCleared, Seat: seat, Except: except}
}

func locked(seat int) room.Event {
	return room.Event{Kind: room.SeatLocked, Seat: seat, Locked: true}
}

func unlocked(seat int) room.Event {
	return room.Event{Kind: room.SeatLocked, Seat: seat}
}

func mutedOn(seat int, user room.UserID, muted bool) room.Event {
	return room.Event{Kind: room.SeatMuted, Seat: seat, User: user, Muted: muted}
}

func invited(seat int, user room.UserID) room.Event {
	return room.Event{Kind: room.SeatInvited, Seat: seat, User: user}
}

func inviteEnded(seat int) room.Event { return room.Event{Kind: room.SeatInviteEnded, Seat: seat} }

func received(seat int, user, by room.UserID, until int64) room.Event {
	return room.Event{Kind: room.InviteReceived, Seat: seat, User: user, By: by, At: until}
}

func said(user room.UserID, message *room.Message, at int64) room.Event {
	return room.Event{Kind: room.ChatSent, User: user, Chat: message, At: at}
}

func userJoined(s room.SessionID) room.Event {
	return room.Event{Kind: room.UserJoined, User: userOf(s), Profile: profile(userOf(s)), Except: s}
}

func userLeft(s room.SessionID) room.Event {
	return room.Event{Kind: room.UserLeft, User: userOf(s), Except: s}
}

func enters(s room.SessionID) room.Event {
	return room.Event{Kind: room.SessionJoined, Session: s, User: userOf(s)}
}

func exits(s room.SessionID) room.Event {
	return room.Event{Kind: room.SessionLeft, Session: s, User: userOf(s)}
}
