package room

func (c *Remove) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	return Reply{}, r.expel(c.User, now, events)
}

func (c *Block) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	if r.blocked == nil {
		r.blocked = make(map[UserID]int64)
	}
	r.blocked[c.User] = c.Until
	return Reply{}, r.expel(c.User, now, events)
}

func (c *Unblock) apply(r *Room, _ int64, events []Event) (Reply, []Event) {
	delete(r.blocked, c.User)
	return Reply{}, events
}

// Blocked returns until when users may not join, in Unix milliseconds, 0 for
// ever. The map is the room's own.
func (r *Room) Blocked() map[UserID]int64 { return r.blocked }

// SetBlocked replaces the blocked users. The room keeps the map.
func (r *Room) SetBlocked(blocked map[UserID]int64) { r.blocked = blocked }

// expel takes a user out of the room with all their sessions and holds no seat
// for them.
func (r *Room) expel(user UserID, now int64, events []Event) []Event {
	if i := r.heldFor(user); i >= 0 {
		events = r.clear(i, 0, events)
		r.revision++
	}
	for m := r.members[user]; m != nil; m = r.members[user] {
		events = r.remove(m.sessions[0], now, 0, events)
	}
	return events
}
