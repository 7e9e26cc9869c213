package actors

import (
	"slices"

	"audioroom/actors/room"
)

// claim asks the store for the room.
func (a *roomActor) claim() {
	a.phase, a.room, a.epoch, a.confirmed, a.full = claiming, nil, 0, 0, false
	a.rooms.store.Claim(a.id, a)
}

// Claimed implements Claimer, on the store's goroutine.
func (a *roomActor) Claimed(c Claim, err error) { a.tell(&claimedMessage{c, err}) }

// ClaimLate implements Claimer, on the store's goroutine.
func (a *roomActor) ClaimLate(string) { a.tell(claimLateMessage{}) }

// claimed opens the room as the store knows it.
func (a *roomActor) claimed(c Claim, err error) {
	if err != nil {
		a.lose(err)
		return
	}
	if a.phase != claiming { // served from memory meanwhile
		if c.Snapshot != nil {
			a.lose(ErrFenced)
			return
		}
		a.epoch, a.full = c.Epoch, true
		a.room.SetBlocked(c.Blocked)
		return
	}
	a.epoch, a.full = c.Epoch, true
	if err := a.restore(c.Snapshot, c.Blocked, room.Restore); err != nil {
		a.logger().Error("room can't be restored", "error", err)
		a.abandon()
		return
	}
	a.serve()
}

// restore makes the room of its snapshot, or a new one if that is nil.
func (a *roomActor) restore(
	snapshot []byte, blocked map[room.UserID]int64, from func(*room.Snapshot, int64, *room.Config) *room.Room,
) error {
	now, config := a.rooms.now(), &a.rooms.config.Room
	a.base = snapshot
	if snapshot == nil {
		a.toldCount = -1
		a.room = room.New(a.id, now, config)
		a.room.SetBlocked(blocked)
		return nil
	}
	s, err := room.Decode(snapshot)
	if err != nil {
		return err
	}
	// The backend may remember more participants than the none that there are:
	// it hears of the next who joins, or of the end.
	a.toldCount = 0
	a.room = from(s, now, config)
	a.room.SetBlocked(blocked)
	return nil
}

// claimLate serves a room that the store can't tell anything of: as a new one.
func (a *roomActor) claimLate() {
	if a.phase != claiming || len(a.waiting) == 0 {
		return
	}
	_ = a.restore(nil, nil, nil) // a new room can always be made
	a.setLate(true)
	a.serve()
}

// serve opens the room to those who wait for it.
func (a *roomActor) serve() {
	a.phase, a.inquired = serving, false
	a.rooms.tellSupervisor(&readyMessage{a.handle})
	for _, c := range a.orders {
		a.order(c)
	}
	a.orders = nil
	a.replay()
	if a.room.Revision() == 0 && a.epoch != 0 {
		// Whoever wanted to join is gone: the claim is all there is to undo.
		a.releaseOpen()
		a.room.Close()
		a.submit()
	}
}

// replay applies what waits. If that panics, the rest is still there.
func (a *roomActor) replay() {
	for len(a.waiting) > 0 && a.phase == serving {
		r := a.waiting[0]
		a.waiting[0] = nil
		a.waiting = a.waiting[1:]
		a.apply(r)
	}
	if len(a.waiting) == 0 {
		a.waiting = nil
	}
}

// ended is the end of a room whose closing the store has confirmed. A join that
// came meanwhile opens a fresh one.
func (a *roomActor) ended() {
	a.clear()
	if slices.ContainsFunc(a.waiting, isJoin) {
		a.claim()
		return
	}
	waiting := a.waiting
	a.waiting, a.orders = nil, nil
	for _, r := range waiting {
		a.request(r)
	}
	a.rooms.tellSupervisor(&closedMessage{room: a.handle, joins: a.joins})
}

func isJoin(r *Request) bool {
	_, ok := r.Command.(*room.Join)
	return ok
}

// clear lets go of all that a room is.
func (a *roomActor) clear() {
	a.setLate(false)
	a.phase, a.room, a.base, a.spare = closed, nil, nil, nil
	a.open, a.inflight, a.commit, a.changes = nil, nil, Commit{}, changes{}
	a.audience = audience{}
}

// abandon refuses all who wait for a room that can't be opened. The store keeps
// what it has.
func (a *roomActor) abandon() {
	waiting := a.waiting
	a.waiting = nil
	a.clear()
	a.rooms.tellSupervisor(&readyMessage{a.handle})
	a.rooms.tellSupervisor(&closedMessage{room: a.handle, joins: a.joins})
	for _, r := range waiting {
		r.Session.Reply(r, room.Reply{Err: room.ErrInternal})
		r.Session.Flush()
	}
}

// lose gives the room up without a word to the store, which would not take it:
// another process owns the room now, or this one is stopping. What was not
// released stays unanswered; the sessions are cut so that they connect to
// whoever serves the room now.
func (a *roomActor) lose(err error) {
	a.logger().Warn("room is given up", "reason", err)
	a.rooms.observer.RoomLost()
	cut := slices.Clone(a.audience.sessions)
	for _, b := range []*batch{a.inflight, a.open} {
		if b != nil {
			for _, o := range b.outcomes {
				if o.request != nil {
					cut = append(cut, o.request.Session)
				}
			}
		}
	}
	for _, r := range a.waiting {
		cut = append(cut, r.Session)
	}
	a.waiting = nil
	a.clear()
	a.rooms.tellSupervisor(&readyMessage{a.handle})
	a.rooms.tellSupervisor(&closedMessage{room: a.handle, joins: a.joins})
	for _, s := range cut {
		s.Left(a.id)
		s.Cut()
	}
}
