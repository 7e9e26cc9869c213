package wire

import (
	"container/heap"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// readBuffer is how much is read of a connection at once, in bytes: a burst of
// thousands of small frames.
const readBuffer = 256 << 10

// Loop owns connections to one server and drives them. Times are nanoseconds of
// its clock.
type Loop struct {
	target  target
	upgrade []byte // the HTTP request of every connection
	start   time.Time
	now     int64
	poller  poller
	open    int // connections that are not closed
	dirty   []*Conn
	timers  timers
	buf     []byte

	frames uint64
}

// target is where to connect.
type target struct {
	address string // host:port
	tls     *tls.Config
}

// poller waits for connections to be ready. There is one for Linux, and one for
// anything else and for TLS.
type poller interface {
	dial(c *Conn) error
	// wait waits for at most limit nanoseconds and handles what is there.
	wait(limit int64) error
	close()
}

// New makes a loop for the server at a URL: http, https, ws or wss, with the path
// of its Socket.IO endpoint if that is not /socket.io/. For TLS a configuration may
// be given.
func New(server string, secure *tls.Config) (*Loop, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is not a URL such as http://127.0.0.1:3030", server)
	}
	l := &Loop{start: time.Now(), buf: make([]byte, readBuffer)}
	port := "80"
	switch u.Scheme {
	case "http", "ws":
	case "https", "wss":
		port = "443"
		l.target.tls = secure.Clone()
		if secure == nil {
			l.target.tls = new(tls.Config)
		}
	default:
		return nil, fmt.Errorf("%q: the scheme is not http, https, ws or wss", server)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	l.target.address = net.JoinHostPort(u.Hostname(), port)
	path := u.EscapedPath()
	if strings.Trim(path, "/") == "" {
		path = "/socket.io/"
	}
	l.upgrade = []byte("GET " + path + "?EIO=4&transport=websocket HTTP/1.1\r\nHost: " + u.Host + "\r\n" +
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + challenge + "\r\n\r\n")
	l.poller, err = newPoller(l)
	return l, err
}

// Close cuts every connection and frees what the loop holds.
func (l *Loop) Close() { l.poller.close() }

// Dial connects a client with a token. What comes of it the handler is told.
func (l *Loop) Dial(h Handler, token string) *Conn {
	c := &Conn{loop: l, handler: h, token: token}
	l.open++
	if err := l.poller.dial(c); err != nil {
		l.At(l.now, func() { c.fail(err) })
	}
	return c
}

// Open returns how many connections are not closed.
func (l *Loop) Open() int { return l.open }

// Frames returns how many frames were received.
func (l *Loop) Frames() uint64 { return l.frames }

// Now returns the time as it was when the loop last looked: before the bytes that
// are being handled were.
func (l *Loop) Now() int64 { return l.now }

func (l *Loop) tick() int64 {
	l.now = int64(time.Since(l.start))
	return l.now
}

// At has f called once, at the time or as soon as possible after it.
func (l *Loop) At(at int64, f func()) {
	heap.Push(&l.timers, timer{at, f})
}

// After is At, relative to the present.
func (l *Loop) After(d time.Duration, f func()) { l.At(l.tick()+int64(d), f) }

// ErrTimeout says that a condition did not come true in time.
var ErrTimeout = errors.New("timed out")

// Until drives the connections until the condition holds: it is looked at
// whenever something has happened. It returns ErrTimeout after the given time,
// and ctx's error if that ends.
func (l *Loop) Until(ctx context.Context, within time.Duration, done func() bool) error {
	deadline := l.tick() + int64(within)
	for turns := 0; ; turns++ {
		l.flush()
		if done() {
			return nil
		}
		if l.tick() >= deadline {
			return ErrTimeout
		}
		if turns%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		// Now and then the context has to be looked at.
		limit := min(deadline-l.now, int64(50*time.Millisecond))
		if len(l.timers) > 0 {
			limit = min(limit, l.timers[0].at-l.now)
		}
		if err := l.poller.wait(max(limit, 0)); err != nil {
			return err
		}
		if limit == int64(50*time.Millisecond) && ctx.Err() != nil {
			return ctx.Err()
		}
		l.fire()
	}
}

// fire calls the timers that are due.
func (l *Loop) fire() {
	for len(l.timers) > 0 && l.timers[0].at <= l.tick() {
		heap.Pop(&l.timers).(timer).f()
	}
}

// flush writes what the connections have to say.
func (l *Loop) flush() {
	for i := 0; i < len(l.dirty); i++ { // one that fails may have others written to
		l.dirty[i].flush()
	}
	clear(l.dirty)
	l.dirty = l.dirty[:0]
}

// timer is a call that is due at a time.
type timer struct {
	at int64
	f  func()
}

// timers is a heap, the first one due on top.
type timers []timer

var _ heap.Interface = (*timers)(nil)

func (t timers) Len() int           { return len(t) }
func (t timers) Less(i, j int) bool { return t[i].at < t[j].at }
func (t timers) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }

// Push is for package heap.
func (t *timers) Push(x any) { *t = append(*t, x.(timer)) }

// Pop is for package heap.
func (t *timers) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	(*t)[last] = timer{}
	*t = (*t)[:last]
	return x
}
