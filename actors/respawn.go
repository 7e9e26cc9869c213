package actors

import (
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"

	"github.com/asynkron/protoactor-go/actor"

	"audioroom/actors/room"
)

// errBroken is why a room is put aside that panics again and again.
var errBroken = errors.New("actors: the room keeps panicking")

// errHalfTold is why a room is given up whose panic left some of its members
// told and others not.
var errHalfTold = errors.New("actors: the room panicked while it told its members")

// errAmidst is why a room is given up that panicked while it was being opened or
// closed.
var errAmidst = errors.New("actors: the room panicked while it was opened or closed")

// A room that panicked more than maxPanics times within panicWindow milliseconds
// is put aside: the next command would most likely panic as well.
const (
	maxPanics   = 10
	panicWindow = 10_000
)

// respawning is what the supervisor does about a room that panicked: it has the
// same actor go on at once, however often. The room counts its panics itself and
// gives up in order, which a stopped actor could not.
type respawning struct{}

var _ actor.SupervisorStrategy = respawning{}

// HandleFailure implements actor.SupervisorStrategy.
func (respawning) HandleFailure(system *actor.ActorSystem, supervisor actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, _, _ any) {
	system.Root.Send(child, respawnMessage{}) // nothing else may come for long
	supervisor.ResumeChildren(child)
}

// panicCount counts the panics within a window that begins with the first.
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

// failed answers the request that panicked.
func (a *roomActor) failed(reason any) {
	a.broken = true
	log, r := a.logger(), a.current.request
	switch {
	case r != nil: // session and begun are in the correlation id of its calls to the backend
		log = log.With("command", fmt.Sprintf("%T", r.Command), "session", uint64(r.Session.ID()), "begun", strconv.FormatUint(uint64(r.Begun), 36))
	case a.current.order != nil:
		log = log.With("command", fmt.Sprintf("%T", a.current.order))
	}
	log.Error("room panicked", "reason", reason, "stack", string(debug.Stack()))
	a.rooms.observer.RoomPanicked()
	a.panics.note(a.rooms.now())
	a.current = work{}
	switch {
	case r == nil:
	case isDeparture(r.Command): // who is gone is gone: it is tried again
		a.waiting = append([]work{{request: r}}, a.waiting...)
	default:
		r.Session.Reply(r, room.Reply{Err: room.ErrInternal})
		r.Session.Flush()
	}
}

// tryRespawn goes on after a panic, unless that panics, too: respawn gives up at
// some time.
func (a *roomActor) tryRespawn() {
	defer func() {
		if reason := recover(); reason != nil {
			a.failed(reason)
		}
	}()
	a.broken = false
	a.rooms.observer.RoomRespawned()
	a.respawn()
}

// respawn goes on after a panic: the room is restored as it was last handed to
// the store, with everybody who was in it then, and what was applied since is
// applied again.
func (a *roomActor) respawn() {
	switch {
	case a.phase == closed || a.phase == drained: // there is nothing to restore
		return
	case a.panics.count > maxPanics && (a.phase != serving || a.life.quarantine != ""):
		a.panics = panicCount{}
		a.lose(errBroken) // even to claim it or to put it aside fails
		return
	case a.phase != serving || a.life.quarantine != "":
		a.reclaim(errAmidst)
		return
	case a.life.telling != nil:
		a.reclaim(errHalfTold)
		return
	}
	if err := a.rewind(); err != nil {
		a.reclaim(err)
		return
	}
	if a.panics.count > maxPanics {
		a.panics = panicCount{}
		a.refuseOpen()
		a.putAside(errBroken)
		return
	}
	l := &a.life
	if b := l.open; b != nil {
		l.open = nil
		again := make([]work, 0, len(b.outcomes)+len(a.waiting))
		for _, o := range b.outcomes {
			if o.request != nil || o.order != nil {
				again = append(again, work{o.request, o.order})
			}
		}
		a.waiting = append(again, a.waiting...)
	}
	a.replay()
}

// rewind makes the room as it was last handed to the store, with everybody who was
// in it then.
func (a *roomActor) rewind() error {
	l := &a.life
	a.rebase()
	told := l.toldCount
	places := make(map[room.UserID]int) // by the time they joined
	l.room.EachMember(func(user room.UserID, _ []byte, _ []room.SessionID) { places[user] = len(places) + 1 })
	place := func(s Session) int {
		if p := places[s.User()]; p > 0 {
			return p
		}
		return len(places) + 1
	}
	if _, err := a.restore(l.base, l.room.Blocked(), room.Respawn); err != nil {
		return err
	}
	l.toldCount, l.inquired, l.telling = told, false, nil
	l.full = l.full || l.epoch != 0 // whatever the panic left of the changes
	members := a.members()
	slices.SortStableFunc(members, func(x, y Session) int { return cmp.Compare(place(x), place(y)) })
	for _, s := range members {
		l.room.Reattach(s.ID(), s.User(), s.Profile())
	}
	return nil
}

// rebase makes the snapshot that was given up anew, before the room is changed.
func (a *roomActor) rebase() {
	if l := &a.life; l.baseless {
		l.base, l.baseless = l.room.AppendSnapshot(nil, l.epoch, a.toldLive()), false
	}
}

// refuseOpen answers what was applied and not handed to the store: it did not
// happen.
func (a *roomActor) refuseOpen() {
	b := a.life.open
	if b == nil {
		return
	}
	a.life.open = nil
	for _, o := range b.outcomes {
		if o.request != nil {
			o.request.Session.Reply(o.request, room.Reply{Err: room.ErrInternal})
			o.request.Session.Flush()
		}
	}
	b.recycle()
}

// members returns the sessions that were in the room as it was last handed to
// the store: those who hear it, and those who entered or left it with the commit
// under way.
func (a *roomActor) members() []Session {
	members := audience{}
	for _, s := range a.life.audience.sessions {
		members.add(s)
	}
	if a.life.inflight != nil {
		a.life.inflight.each(func(o *outcome, events []room.Event) {
			for _, e := range events {
				switch e.Kind {
				case room.SessionJoined:
					members.add(o.request.Session)
				case room.SessionLeft:
					members.remove(e.Session)
				}
			}
		})
	}
	return members.sessions
}
