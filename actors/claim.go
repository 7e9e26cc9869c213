package actors

import (
	"errors"
	"fmt"
	"slices"

	"audioroom/actors/room"
)

// errStored is why a room is given up that was opened without the store, which
// turned out to hold one of that name.
var errStored = errors.New("actors: the room was opened from memory, but the store holds it")

// errUnreadable is why a room is put aside whose snapshot makes the program panic.
var errUnreadable = errors.New("actors: the snapshot can't be restored")

// claimTicket tells the answers to one claim from those to others.
type claimTicket struct{ actor *roomActor }

var _ Claimer = (*claimTicket)(nil)

// Claimed implements Claimer, on the store's goroutine.
func (t *claimTicket) Claimed(c Claim, err error) { t.actor.tell(&claimedMessage{t, c, err}) }

// ClaimLate implements Claimer, on the store's goroutine.
func (t *claimTicket) ClaimLate(string) { t.actor.tell(&claimLateMessage{t}) }

// claim begins a new life: the store is asked for the room.
func (a *roomActor) claim() {
	a.reset(claiming)
	a.startClaim()
}

func (a *roomActor) startClaim() {
	a.life.ticket = &claimTicket{a}
	a.rooms.store.Claim(a.handle.id, a.life.ticket)
}

// reset lets go of all that the room was.
func (a *roomActor) reset(to phase) {
	a.setLate(false)
	a.phase, a.life = to, life{toldCount: -1}
}

// claimed opens the room as the store knows it.
func (a *roomActor) claimed(m *claimedMessage) {
	l := &a.life
	switch {
	case m.ticket != l.ticket:
		return
	case m.err != nil:
		a.lose(m.err)
		return
	case a.phase != claiming: // served from memory meanwhile
		a.adopt(m.claim)
		return
	}
	l.epoch, l.full = m.claim.Epoch, true
	toldLive, err := a.restore(m.claim.Snapshot, m.claim.Blocked, room.Restore)
	if err != nil {
		a.putAside(err)
		return
	}
	if toldLive {
		// The backend remembers those who were here when the server ended. Most come
		// back at once: only if nobody does within the grace time is it told.
		l.tellAt = a.rooms.now() + a.rooms.config.Room.SeatGrace
	}
	a.serve()
}

// adopt gives a room that is served from memory its place in the store.
func (a *roomActor) adopt(c Claim) {
	if c.Snapshot != nil {
		a.reclaim(errStored)
		return
	}
	a.life.epoch, a.life.full = c.Epoch, true
	for user, until := range c.Blocked {
		a.do(work{order: &room.Block{User: user, Until: until}})
	}
	a.undoIfEmpty()
}

// restore makes the room of its snapshot, or a new one if that is nil. toldLive
// is whether the backend believes that somebody is in there. On an error, which
// may have been a panic, the room is a new one.
func (a *roomActor) restore(
	snapshot []byte, blocked map[room.UserID]int64, from func(*room.Snapshot, int64, *room.Config) *room.Room,
) (toldLive bool, err error) {
	now, config := a.rooms.now(), &a.rooms.config.Room
	r := room.New(a.handle.id, now, config)
	defer func() {
		if reason := recover(); reason != nil {
			toldLive, err = false, fmt.Errorf("%w: %v", errUnreadable, reason)
		}
		r.SetBlocked(blocked)
		a.life.room = r
	}()
	a.life.base = snapshot
	if snapshot == nil {
		return false, nil
	}
	a.life.toldCount = 0
	s, err := room.Decode(snapshot)
	if err != nil {
		return false, err
	}
	r = from(s, now, config)
	return s.ToldLive, nil
}

// claimLate opens a room that the store can't tell anything of, as soon as
// somebody joins.
func (a *roomActor) claimLate(ticket *claimTicket) {
	if ticket == a.life.ticket && a.phase == claiming {
		a.life.claimLate = true
		a.serveFromMemory()
	}
}

// serveFromMemory opens a new room without the store for those who wait to
// join, if the store is late with the claim or with the end of the former one.
func (a *roomActor) serveFromMemory() {
	l := &a.life
	unclaimed := a.phase == closing && l.late && l.epoch == 0 && l.former == nil
	ending := unclaimed || a.phase == closing && l.late && l.commit != nil && l.commit.Close
	if !ending && !(a.phase == claiming && l.claimLate) {
		return
	}
	if !slices.ContainsFunc(a.waiting, func(w work) bool { return w.request != nil && isJoin(w.request) }) {
		if ending {
			a.answerWaiting()
		}
		return
	}
	if ending {
		former, ticket := l.commit, l.ticket
		a.reset(claiming)
		l.former = former
		if unclaimed { // the claim under way is the new room's
			l.ticket = ticket
		}
	}
	_, _ = a.restore(nil, nil, nil) // a new room can always be made
	a.setLate(true)
	a.serve()
}

// buried is the end of the commit that closed the room's former life: the present
// one may claim its place.
func (a *roomActor) buried(err error) {
	a.life.former = nil
	if err != nil {
		a.lose(err)
		return
	}
	a.startClaim()
}

// serve opens the room to those who wait for it.
func (a *roomActor) serve() {
	a.phase = serving
	a.rooms.tellSupervisor(&readyMessage{a.handle})
	a.replay()
	a.undoIfEmpty()
}

// replay applies what waits. If that panics, the rest is still there.
func (a *roomActor) replay() {
	for len(a.waiting) > 0 && a.phase == serving {
		w := a.waiting[0]
		a.waiting[0] = work{}
		a.waiting = a.waiting[1:]
		a.apply(w)
	}
	if len(a.waiting) == 0 {
		a.waiting = nil
	}
}

// undoIfEmpty closes a new room that everybody who wanted to join has left
// already: the claim is all there is to undo.
func (a *roomActor) undoIfEmpty() {
	if a.phase == serving && a.life.epoch != 0 && a.life.room.Revision() == 0 {
		a.releaseOpen()
		a.life.room.Close()
		a.phase = closing
	}
}
