package room

func (c *Shut) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	reason := CloseForced
	if c.Broken {
		reason = CloseBroken
	}
	return Reply{}, r.close(now, reason, events)
}

func (c *Tick) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	if !c.KeepOpen && r.held == 0 && len(r.members) == 0 && now >= r.activity+r.config.Inactivity {
		events = r.close(now, CloseIdle, events)
	}
	return Reply{}, events
}

// Close ends a room that nobody hears.
func (r *Room) Close() {
	r.closed = true
	r.revision++
}

// close ends the room: its members are told, then its sessions leave.
func (r *Room) close(now int64, reason Reason, events []Event) []Event {
	r.closed = true
	r.revision++
	events = append(events, Event{Kind: Closed, Reason: reason, At: now})
	for m := r.first; m != nil; m = m.next {
		for _, s := range m.sessions {
			events = append(events, Event{Kind: SessionLeft, Session: s, User: m.user})
		}
	}
	return events
}
