package actors

import (
	"errors"
	"slices"
	"time"

	"audioroom/actors/room"
)

// endings names for the log why rooms end.
var endings = map[room.Reason]string{room.CloseIdle: "idle", room.CloseForced: "told to", room.CloseBroken: "put aside"}

// ended is the end of a room whose closing the store has confirmed. A join that
// came meanwhile opens a fresh one.
func (a *roomActor) ended() {
	if l := &a.life; l.ended != "" {
		lasted := time.Duration(a.rooms.now()-l.room.CreatedAt()) * time.Millisecond
		a.logger().Info("room closed", "reason", l.ended, "lasted", lasted.String(), "revisions", l.room.Revision())
	}
	a.reset(closed)
	a.answerWaiting()
	if a.phase == closed {
		a.gone()
	}
}

// answerWaiting answers all who wait for a room that is over.
func (a *roomActor) answerWaiting() {
	waiting := append(a.waiting, a.asked()...)
	a.waiting = nil
	was := a.phase
	a.phase = closed
	for _, w := range waiting {
		a.do(w) // after a join the rest waits with it
	}
	if a.phase == closed {
		a.phase = was
	}
}

// putAside closes the room for a fault of the program, or of what it had stored.
// The store keeps the last snapshot for people to look at.
func (a *roomActor) putAside(reason error) {
	a.logger().Error("room is put aside", "reason", reason)
	a.rooms.observer.RoomQuarantined()
	a.life.quarantine = reason.Error()
	a.phase = serving
	a.apply(work{order: &room.Shut{Broken: true}})
}

// gone tells the supervisor that nothing is left here.
func (a *roomActor) gone() {
	a.reset(closed)
	a.rooms.tellSupervisor(&readyMessage{a.handle})
	a.rooms.tellSupervisor(&closedMessage{room: a.handle, joins: a.joins})
}

// lose gives the room up without a word to the store, which would not take it:
// another process owns the room now, or this one is stopping.
func (a *roomActor) lose(err error) {
	if errors.Is(err, ErrFenced) {
		a.rooms.backend.Report(Cause{}, a.handle.id, nil, false) // the owner tells the backend
	}
	cut := a.everybody(err)
	a.gone()
	a.cut(cut)
}

// reclaim gives the room up and asks the store for it anew: a panic has left it in
// a state that can't be trusted.
func (a *roomActor) reclaim(err error) {
	cut := a.everybody(err)
	a.claim()
	a.cut(cut)
}

// everybody returns the sessions that a room which is given up leaves without an
// answer: who hears it, and who asked. It takes the waiting out.
func (a *roomActor) everybody(err error) []Session {
	a.logger().Warn("room is given up", "reason", err)
	a.rooms.observer.RoomLost()
	sessions := slices.Clone(a.life.audience.sessions)
	abandon := func(r *Request) {
		if r != nil {
			r.Session.Abandon(r)
			sessions = append(sessions, r.Session)
		}
	}
	for _, b := range []*batch{a.life.inflight, a.life.open} {
		if b != nil {
			for _, o := range b.outcomes {
				abandon(o.request)
			}
		}
	}
	if b := a.life.telling; b != nil { // some of it was answered
		for _, o := range b.outcomes {
			if o.request != nil {
				sessions = append(sessions, o.request.Session)
			}
		}
	}
	for _, w := range append(a.waiting, a.asked()...) {
		abandon(w.request)
	}
	a.waiting = nil
	return sessions
}

// cut ends connections so that the clients connect to whoever serves the room
// now.
func (a *roomActor) cut(sessions []Session) {
	for _, s := range sessions {
		s.Left(a.handle.id)
		s.Cut()
	}
}

// drain reports once nothing is under way.
func (a *roomActor) drain() {
	l := &a.life
	if l.inflight != nil || l.open != nil || l.late || len(a.waiting) > 0 || a.phase == closing ||
		a.phase == serving && l.epoch != 0 && a.dirty() {
		return
	}
	a.phase, a.draining = drained, false
	a.rooms.tellSupervisor(drainedMessage{})
}

// doClosed does what there is to do in a room that is gone: a join opens it anew.
func (a *roomActor) doClosed(w work) {
	r := w.request
	switch {
	case r == nil:
	case isJoin(r):
		a.waiting = append(a.waiting, w)
		a.claim()
	default:
		reply := room.Reply{Err: room.ErrNotInRoom}
		if isDeparture(r.Command) {
			reply.Err = room.OK
		}
		r.Session.Reply(r, reply)
		r.Session.Flush()
	}
}

// isDeparture reports whether a command succeeds in a room that is gone.
func isDeparture(c room.Command) bool {
	switch c.(type) {
	case *room.Leave, *room.Drop:
		return true
	}
	return false
}
