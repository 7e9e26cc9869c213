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
	muted := false
	if m.seat >= 0 {
		muted = r.seats[m.seat].muted // a mute moves with its user
		events = r.clear(m.seat, c.Session, events)
	}
	events = r.sit(m, c.Seat, muted, c.Session, events)
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
	// An owner outranks everyone else, so only an admin's case needs the
	// occupant's rank. A hold is nobody's seat: it just ends.
	if s.occupied() && s.user != m.user && c.Rank != RankOwner {
		if c.Occupant != s.user {
			return Reply{Ask: s.user}, events
		}
		if !c.Rank.Outranks(c.OccupantRank) {
			return Reply{Err: ErrNotAllowed}, events
		}
	}
	events = r.clear(c.Seat, 0, events)
	s.locked = true
	r.active(now)
	return Reply{}, append(events, Event{Kind: SeatLocked, Seat: c.Seat, Locked: true})
}

// As fills in the sender's rank.
func (c *LockSeat) As(rank Rank) { c.Rank = rank }

// As fills in the sender's rank.
func (c *UnlockSeat) As(rank Rank) { c.Rank = rank }

// Answer fills in the rank that a Reply.Ask asked for.
func (c *LockSeat) Answer(user UserID, rank Rank) { c.Occupant, c.OccupantRank = user, rank }

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
