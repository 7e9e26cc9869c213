package room

import "slices"

// invite is a seat offered to a user.
type invite struct {
	seat  int
	user  UserID
	by    UserID
	until int64 // Unix ms
}

func (c *Invite) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	m := r.sessions[c.Session]
	switch {
	case m == nil:
		return Reply{Err: ErrNotInRoom}, events
	case m.user == c.Target:
		return Reply{Err: ErrInviteSelf}, events
	case !c.Rank.Manages():
		return Reply{Err: ErrNotManager}, events
	case c.Seat < 0 || c.Seat >= len(r.seats):
		return Reply{Err: ErrInvalidSeat}, events
	}
	if t := r.members[c.Target]; t != nil && t.seat >= 0 {
		return Reply{Err: ErrAlreadySeated}, events
	}
	if r.seats[c.Seat].user != 0 {
		return Reply{Err: ErrSeatOccupied}, events
	}
	if slices.ContainsFunc(r.invites, func(i invite) bool { return i.seat == c.Seat }) {
		return Reply{Err: ErrInvitePending}, events
	}
	until := now + r.config.InviteTTL
	r.invites = append(r.invites, invite{seat: c.Seat, user: c.Target, by: m.user, until: until})
	r.active(now)
	return Reply{}, append(events,
		Event{Kind: SeatInvited, Seat: c.Seat, User: c.Target},
		Event{Kind: InviteReceived, Seat: c.Seat, User: c.Target, By: m.user, At: until})
}

func (c *AcceptInvite) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	m := r.sessions[c.Session]
	if m == nil {
		return Reply{Err: ErrNotInRoom}, events
	}
	i := r.invited(m.user, c.Seat)
	if i < 0 {
		return Reply{Err: ErrNoInvite}, events
	}
	index := r.invites[i].seat
	s := &r.seats[index]
	if s.user != 0 && s.user != m.user {
		return Reply{Err: ErrSeatTaken}, events
	}
	events = r.endInvite(i, events)
	if s.locked {
		s.locked = false
		events = append(events, Event{Kind: SeatLocked, Seat: index})
	}
	if m.seat != index {
		events = r.move(m, index, 0, events)
	}
	r.active(now)
	return Reply{}, events
}

func (c *DeclineInvite) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	m := r.sessions[c.Session]
	if m == nil {
		return Reply{Err: ErrNotInRoom}, events
	}
	i := r.invited(m.user, c.Seat)
	if i < 0 {
		return Reply{Err: ErrNoInvite}, events
	}
	r.active(now)
	return Reply{}, r.endInvite(i, events)
}

// As fills in the sender's rank.
func (c *Invite) As(rank Rank) { c.Rank = rank }

// invited returns the place of a user's invite to a seat, of their latest if
// the seat is AnySeat, or -1.
func (r *Room) invited(user UserID, seat int) int {
	for i := len(r.invites) - 1; i >= 0; i-- {
		if v := &r.invites[i]; v.user == user && (seat == AnySeat || v.seat == seat) {
			return i
		}
	}
	return -1
}

// endInvite takes an invite out and tells the room.
func (r *Room) endInvite(i int, events []Event) []Event {
	seat := r.invites[i].seat
	r.invites = slices.Delete(r.invites, i, i+1)
	if len(r.invites) == 0 {
		r.invites = nil
	}
	return append(events, Event{Kind: SeatInviteEnded, Seat: seat})
}
