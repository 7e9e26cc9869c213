package actors

import "audioroom/actors/room"

// releaseOpen releases what changed nothing, or what must not wait.
func (a *roomActor) releaseOpen() {
	if b := a.life.open; b != nil {
		a.life.open = nil
		a.release(b)
	}
}

// release lets members and askers hear a batch, in the order in which it was
// applied. Everybody's share is written together at the end, to those who asked
// first, and to the others soon if the next batch follows at once.
func (a *roomActor) release(b *batch) {
	a.life.telling = b
	broadcast := false
	b.each(func(o *outcome, events []room.Event) {
		for i := range events {
			broadcast = a.releaseEvent(o, &events[i]) || broadcast
		}
		if o.request != nil {
			o.request.Session.Reply(o.request, o.reply)
		}
	})
	for i := range b.outcomes {
		if r := b.outcomes[i].request; r != nil {
			r.Session.Flush()
		}
	}
	if broadcast {
		a.life.audience.flush(a.life.open != nil || a.mailbox.UserMessageCount() > 0)
	}
	a.life.telling = nil
	b.recycle()
}

// releaseEvent lets members hear one event, and reports whether it went to them.
func (a *roomActor) releaseEvent(o *outcome, e *room.Event) (broadcast bool) {
	members := &a.life.audience
	switch e.Kind {
	case room.SessionJoined:
		members.add(o.request.Session)
	case room.SessionLeft:
		if s := members.remove(e.Session); s != nil {
			s.Flush() // of what it heard until now
			if o.request == nil {
				s.Left(a.handle.id)
			}
		}
	case room.UserConfirmed: // the store's business alone
	case room.InviteReceived:
		a.rooms.users.Deliver(e.User, a.rooms.encode(a.handle.id, e))
	default:
		if len(members.sessions) > 0 {
			members.deliver(a.rooms.encode(a.handle.id, e), e.Except)
			return true
		}
	}
	return false
}
