package room

func (c *TakeSeat) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	m := r.sessions[c.Session]
	if m == nil {
		return Reply{Err: ErrNotInRoom}, events
	}
	if c.Seat < 0 || c.Seat >= len(r.seats) {
		return Reply{Err: ErrInvalidSeat}, events
	}
	s := &r.seats[c.Seat]
	switch {
	case s.locked:
		return Reply{Err: ErrSeatLocked}, events
	case m.seat == c.Seat: // a client that repeats itself
		return Reply{}, events
	case s.held():
		return Reply{Err: ErrSeatTaken}, events
	case s.user != 0:
		return Reply{Err: ErrSeatTaken, Occupant: &SeatState{Seat: c.Seat, User: s.user, Muted: s.muted}}, events
	}
	events = r.move(m, c.Seat, c.Session, events)
	r.active(now)
	return Reply{}, events
}

func (c *LeaveSeat) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	m := r.sessions[c.Session]
	if m == nil {
		return Reply{Err: ErrNotInRoom}, events
	}
	if m.seat < 0 {
		return Reply{Err: ErrNotSeated}, events
	}
	events = r.clear(m.seat, c.Session, events)
	r.active(now)
	return Reply{}, events
}

func (c *LockSeat) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	m := r.sessions[c.Session]
	if m == nil {
		return Reply{Err: ErrNotInRoom}, events
	}
	if !c.Rank.Manages() {
		return Reply{Err: ErrNotManager}, events
	}
	if c.Seat < 0 || c.Seat >= len(r.seats) {
		return Reply{Err: ErrInvalidSeat}, events
	}
	s := &r.seats[c.Seat]
	if s.locked {
		return Reply{Err: ErrAlreadyLocked}, events
	}
	if s.occupied() { // a hold is nobody's seat: it just ends
		rank := RankUnknown
		if c.Occupant == s.user {
			rank = c.OccupantRank
		}
		if reply, may := r.mayModerate(m, c.Rank, s.user, rank); !may {
			return reply, events
		}
	}
	events = r.clear(c.Seat, 0, events)
	s.locked = true
	r.active(now)
	return Reply{}, append(events, Event{Kind: SeatLocked, Seat: c.Seat, Locked: true})
}

func (c *AssignSeat) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	if r.sessions[c.Session] == nil {
		return Reply{Err: ErrNotInRoom}, events
	}
	if c.Rank != RankOwner {
		return Reply{Err: ErrNotOwner}, events
	}
	if c.Seat < 0 || c.Seat >= len(r.seats) {
		return Reply{Err: ErrInvalidSeat}, events
	}
	target, s := r.members[c.Target], &r.seats[c.Seat]
	switch {
	case s.locked:
		return Reply{Err: ErrSeatLocked}, events
	case s.occupied() && s.user != c.Target:
		return Reply{Err: ErrSeatOccupied}, events
	case target == nil:
		return Reply{Err: ErrUserNotInRoom}, events
	case target.seat == c.Seat: // a client that repeats itself
		return Reply{}, events
	}
	events = r.clear(c.Seat, 0, events) // a hold, if anything
	events = r.move(target, c.Seat, 0, events)
	r.active(now)
	return Reply{}, events
}

func (c *RemoveFromSeat) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	target, reply := r.moderated(c.Session, c.Rank, c.Target, c.TargetRank)
	if target == nil {
		return reply, events
	}
	events = r.clear(target.seat, 0, events)
	r.active(now)
	return Reply{}, events
}

func (c *MuteSeat) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	target, reply := r.moderated(c.Session, c.Rank, c.Target, c.TargetRank)
	if target == nil {
		return reply, events
	}
	r.seats[target.seat].muted = c.Muted
	r.active(now)
	return Reply{}, append(events, Event{Kind: SeatMuted, Seat: target.seat, User: c.Target, Muted: c.Muted})
}

// move puts a participant on a free seat, from the one they may sit on. A mute
// moves with them.
func (r *Room) move(m *member, index int, except SessionID, events []Event) []Event {
	muted := false
	if m.seat >= 0 {
		muted = r.seats[m.seat].muted
		events = r.clear(m.seat, except, events)
	}
	return r.sit(m, index, muted, except, events)
}

func (c *UnlockSeat) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	if r.sessions[c.Session] == nil {
		return Reply{Err: ErrNotInRoom}, events
	}
	if !c.Rank.Manages() {
		return Reply{Err: ErrNotManager}, events
	}
	if !r.Locked(c.Seat) {
		return Reply{Err: ErrNotLocked}, events
	}
	r.seats[c.Seat].locked = false
	r.active(now)
	return Reply{}, append(events, Event{Kind: SeatLocked, Seat: c.Seat})
}
