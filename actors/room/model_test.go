package room_test

import (
	"slices"

	"audioroom/actors/room"
)

// model is a room written down from the contract in the plainest way, to hold
// the real one against: no counters, no links, every question answered by
// looking at everything.
type model struct {
	config     room.Config
	opened     bool // somebody joined once
	over       bool
	owner      room.UserID
	max        int
	chairs     int
	activity   int64
	here       []room.UserID    // by the time they joined
	order      []room.SessionID // by the time they joined
	sessions   map[room.SessionID]room.UserID
	sits       map[room.UserID]int
	awaited    map[room.UserID]awaited
	mutes      map[room.UserID]bool // of who sits or is awaited
	lockedSeat map[int]bool
	offers     []offer // by the time they were made
	said       map[room.UserID][]int64
	banned     map[room.UserID]int64 // until when, 0 for ever
}

// awaited is the seat that is held for a user.
type awaited struct {
	seat  int
	until int64
}

func newModel(c room.Config, now int64) *model {
	return &model{
		config: c, activity: now,
		sessions:   map[room.SessionID]room.UserID{},
		sits:       map[room.UserID]int{},
		awaited:    map[room.UserID]awaited{},
		mutes:      map[room.UserID]bool{},
		lockedSeat: map[int]bool{},
		said:       map[room.UserID][]int64{},
		banned:     map[room.UserID]int64{},
	}
}

// apply returns what a command should be answered and what should be told.
func (m *model) apply(now int64, c room.Command) (room.Reply, []room.Event) {
	if m.over {
		return room.Reply{Err: room.ErrNotInRoom}, nil
	}
	told := m.runOut(now)
	reply, more := m.carryOut(now, c)
	return reply, append(told, more...)
}

// runOut ends what ends by itself: of invites the room is told.
func (m *model) runOut(now int64) (told []room.Event) {
	for i := 0; i < len(m.offers); i++ {
		if now >= m.offers[i].until {
			told = append(told, inviteEnded(m.offers[i].seat))
			m.offers = slices.Delete(m.offers, i, i+1)
			i--
		}
	}
	for u, a := range m.awaited {
		if now >= a.until {
			delete(m.awaited, u)
			delete(m.mutes, u)
		}
	}
	return told
}

func (m *model) carryOut(now int64, c room.Command) (room.Reply, []room.Event) {
	switch c := c.(type) {
	case *room.Join:
		return m.join(now, c)
	case *room.Leave:
		return room.Reply{}, m.leave(now, c.Session, false)
	case *room.Drop:
		return room.Reply{}, m.leave(now, c.Session, true)
	case *room.TakeSeat:
		return m.take(now, c)
	case *room.LeaveSeat:
		return m.stand(now, c)
	case *room.LockSeat:
		return m.lock(now, c)
	case *room.UnlockSeat:
		return m.unlock(now, c)
	case *room.AssignSeat:
		return m.assign(now, c)
	case *room.RemoveFromSeat:
		return m.unseat(now, c)
	case *room.MuteSeat:
		return m.mute(now, c)
	case *room.Invite:
		return m.invite(now, c)
	case *room.AcceptInvite:
		return m.accept(now, c)
	case *room.DeclineInvite:
		return m.decline(now, c)
	case *room.Chat:
		return m.chat(now, c)
	case *room.Remove:
		return room.Reply{}, m.expel(now, c.User)
	case *room.Block:
		m.banned[c.User] = c.Until
		return room.Reply{}, m.expel(now, c.User)
	case *room.Confirm:
		if m.isHere(c.User) {
			return room.Reply{}, []room.Event{{Kind: room.UserConfirmed, User: c.User}}
		}
	case *room.Unblock:
		delete(m.banned, c.User)
	case *room.Configure:
		return room.Reply{}, m.configure(c)
	case *room.Resize:
		m.max = c.MaxSeats
		if m.opened {
			return room.Reply{}, m.resize(c.MaxSeats)
		}
	case *room.Shut:
		m.over = true
		told := []room.Event{{Kind: room.Closed, Reason: room.CloseForced, At: now}}
		for _, u := range m.here {
			for _, s := range m.order {
				if m.sessions[s] == u {
					told = append(told, exits(s))
				}
			}
		}
		return room.Reply{}, told
	case *room.Tick:
		if len(m.here) == 0 && len(m.awaited) == 0 && now-m.activity >= m.config.Inactivity {
			m.over = true
			return room.Reply{}, []room.Event{{Kind: room.Closed, Reason: room.CloseIdle, At: now}}
		}
	}
	return room.Reply{}, nil
}

func (m *model) join(now int64, c *room.Join) (room.Reply, []room.Event) {
	if _, ok := m.sessions[c.Session]; ok {
		return room.Reply{State: m.state(c.User)}, nil
	}
	if until, ok := m.banned[c.User]; ok && (until == 0 || until > now) {
		reply := room.Reply{Err: room.ErrBlocked}
		if until != 0 {
			reply.BlockedFor = until - now
		}
		return reply, nil
	}
	delete(m.banned, c.User) // it is over, whatever the clock says later
	_, comesBack := m.awaited[c.User]
	if m.config.Participants != 0 && !m.isHere(c.User) && !comesBack && len(m.here) >= m.config.Participants {
		return room.Reply{Err: room.ErrRoomFull}, nil
	}
	var told []room.Event
	switch {
	case !m.opened && m.max > 0:
		m.chairs = m.max
	case !m.opened && c.SeatCount > 0:
		m.chairs = c.SeatCount
	case !m.opened:
		m.chairs = m.config.DefaultSeats
	case c.SeatCount > 0 && m.max == 0 && c.User == m.owner:
		told = m.resize(c.SeatCount)
	}
	m.opened = true
	m.sessions[c.Session] = c.User
	m.order = append(m.order, c.Session)
	if !slices.Contains(m.here, c.User) {
		m.here = append(m.here, c.User)
		told = append(told, userJoined(c.Session))
		if a, ok := m.awaited[c.User]; ok {
			delete(m.awaited, c.User)
			m.sits[c.User] = a.seat
			told = append(told, m.seated(c.User, c.Session))
		}
	}
	m.note(now)
	return room.Reply{State: m.state(c.User)}, append(told, enters(c.Session))
}

func (m *model) leave(now int64, s room.SessionID, dropped bool) []room.Event {
	u, ok := m.sessions[s]
	if !ok {
		return nil
	}
	m.note(now)
	delete(m.sessions, s)
	m.order = slices.DeleteFunc(m.order, func(other room.SessionID) bool { return other == s })
	for _, other := range m.sessions {
		if other == u {
			return []room.Event{exits(s)}
		}
	}
	var told []room.Event
	if seat, ok := m.sits[u]; ok {
		told = append(told, cleared(seat, s))
		delete(m.sits, u)
		if dropped && m.config.SeatGrace > 0 {
			m.awaited[u] = awaited{seat, now + m.config.SeatGrace}
		} else {
			delete(m.mutes, u)
		}
	}
	m.here = slices.DeleteFunc(m.here, func(other room.UserID) bool { return other == u })
	return append(told, exits(s), userLeft(s))
}

func (m *model) configure(c *room.Configure) []room.Event {
	m.owner, m.max = c.Owner, c.MaxSeats
	switch {
	case !m.opened:
	case c.MaxSeats > 0:
		return m.resize(c.MaxSeats)
	case c.SeatCount > 0 && c.Owner > 0 && c.By == c.Owner:
		return m.resize(c.SeatCount)
	}
	return nil
}

// resize sets the number of seats, one seat after the other.
func (m *model) resize(count int) []room.Event {
	var told []room.Event
	for seat := count; seat < m.chairs; seat++ {
		if _, ok := m.sitter(seat); ok {
			told = append(told, cleared(seat, toAll))
		}
		m.free(seat)
		if m.lockedSeat[seat] {
			told = append(told, unlocked(seat))
			delete(m.lockedSeat, seat)
		}
	}
	m.chairs = count
	for i := len(m.offers) - 1; i >= 0; i-- {
		if m.offers[i].seat >= count {
			told = append(told, inviteEnded(m.offers[i].seat))
			m.offers = slices.Delete(m.offers, i, i+1)
		}
	}
	return told
}

// restart is what a restart of the server does to a room, or a respawn, which
// keeps every seat.
func (m *model) restart(now int64, keep bool) {
	for u, seat := range m.sits {
		m.awaited[u] = awaited{seat: seat}
	}
	for u, a := range m.awaited {
		m.awaited[u] = awaited{a.seat, now + m.config.SeatGrace}
	}
	if !keep {
		m.awaited, m.mutes = map[room.UserID]awaited{}, map[room.UserID]bool{}
	}
	m.sits, m.sessions, m.here, m.order = map[room.UserID]int{}, map[room.SessionID]room.UserID{}, nil, nil
	m.said = map[room.UserID][]int64{}
	m.note(now)
}

// reattach puts a session back that never went away.
func (m *model) reattach(s room.SessionID) {
	u := userOf(s)
	m.sessions[s] = u
	m.order = append(m.order, s)
	if !slices.Contains(m.here, u) {
		m.here = append(m.here, u)
	}
	if a, ok := m.awaited[u]; ok {
		m.sits[u] = a.seat
		delete(m.awaited, u)
	}
}

func (m *model) note(now int64) {
	if now > m.activity {
		m.activity = now
	}
}

func (m *model) state(joiner room.UserID) *room.State {
	s := &room.State{SeatCount: m.chairs, ParticipantCount: len(m.here)}
	for _, u := range m.here {
		if u != joiner {
			s.Participants = append(s.Participants, profile(u))
		}
	}
	for seat := range m.chairs {
		if u, ok := m.sitter(seat); ok {
			s.Seats = append(s.Seats, room.SeatState{Seat: seat, User: u, Muted: m.mutes[u]})
		}
		if m.lockedSeat[seat] {
			s.Locked = append(s.Locked, seat)
		}
	}
	return s
}

// snapshot is what the room's should say, but for its revision.
func (m *model) snapshot(old *room.Snapshot) *room.Snapshot {
	s := &room.Snapshot{
		Version: room.SnapshotVersion, Epoch: old.Epoch, Revision: old.Revision, ID: "lobby", CreatedAt: start,
		Activity: m.activity, Owner: m.owner, MaxSeats: m.max, SeatCount: m.chairs, Participants: len(m.here),
	}
	for seat := range m.chairs {
		if u, ok := m.sitter(seat); ok {
			s.Seats = append(s.Seats, room.SnapshotSeat{Seat: seat, User: u, Muted: m.mutes[u]})
		}
		for u, a := range m.awaited {
			if a.seat == seat {
				s.Seats = append(s.Seats, room.SnapshotSeat{Seat: seat, User: u, Muted: m.mutes[u], HeldUntil: a.until})
			}
		}
		if m.lockedSeat[seat] {
			s.Locked = append(s.Locked, seat)
		}
	}
	for _, o := range m.offers {
		s.Invites = append(s.Invites, room.SnapshotInvite{Seat: o.seat, User: o.user, By: o.by, Until: o.until})
	}
	return s
}

// deadline is the earliest time at which something happens by itself.
func (m *model) deadline() int64 {
	if m.over {
		return 0
	}
	var ends []int64
	for _, a := range m.awaited {
		ends = append(ends, a.until)
	}
	if len(ends) == 0 && len(m.here) == 0 {
		ends = append(ends, m.activity+m.config.Inactivity)
	}
	for _, o := range m.offers {
		ends = append(ends, o.until)
	}
	if len(ends) == 0 {
		return 0
	}
	return slices.Min(ends)
}
