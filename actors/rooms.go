package actors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"audioroom/actors/room"
)

// Config is how rooms are run.
type Config struct {
	// Room holds the times and numbers of the rooms themselves.
	Room room.Config
	// Log hears of panics, lost rooms and the like. Nil for none.
	Log *slog.Logger
	// Observer counts what happens to rooms. Nil for none.
	Observer Observer
}

// Observer counts what happens to rooms. Its methods are called from room
// goroutines and the supervisor's and must not block.
type Observer interface {
	RoomOpened()
	RoomClosed()
	RoomPanicked()
	// RoomRespawned tells that a room goes on after a panic.
	RoomRespawned()
	RoomLost()
	// RoomQuarantined tells that a room is put aside: it kept panicking, or its
	// snapshot can't be read.
	RoomQuarantined()
	// RoomUnsaved tells that a room began or ceased to serve from memory because
	// the store doesn't confirm.
	RoomUnsaved(unsaved bool)
	// Participants tells that a room has more or fewer participants than before.
	Participants(change int)
	// Dropped tells that a message came for a room that had just gone.
	Dropped()
}

// Rooms runs the rooms of one process.
type Rooms struct {
	config     Config
	store      Store
	backend    Backend
	users      Users
	encode     Encoder
	log        *slog.Logger
	observer   Observer
	system     *actor.ActorSystem
	supervisor *actor.PID
	inbox      actor.Mailbox // of the supervisor
	workers    *workers
	failpoint  failpoint
	// unfinished counts the rooms that Stop waits for.
	unfinished atomic.Int64
}

// Room is where the commands for one room go. Sessions keep it while they are
// in the room or on their way there.
type Room struct {
	id     string
	pid    *actor.PID
	system *actor.ActorSystem
}

// ID returns the room's id.
func (r *Room) ID() string { return r.id }

// Send has the room carry out a request. It doesn't block and may be called from
// any goroutine; requests of one goroutine are carried out in its order.
func (r *Room) Send(request *Request) { r.system.Root.Send(r.pid, request) }

// Start starts the supervisor. Stop ends it.
func Start(config Config, store Store, backend Backend, users Users, encode Encoder) *Rooms {
	r := &Rooms{
		config: config, store: store, backend: backend, users: users, encode: encode,
		log: config.Log, observer: config.Observer, failpoint: injected, workers: newWorkers(),
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.observer == nil {
		r.observer = noObserver{}
	}
	quiet := slog.New(slog.DiscardHandler) // panics are logged here, with their stack
	r.system = actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return quiet }),
		actor.WithDeadLetterThrottleInterval(time.Millisecond), // its goroutine sleeps that long, and nobody ends it
	)
	r.system.EventStream.Subscribe(func(event any) {
		if _, lost := event.(*actor.DeadLetterEvent); lost {
			r.observer.Dropped()
		}
	})
	s := newSupervisor(r)
	r.supervisor = r.system.Root.Spawn(actor.PropsFromProducer(
		func() actor.Actor { return s },
		actor.WithSupervisor(respawning{}),
		actor.WithGuardian(actor.NewOneForOneStrategy(0, 0, resumeAlways)),
		actor.WithMailbox(func() actor.Mailbox {
			r.inbox = unbounded()
			return r.inbox
		}),
	))
	return r
}

func resumeAlways(any) actor.Directive { return actor.ResumeDirective }

// Join sends a join to its room, which is opened if it is not there. It doesn't
// block and may be called from any goroutine. Session.Attach tells where the
// session's next requests go.
func (r *Rooms) Join(request *Request) { r.system.Root.Send(r.supervisor, request) }

// Order has a room carry out a command that no session asked for, if the room
// is open here. It doesn't block and may be called from any goroutine.
func (r *Rooms) Order(roomID string, c room.Command) {
	r.tellSupervisor(&toRoomMessage{roomID, &orderMessage{c}})
}

// Relay gives a frame to every session in a room, if the room is open here. It
// doesn't block and may be called from any goroutine.
func (r *Rooms) Relay(roomID string, frame Frame) {
	r.tellSupervisor(&toRoomMessage{roomID, &relayMessage{frame}})
}

// Taken tells a room, if it is open here, that another process claimed it under
// an epoch. It doesn't block and may be called from any goroutine.
func (r *Rooms) Taken(roomID string, epoch uint64) {
	r.tellSupervisor(&toRoomMessage{roomID, takenMessage{epoch}})
}

// Rewrite has every room that is open here written in full: the store may have
// lost them. It doesn't block and may be called from any goroutine.
func (r *Rooms) Rewrite() { r.tellSupervisor(rewriteMessage{}) }

// Restore opens rooms that the store remembers, in parallel, and waits until
// they are all open or ctx ends.
func (r *Rooms) Restore(ctx context.Context, ids []string) error {
	done := make(chan struct{})
	r.tellSupervisor(&restoreMessage{ids: ids, done: func() { close(done) }})
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ErrUnfinished says that rooms had work under way when the time to stop ran out.
var ErrUnfinished = errors.New("actors: rooms were stopped with work under way")

// Stop lets each room finish what is under way, until ctx ends, and ends them.
// Requests that come later are not carried out. It is called once.
func (r *Rooms) Stop(ctx context.Context) error {
	drained := make(chan struct{})
	r.tellSupervisor(&stopMessage{done: func() { close(drained) }})
	var err error
	select {
	case <-drained:
	case <-ctx.Done():
		err = fmt.Errorf("%w: %d rooms", ErrUnfinished, r.unfinished.Load())
	}
	stopped := r.system.Root.StopFuture(r.supervisor) // its rooms with it
	err = errors.Join(err, stopped.Wait())
	r.system.Shutdown()
	r.workers.close()
	return err
}

// Unfinished returns how many rooms Stop still waits for. Any goroutine may ask.
func (r *Rooms) Unfinished() int { return int(r.unfinished.Load()) }

func (r *Rooms) tellSupervisor(m any) { r.system.Root.Send(r.supervisor, m) }

// now is the time of all rooms, in Unix milliseconds.
func (r *Rooms) now() int64 { return time.Now().UnixMilli() }

type noObserver struct{}

func (noObserver) RoomOpened()      {}
func (noObserver) RoomClosed()      {}
func (noObserver) RoomPanicked()    {}
func (noObserver) RoomRespawned()   {}
func (noObserver) RoomLost()        {}
func (noObserver) RoomQuarantined() {}
func (noObserver) RoomUnsaved(bool) {}
func (noObserver) Participants(int) {}
func (noObserver) Dropped()         {}
