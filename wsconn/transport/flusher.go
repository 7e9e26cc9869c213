package transport

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"audioroom/wsconn/nonblock"
)

// flusher writes what waits in the outboxes of its connections, one connection
// after the other, and never waits for any of them. Who is about to be sent more is
// written to soon: each write is a system call, which costs more than everything
// else about a frame. A crowd that hears of something is late. Between runs of
// those two, others have their turn.
//
// A connection may be in several queues, and be found there when it has been
// written to: then nothing waits for it, and it is passed over.
type flusher struct {
	server *Server
	vector vector
	turn   *nonblock.Turn
	drains sync.WaitGroup // added to by run alone

	mu     sync.Mutex
	wake   sync.Cond
	now    []*Conn
	soon   []*Conn     // until the timer rings, which makes them due
	timer  *time.Timer // set while somebody is in soon
	due    []*Conn
	late   []*Conn
	closed bool
}

// soonTime is how long a write waits for more: longer than a commit takes, and
// nothing beside the time that a frame takes to its user.
const soonTime = 2 * time.Millisecond

// crowdTime is how long those who are due, and those who are late, are written to
// before others have their turn: a hundred connections or so, beside which a turn
// costs nothing.
const crowdTime = 300 * time.Microsecond

func newFlusher(s *Server) (*flusher, error) {
	turn, err := nonblock.NewTurn()
	if err != nil {
		return nil, err
	}
	f := &flusher{server: s, turn: turn}
	f.wake.L = &f.mu
	f.vector.init()
	f.timer = time.AfterFunc(time.Hour, f.ring)
	f.timer.Stop()
	return f, nil
}

// push queues a connection whose outbox has been scheduled.
func (f *flusher) push(c *Conn, urgency outboxState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case urgency == outboxNow:
		f.now = append(f.now, c)
	case urgency == outboxLate:
		f.late = append(f.late, c)
	case f.closed:
		f.due = append(f.due, c)
	default:
		if len(f.soon) == 0 {
			f.timer.Reset(soonTime)
		}
		f.soon = append(f.soon, c)
		return
	}
	f.wake.Signal()
}

// ring is the timer's.
func (f *flusher) ring() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hurry()
}

// hurry makes those due who were to be written to soon. It is for holders of mu.
func (f *flusher) hurry() {
	f.due = append(f.due, f.soon...)
	clear(f.soon)
	f.soon = f.soon[:0]
	f.wake.Signal()
}

func (f *flusher) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.timer.Stop()
	f.hurry()
}

// line is connections that a flusher has taken out of a queue.
type line struct {
	conns []*Conn
	next  int
}

func (l *line) empty() bool { return l.next == len(l.conns) }

// refill takes all of a queue if the line is empty, and leaves it the memory.
func (l *line) refill(queue *[]*Conn) {
	if l.empty() {
		l.conns, *queue, l.next = *queue, l.conns[:0], 0
	}
}

func (l *line) pop() *Conn {
	c := l.conns[l.next]
	l.conns[l.next] = nil
	l.next++
	return c
}

// run ends when the flusher is closed, its queues are empty and its drains have
// ended.
func (f *flusher) run() {
	defer f.turn.Close()
	defer f.drains.Wait()
	var few, due, crowd line
	for {
		f.mu.Lock()
		for len(f.now)+len(f.due)+len(f.late) == 0 && due.empty() && crowd.empty() && !f.closed {
			f.wake.Wait()
		}
		few.refill(&f.now)
		due.refill(&f.due)
		crowd.refill(&f.late)
		f.mu.Unlock()
		if few.empty() && due.empty() && crowd.empty() {
			return
		}
		for !few.empty() {
			f.flush(few.pop())
		}
		for _, l := range []*line{&due, &crowd} {
			for begun := time.Now(); !l.empty() && time.Since(begun) < crowdTime; {
				f.flush(l.pop())
			}
		}
		if !due.empty() || !crowd.empty() {
			f.turn.Give()
		}
	}
}

// flush writes as much as the connection takes at once and leaves the rest to
// a drain.
func (f *flusher) flush(c *Conn) {
	b := c.out.take(outboxWriting)
	if b == nil {
		return
	}
	if c.raw != nil {
		if err := f.write(c, b); err != nil {
			c.fail(b, err)
			return
		}
	}
	if len(b.rest()) > 0 {
		c.out.slow()
		f.drains.Go(func() { c.drain(b) })
		return
	}
	b.free()
	more, last := c.out.done()
	if more {
		f.push(c, outboxLate)
	}
	if last {
		c.hangUp()
	}
}

// write writes until the batch is done or the socket takes no more.
func (f *flusher) write(c *Conn, b *batch) error {
	frames, written := 0, 0
	for len(b.rest()) > 0 {
		n, full, err := f.vector.writeTo(c.raw, b.rest())
		if err != nil {
			return err
		}
		written += n
		frames += b.advance(n)
		if full {
			break
		}
	}
	f.server.config.Observer.Written(frames, written)
	return nil
}

// drainChunk is how much a blocking write is given at once, so that its
// deadline measures progress and not the size of the outbox.
const drainChunk = 64 << 10

// drain writes blocking until the outbox is empty. It is the only writer
// meanwhile.
func (c *Conn) drain(b *batch) {
	chunk := make(net.Buffers, 0, 16)
	for {
		for len(b.rest()) > 0 {
			c.net.SetWriteDeadline(time.Now().Add(c.server.config.WriteTimeout))
			next := appendChunk(chunk[:0], b.rest())
			n, err := next.WriteTo(c.net)
			c.server.config.Observer.Written(b.advance(int(n)), int(n))
			if err != nil {
				c.fail(b, err)
				return
			}
		}
		b.free()
		c.net.SetWriteDeadline(time.Time{})
		more, last := c.out.done()
		if last {
			c.hangUp()
		}
		if !more {
			return
		}
		if b = c.out.take(outboxDraining); b == nil {
			return
		}
	}
}

// appendChunk appends the first drainChunk bytes of the frames.
func appendChunk(chunk, frames net.Buffers) net.Buffers {
	room := drainChunk
	for _, f := range frames {
		if len(f) >= room {
			return append(chunk, f[:room])
		}
		chunk = append(chunk, f)
		room -= len(f)
	}
	return chunk
}

// fail ends a connection that can't be written to. The batch is lost.
func (c *Conn) fail(b *batch, err error) {
	reason := ReasonConnectionLost
	if errors.Is(err, os.ErrDeadlineExceeded) {
		reason = ReasonWriteTimeout
	}
	c.end(reason)
	c.out.drop()
	b.free()
	c.out.done()
}
