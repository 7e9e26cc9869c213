package room_test

import (
	"maps"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"audioroom/actors/room"
)

// apply sends a command to the room and to the model, and lets everybody hear.
func (x *trial) apply(t *rapid.T, c room.Command) room.Reply {
	must := require.New(failer{t})
	before, revision, runsOut := dump(x.room), x.room.Revision(), x.runsOut()
	lasting := x.snapshot(t)
	prefix := []room.Event{{Kind: room.UserLeft, User: 99}}
	reply, events := x.room.Apply(x.now, c, prefix)
	must.Equal(prefix, events[:1], "what was in the slice")
	events = events[1:]

	wantReply, wantEvents := x.model.apply(x.now, c)
	must.Equal(wantReply, reply, "reply")
	if len(wantEvents)+len(events) > 0 {
		must.Equal(wantEvents, events, "events")
	}
	if reply.Err != room.OK || reply.Ask != 0 {
		if !runsOut {
			must.Empty(events, "a refused command tells nothing")
			must.Equal(before, dump(x.room), "a refused command changes nothing")
		}
	}
	if now := x.snapshot(t); now.Revision == revision {
		must.Equal(lasting, now, "what changes is counted")
	} else {
		must.Greater(now.Revision, revision, "revisions ascend")
	}
	x.hear(reply, events)
	if own := x.clients[sender(c)]; own != nil && reply.Err == room.OK && reply.Ask == 0 {
		own.succeed(c)
	}
	if join, ok := c.(*room.Join); ok && reply.Err == room.OK {
		told := x.newcomer(join.Session, reply.State)
		must.True(told.sees(x.clients[join.Session]), "a join answers the state that its session goes on with")
		must.Equal(len(told.people), reply.State.ParticipantCount)
		must.Equal(x.room.SeatCount(), reply.State.SeatCount)
	}
	return reply
}

// hear lets events reach who is to hear them.
func (x *trial) hear(reply room.Reply, events []room.Event) {
	for _, e := range events {
		x.observer.hear(e)
		for _, c := range x.clients {
			c.hear(e)
		}
		switch e.Kind {
		case room.SessionJoined:
			x.clients[e.Session] = x.newcomer(e.Session, reply.State)
		case room.SessionLeft:
			delete(x.clients, e.Session)
		}
	}
}

// newcomer is a client that is told a state, but of the invites in it nothing.
func (x *trial) newcomer(session room.SessionID, s *room.State) *client {
	c := newClient(session, s, users)
	for _, o := range x.model.offers {
		c.untold[o.seat] = o.user
	}
	return c
}

// asker is a command that may need a user's rank.
type asker interface {
	room.Command
	Answer(user room.UserID, rank room.Rank)
}

// manage has a manager act as the room's actor does: it answers what the room
// asks, and the world does not wait for it.
func (x *trial) manage(t *rapid.T, c asker, rank room.Rank) {
	reply := x.apply(t, c)
	if reply.Ask == 0 {
		return
	}
	c.Answer(reply.Ask, max(rank, room.RankMember))
	if rapid.Bool().Draw(t, "the user goes meanwhile") {
		x.apply(t, &room.LeaveSeat{Session: x.sessionOf(reply.Ask)})
		next := pick(t, "and who comes", users...)
		x.apply(t, &room.TakeSeat{Session: x.sessionOf(next), Seat: x.seat(t)})
	}
	x.apply(t, c)
}

// wait lets time pass, most often to the edge of something.
func (x *trial) wait(t *rapid.T) {
	steps := []int64{0, 1, 1000, grace - 1, grace, grace + 1, inactivity, 20_000}
	if x.config.ChatPerMinute == 0 {
		steps = append(steps, -1000) // a clock that is set back
	}
	for _, at := range []int64{x.room.Deadline(), x.room.Activity() + inactivity} {
		if left := at - x.now; left > 0 {
			steps = append(steps, left-1, left, left, left+1)
		}
	}
	x.now += pick(t, "ms", steps...)
	if rapid.Bool().Draw(t, "tick") {
		x.apply(t, &room.Tick{})
	}
}

// restart makes a new room of the snapshot. Who is blocked is the store's.
func (x *trial) restart(t *rapid.T) {
	if x.room.IsClosed() {
		return
	}
	x.restore(t, room.Restore)
	x.model.restart(x.now, x.config.SeatGrace > 0)
	x.clients = map[room.SessionID]*client{}
	x.observer = look(x.room)
}

// respawn makes a new room of the snapshot, with everybody who is there. Nobody
// is told, and nobody needs to be.
func (x *trial) respawn(t *rapid.T) {
	if x.room.IsClosed() {
		return
	}
	in := x.sessions()
	x.restore(t, room.Respawn)
	x.model.restart(x.now, true)
	for _, session := range in {
		x.room.Reattach(session, userOf(session), profile(userOf(session)))
		x.model.reattach(session)
	}
}

func (x *trial) restore(t *rapid.T, from func(*room.Snapshot, int64, *room.Config) *room.Room) {
	s := x.snapshot(t)
	blocked := maps.Clone(x.room.Blocked())
	x.room = from(s, x.now, x.config)
	x.room.SetBlocked(blocked)
	require.New(failer{t}).Equal(s.Revision, x.room.Revision())
}

// sessions returns the sessions in the room, user by user.
func (x *trial) sessions() []room.SessionID {
	var in []room.SessionID
	x.room.EachMember(func(_ room.UserID, _ []byte, sessions []room.SessionID) { in = append(in, sessions...) })
	return in
}

// sessionOf returns a session of the user, one in the room if there is one.
func (x *trial) sessionOf(u room.UserID) room.SessionID {
	for _, s := range x.sessions() {
		if userOf(s) == u {
			return s
		}
	}
	return room.SessionID(int(u)*10 + 1)
}

// reopen makes a new room where one has closed.
func (x *trial) reopen() {
	x.now = max(x.now, start)
	blocked, banned := x.room.Blocked(), x.model.banned
	x.room = room.New("lobby", start, x.config)
	x.room.SetBlocked(blocked)
	x.model = newModel(*x.config, start)
	x.model.banned = banned
	x.observer = observer()
}

// check holds the room against its model, its rules and those who listen.
func (x *trial) check(t *rapid.T) {
	must := require.New(failer{t})
	s := x.snapshot(t)
	must.Equal(x.model.snapshot(s), s, "snapshot")
	must.Equal(x.model.deadline(), x.room.Deadline(), "deadline")
	must.Equal(x.model.over, x.room.IsClosed())
	must.Equal(x.model.activity, x.room.Activity())
	must.Equal(x.model.owner, x.room.Owner())
	must.Equal(x.model.chairs, x.room.SeatCount())
	must.True(room.UntouchedSeatsAreFree(), "a room wrote to the seats that all share")

	for _, u := range users {
		until, blocked := x.room.Blocked()[u]
		want, banned := x.model.banned[u]
		must.Equal(banned && (want == 0 || want > x.now), blocked && (until == 0 || until > x.now), "who is blocked")
	}
	if x.room.IsClosed() {
		must.Empty(x.clients, "everybody left a closed room")
		return
	}

	sits := map[room.UserID]bool{}
	for _, seat := range s.Seats {
		must.False(sits[seat.User], "one user, one seat")
		sits[seat.User] = true
		must.False(x.room.Locked(seat.Seat), "nobody sits or is awaited on a locked seat")
		must.Equal(seat.HeldUntil == 0, x.room.Has(seat.User), "who sits is there, who is awaited is not")
	}

	var here []room.UserID
	sessions := map[room.SessionID]room.UserID{}
	x.room.EachMember(func(u room.UserID, p []byte, in []room.SessionID) {
		here = append(here, u)
		must.Equal(profile(u), p)
		must.NotEmpty(in, "nobody is there without a session")
		for _, session := range in {
			must.Zero(sessions[session], "a session is there once")
			sessions[session] = u
		}
	})
	must.True(slices.Equal(x.model.here, here), "participants: %v, want %v", here, x.model.here)
	must.Equal(x.model.sessions, sessions)
	must.Equal(len(here), x.room.Participants())
	for _, u := range users {
		must.Equal(slices.Contains(here, u), x.room.Has(u))
		for i := range sessionsEach {
			session := room.SessionID(int(u)*10 + i + 1)
			must.Equal(sessions[session], x.room.UserOf(session))
		}
	}

	seen := look(x.room)
	must.True(seen.sees(x.observer), "events tell what changed: %v, want %v", x.observer, seen)
	must.Len(x.clients, len(sessions))
	for _, c := range x.clients {
		must.True(seen.sees(c), "each client sees the room: %v, want %v", c, seen)
	}
}

func (x *trial) snapshot(t *rapid.T) *room.Snapshot {
	must := require.New(failer{t})
	s, err := room.Decode(x.room.AppendSnapshot(nil, 5, false))
	must.NoError(err)
	must.Equal(uint64(5), s.Epoch)
	return s
}

// runsOut reports whether a hold or an invite has run out that the room has not noticed.
func (x *trial) runsOut() bool {
	for _, a := range x.model.awaited {
		if x.now >= a.until {
			return true
		}
	}
	for _, o := range x.model.offers {
		if x.now >= o.until {
			return true
		}
	}
	return false
}

// sender is the session that sent a command, 0 if none did.
func sender(c room.Command) room.SessionID {
	switch c := c.(type) {
	case *room.TakeSeat:
		return c.Session
	case *room.LeaveSeat:
		return c.Session
	}
	return 0
}

// failer is a test that may only fail: marking helpers at each step is what
// would take most of the time.
type failer struct{ t *rapid.T }

func (f failer) Errorf(format string, args ...any) { f.t.Errorf(format, args...) }
func (f failer) FailNow()                          { f.t.FailNow() }
