package actors

import (
	"slices"

	"audioroom/actors/room"
)

// changes is what a room changed for other readers of the store since the last
// commit was handed over. It notes places, not values: a commit carries the
// values of its own time.
type changes struct {
	seats, locks indexSet
	users        []room.UserID
}

// note takes up what events changed.
func (c *changes) note(events []room.Event) {
	for i := range events {
		switch e := &events[i]; e.Kind {
		case room.SeatUpdated, room.SeatCleared, room.SeatMuted:
			c.seats.add(e.Seat)
		case room.SeatLocked:
			c.locks.add(e.Seat)
		case room.UserJoined, room.UserLeft, room.UserConfirmed:
			c.users = append(c.users, e.User)
		}
	}
	if len(c.users) > 4096 { // the store is away and people come and go
		slices.Sort(c.users)
		c.users = slices.Clone(slices.Compact(c.users))
	}
}

// fill gives a commit the values of what changed, and forgets the changes.
func (c *changes) fill(commit *Commit, r *room.Room) {
	c.seats.each(func(i int) {
		s, _ := r.Seat(i)
		commit.Seats = append(commit.Seats, SeatChange{Seat: i, User: s.User, Muted: s.Muted})
	})
	c.locks.each(func(i int) {
		commit.Locks = append(commit.Locks, LockChange{Seat: i, Locked: r.Locked(i)})
	})
	slices.Sort(c.users)
	for _, u := range slices.Compact(c.users) {
		commit.Users = append(commit.Users, UserChange{User: u, In: r.Has(u)})
	}
	*c = changes{users: c.users[:0]}
	if cap(c.users) > maxKept {
		c.users = nil
	}
}

// fillAll gives a commit all that is not free, unlocked or absent.
func fillAll(commit *Commit, r *room.Room) {
	for i := range r.SeatCount() {
		if s, ok := r.Seat(i); ok {
			commit.Seats = append(commit.Seats, SeatChange{Seat: i, User: s.User, Muted: s.Muted})
		}
		if r.Locked(i) {
			commit.Locks = append(commit.Locks, LockChange{Seat: i, Locked: true})
		}
	}
	r.EachMember(func(user room.UserID, _ []byte, _ []room.SessionID) {
		commit.Users = append(commit.Users, UserChange{User: user, In: true})
	})
}

// indexSet is a set of seat indices.
type indexSet [(room.MaxSeats + 63) / 64]uint64

func (s *indexSet) add(i int) { s[i/64] |= 1 << (i % 64) }

// each calls f for each index, ascending.
func (s *indexSet) each(f func(int)) {
	for w, bits := range s {
		for i := w * 64; bits != 0; i, bits = i+1, bits>>1 {
			if bits&1 != 0 {
				f(i)
			}
		}
	}
}
