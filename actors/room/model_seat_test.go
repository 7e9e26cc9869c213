package room_test

import "audioroom/actors/room"

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
	if m.awaits(c.Seat) {
		return room.Reply{Err: room.ErrSeatTaken}, nil
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
		rank := c.OccupantRank
		if c.Occupant != other {
			rank = room.RankUnknown
		}
		if reply, above := m.above(u, c.Rank, other, rank); !above {
			return reply, nil
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

// assign is for the owner; a hold on the seat ends.
func (m *model) assign(now int64, c *room.AssignSeat) (room.Reply, []room.Event) {
	if _, ok := m.sessions[c.Session]; !ok {
		return room.Reply{Err: room.ErrNotInRoom}, nil
	}
	sitter, taken := m.sitter(c.Seat)
	old, seated := m.sits[c.Target]
	switch {
	case c.Rank != room.RankOwner:
		return room.Reply{Err: room.ErrNotOwner}, nil
	case c.Seat < 0 || c.Seat >= m.chairs:
		return room.Reply{Err: room.ErrInvalidSeat}, nil
	case m.lockedSeat[c.Seat]:
		return room.Reply{Err: room.ErrSeatLocked}, nil
	case taken && sitter != c.Target:
		return room.Reply{Err: room.ErrSeatOccupied}, nil
	case !m.isHere(c.Target):
		return room.Reply{Err: room.ErrUserNotInRoom}, nil
	case seated && old == c.Seat:
		return room.Reply{}, nil
	}
	m.note(now)
	m.free(c.Seat)
	return room.Reply{}, m.moved(c.Target, c.Seat)
}

func (m *model) unseat(now int64, c *room.RemoveFromSeat) (room.Reply, []room.Event) {
	if reply, allowed := m.manages(c.Session, c.Rank, c.Target, c.TargetRank); !allowed {
		return reply, nil
	}
	m.note(now)
	seat := m.sits[c.Target]
	m.free(seat)
	return room.Reply{}, []room.Event{cleared(seat, toAll)}
}

func (m *model) mute(now int64, c *room.MuteSeat) (room.Reply, []room.Event) {
	if reply, allowed := m.manages(c.Session, c.Rank, c.Target, c.TargetRank); !allowed {
		return reply, nil
	}
	m.note(now)
	m.mutes[c.Target] = c.Muted
	return room.Reply{}, []room.Event{mutedOn(m.sits[c.Target], c.Target, c.Muted)}
}

// manages says whether a session may act upon a user who is seated.
func (m *model) manages(s room.SessionID, rank room.Rank, target room.UserID, targets room.Rank) (room.Reply, bool) {
	u, ok := m.sessions[s]
	switch {
	case !ok:
		return room.Reply{Err: room.ErrNotInRoom}, false
	case rank != room.RankAdmin && rank != room.RankOwner:
		return room.Reply{Err: room.ErrNotManager}, false
	}
	if reply, above := m.above(u, rank, target, targets); !above {
		return reply, false
	}
	if _, seated := m.sits[target]; !seated {
		return room.Reply{Err: room.ErrUserNotSeated}, false
	}
	return room.Reply{}, true
}

// above says whether a manager may act upon a user: the owner upon everybody,
// anybody upon themselves, nobody upon their equal or above.
func (m *model) above(u room.UserID, rank room.Rank, target room.UserID, targets room.Rank) (room.Reply, bool) {
	owns := rank == room.RankOwner && u == m.owner
	switch {
	case u == target || owns:
		return room.Reply{}, true
	case targets == room.RankUnknown:
		return room.Reply{Ask: target}, false
	case rank == room.RankOwner && targets != room.RankOwner, rank == room.RankAdmin && targets == room.RankMember:
		return room.Reply{}, true
	}
	return room.Reply{Err: room.ErrNotAllowed}, false
}

// moved puts a user on a free seat and tells everybody.
func (m *model) moved(u room.UserID, seat int) (told []room.Event) {
	if old, seated := m.sits[u]; seated {
		told = append(told, cleared(old, toAll))
	}
	m.sits[u] = seat
	return append(told, m.seated(u, toAll))
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
