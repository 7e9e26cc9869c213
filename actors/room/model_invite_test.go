package room_test

import (
	"slices"

	"audioroom/actors/room"
)

// offer is a seat that a user is invited to.
type offer struct {
	seat     int
	user, by room.UserID
	until    int64
}

func (m *model) invite(now int64, c *room.Invite) (room.Reply, []room.Event) {
	u, ok := m.sessions[c.Session]
	_, seated := m.sits[c.Target]
	_, taken := m.sitter(c.Seat)
	switch {
	case !ok:
		return room.Reply{Err: room.ErrNotInRoom}, nil
	case u == c.Target:
		return room.Reply{Err: room.ErrInviteSelf}, nil
	case c.Rank != room.RankAdmin && c.Rank != room.RankOwner:
		return room.Reply{Err: room.ErrNotManager}, nil
	case c.Seat < 0 || c.Seat >= m.chairs:
		return room.Reply{Err: room.ErrInvalidSeat}, nil
	case seated:
		return room.Reply{Err: room.ErrAlreadySeated}, nil
	case taken || m.awaits(c.Seat):
		return room.Reply{Err: room.ErrSeatOccupied}, nil
	}
	for _, o := range m.offers {
		if o.seat == c.Seat {
			return room.Reply{Err: room.ErrInvitePending}, nil
		}
	}
	o := offer{c.Seat, c.Target, u, now + m.config.InviteTTL}
	m.offers = append(m.offers, o)
	m.note(now)
	return room.Reply{}, []room.Event{invited(o.seat, o.user), received(o.seat, o.user, o.by, o.until)}
}

// offered returns the place of the invite that a user means, -1 if there is none:
// that to the seat, or the latest.
func (m *model) offered(u room.UserID, seat int) int {
	found := -1
	for i, o := range m.offers {
		if o.user == u && (seat == room.AnySeat || o.seat == seat) {
			found = i
		}
	}
	return found
}

func (m *model) accept(now int64, c *room.AcceptInvite) (room.Reply, []room.Event) {
	u, ok := m.sessions[c.Session]
	if !ok {
		return room.Reply{Err: room.ErrNotInRoom}, nil
	}
	i := m.offered(u, c.Seat)
	if i < 0 {
		return room.Reply{Err: room.ErrNoInvite}, nil
	}
	seat := m.offers[i].seat
	sitter, taken := m.sitter(seat)
	if taken && sitter != u || m.awaits(seat) {
		return room.Reply{Err: room.ErrSeatTaken}, nil
	}
	m.offers = slices.Delete(m.offers, i, i+1)
	told := []room.Event{inviteEnded(seat)}
	if m.lockedSeat[seat] {
		delete(m.lockedSeat, seat)
		told = append(told, unlocked(seat))
	}
	m.note(now)
	if taken {
		return room.Reply{}, told
	}
	return room.Reply{}, append(told, m.moved(u, seat)...)
}

func (m *model) decline(now int64, c *room.DeclineInvite) (room.Reply, []room.Event) {
	u, ok := m.sessions[c.Session]
	if !ok {
		return room.Reply{Err: room.ErrNotInRoom}, nil
	}
	i := m.offered(u, c.Seat)
	if i < 0 {
		return room.Reply{Err: room.ErrNoInvite}, nil
	}
	seat := m.offers[i].seat
	m.offers = slices.Delete(m.offers, i, i+1)
	m.note(now)
	return room.Reply{}, []room.Event{inviteEnded(seat)}
}

func (m *model) chat(now int64, c *room.Chat) (room.Reply, []room.Event) {
	u, ok := m.sessions[c.Session]
	if !ok {
		return room.Reply{Err: room.ErrNotInRoom}, nil
	}
	recent := 0
	for _, at := range m.said[u] {
		if at > now-60_000 {
			recent++
		}
	}
	if limit := m.config.ChatPerMinute; limit > 0 && recent >= limit {
		return room.Reply{Err: room.ErrTooManyMessages}, nil
	}
	m.said[u] = append(m.said[u], now)
	m.note(now)
	return room.Reply{}, []room.Event{said(u, &c.Message, now)}
}

// expel takes a user out with all their sessions and lets nothing wait for them.
func (m *model) expel(now int64, u room.UserID) (told []room.Event) {
	if a, ok := m.awaited[u]; ok {
		m.free(a.seat)
	}
	for _, s := range slices.Clone(m.order) {
		if m.sessions[s] == u {
			told = append(told, m.leave(now, s, false)...)
		}
	}
	return told
}

// awaits reports whether a seat is held for somebody.
func (m *model) awaits(seat int) bool {
	for _, a := range m.awaited {
		if a.seat == seat {
			return true
		}
	}
	return false
}

func (m *model) isHere(u room.UserID) bool { return slices.Contains(m.here, u) }
