package actors

import (
	"audioroom/actors/room"
)

// status returns the room's status for the backend and notes that it was told.
func (a *roomActor) status() []byte {
	a.toldCount = a.room.Participants()
	return appendStatus(nil, a.toldCount, a.room.CreatedAt())
}

// dirty reports whether the room holds changes that no commit carries yet.
func (a *roomActor) dirty() bool {
	return a.room.Revision() > a.submitted() || a.full
}

// submitted returns the last revision that was handed to the store.
func (a *roomActor) submitted() uint64 {
	if a.inflight != nil {
		return a.commit.Revision
	}
	return a.confirmed
}

// advance moves the open batch on: to the store if it changed something and no
// commit is under way, to the members if nothing stands between.
func (a *roomActor) advance() {
	if a.late {
		a.base = a.room.AppendSnapshot(nil, a.epoch)
		if a.room.Participants() != a.toldCount {
			a.rooms.backend.Report(a.id, a.status(), false)
		}
		a.releaseOpen()
	}
	if a.inflight != nil || a.epoch == 0 {
		return
	}
	if !a.dirty() {
		a.releaseOpen()
		return
	}
	// Everything that waits in the mailbox shares the commit.
	if a.mailbox.UserMessageCount() > 0 && (a.open == nil || len(a.open.outcomes) < maxBatch) {
		return
	}
	a.submit()
}

// submit hands the room's state to the store.
func (a *roomActor) submit() {
	a.inflight, a.open = a.open, nil
	if a.inflight == nil {
		a.inflight = batches.Get().(*batch)
	}
	a.write()
}

// write makes the commit of the room as it is now.
func (a *roomActor) write() {
	c := &a.commit
	*c = Commit{
		RoomID: a.id, Epoch: a.epoch, Last: a.confirmed, Revision: a.room.Revision(), Full: a.full,
		Activity: a.room.Activity(), Participants: a.room.Participants(), By: a,
		Seats: c.Seats[:0], Locks: c.Locks[:0], Users: c.Users[:0],
	}
	switch {
	case a.room.IsClosed():
		c.Close = true
		if a.toldCount >= 0 { // else nobody was ever there, and there is nothing to tell
			c.Status = appendEnded(nil, a.rooms.now())
		}
		a.phase = closing
	case a.toldCount != c.Participants || a.late && a.toldCount >= 0:
		c.Status = a.status()
	}
	if !c.Close {
		a.base, a.spare = a.room.AppendSnapshot(a.spare[:0], a.epoch), a.base
		c.Snapshot = a.base
	}
	if a.full {
		fillAll(c, a.room)
		a.changes = changes{}
		a.full = false
	} else {
		a.changes.fill(c, a.room)
	}
	a.rooms.store.Commit(c)
}

// Committed implements Committer, on the store's goroutine.
func (a *roomActor) Committed(_ *Commit, err error) { a.tell(&committedMessage{err}) }

// CommitLate implements Committer, on the store's goroutine.
func (a *roomActor) CommitLate(c *Commit) { a.tell(commitLateMessage{c.Revision}) }

// committed goes on after the store's word on the commit under way.
func (a *roomActor) committed(err error) {
	switch err {
	case nil:
	case ErrDiverged:
		a.logger().Warn("the store lost data, the room is written in full")
		a.full = true
		a.merge()
		a.write()
		return
	default: // fenced, or the store is closed
		a.lose(err)
		return
	}
	a.confirmed = a.commit.Revision
	a.setLate(false)
	a.told()
	b := a.inflight
	a.inflight = nil
	a.release(b)
	if a.commit.Close {
		a.ended()
	}
}

// commitLate stops waiting for the store: what was applied is released from
// memory until the store confirms again.
func (a *roomActor) commitLate(revision uint64) {
	if a.inflight == nil || a.commit.Revision != revision || a.commit.Close {
		return
	}
	a.setLate(true)
	a.told()
	b := a.inflight
	a.inflight = batches.Get().(*batch)
	a.release(b)
}

// told passes the status of the commit under way on to the backend, once.
func (a *roomActor) told() {
	if a.commit.Status != nil {
		a.rooms.backend.Report(a.id, a.commit.Status, a.commit.Close)
		a.commit.Status = nil
	}
}

// merge puts the open batch behind the one under way.
func (a *roomActor) merge() {
	b := a.open
	if b == nil {
		return
	}
	a.open = nil
	from := len(a.inflight.events)
	a.inflight.events = append(a.inflight.events, b.events...)
	for _, o := range b.outcomes {
		o.end += from
		a.inflight.outcomes = append(a.inflight.outcomes, o)
	}
	b.recycle()
}

func (a *roomActor) setLate(late bool) {
	if a.late != late {
		a.late = late
		a.rooms.observer.RoomUnsaved(late)
	}
}

// releaseOpen releases what changed nothing, or what must not wait.
func (a *roomActor) releaseOpen() {
	if b := a.open; b != nil {
		a.open = nil
		a.release(b)
	}
}

// release lets members and askers hear a batch, in the order in which it was
// applied.
func (a *roomActor) release(b *batch) {
	a.telling = true
	from, broadcast := 0, false
	for i := range b.outcomes {
		o := &b.outcomes[i]
		for j := from; j < o.end; j++ {
			switch e := &b.events[j]; e.Kind {
			case room.SessionJoined:
				a.audience.add(o.request.Session)
			case room.SessionLeft:
				if s := a.audience.remove(e.Session); s != nil && o.request == nil {
					s.Left(a.id)
				}
			case room.UserConfirmed: // the store's business alone
			case room.InviteReceived:
				a.rooms.users.Deliver(e.User, a.rooms.encode(a.id, e))
			default:
				if len(a.audience.sessions) > 0 {
					a.audience.deliver(a.rooms.encode(a.id, e), e.Except)
					broadcast = true
				}
			}
		}
		from = o.end
		if o.request != nil {
			o.request.Session.Reply(o.request, o.reply)
		}
	}
	if broadcast {
		a.audience.flush()
	}
	for i := range b.outcomes {
		if r := b.outcomes[i].request; r != nil {
			r.Session.Flush()
		}
	}
	a.telling = false
	b.recycle()
}
