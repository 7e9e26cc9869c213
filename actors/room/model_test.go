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
	here       []room.UserID // by the time they joined
	sessions   map[room.SessionID]room.UserID
	sits       map[room.UserID]int
	awaited    map[room.UserID]awaited
	mutes      map[room.UserID]bool // of who sits or is awaited
	lockedSeat map[int]bool
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
	}
}

// apply returns what a command should be answered and what should be told.
func (m *model) apply(now int64, c room.Command) (room.Reply, []room.Event) {
	if m.over {
		return room.Reply{Err: room.ErrNotInRoom}, nil
	}
	for u, a := range m.awaited {
		if now >= a.until {
			delete(m.awaited, u)
			delete(m.mutes, u)
		}
	}
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
	case *room.Configure:
		return room.Reply{}, m.configure(c)
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

func (m *model) take(now int64, c *room.TakeSeat) (room.Reply, []room.Event) {
	u, ok := m.sessions[c.Session]
	if !ok {
		return room.Reply{Err: room.ErrNotInRoom}, nil
	}
	if c.Seat < 0 || c.Seat >= m.chairs {
		return room.Reply{Err: room.ErrInvalidSeat}, nil
	}
	if m.lockedSeat[c.Seat] {
		return room.Reply{Err: room.ErrSeatLocked}, nil
	}
	old, seated := m.sits[u]
	if seated && old == c.Seat {
		return room.Reply{}, nil
	}
	if other, ok := m.sitter(c.Seat); ok {
		return room.Reply{Err: room.ErrSeatTaken, Occupant: &room.SeatState{Seat: c.Seat, User: other, Muted: m.mutes[other]}}, nil
	}
	for _, a := range m.awaited {
		if a.seat == c.Seat {
			return room.Reply{Err: room.ErrSeatTaken}, nil
		}
	}
	var told []room.Event
	if seated {
		told = append(told, cleared(old, c.Session))
	}
	m.sits[u] = c.Seat
	m.note(now)
	return room.Reply{}, append(told, m.seated(u, c.Session))
}

func (m *model) stand(now int64, c *room.LeaveSeat) (room.Reply, []room.Event) {
	u, ok := m.sessions[c.Session]
	if !ok {
		return room.Reply{Err: room.ErrNotInRoom}, nil
	}
	seat, ok := m.sits[u]
	if !ok {
		return room.Reply{Err: room.ErrNotSeated}, nil
	}
	m.free(seat)
	m.note(now)
	return room.Reply{}, []room.Event{cleared(seat, c.Session)}
}

func (m *model) lock(now int64, c *room.LockSeat) (room.Reply, []room.Event) {
	u, ok := m.sessions[c.Session]
	switch {
	case !ok:
		return room.Reply{Err: room.ErrNotInRoom}, nil
	case c.Rank != room.RankAdmin && c.Rank != room.RankOwner:
		return room.Reply{Err: room.ErrNotManager}, nil
	case c.Seat < 0 || c.Seat >= m.chairs:
		return room.Reply{Err: room.ErrInvalidSeat}, nil
	case m.lockedSeat[c.Seat]:
		return room.Reply{Err: room.ErrAlreadyLocked}, nil
	}
	var told []room.Event
	if other, ok := m.sitter(c.Seat); ok {
		if other != u && c.Rank == room.RankAdmin {
			if c.Occupant != other {
				return room.Reply{Ask: other}, nil
			}
			if c.OccupantRank == room.RankAdmin || c.OccupantRank == room.RankOwner {
				return room.Reply{Err: room.ErrNotAllowed}, nil
			}
		}
		told = append(told, cleared(c.Seat, toAll))
	}
	m.free(c.Seat)
	m.lockedSeat[c.Seat] = true
	m.note(now)
	return room.Reply{}, append(told, locked(c.Seat))
}

func (m *model) unlock(now int64, c *room.UnlockSeat) (room.Reply, []room.Event) {
	_, ok := m.sessions[c.Session]
	switch {
	case !ok:
		return room.Reply{Err: room.ErrNotInRoom}, nil
	case c.Rank != room.RankAdmin && c.Rank != room.RankOwner:
		return room.Reply{Err: room.ErrNotManager}, nil
	case !m.lockedSeat[c.Seat]:
		return room.Reply{Err: room.ErrNotLocked}, nil
	}
	delete(m.lockedSeat, c.Seat)
	m.note(now)
	return room.Reply{}, []room.Event{unlocked(c.Seat)}
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
	return told
}

// restart is what a restart of the server does to a room.
func (m *model) restart(now int64) {
	for u, seat := range m.sits {
		m.awaited[u] = awaited{seat: seat}
	}
	for u, a := range m.awaited {
		m.awaited[u] = awaited{a.seat, now + m.config.SeatGrace}
	}
	if m.config.SeatGrace == 0 {
		m.awaited, m.mutes = map[room.UserID]awaited{}, map[room.UserID]bool{}
	}
	m.sits, m.sessions, m.here = map[room.UserID]int{}, map[room.SessionID]room.UserID{}, nil
	m.note(now)
}

// reattach puts a session back that never went away.
func (m *model) reattach(s room.SessionID) {
	u := userOf(s)
	m.sessions[s] = u
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

func (m *model) sitter(seat int) (room.UserID, bool) {
	for u, at := range m.sits {
		if at == seat {
			return u, true
		}
	}
	return 0, false
}

// free empties a seat, whoever sits or is awaited there.
func (m *model) free(seat int) {
	for u, at := range m.sits {
		if at == seat {
			delete(m.sits, u)
			delete(m.mutes, u)
		}
	}
	for u, a := range m.awaited {
		if a.seat == seat {
			delete(m.awaited, u)
			delete(m.mutes, u)
		}
	}
}

func (m *model) seated(u room.UserID, except room.SessionID) room.Event {
	if m.mutes[u] {
		return updatedMuted(m.sits[u], u, except)
	}
	return updated(m.sits[u], u, except)
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
	if len(ends) > 0 {
		return slices.Min(ends)
	}
	if len(m.here) == 0 {
		return m.activity + m.config.Inactivity
	}
	return 0
}
