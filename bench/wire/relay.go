package wire

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// relay drives connections of package net: each has a goroutine that reads and
// one that writes, and hands to the loop what it read. It is for TLS, and for
// systems without epoll.
type relay struct {
	loop   *Loop
	ctx    context.Context // ends with the loop
	cancel context.CancelFunc
	news   chan news
	tasks  sync.WaitGroup
}

// news is what happened to a connection.
type news struct {
	line *line
	data []byte // read; nil for the beginning, or the end
	err  error  // why it ended
}

// line is the stream of a connection.
type line struct {
	relay *relay
	conn  *Conn
	done  chan struct{} // the loop is through with what was read

	mu     sync.Mutex // guards what follows
	net    net.Conn   // nil until connected
	out    []byte     // for the writing goroutine
	gone   bool
	wakeup *sync.Cond
}

var (
	_ poller = (*relay)(nil)
	_ stream = (*line)(nil)
)

// dialTimeout bounds the making of a connection.
const dialTimeout = 30 * time.Second

func newRelay(l *Loop) *relay {
	r := &relay{loop: l, news: make(chan news, 256)}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

func (r *relay) dial(c *Conn) error {
	s := &line{relay: r, conn: c, done: make(chan struct{})}
	s.wakeup = sync.NewCond(&s.mu)
	c.stream = s
	r.tasks.Go(s.run)
	return nil
}

// tell hands news to the loop. It returns false if that has ended.
func (r *relay) tell(n news) bool {
	select {
	case r.news <- n:
		return true
	case <-r.ctx.Done():
		return false
	}
}

func (s *line) run() {
	target := s.relay.loop.target
	dialer := &net.Dialer{Timeout: dialTimeout}
	var conn net.Conn
	var err error
	if target.tls != nil {
		conn, err = (&tls.Dialer{NetDialer: dialer, Config: target.tls}).DialContext(s.relay.ctx, "tcp", target.address)
	} else {
		conn, err = dialer.DialContext(s.relay.ctx, "tcp", target.address)
	}
	if err != nil {
		s.relay.tell(news{line: s, err: err})
		return
	}
	defer conn.Close()
	s.mu.Lock()
	s.net = conn
	gone := s.gone
	s.mu.Unlock()
	if gone || !s.relay.tell(news{line: s}) {
		return
	}
	stop := context.AfterFunc(s.relay.ctx, func() { s.close(true) })
	defer stop()
	s.relay.tasks.Go(s.send)
	buf := make([]byte, 16<<10)
	for {
		n, err := conn.Read(buf)
		if n > 0 {
			if !s.relay.tell(news{line: s, data: buf[:n]}) {
				return
			}
			select {
			case <-s.done:
			case <-s.relay.ctx.Done():
				return
			}
		}
		if err != nil {
			s.relay.tell(news{line: s, err: err})
			return
		}
	}
}

// send writes until the line is closed and all is written.
func (s *line) send() {
	var batch []byte
	for {
		s.mu.Lock()
		for len(s.out) == 0 && !s.gone {
			s.wakeup.Wait()
		}
		batch, s.out = s.out, batch[:0]
		s.mu.Unlock()
		if len(batch) == 0 {
			s.net.Close()
			return
		}
		if _, err := s.net.Write(batch); err != nil {
			s.net.Close() // the reading goroutine tells
			return
		}
	}
}

func (s *line) write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = append(s.out, data...)
	s.wakeup.Signal()
	return len(data), nil
}

func (s *line) blocked(bool) {}

func (s *line) close(abrupt bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if abrupt {
		s.out = nil
		if tcp, ok := s.net.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		if s.net != nil {
			s.net.Close()
		}
	}
	s.gone = true
	s.wakeup.Signal()
}

func (r *relay) wait(limit int64) error {
	timeout := time.NewTimer(time.Duration(limit))
	defer timeout.Stop()
	select {
	case n := <-r.news:
		r.handle(n)
	case <-timeout.C:
		return nil
	}
	for range len(r.news) {
		r.handle(<-r.news)
	}
	return nil
}

func (r *relay) handle(n news) {
	c := n.line.conn
	r.loop.tick()
	switch {
	case n.data != nil:
		if c.state != closed {
			c.rest = append(c.rest, n.data...)
			used, err := c.receive(c.rest)
			if err != nil {
				c.fail(err)
			} else if c.state != closed {
				c.rest = c.rest[:copy(c.rest, c.rest[used:])]
			}
		}
		select {
		case n.line.done <- struct{}{}:
		case <-r.ctx.Done():
		}
	case n.err != nil:
		c.fail(n.err)
	case c.state == connecting:
		c.opened()
	}
	r.loop.flush()
}

func (r *relay) close() {
	r.cancel()
	r.tasks.Wait()
}
