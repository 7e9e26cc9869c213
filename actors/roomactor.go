package actors

import (
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"

	"audioroom/actors/room"
)

// phase is how far a room actor is in its life.
type phase uint8

const (
	// claiming: the store was asked for the room; work waits.
	claiming phase = iota
	// serving: work is applied.
	serving
	// closing: the room is over, its last commit is to be confirmed; work waits.
	closing
	// closed: nothing is left of the room. A join opens it anew.
	closed
	// drained: the process stops; what comes now is not carried out.
	drained
)

// roomActor is one room as an actor. Proto.Actor runs Receive on one goroutine
// at a time, which owns every field. A panic costs the room.Room, nothing else.
// There may be very many, most of them idle: a few words more are a larger size of
// the allocator's.
type roomActor struct {
	rooms   *Rooms
	self    *actor.PID
	mailbox actor.Mailbox
	handle  *Room // has the id
	life    life

	waiting []work                     // for the claim, for the end, or to be applied again
	asks    map[room.UserID][]*Request // waiting for a user's rank
	current work                       // being applied
	joins   uint64                     // received from the supervisor
	wakeAt  int64                      // what the supervisor was asked for, Unix ms, 0 for nothing
	counted int                        // participants, as the observer was told
	panics  panicCount

	phase  phase
	broken bool // it panicked and was not respawned yet
	// draining says that the process stops: nothing new is taken, and what is
	// under way comes to its end.
	draining bool
}

// life is what a room actor holds of its room. Each claim begins a new one.
type life struct {
	room *room.Room
	// ticket is the last claim; answers to others are stale.
	ticket *claimTicket
	// epoch is the claim's, 0 while the store has not answered.
	epoch uint64
	// confirmed is the revision of the last confirmed commit of this epoch.
	confirmed uint64
	// quarantine is why the room is put aside, empty if it is not.
	quarantine string
	// ended is why the room is over, empty if it is not or nobody ever joined it.
	ended string
	// cause is the last request that changed the number of participants.
	cause Cause

	open     *batch  // applied, not handed to the store; nil if empty
	inflight *batch  // handed to the store, not confirmed; nil if none
	commit   *Commit // the commit under way, the store's until it answers
	spare    *Commit // one that the store has given back
	former   *Commit // the commit that closes the room's former life, if it is under way
	untold   []byte  // the status of the commit under way, while the backend wasn't told
	changes  changes
	// base is the snapshot that a respawn starts from, and buffer the memory for
	// the next one.
	base, buffer []byte

	audience audience
	telling  *batch // members are being told of it; set still, a panic hit half-way
	resized  int    // how often the backend set the number of seats by itself
	maxSeats int    // what it set last, 0 for nothing
	// toldCount is the participant count of the last status, -1 if there is none.
	toldCount int
	// tellAt is when the backend is told that nobody came back to a restored room,
	// Unix ms, 0 for never.
	tellAt int64

	// baseless says that base was given up: the room is as it was last stored.
	baseless bool
	// inquired says that the backend was asked for the owner and the seats.
	inquired bool
	// claimLate says that the store did not answer the claim in time.
	claimLate bool
	// late says that the store did not confirm in time: outcomes are released
	// without waiting for it.
	late bool
	// full says that the next commit replaces what the store holds, mustTell that
	// it carries a status even if the count is the one last told.
	full, mustTell bool
}

// work is what a room is to do: a session's request, or an order that no session
// asked for.
type work struct {
	request *Request
	order   room.Command
}

// Messages of the room actor beside *Request.
type (
	tickMessage      struct{}
	respawnMessage   struct{}
	rewriteMessage   struct{}
	drainMessage     struct{}
	orderMessage     struct{ command room.Command }
	relayMessage     struct{ frame Frame }
	takenMessage     struct{ epoch uint64 }
	claimLateMessage struct{ ticket *claimTicket }
	claimedMessage   struct {
		ticket *claimTicket
		claim  Claim
		err    error
	}
	commitLateMessage struct{ commit *Commit }
	committedMessage  struct {
		commit *Commit
		err    error
	}
	infoMessage struct {
		info      RoomInfo
		err       error
		asked     int // life.resized at the time of the question
		by        room.UserID
		seatCount int
	}
	rankMessage struct {
		user room.UserID
		rank room.Rank
		err  error
	}
)

var _ actor.Actor = (*roomActor)(nil)

// Receive implements actor.Actor.
func (a *roomActor) Receive(ctx actor.Context) {
	defer func() {
		if reason := recover(); reason != nil {
			a.failed(reason)
			panic(reason) // the supervisor has the room respawned
		}
	}()
	switch ctx.Message().(type) {
	case *actor.Stopping, *actor.Stopped: // a broken room, too
		return
	}
	for a.broken { // before anything else, so that no message is lost if that panics as well
		a.tryRespawn()
	}
	switch m := ctx.Message().(type) {
	case *Request:
		a.receive(m)
	case *committedMessage:
		a.committed(m.commit, m.err)
	case *actor.Started:
		a.self = ctx.Self()
		a.claim()
	case tickMessage:
		a.wakeAt = 0
		a.tick()
	case *rankMessage:
		a.ranked(m)
	case *infoMessage:
		a.configure(m)
	case *claimedMessage:
		a.claimed(m)
	case *claimLateMessage:
		a.claimLate(m.ticket)
	case *commitLateMessage:
		a.commitLate(m.commit)
	case *orderMessage:
		if c, ok := m.command.(*room.Resize); ok {
			a.life.resized, a.life.maxSeats = a.life.resized+1, c.MaxSeats
		}
		a.do(work{order: m.command})
	case *relayMessage:
		a.life.audience.deliver(m.frame, 0)
		a.life.audience.flush(false)
	case takenMessage:
		if a.life.epoch != 0 && m.epoch > a.life.epoch { // else the claim under way will tell
			a.lose(ErrFenced)
		}
	case rewriteMessage:
		if a.life.epoch != 0 {
			a.life.full, a.life.mustTell = true, true
		}
	case drainMessage:
		a.draining = true
	case respawnMessage: // that has been done
	case *lookMessage: // it settles like the others: who came before it may count on that
		a.look(m)
	default: // life cycle: nothing to do
		return
	}
	a.settle()
}

// receive takes a request from the mailbox.
func (a *roomActor) receive(r *Request) {
	if isJoin(r) {
		a.joins++
	}
	if !a.draining {
		a.do(work{request: r})
	}
}

// do applies work, or keeps it until it can be.
func (a *roomActor) do(w work) {
	switch a.phase {
	case serving:
		a.apply(w)
	case claiming, closing:
		a.waiting = append(a.waiting, w)
		a.serveFromMemory()
	case closed:
		a.doClosed(w)
	}
}

func isJoin(r *Request) bool {
	_, ok := r.Command.(*room.Join)
	return ok
}

// apply carries work out.
func (a *roomActor) apply(w work) {
	r := w.request
	if r == nil {
		a.current = w
		a.run(nil, w.order)
		a.current = work{}
		return
	}
	join, _ := r.Command.(*room.Join)
	if join != nil && !r.Session.Alive() {
		r.Session.Reply(r, room.Reply{Err: room.ErrNotInRoom})
		return
	}
	a.current = w
	if r.Trace != nil {
		r.Trace.Reached(StepReceived)
	}
	if a.rooms.failpoint != nil {
		a.rooms.failpoint(a.handle.id, r.Command)
	}
	reply := a.run(r, r.Command)
	a.current = work{}
	if reply.Ask != 0 {
		a.ask(r, reply.Ask)
	} else if join != nil && reply.Err == room.OK {
		// Also for a further session of a participant: the store keeps one room for
		// each user, and this is the latest.
		a.life.changes.users = append(a.life.changes.users, join.User)
		a.inquire(r, join)
	}
}

// run applies a command and puts its outcome into the open batch.
func (a *roomActor) run(r *Request, c room.Command) room.Reply {
	l := &a.life
	a.rebase()
	b := l.open
	if b == nil {
		b = batches.Get().(*batch)
	}
	from, before := len(b.events), l.room.Participants()
	reply, events := l.room.Apply(a.rooms.now(), c, b.events)
	b.events = events
	l.changes.note(events[from:])
	if r != nil && l.room.Participants() != before {
		l.cause = Cause{Session: r.Session.ID(), Begun: r.Begun}
	}
	if r != nil && r.Trace != nil {
		r.Trace.Reached(StepApplied)
		b.traced = true
	}
	_, isTick := c.(*room.Tick)
	if reply.Ask == 0 && (!isTick || len(events) > from) {
		o := outcome{request: r, reply: reply}
		if r == nil && !isTick {
			o.order = c
		}
		b.add(o)
	} else if len(events) > from { // what ran out before the question
		b.add(outcome{})
	}
	if len(b.outcomes) > 0 {
		l.open = b
	} else {
		b.recycle()
	}
	if l.room.IsClosed() {
		a.phase = closing
		for _, e := range events[from:] {
			if e.Kind == room.Closed {
				l.ended = endings[e.Reason]
			}
		}
	}
	return reply
}

// tick lets time pass. A room is not closed behind the back of a store that is
// away.
func (a *roomActor) tick() {
	if a.phase != serving {
		return
	}
	l := &a.life
	if l.tellAt != 0 && a.rooms.now() >= l.tellAt { // nobody came back
		l.tellAt, l.mustTell, l.full = 0, true, true
	}
	a.run(nil, &room.Tick{KeepOpen: l.late})
}

// settle hands the open batch to the store or releases it, as far as the
// mailbox is empty, and keeps the supervisor's timer right.
func (a *roomActor) settle() {
	if a.phase == serving || a.phase == closing {
		if a.life.open != nil || a.dirty() {
			a.advance()
		}
	}
	if a.phase == serving {
		a.arm()
	}
	if a.draining {
		a.drain()
	}
	a.count()
}

// count tells the observer of participants that the room gained or lost.
func (a *roomActor) count() {
	n := 0
	if a.phase == serving || a.phase == closing {
		n = a.life.room.Participants()
	}
	if n != a.counted {
		a.rooms.observer.Participants(n - a.counted)
		a.counted = n
	}
}

// arm asks the supervisor for a tick, if the room needs one sooner than it
// will come.
func (a *roomActor) arm() {
	at := a.life.room.Deadline()
	if tell := a.life.tellAt; tell != 0 && (at == 0 || tell < at) {
		at = tell
	}
	if at == 0 {
		return
	}
	if now := a.rooms.now(); a.life.late && at <= now {
		at = now + 1000 // a close that waits for the store: look again
	}
	if a.wakeAt == 0 || at < a.wakeAt {
		a.wakeAt = at
		a.rooms.tellSupervisor(&wakeMessage{room: a.handle, at: at})
	}
}

// tell sends the actor a message from any goroutine.
func (a *roomActor) tell(m any) { a.rooms.system.Root.Send(a.self, m) }

// logger returns the log of this room.
func (a *roomActor) logger() *slog.Logger { return a.rooms.log.With("room", a.handle.id) }
