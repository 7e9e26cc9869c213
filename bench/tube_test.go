package bench_test

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// tube is a connection without a network: the server's end is a net.Conn, the
// client's end is a function call.
type tube struct {
	whole *whole
	// said is what the server wrote before the benchmark runs; then heard is called
	// instead.
	said    chan string
	playing atomic.Bool
	refused atomic.Int64
	cycle   [][]byte // what the client asks, again and again
	turn    int
	part    []byte // of a frame; the server writes from one goroutine at a time

	mu     sync.Mutex
	filled sync.Cond
	in     []byte // for the server to read
	closed bool
	late   bool // the deadline for reading is over
	alarm  *time.Timer
}

func newTube(w *whole) *tube {
	t := &tube{whole: w, said: make(chan string, 1<<12)}
	t.filled.L = &t.mu
	return t
}

// say sends bytes to the server.
func (t *tube) say(data []byte) {
	t.mu.Lock()
	t.in = append(t.in, data...)
	t.filled.Signal()
	t.mu.Unlock()
}

// Read implements net.Conn.
func (t *tube) Read(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.in) == 0 && !t.closed && !t.late {
		t.filled.Wait()
	}
	switch {
	case t.closed:
		return 0, net.ErrClosed
	case t.late:
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(p, t.in)
	t.in = t.in[:copy(t.in, t.in[n:])]
	return n, nil
}

// Write implements net.Conn. The server writes frame by frame, a long run of them
// in chunks.
func (t *tube) Write(p []byte) (int, error) {
	if t.playing.Load() {
		if len(t.part) > 0 || len(p) < 2 || len(p) < frameSize(p) {
			t.part = append(t.part, p...)
			if len(t.part) < 4 || len(t.part) < frameSize(t.part) {
				return len(p), nil
			}
			t.heard(t.part)
			t.part = t.part[:0]
			return len(p), nil
		}
		t.heard(p)
		return len(p), nil
	}
	select {
	case t.said <- string(p):
	default: // nobody waits for so much
	}
	return len(p), nil
}

// frameSize is how long the frame is that begins so.
func frameSize(p []byte) int {
	if p[1] == 126 && len(p) >= 4 {
		return 4 + int(p[2])<<8 + int(p[3])
	}
	return 2 + int(p[1])
}

// Close implements net.Conn.
func (t *tube) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.filled.Broadcast()
	return nil
}

// SetReadDeadline implements net.Conn.
func (t *tube) SetReadDeadline(at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.alarm != nil {
		t.alarm.Stop()
	}
	t.late = !at.IsZero() && time.Until(at) <= 0
	if t.late {
		t.filled.Broadcast()
	} else if !at.IsZero() {
		t.alarm = time.AfterFunc(time.Until(at), func() { t.SetReadDeadline(time.Unix(1, 0)) })
	}
	return nil
}

// SetDeadline implements net.Conn.
func (t *tube) SetDeadline(at time.Time) error { return t.SetReadDeadline(at) }

// SetWriteDeadline implements net.Conn.
func (t *tube) SetWriteDeadline(time.Time) error { return nil }

// LocalAddr and RemoteAddr implement net.Conn.
func (t *tube) LocalAddr() net.Addr  { return new(net.TCPAddr) }
func (t *tube) RemoteAddr() net.Addr { return new(net.TCPAddr) }

// tubes is where the server accepts them.
type tubes struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func newTubes() *tubes { return &tubes{conns: make(chan net.Conn), closed: make(chan struct{})} }

// Accept implements net.Listener.
func (l *tubes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *tubes) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *tubes) Addr() net.Addr { return new(net.TCPAddr) }
