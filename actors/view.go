package actors

import (
	"context"

	"github.com/asynkron/protoactor-go/actor"
)

// View is a room of this process at one moment, for people to look at.
type View struct {
	ID string
	// Phase is claiming, serving, closing, closed or drained.
	Phase string
	// Epoch is 0 while the store has not answered the claim.
	Epoch uint64
	// Revision is that of the state in memory, Confirmed that of the last commit
	// which the store confirmed under this epoch.
	Revision, Confirmed uint64
	// Unsaved says that the room serves from memory because the store is late.
	Unsaved bool
	// Participants counts users, Sessions their connections.
	Participants, Sessions int
	// Mailbox is how many messages wait for the room, Waiting how much work
	// waits within it: for the claim, for the end.
	Mailbox, Waiting int
	// Panics is how many there were within the last window.
	Panics int
	// Snapshot is the room's state, as it would be committed; nil if it was not
	// asked for, or there is none.
	Snapshot []byte
}

// phases names each phase for people.
var phases = [...]string{claiming: "claiming", serving: "serving", closing: "closing", closed: "closed", drained: "drained"}

// viewMessage asks the supervisor for a view of one room, or of all.
type viewMessage struct {
	id  string // of the one room, with its snapshot; "" for all without
	ask func(rooms int) chan<- View
}

// lookMessage asks a room for a view of itself. The channel has room for it.
type lookMessage struct {
	snapshot bool
	to       chan<- View
}

// Views returns the open rooms, in no order, as far as they answered before ctx
// ended; total is how many there are. Any goroutine may ask.
func (r *Rooms) Views(ctx context.Context) (views []View, total int) {
	views, total, _ = r.look(ctx, "")
	return views, total
}

// View returns one room with its snapshot, and false if it is not open. The
// error is ctx's. Any goroutine may ask.
func (r *Rooms) View(ctx context.Context, id string) (View, bool, error) {
	views, _, err := r.look(ctx, id)
	if len(views) == 0 || views[0].Phase == phases[closed] {
		return View{}, false, err
	}
	return views[0], true, nil
}

// look asks one room, or all if id is "", how they are.
func (r *Rooms) look(ctx context.Context, id string) (views []View, total int, err error) {
	asked := make(chan chan View, 1)
	r.tellSupervisor(&viewMessage{id: id, ask: func(rooms int) chan<- View {
		to := make(chan View, rooms)
		asked <- to
		return to
	}})
	var answers chan View
	select {
	case answers = <-asked:
		total = cap(answers)
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	for len(views) < total {
		select {
		case v := <-answers:
			views = append(views, v)
		case <-ctx.Done():
			return views, total, ctx.Err()
		}
	}
	return views, total, nil
}

// Depth is how much waits in the mailboxes of all rooms.
type Depth struct {
	// Waiting is how many messages wait, Deepest how many of them for one room.
	Waiting, Deepest int
}

// Backlog returns how many messages wait for the supervisor, without asking it: joins,
// orders, questions. Any goroutine may ask.
func (r *Rooms) Backlog() int { return r.inbox.UserMessageCount() }

// depthMessage asks the supervisor for the depth. The channel has room for it.
type depthMessage chan Depth

// Depth counts what waits for rooms. The error is ctx's. Any goroutine may ask.
func (r *Rooms) Depth(ctx context.Context) (Depth, error) {
	answer := make(depthMessage, 1)
	r.tellSupervisor(answer)
	select {
	case d := <-answer:
		return d, nil
	case <-ctx.Done():
		return Depth{}, ctx.Err()
	}
}

func (s *supervisor) depth() (d Depth) {
	for _, e := range s.entries {
		n := e.mailbox.UserMessageCount()
		d.Waiting += n
		d.Deepest = max(d.Deepest, n)
	}
	return d
}

// view passes the question on to the rooms that it is about.
func (s *supervisor) view(ctx actor.Context, m *viewMessage) {
	if m.id != "" {
		e := s.entries[m.id]
		if e == nil {
			m.ask(0)
			return
		}
		ctx.Send(e.room.pid, &lookMessage{snapshot: true, to: m.ask(1)})
		return
	}
	look := &lookMessage{to: m.ask(len(s.entries))}
	for _, e := range s.entries {
		ctx.Send(e.room.pid, look)
	}
}

// look answers with a view of the room.
func (a *roomActor) look(m *lookMessage) {
	l := &a.life
	v := View{
		ID: a.handle.id, Phase: phases[a.phase], Epoch: l.epoch, Confirmed: l.confirmed, Unsaved: l.late,
		Sessions: len(l.audience.sessions), Mailbox: a.mailbox.UserMessageCount(), Waiting: len(a.waiting), Panics: a.panics.count,
	}
	if l.room != nil {
		v.Revision, v.Participants = l.room.Revision(), l.room.Participants()
		if m.snapshot {
			v.Snapshot = l.room.AppendSnapshot(nil, l.epoch, a.toldLive())
		}
	}
	m.to <- v
}
