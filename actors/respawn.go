package actors

import (
	"errors"

	"audioroom/actors/room"
)

// errBroken is why a room is given up that panics again and again.
var errBroken = errors.New("actors: the room keeps panicking")

// errHalfTold is why a room is given up whose panic left some of its members
// told and others not.
var errHalfTold = errors.New("actors: the room panicked while it told its members")

// A room that panicked maxPanics times within panicWindow milliseconds is given
// up: the next command would most likely panic as well.
const (
	maxPanics   = 10
	panicWindow = 10_000
)

// panicCount counts the panics of the last panicWindow.
type panicCount struct {
	since int64 // Unix ms
	count int
}

func (p *panicCount) note(now int64) {
	if now-p.since > panicWindow {
		p.since, p.count = now, 0
	}
	p.count++
}

// respawn goes on after a panic: the room is restored as it was last handed to
// the store, with everybody who was in it then, and what was applied since is
// applied again.
func (a *roomActor) respawn() {
	if a.phase != serving { // the panic left no state behind
		return
	}
	switch {
	case a.panics.count > maxPanics:
		a.lose(errBroken)
		return
	case a.halfTold:
		a.halfTold, a.telling = false, false
		a.lose(errHalfTold)
		return
	}
	told := a.toldCount
	if err := a.restore(a.base, a.room.Blocked(), room.Respawn); err != nil {
		a.lose(err)
		return
	}
	a.toldCount = told
	for _, s := range a.members() {
		a.room.Reattach(s.ID(), s.User(), s.Profile())
	}
	if b := a.open; b != nil {
		a.open = nil
		again := make([]*Request, 0, len(b.outcomes)+len(a.waiting))
		for _, o := range b.outcomes {
			if o.request != nil {
				again = append(again, o.request)
			}
		}
		a.waiting = append(again, a.waiting...)
	}
	a.replay()
}

// members returns the sessions that were in the room as it was last handed to
// the store: those who hear it, and those who entered or left it with the commit
// under way.
func (a *roomActor) members() []Session {
	members := audience{}
	for _, s := range a.audience.sessions {
		members.add(s)
	}
	if b := a.inflight; b != nil {
		from := 0
		for _, o := range b.outcomes {
			for _, e := range b.events[from:o.end] {
				switch e.Kind {
				case room.SessionJoined:
					members.add(o.request.Session)
				case room.SessionLeft:
					members.remove(e.Session)
				}
			}
			from = o.end
		}
	}
	return members.sessions
}
