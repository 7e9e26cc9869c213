package transport

import (
	"net"
	"sync"
)

// outbox is what waits for one client, bounded in bytes. Frames are appended
// from any goroutine; at most one writer at a time takes them out.
type outbox struct {
	mu      sync.Mutex
	pending *batch // nil if nothing waits, so that an idle one owns no memory
	waiting int    // bytes of pending, and frameCost for each of its frames
	own     int    // so much of that is shared with no other client
	state   outboxState
	sealed  bool // nothing more is taken
}

type outboxState uint8

const (
	outboxIdle outboxState = iota
	// The most urgent queue of the flusher that it was put into since it was
	// written to:
	outboxLate
	outboxSoon
	outboxNow

	outboxWriting  // a flusher has a batch
	outboxDraining // a drain has one, because the socket took no more
)

// burst is how many times the limit may come at once to a client of whom nothing
// says that it is slow: a room that waited for its store tells all that happened
// meanwhile in one go. That is for frames that are shared by all members: of its
// own, such as answers, a client may ask for as many as it likes.
const burst = 16

// frameCost is what a frame takes in memory beside its bytes: its place in a batch.
const frameCost = 24

// add appends a frame. It reports false if there is no room for it: limit bytes of
// the client's own wait, or limit bytes of any kind while it still takes what was
// written to it before.
func (o *outbox) add(frame []byte, limit int, shared bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed {
		return true
	}
	cost := len(frame) + frameCost
	if !shared {
		if o.own+cost > limit {
			return false
		}
		o.own += cost
	}
	if o.state != outboxDraining {
		limit *= burst
	}
	if o.waiting+cost > limit {
		return false
	}
	o.put(frame)
	return true
}

// put is for holders of mu.
func (o *outbox) put(frame []byte) {
	if o.pending == nil {
		o.pending = batches.Get().(*batch)
	}
	o.pending.frames = append(o.pending.frames, frame)
	o.waiting += len(frame) + frameCost
}

// seal appends the last frames, over the limit if need be.
func (o *outbox) seal(last Frame, before []Frame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed {
		return
	}
	for _, f := range before {
		o.put(f.wire)
	}
	o.put(last.wire)
	o.sealed = true
}

// drop forgets what waits and takes nothing more.
func (o *outbox) drop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sealed = true
	o.pending.free()
	o.pending = nil
}

// schedule reports true if the caller has to put the connection into the queue of
// that urgency.
func (o *outbox) schedule(urgency outboxState) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pending == nil || o.state >= urgency {
		return false
	}
	o.state = urgency
	return true
}

// take gives what waits to a writer, which ends with done; nil if there is nothing
// to write, or somebody else is at it. The state is the writer's.
func (o *outbox) take(state outboxState) *batch {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state == outboxIdle || o.state >= outboxWriting { // it was in several queues
		return nil
	}
	b := o.pending
	o.pending, o.waiting, o.own = nil, 0, 0
	o.state = state
	if b == nil {
		o.state = outboxIdle
	}
	return b
}

// slow says that the writer has to wait for the client.
func (o *outbox) slow() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.state = outboxDraining
}

// done ends a writing. It reports whether more waits, in which case the
// outbox counts as queued late, and whether all of it was the last.
func (o *outbox) done() (more, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pending != nil {
		o.state = outboxLate
		return true, false
	}
	o.state = outboxIdle
	return false, o.sealed
}

// batch is a run of frames on their way out. The frames are shared; only the
// batch's own slice of them changes.
type batch struct {
	frames net.Buffers
	head   int // the frames before it have been written
}

var batches = sync.Pool{New: func() any { return new(batch) }}

// keep is the longest slice that goes back to the pool.
const keep = 1024

func (b *batch) free() {
	if b == nil || cap(b.frames) > keep {
		return
	}
	clear(b.frames)
	b.frames = b.frames[:0]
	b.head = 0
	batches.Put(b)
}

// rest returns what is still to be written.
func (b *batch) rest() net.Buffers { return b.frames[b.head:] }

// advance takes n bytes off the front and returns how many frames that
// finished.
func (b *batch) advance(n int) (frames int) {
	start := b.head
	for n > 0 {
		size := len(b.frames[b.head])
		if n < size {
			b.frames[b.head] = b.frames[b.head][n:]
			break
		}
		n -= size
		b.frames[b.head] = nil
		b.head++
	}
	return b.head - start
}
