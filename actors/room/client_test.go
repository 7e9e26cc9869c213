package room_test

import (
	"maps"
	"slices"

	"audioroom/actors/room"
)

// client is what a web client makes of a room: the state it was told when it
// joined, the events it heard since, and its own successes.
type client struct {
	session room.SessionID // 0 for an observer who hears everything
	seats   map[int]room.SeatState
	locked  map[int]bool
	people  map[room.UserID]bool
	// invited is who is invited to which seat. The state that a joiner is told
	// does not say: those invites are untold, until they end.
	invited, untold map[int]room.UserID
}

func observer() *client {
	return &client{
		seats: map[int]room.SeatState{}, locked: map[int]bool{}, people: map[room.UserID]bool{},
		invited: map[int]room.UserID{}, untold: map[int]room.UserID{},
	}
}

// newClient begins with the state that the room answered a join with.
func newClient(session room.SessionID, s *room.State, users []room.UserID) *client {
	c := observer()
	c.session = session
	for _, seat := range s.Seats {
		c.seats[seat.Seat] = seat
	}
	for _, seat := range s.Locked {
		c.locked[seat] = true
	}
	for _, u := range users {
		if slices.ContainsFunc(s.Participants, func(p []byte) bool { return string(p) == string(profile(u)) }) {
			c.people[u] = true
		}
	}
	c.people[userOf(session)] = true
	return c
}

// hear takes in one event, if the client is told of it.
func (c *client) hear(e room.Event) {
	if c.session != 0 && e.Except == c.session {
		return
	}
	switch e.Kind {
	case room.SeatUpdated:
		c.seats[e.Seat] = room.SeatState{Seat: e.Seat, User: e.User, Muted: e.Muted}
	case room.SeatCleared:
		delete(c.seats, e.Seat)
	case room.SeatLocked:
		c.locked[e.Seat] = e.Locked
		if !e.Locked {
			delete(c.locked, e.Seat)
		}
	case room.SeatMuted: // on the wire it names the user alone
		for i, s := range c.seats {
			if s.User == e.User {
				c.seats[i] = room.SeatState{Seat: i, User: s.User, Muted: e.Muted}
			}
		}
	case room.SeatInvited:
		c.invited[e.Seat] = e.User
	case room.SeatInviteEnded:
		delete(c.invited, e.Seat)
		delete(c.untold, e.Seat)
	case room.UserJoined:
		c.people[e.User] = true
	case room.UserLeft:
		delete(c.people, e.User)
	}
}

// succeed takes in the success of a command that the client sent, which its
// session is not told otherwise.
func (c *client) succeed(command room.Command) {
	old, seated := room.SeatState{}, false
	for _, s := range c.seats {
		if s.User == userOf(c.session) {
			old, seated = s, true
		}
	}
	switch command := command.(type) {
	case *room.TakeSeat:
		if seated {
			delete(c.seats, old.Seat)
		}
		c.seats[command.Seat] = room.SeatState{Seat: command.Seat, User: userOf(c.session), Muted: old.Muted}
	case *room.LeaveSeat:
		delete(c.seats, old.Seat)
	}
}

// sees reports whether the client has the same picture as another.
func (c *client) sees(other *client) bool {
	return maps.Equal(c.seats, other.seats) && maps.Equal(c.locked, other.locked) && maps.Equal(c.people, other.people) &&
		maps.Equal(c.offers(), other.offers())
}

// offers is every invite, told or not.
func (c *client) offers() map[int]room.UserID {
	all := maps.Clone(c.invited)
	maps.Copy(all, c.untold)
	return all
}

// look returns what there is to be seen of a room.
func look(r *room.Room) *client {
	c := observer()
	for i := range room.MaxSeats {
		if s, ok := r.Seat(i); ok {
			c.seats[i] = s
		}
		if r.Locked(i) {
			c.locked[i] = true
		}
	}
	r.EachMember(func(u room.UserID, _ []byte, _ []room.SessionID) { c.people[u] = true })
	if s, err := room.Decode(r.AppendSnapshot(nil, 0, false)); err == nil {
		for _, v := range s.Invites {
			c.invited[v.Seat] = v.User
		}
	}
	return c
}
