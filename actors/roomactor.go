package actors

import (
	"log/slog"
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"

	"audioroom/actors/room"
)

// phase is how far a room actor is in its life.
type phase uint8

const (
	// claiming: the store was asked for the room; requests wait.
	claiming phase = iota
	// serving: requests are applied.
	serving
	// closing: the room is over, its last commit is under way; requests wait.
	closing
	// closed: nothing is left of the room. A join opens it anew.
	closed
	// drained: the server stops; what comes now is not carried out.
	drained
)

// roomActor is one room as an actor. Proto.Actor runs Receive on one goroutine
// at a time, which owns every field. The same value serves across respawns: a
// panic costs the room.Room, nothing else.
type roomActor struct {
	id      string
	rooms   *Rooms
	self    *actor.PID
	mailbox actor.Mailbox
	handle  *Room

	phase phase
	room  *room.Room
	// epoch is the one of the last claim, 0 as long as the store has not
	// answered the first.
	epoch uint64
	// confirmed is the revision of the last confirmed commit of this epoch.
	confirmed uint64
	// full says that the next commit replaces what the store holds.
	full bool
	// late says that the store did not confirm in time: outcomes are released
	// without waiting for it.
	late bool

	open     *batch // applied, not handed to the store; nil if empty
	inflight *batch // handed to the store, not confirmed; nil if none
	commit   Commit // the commit under way, if inflight is set
	changes  changes
	// base is the snapshot that a respawn starts from, and spare the buffer for
	// the next one.
	base, spare []byte

	audience audience
	waiting  []*Request     // for the claim, or to be applied again
	orders   []room.Command // the same, of nobody's session
	current  *Request       // being applied; answered if that panics
	telling  bool           // members are being told
	halfTold bool           // a panic hit while they were
	inquired bool           // the backend was asked for the owner and the seats
	panics   panicCount

	joins  uint64 // received from the supervisor
	wakeAt int64  // what the supervisor was asked for, Unix ms, 0 for nothing
	// toldCount is the participant count of the last status, -1 if there is none.
	toldCount int
	draining  bool // the process stops: serve no more once nothing is under way
}

// Messages of the room actor beside *Request.
type (
	tickMessage      struct{}
	claimLateMessage struct{}
	claimedMessage   struct {
		claim Claim
		err   error
	}
	commitLateMessage struct{ revision uint64 }
	committedMessage  struct{ err error }
	infoMessage       struct {
		info      RoomInfo
		err       error
		by        room.UserID
		seatCount int
	}
	rankMessage struct {
		request *Request
		user    room.UserID
		rank    room.Rank
		err     error
	}
	drainMessage struct{}
	orderMessage struct{ command room.Command }
	relayMessage struct{ frame Frame }
)

// Receive implements actor.Actor.
func (a *roomActor) Receive(ctx actor.Context) {
	defer func() {
		if reason := recover(); reason != nil {
			a.failed(reason)
			panic(reason) // the supervisor respawns the room
		}
	}()
	switch m := ctx.Message().(type) {
	case *Request:
		a.request(m)
	case *committedMessage:
		a.committed(m.err)
	case *actor.Started:
		a.started(ctx)
	case tickMessage:
		a.wakeAt = 0
		a.tick()
	case *rankMessage:
		a.ranked(m)
	case *infoMessage:
		a.configure(m)
	case *claimedMessage:
		a.claimed(m.claim, m.err)
	case claimLateMessage:
		a.claimLate()
	case commitLateMessage:
		a.commitLate(m.revision)
	case *orderMessage:
		a.order(m.command)
	case *relayMessage:
		a.audience.deliver(m.frame, 0)
		a.audience.flush()
	case drainMessage:
		a.draining = true
	default: // life cycle: nothing to do
		return
	}
	a.settle()
}

// started begins the actor's life, or goes on after a panic.
func (a *roomActor) started(ctx actor.Context) {
	if a.self != nil {
		a.respawn()
		return
	}
	a.self = ctx.Self()
	a.claim()
}

// request takes up what a session asks.
func (a *roomActor) request(r *Request) {
	if _, ok := r.Command.(*room.Join); ok {
		a.joins++
		if a.phase == closed {
			a.waiting = append(a.waiting, r)
			a.claim()
			return
		}
	}
	switch a.phase {
	case serving:
		a.apply(r)
	case claiming, closing:
		a.waiting = append(a.waiting, r)
	case closed:
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

// apply carries a session's command out.
func (a *roomActor) apply(r *Request) {
	join, _ := r.Command.(*room.Join)
	if join != nil && !r.Session.Alive() {
		r.Session.Reply(r, room.Reply{Err: room.ErrNotInRoom})
		return
	}
	a.current = r
	if a.rooms.failpoint != nil {
		a.rooms.failpoint(a.id, r.Command)
	}
	reply := a.run(r, r.Command)
	a.current = nil
	if reply.Ask != 0 {
		a.ask(r, reply.Ask)
		return
	}
	if join != nil && (!a.inquired || join.SeatCount != 0 && join.SeatCount != a.room.SeatCount()) {
		a.inquire(join)
	}
}

// run applies a command and puts its outcome into the open batch.
func (a *roomActor) run(r *Request, c room.Command) room.Reply {
	b := a.open
	if b == nil {
		b = batches.Get().(*batch)
	}
	from := len(b.events)
	reply, events := a.room.Apply(a.rooms.now(), c, b.events)
	b.events = events
	a.changes.note(events[from:])
	if reply.Ask == 0 && (r != nil || len(events) > from) {
		b.add(r, reply)
	}
	if len(b.outcomes) > 0 {
		a.open = b
	} else {
		b.recycle()
	}
	if a.room.IsClosed() {
		a.phase = closing
	}
	return reply
}

// ask has the backend tell a user's rank; the request is applied again then.
func (a *roomActor) ask(r *Request, user room.UserID) {
	a.rooms.backend.Rank(a.id, user, func(rank room.Rank, err error) {
		a.tell(&rankMessage{request: r, user: user, rank: rank, err: err})
	})
}

// asker is a command that may need a user's rank.
type asker interface {
	Answer(user room.UserID, rank room.Rank)
}

func (a *roomActor) ranked(m *rankMessage) {
	if m.err != nil {
		a.refuse(m.request, room.ErrInternal)
		return
	}
	m.request.Command.(asker).Answer(m.user, m.rank)
	a.request(m.request)
}

// refuse answers a request in its turn.
func (a *roomActor) refuse(r *Request, err room.Error) {
	if a.open == nil {
		a.open = batches.Get().(*batch)
	}
	a.open.add(r, room.Reply{Err: err})
}

// inquire asks the backend for the room's owner and seats, on behalf of a join.
func (a *roomActor) inquire(join *room.Join) {
	a.inquired = true
	a.rooms.backend.Info(a.id, func(info RoomInfo, err error) {
		a.tell(&infoMessage{info: info, err: err, by: join.User, seatCount: join.SeatCount})
	})
}

func (a *roomActor) configure(m *infoMessage) {
	switch {
	case m.err != nil: // the room goes on with what it has; the next join asks again
		a.inquired = false
	case a.phase == serving:
		a.run(nil, &room.Configure{Owner: m.info.Owner, MaxSeats: m.info.MaxSeats, By: m.by, SeatCount: m.seatCount})
	}
}

// tick lets time pass.
func (a *roomActor) tick() {
	if a.phase != serving {
		return
	}
	if a.late { // a room is not closed behind the store's back
		return
	}
	a.run(nil, &room.Tick{})
}

// order carries out what no session asked for.
func (a *roomActor) order(c room.Command) {
	switch a.phase {
	case serving:
		a.run(nil, c)
	case claiming, closing:
		a.orders = append(a.orders, c)
	}
}

// settle hands the open batch to the store or releases it, as far as the
// mailbox is empty, and keeps the supervisor's timer right.
func (a *roomActor) settle() {
	if a.phase == serving || a.phase == closing {
		if a.open != nil || a.dirty() {
			a.advance()
		}
		a.arm()
	}
	if a.draining {
		a.drain()
	}
}

// arm asks the supervisor for a tick, if the room needs one sooner than it
// will come.
func (a *roomActor) arm() {
	if a.phase != serving {
		return
	}
	at := a.room.Deadline()
	if a.late && at != 0 { // look again when the store may be back
		at = max(at, a.rooms.now()+1000)
	}
	if at != 0 && (a.wakeAt == 0 || at < a.wakeAt) {
		a.wakeAt = at
		a.rooms.tellSupervisor(&wakeMessage{room: a.handle, at: at})
	}
}

// drain reports once nothing is under way.
func (a *roomActor) drain() {
	if a.inflight != nil || a.open != nil || a.late || len(a.waiting) > 0 {
		return
	}
	a.phase, a.draining = drained, false
	a.rooms.tellSupervisor(drainedMessage{})
}

// tell sends the actor a message from any goroutine.
func (a *roomActor) tell(m any) {
	a.rooms.system.Root.Send(a.self, m)
}

// failed answers the request that panicked.
func (a *roomActor) failed(reason any) {
	a.rooms.log.Error("room panicked", "room", a.id, "reason", reason, "stack", string(debug.Stack()))
	a.rooms.observer.RoomPanicked()
	a.panics.note(a.rooms.now())
	r := a.current
	a.halfTold = a.telling
	if r != nil {
		a.current = nil
		r.Session.Reply(r, room.Reply{Err: room.ErrInternal})
		r.Session.Flush()
	}
}

var _ actor.Actor = (*roomActor)(nil)

// logger returns the log of this room.
func (a *roomActor) logger() *slog.Logger { return a.rooms.log.With("room", a.id) }
