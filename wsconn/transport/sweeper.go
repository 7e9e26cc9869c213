package transport

import (
	"container/heap"
	"slices"
	"sync"
	"time"
)

// beat is a connection's place in the sweeper's heap. Times are Server.now.
type beat struct {
	due    int64 // when to look at the connection again
	pinged int64 // when the last ping went out; at first, when it opened
	index  int   // in the heap, if known
	known  bool
}

// sweeper knows every open connection. Its one goroutine pings them and ends
// those that don't answer or stay in no namespace for too long. A pong costs
// one atomic store: the sweeper finds out when it comes by.
type sweeper struct {
	server *Server
	slack  time.Duration // how late it may be, so that it wakes for many at once
	wake   chan struct{}
	stop   chan struct{}

	mu    sync.Mutex
	conns byDue

	pings []*Conn // of the current sweep
	late  []lateConn
}

type lateConn struct {
	conn   *Conn
	reason CloseReason
}

func newSweeper(s *Server) *sweeper {
	shortest := min(s.config.PingInterval, s.config.PingTimeout, s.config.ConnectTimeout)
	return &sweeper{
		server: s,
		slack:  min(max(shortest/50, time.Millisecond), 100*time.Millisecond),
		wake:   make(chan struct{}, 1),
		stop:   make(chan struct{}),
	}
}

// add takes in a connection that opened at now.
func (w *sweeper) add(c *Conn, now int64) {
	w.mu.Lock()
	// The opening counts as a ping that was answered.
	due := now + int64(min(w.server.config.PingInterval, w.server.config.ConnectTimeout))
	c.beat = beat{due: due, pinged: now, known: true}
	heap.Push(&w.conns, c)
	first := c.beat.index == 0
	w.mu.Unlock()
	if first {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// remove forgets a connection; one that isn't known is no matter.
func (w *sweeper) remove(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.beat.known {
		heap.Remove(&w.conns, c.beat.index)
		c.beat.known = false
	}
}

func (w *sweeper) len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.conns)
}

func (w *sweeper) all() []*Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.conns)
}

func (w *sweeper) close() { close(w.stop) }

func (w *sweeper) run() {
	timer := time.NewTimer(forever)
	defer timer.Stop()
	for {
		timer.Reset(w.sweep())
		select {
		case <-timer.C:
		case <-w.wake:
		case <-w.stop:
			return
		}
	}
}

// sweep looks after all connections that are due and returns how long the next
// one has time.
func (w *sweeper) sweep() time.Duration {
	now := w.server.now()
	next := forever
	w.mu.Lock()
	for len(w.conns) > 0 {
		c := w.conns[0]
		if c.beat.due > now {
			next = max(time.Duration(c.beat.due-now), w.slack)
			break
		}
		w.look(c, now)
		heap.Fix(&w.conns, 0)
	}
	w.mu.Unlock()
	for _, c := range w.pings {
		c.SendNow(pingFrame)
	}
	for _, l := range w.late {
		l.conn.end(l.reason)
	}
	clear(w.pings)
	clear(w.late)
	w.pings, w.late = w.pings[:0], w.late[:0]
	return next
}

// look decides what a connection needs and when to look at it again. Pings go
// out every PingInterval, however much the client sends in between; a ping
// counts as answered by anything the client sends after it. While one is
// unanswered no other is sent.
func (w *sweeper) look(c *Conn, now int64) {
	config := &w.server.config
	interval, timeout := int64(config.PingInterval), int64(config.PingTimeout)
	b := &c.beat
	switch {
	case c.seen.Load() < b.pinged && now >= b.pinged+timeout:
		w.late = append(w.late, lateConn{c, ReasonPingTimeout})
		b.due = now + interval
		return
	case c.seen.Load() < b.pinged:
		b.due = min(b.pinged+timeout, now+interval)
	case now >= b.pinged+interval:
		w.pings = append(w.pings, c)
		b.pinged = now
		b.due = now + min(interval, timeout)
	default:
		b.due = b.pinged + interval
	}
	if alone := c.alone.Load(); alone != 0 {
		end := alone + int64(config.ConnectTimeout)
		if now >= end {
			w.late = append(w.late, lateConn{c, ReasonConnectTimeout})
			return
		}
		b.due = min(b.due, end)
	}
}

// byDue is a heap of connections, the one to look at first on top.
type byDue []*Conn

var _ heap.Interface = (*byDue)(nil)

func (h byDue) Len() int           { return len(h) }
func (h byDue) Less(i, j int) bool { return h[i].beat.due < h[j].beat.due }

func (h byDue) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].beat.index, h[j].beat.index = i, j
}

// Push is for package heap.
func (h *byDue) Push(x any) {
	c := x.(*Conn)
	c.beat.index = len(*h)
	*h = append(*h, c)
}

// Pop is for package heap.
func (h *byDue) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return c
}
