package actors

// dirty reports whether the room holds changes that no commit carries yet.
func (a *roomActor) dirty() bool {
	l := &a.life
	submitted := l.confirmed
	if l.commit != nil {
		submitted = l.commit.Revision
	}
	return l.full || l.room.Revision() > submitted
}

// advance moves the open batch on: to the store if it changed something and no
// commit is under way, to the members if nothing stands between.
func (a *roomActor) advance() {
	l := &a.life
	if l.late {
		a.advanceLate()
	}
	if l.inflight != nil || l.epoch == 0 {
		return
	}
	if !a.dirty() {
		a.releaseOpen()
		return
	}
	// Everything that waits in the mailbox shares the commit.
	if a.mailbox.UserMessageCount() > 0 && (l.open == nil || len(l.open.outcomes) < maxBatch) {
		return
	}
	a.submit()
}

// advanceLate releases without the store, and tells the backend as well.
func (a *roomActor) advanceLate() {
	l := &a.life
	if !l.room.IsClosed() {
		if a.countToTell() {
			a.rooms.backend.Report(l.cause, a.handle.id, a.status(), false)
			l.mustTell = true // the outbox has not heard of it
		}
		l.base, l.baseless = l.room.AppendSnapshot(nil, l.epoch, a.toldLive()), false
	}
	a.releaseOpen()
}

// countToTell reports whether the participant count is another than the one last
// told. Of a room that nobody joined yet nothing is told.
func (a *roomActor) countToTell() bool {
	n := a.life.room.Participants()
	return n != a.life.toldCount && (n > 0 || a.life.toldCount >= 0)
}

// toldLive reports whether the backend believes that somebody is in the room.
func (a *roomActor) toldLive() bool { return a.life.toldCount > 0 || a.life.tellAt != 0 }

// status returns the room's status for the backend and notes that it was told.
func (a *roomActor) status() []byte {
	a.life.toldCount, a.life.tellAt = a.life.room.Participants(), 0
	return appendStatus(nil, a.life.toldCount, a.life.room.CreatedAt())
}

// submit hands the room's state to the store, for the open batch.
func (a *roomActor) submit() {
	l := &a.life
	c := a.newCommit()
	l.inflight, l.open, l.commit = l.open, nil, c
	if l.inflight == nil {
		l.inflight = batches.Get().(*batch)
	}
	l.inflight.reached(StepSubmitted)
	a.rooms.store.Commit(c)
}

// newCommit makes the commit of the room as it is now.
func (a *roomActor) newCommit() *Commit {
	l := &a.life
	c := l.spare
	if c == nil {
		c = new(Commit)
	}
	l.spare = nil
	*c = Commit{
		RoomID: a.handle.id, Epoch: l.epoch, Last: l.confirmed, Revision: l.room.Revision(), Full: l.full,
		Activity: l.room.Activity(), Participants: l.room.Participants(), By: a,
		Seats: c.Seats[:0], Locks: c.Locks[:0], Users: c.Users[:0],
	}
	if l.room.IsClosed() {
		c.Close, c.Quarantine = true, l.quarantine
		if l.toldCount >= 0 { // else nobody was ever there, and there is nothing to tell
			c.Status = appendEnded(nil, a.rooms.now())
		}
	} else {
		if a.countToTell() || l.mustTell && l.toldCount >= 0 {
			c.Status = a.status()
		}
		l.base, l.buffer = l.room.AppendSnapshot(l.buffer[:0], l.epoch, a.toldLive()), l.base
		l.baseless = false
		c.Snapshot = l.base
	}
	l.untold, l.mustTell = c.Status, false
	if l.full {
		fillAll(c, l.room)
		l.changes, l.full = changes{}, false
	} else {
		l.changes.fill(c, l.room)
	}
	return c
}

// Committed implements Committer, on the store's goroutine.
func (a *roomActor) Committed(c *Commit, err error) { a.tell(&committedMessage{c, err}) }

// CommitLate implements Committer, on the store's goroutine.
func (a *roomActor) CommitLate(c *Commit) { a.tell(&commitLateMessage{c}) }

// committed goes on after the store's word on the commit under way.
func (a *roomActor) committed(c *Commit, err error) {
	l := &a.life
	switch {
	case c == l.former && c != nil:
		a.buried(err)
	case c != l.commit: // of a life that was given up
	case err == ErrDiverged:
		a.logger().Warn("the store lost data, the room is written in full")
		l.full, l.mustTell = true, true
		if l.open != nil {
			l.inflight.append(l.open)
			l.open = nil
		}
		l.spare = c
		l.commit = a.newCommit()
		a.rooms.store.Commit(l.commit)
	case err != nil: // fenced, or the store is closed
		a.lose(err)
	default:
		l.confirmed = c.Revision
		a.setLate(false)
		a.tellBackend()
		b := l.inflight
		l.inflight, l.commit, l.spare = nil, nil, c
		b.reached(StepConfirmed)
		a.release(b)
		if c.Close {
			a.ended()
		} else if l.open == nil && l.room.Participants() == 0 {
			// An idle room keeps no memory for a busy one.
			l.spare, l.buffer, l.base, l.baseless = nil, nil, nil, true
		}
	}
}

// commitLate stops waiting for the store: what was applied is released from
// memory until the store confirms again.
func (a *roomActor) commitLate(c *Commit) {
	l := &a.life
	if c != l.commit {
		return
	}
	a.setLate(true)
	a.tellBackend()
	b := l.inflight
	l.inflight = batches.Get().(*batch)
	a.release(b)
	if a.phase == closing {
		a.serveFromMemory()
	}
}

// tellBackend passes the status of the commit under way on, once.
func (a *roomActor) tellBackend() {
	if status := a.life.untold; status != nil {
		a.life.untold = nil
		a.rooms.backend.Report(a.life.cause, a.handle.id, status, a.life.commit.Close)
	}
}

func (a *roomActor) setLate(late bool) {
	if a.life.late != late {
		a.life.late = late
		a.rooms.observer.RoomUnsaved(late)
	}
}
