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
// after the other, and never waits for any of them. A crowd that hears of something
// is late: between runs of it those have their turn who are few. Who is about to be
// sent more is written to soon: each write is a system call, which costs more than
// everything else about a frame.
type flusher struct {
	server *Server
	vector vector
	turn   *nonblock.Turn
	drains sync.WaitGroup // added to by run alone

	mu     sync.Mutex
	wake   sync.Cond
	now    []*Conn
	late   []*Conn
	soon   []*Conn     // until the timer rings, which makes them late
	timer  *time.Timer // set while somebody is in soon
	closed bool
}

// soonTime is how long a write waits for more at most: longer than a commit takes,
// and nothing beside the time that a frame takes to its user.
const soonTime = 2 * time.Millisecond

// crowdTime is how long a crowd is written to before others have their turn: a
// hundred connections or so, beside which a turn costs nothing.
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
func (f *flusher) push(c *Conn, queue outboxState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if queue == outboxSoon && !f.closed {
		if len(f.soon) == 0 {
			f.timer.Reset(soonTime)
		}
		f.soon = append(f.soon, c)
		return
	}
	if len(f.now)+len(f.late) == 0 {
		f.wake.Signal()
	}
	if queue == outboxNow {
		f.now = append(f.now, c)
	} else {
		f.late = append(f.late, c)
	}
}

// ring ends the waiting of those who are to be written to soon.
func (f *flusher) ring() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.now)+len(f.late) == 0 {
		f.wake.Signal()
	}
	f.late = append(f.late, f.soon...)
	clear(f.soon)
	f.soon = f.soon[:0]
}

func (f *flusher) close() {
	f.timer.Stop()
	f.ring()
	f.mu.Lock()
	f.closed = true
	f.wake.Signal()
	f.mu.Unlock()
}

// run ends when the flusher is closed, its queues are empty and its drains have
// ended.
func (f *flusher) run() {
	defer f.turn.Close()
	defer f.drains.Wait()
	var few, crowd []*Conn
	next := 0 // of the crowd
	for {
		f.mu.Lock()
		for len(f.now) == 0 && next == len(crowd) && len(f.late) == 0 && !f.closed {
			f.wake.Wait()
		}
		few, f.now = f.now, few[:0]
		if next == len(crowd) {
			crowd, f.late, next = f.late, crowd[:0], 0
		}
		f.mu.Unlock()
		if len(few) == 0 && len(crowd) == 0 {
			return
		}
		for _, c := range few {
			f.flush(c)
		}
		clear(few)
		for begun := time.Now(); next < len(crowd) && time.Since(begun) < crowdTime; next++ {
			f.flush(crowd[next])
			crowd[next] = nil
		}
		if next < len(crowd) {
			f.turn.Give()
		}
	}
}

// flush writes as much as the connection takes at once and leaves the rest to
// a drain.
func (f *flusher) flush(c *Conn) {
	b := c.out.take()
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
		if b = c.out.take(); b == nil {
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
