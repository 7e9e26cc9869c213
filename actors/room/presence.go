package room

import "slices"

func (c *Join) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	if r.sessions[c.Session] != nil {
		return Reply{State: r.state(c.User)}, events
	}
	if until, blocked := r.blocked[c.User]; blocked {
		if until == 0 {
			return Reply{Err: ErrBlocked}, events
		}
		if until > now {
			return Reply{Err: ErrBlocked, BlockedFor: until - now}, events
		}
		delete(r.blocked, c.User)
	}
	m := r.members[c.User]
	if m == nil && r.isFull() && r.heldFor(c.User) < 0 {
		return Reply{Err: ErrRoomFull}, events
	}
	if r.seats == nil {
		count := r.config.DefaultSeats
		if c.SeatCount > 0 {
			count = c.SeatCount
		}
		if r.maxSeats > 0 {
			count = r.maxSeats
		}
		r.seats = make([]seat, count)
	} else if c.SeatCount > 0 && c.User == r.owner && r.maxSeats == 0 && c.SeatCount != len(r.seats) {
		events = r.resize(c.SeatCount, events)
	}
	if m == nil {
		m = r.add(c)
		events = append(events, Event{Kind: UserJoined, User: c.User, Profile: m.profile, Except: c.Session})
		if i := r.heldFor(c.User); i >= 0 {
			r.held--
			r.seats[i].heldUntil = 0
			events = r.sit(m, i, r.seats[i].muted, c.Session, events)
		}
	}
	r.enter(m, c.Session)
	r.active(now)
	events = append(events, Event{Kind: SessionJoined, Session: c.Session, User: c.User})
	return Reply{State: r.state(c.User)}, events
}

// isFull reports whether no further user may come in.
func (r *Room) isFull() bool {
	return r.config.Participants > 0 && len(r.members) >= r.config.Participants
}

func (c *Leave) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	return Reply{}, r.remove(c.Session, now, 0, events)
}

func (c *Drop) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	return Reply{}, r.remove(c.Session, now, r.config.SeatGrace, events)
}

func (c *Confirm) apply(r *Room, _ int64, events []Event) (Reply, []Event) {
	if r.members[c.User] == nil {
		return Reply{}, events
	}
	r.revision++
	return Reply{}, append(events, Event{Kind: UserConfirmed, User: c.User})
}

// remove takes a session out of the room and, if it was its user's last, the
// user too. Their seat is cleared, and held for them for grace milliseconds.
// A session that is not in the room changes nothing.
func (r *Room) remove(session SessionID, now, grace int64, events []Event) []Event {
	m := r.sessions[session]
	if m == nil {
		return events
	}
	delete(r.sessions, session)
	r.active(now)
	if len(m.sessions) > 1 {
		i := slices.Index(m.sessions, session)
		m.sessions = slices.Delete(m.sessions, i, i+1)
		return append(events, Event{Kind: SessionLeft, Session: session, User: m.user})
	}
	if i := m.seat; i >= 0 {
		muted := r.seats[i].muted
		events = r.clear(i, session, events)
		if grace > 0 {
			r.seats[i] = seat{user: m.user, muted: muted, heldUntil: now + grace}
			r.held++
		}
	}
	r.unlink(m)
	events = append(events, Event{Kind: SessionLeft, Session: session, User: m.user})
	return append(events, Event{Kind: UserLeft, User: m.user, Except: session})
}

// add makes the joiner a participant, the last in the list.
func (r *Room) add(c *Join) *member {
	m := &member{user: c.User, seat: -1, profile: c.Profile, prev: r.last}
	if r.last != nil {
		r.last.next = m
	} else {
		r.first = m
	}
	r.last = m
	if r.members == nil {
		r.members = make(map[UserID]*member)
		r.unfold()
	}
	r.members[c.User] = m
	return m
}

// enter adds a session to those of a participant.
func (r *Room) enter(m *member, session SessionID) {
	m.sessions = append(m.sessions, session)
	if r.sessions == nil {
		r.sessions = make(map[SessionID]*member)
	}
	r.sessions[session] = m
}

// unlink takes a participant out of the room's books.
func (r *Room) unlink(m *member) {
	delete(r.members, m.user)
	if m.prev != nil {
		m.prev.next = m.next
	} else {
		r.first = m.next
	}
	if m.next != nil {
		m.next.prev = m.prev
	} else {
		r.last = m.prev
	}
	m.prev, m.next = nil, nil
	if len(r.members) == 0 { // maps never shrink: an empty room keeps no memory of a crowd
		r.members, r.sessions = nil, nil
		r.fold()
	}
}

// untouched is the seats of all rooms in which nobody is and no seat is anything
// but free: most rooms that exist, and most of what one holds. Nobody writes there.
var untouched [MaxSeats]seat

// fold gives up the memory of seats that are all free. Until unfold none of them
// may be changed.
func (r *Room) fold() {
	if len(r.seats) > 0 && len(r.members) == 0 && !slices.ContainsFunc(r.seats, func(s seat) bool { return s != seat{} }) {
		r.seats = untouched[:len(r.seats):len(r.seats)]
	}
}

// unfold makes the seats the room's own again.
func (r *Room) unfold() {
	if len(r.seats) > 0 && &r.seats[0] == &untouched[0] {
		r.seats = make([]seat, len(r.seats))
	}
}

// heldFor returns the seat that is held for a user, -1 if none is.
func (r *Room) heldFor(user UserID) int {
	if r.held == 0 {
		return -1
	}
	return slices.IndexFunc(r.seats, func(s seat) bool { return s.held() && s.user == user })
}

// state describes the room to one of its participants.
func (r *Room) state(joiner UserID) *State {
	s := &State{SeatCount: len(r.seats), ParticipantCount: len(r.members)}
	if n := min(len(r.members), MaxListed+1) - 1; n > 0 {
		s.Participants = make([][]byte, 0, n)
	}
	bytes := 0
	for m := r.first; m != nil && len(s.Participants) < MaxListed && bytes < MaxListedBytes; m = m.next {
		if m.user != joiner {
			s.Participants = append(s.Participants, m.profile)
			bytes += len(m.profile)
		}
	}
	for i := range r.seats {
		if seat, ok := r.Seat(i); ok {
			s.Seats = append(s.Seats, seat)
		}
		if r.seats[i].locked {
			s.Locked = append(s.Locked, i)
		}
	}
	return s
}
