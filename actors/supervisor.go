package actors

import (
	"container/heap"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// supervisor spawns a room's actor on the first join, has it respawned when it
// panics, and keeps the timers of all rooms. Proto.Actor runs Receive on one
// goroutine at a time, which owns every field. It is kept so simple that it
// can't panic.
type supervisor struct {
	rooms   *Rooms
	self    *actor.PID
	entries map[string]*entry
	wakes   wakeHeap
	timer   *time.Timer
	restore *restoreMessage // under way, nil if none
	stop    *stopMessage    // under way, nil if none

	props    *actor.Props // of all rooms
	spawning *roomActor   // which they are for while it is spawned
}

func newSupervisor(r *Rooms) *supervisor {
	s := &supervisor{rooms: r, entries: make(map[string]*entry)}
	s.props = actor.PropsFromProducer(
		func() actor.Actor { return s.spawning },
		actor.WithDispatcher(r.workers),
		actor.WithMailbox(func() actor.Mailbox {
			s.spawning.mailbox = unbounded()
			return s.spawning.mailbox
		}),
	)
	return s
}

// entry is a living room actor.
type entry struct {
	room    *Room
	mailbox actor.Mailbox // of its actor
	// joins is how many joins were sent to the actor. It may only go when it
	// received them all.
	joins uint64
	// loading says that the actor has not opened the room yet.
	loading bool
	wakeAt  int64 // Unix ms, 0 for not at all
	index   int   // in the heap, -1 if not in there
}

// Messages of the supervisor beside *Request, which is always a join.
type (
	wakeMessage struct {
		room *Room
		at   int64
	}
	closedMessage struct {
		room  *Room
		joins uint64
	}
	readyMessage   struct{ room *Room }
	restoreMessage struct {
		ids  []string
		left int
		done func()
	}
	// toRoomMessage is for a room's actor, if there is one.
	toRoomMessage struct {
		id      string
		message any
	}
	timerMessage   struct{}
	drainedMessage struct{}
	stopMessage    struct {
		left int
		done func()
	}
)

// Receive implements actor.Actor.
func (s *supervisor) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		s.self = ctx.Self()
	case *Request:
		e := s.entry(ctx, m.RoomID)
		e.joins++
		ctx.Send(e.room.pid, m)
		m.Session.Attach(e.room)
	case *toRoomMessage:
		if e := s.entries[m.id]; e != nil {
			ctx.Send(e.room.pid, m.message)
		}
	case rewriteMessage:
		for _, e := range s.entries {
			ctx.Send(e.room.pid, m)
		}
	case *wakeMessage:
		if e := s.living(m.room); e != nil {
			s.wake(e, m.at)
		}
	case timerMessage:
		s.fire(ctx)
	case *readyMessage:
		s.ready(m.room)
	case *closedMessage:
		if e := s.living(m.room); e != nil && e.joins == m.joins && s.stop == nil {
			s.forget(e)
			ctx.Poison(e.room.pid) // after what is in its mailbox
		}
	case *restoreMessage:
		s.startRestore(ctx, m)
	case *stopMessage:
		s.drain(ctx, m)
	case drainedMessage:
		s.drained()
	case *viewMessage:
		s.view(ctx, m)
	case depthMessage:
		m <- s.depth()
	}
}

// entry returns the room's, and spawns its actor if there is none.
func (s *supervisor) entry(ctx actor.Context, id string) *entry {
	e := s.entries[id]
	if e != nil {
		return e
	}
	e = &entry{room: &Room{id: id, system: s.rooms.system}, index: -1}
	s.spawning = &roomActor{rooms: s.rooms, handle: e.room}
	e.room.pid = ctx.Spawn(s.props)
	e.mailbox, s.spawning = s.spawning.mailbox, nil
	s.entries[id] = e
	s.rooms.observer.RoomOpened()
	return e
}

// unbounded mailboxes: what may wait in one is bounded by what each session may
// have under way. Those without locks hold no memory while nothing waits.
var unbounded = actor.UnboundedLockfree()

// living returns the entry of a room unless its actor is gone already.
func (s *supervisor) living(r *Room) *entry {
	if e := s.entries[r.id]; e != nil && e.room == r {
		return e
	}
	return nil
}

func (s *supervisor) forget(e *entry) {
	delete(s.entries, e.room.id)
	if e.index >= 0 {
		heap.Remove(&s.wakes, e.index)
	}
	s.rooms.observer.RoomClosed()
}

// wake has a room told when its time has come.
func (s *supervisor) wake(e *entry, at int64) {
	e.wakeAt = at
	if e.index < 0 {
		heap.Push(&s.wakes, e)
	} else {
		heap.Fix(&s.wakes, e.index)
	}
	if s.wakes[0] == e {
		s.setTimer()
	}
}

// setTimer sets the one timer to the earliest wake.
func (s *supervisor) setTimer() {
	if len(s.wakes) == 0 {
		return
	}
	in := time.Duration(max(0, s.wakes[0].wakeAt-s.rooms.now())) * time.Millisecond
	if s.timer == nil {
		s.timer = time.AfterFunc(in, func() { s.rooms.tellSupervisor(timerMessage{}) })
		return
	}
	s.timer.Reset(in)
}

// fire tells every room whose time has come.
func (s *supervisor) fire(ctx actor.Context) {
	now := s.rooms.now()
	for len(s.wakes) > 0 && s.wakes[0].wakeAt <= now {
		e := heap.Pop(&s.wakes).(*entry)
		ctx.Send(e.room.pid, tickMessage{})
	}
	s.setTimer()
}

// startRestore spawns the actors of rooms that the store remembers.
func (s *supervisor) startRestore(ctx actor.Context, m *restoreMessage) {
	if s.stop != nil {
		return
	}
	for _, id := range m.ids {
		if s.entries[id] == nil {
			s.entry(ctx, id).loading = true
			m.left++
		}
	}
	if m.left == 0 {
		m.done()
		return
	}
	s.restore = m
}

// ready counts the restored rooms.
func (s *supervisor) ready(r *Room) {
	e := s.living(r)
	if e == nil || !e.loading {
		return
	}
	e.loading = false
	if s.restore.left--; s.restore.left == 0 {
		s.restore.done()
		s.restore = nil
	}
}

// drain has every room finish what is under way and stop serving.
func (s *supervisor) drain(ctx actor.Context, m *stopMessage) {
	if s.timer != nil {
		s.timer.Stop()
	}
	s.stop = m
	m.left = 1 + len(s.entries)
	for _, e := range s.entries {
		ctx.Send(e.room.pid, drainMessage{})
	}
	s.drained()
}

// drained counts the rooms that have stopped serving.
func (s *supervisor) drained() {
	s.stop.left--
	s.rooms.unfinished.Store(int64(s.stop.left))
	if s.stop.left == 0 {
		s.stop.done()
	}
}

// wakeHeap is the rooms that want to be woken, the earliest first.
type wakeHeap []*entry

func (h wakeHeap) Len() int           { return len(h) }
func (h wakeHeap) Less(i, j int) bool { return h[i].wakeAt < h[j].wakeAt }
func (h wakeHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *wakeHeap) Push(x any) {
	e := x.(*entry)
	e.index = len(*h)
	*h = append(*h, e)
}

// Pop implements heap.Interface.
func (h *wakeHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.index = -1
	return e
}
