package transport

import (
	"context"
	"iter"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/olahol/melody"
)

// Server upgrades HTTP requests to connections and runs them. It is an
// http.Handler for the path the clients use, such as /socket.io/.
type Server struct {
	config   Config
	protocol protocol
	melody   *melody.Melody
	sweeper  *sweeper
	flushers []*flusher
	door     *door
	epoch    time.Time
	lastID   atomic.Uint64

	mu       sync.Mutex // guards refusing and count against conns.Add
	refusing bool
	count    int // of conns
	conns    sync.WaitGroup
	stopping atomic.Bool
	stop     func()         // ends the workers, once
	workers  sync.WaitGroup // sweeper and flushers
}

// protocol is what the Engine.IO layer hands its messages to. Its methods are
// called on the connection's goroutine and may panic.
type protocol interface {
	open(c *Conn) error
	message(c *Conn, data []byte)
	closed(c *Conn, reason CloseReason)
}

// New returns a running Socket.IO server; Shutdown ends it. The error is that
// of Config.Validate, or the system's.
func New(config Config, handler Handler) (*Server, error) {
	s, err := newServer(config)
	if err != nil {
		return nil, err
	}
	s.protocol = newSocketIO(s, handler)
	return s, nil
}

// NewEngine returns a running server for Engine.IO alone: no namespaces, no
// events, messages as they are.
func NewEngine(config Config, handler EngineHandler) (*Server, error) {
	s, err := newServer(config)
	if err != nil {
		return nil, err
	}
	s.protocol = engineIO{handler}
	return s, nil
}

func newServer(config Config) (*Server, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	s := &Server{
		config: config.withDefaults(),
		// A second back, so that no time of a connection is ever zero.
		epoch: time.Now().Add(-time.Second),
	}
	door, err := newDoor()
	if err != nil {
		return nil, err
	}
	s.door = door
	s.stop = sync.OnceFunc(func() {
		s.door.close()
		s.sweeper.close()
		for _, f := range s.flushers {
			f.close()
		}
	})
	s.melody = newMelody(s)
	s.sweeper = newSweeper(s)
	s.workers.Go(s.sweeper.run)
	for range s.config.Flushers {
		f, err := newFlusher(s)
		if err != nil {
			s.stop()
			return nil, err
		}
		s.flushers = append(s.flushers, f)
		s.workers.Go(f.run)
	}
	return s, nil
}

// now returns the nanoseconds since the server's epoch, never zero.
func (s *Server) now() int64 { return int64(time.Since(s.epoch)) }

// enter counts a connection in, unless the server refuses new ones or has as
// many as it may.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusing {
		return false
	}
	if s.config.MaxConnections > 0 && s.count >= s.config.MaxConnections {
		s.config.Observer.Limited(LimitConnections)
		return false
	}
	s.count++
	s.conns.Add(1)
	return true
}

// exit counts a connection out.
func (s *Server) exit() {
	s.mu.Lock()
	s.count--
	s.mu.Unlock()
	s.conns.Done()
}

// Len returns how many connections are open.
func (s *Server) Len() int { return s.sweeper.len() }

// Conns yields the connections open at the time of the call. Handler.Open has
// returned for each of them; some may have ended meanwhile.
func (s *Server) Conns() iter.Seq[*Conn] {
	return func(yield func(*Conn) bool) {
		for _, c := range s.sweeper.all() {
			if !yield(c) {
				return
			}
		}
	}
}

// Refuse makes the server answer every new handshake with status 503. Open
// connections go on.
func (s *Server) Refuse() {
	s.mu.Lock()
	s.refusing = true
	s.mu.Unlock()
}

// Readmit takes Refuse back, unless Shutdown was called.
func (s *Server) Readmit() {
	s.mu.Lock()
	s.refusing = s.stopping.Load()
	s.mu.Unlock()
}

// Shutdown refuses new handshakes, closes every connection without a
// DISCONNECT, so that the clients connect again elsewhere, and waits until each
// Closed has returned and every goroutine of the server has ended. When ctx
// ends first, it drops the network connections that are still there and
// returns ctx's error. It may be called more than once.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stopping.Store(true) // before Refuse, so that no Readmit follows it
	s.Refuse()
	for c := range s.Conns() {
		c.Close(ReasonShutdown)
	}
	ended := make(chan struct{})
	go func() {
		s.conns.Wait()
		s.stop()
		s.workers.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		for c := range s.Conns() {
			c.net.Close()
		}
		return ctx.Err()
	}
}

// guard runs a callback of the handler. A panic in it is logged with its stack
// and ends here; the result says whether there was none.
func (s *Server) guard(c *Conn, callback string, fn func()) (ok bool) {
	defer func() {
		if ok {
			return
		}
		s.panicked(c, callback, recover())
	}()
	fn()
	return true
}

// panicked notes a panic that was survived. Its caller was deferred.
func (s *Server) panicked(c *Conn, callback string, reason any) {
	s.config.Logger.Error("callback panicked", "callback", callback, "conn", c.id,
		"panic", reason, "stack", string(debug.Stack()))
	s.config.Observer.Panicked()
}
