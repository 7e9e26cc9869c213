package transport

import (
	"crypto/rand"
	"encoding/base64"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"audioroom/wsconn/nonblock"
)

// Conn is one client's connection. Every method may be called from any
// goroutine, and none blocks.
type Conn struct {
	// Value is the handler's own. Set in Open, before anything else knows of
	// the connection, it may be read from anywhere; the handler has to guard
	// any later change.
	Value any

	server  *Server
	flusher *flusher
	id      uint64
	net     net.Conn
	raw     syscall.RawConn // nil if net takes blocking writes only
	request Request
	reason  atomic.Uint32 // CloseReason
	opened  bool          // Open was called; the connection's goroutine only
	pacing  pacing        // its reading goroutine only

	out outbox

	seen  atomic.Int64 // when the client last sent something
	alone atomic.Int64 // since when it is in no namespace, 0 if it is in one or waits for an answer
	beat  beat         // guarded by the sweeper

	spacesMu sync.Mutex
	spaces   []space
	apart    int64 // when it opened, or was last let go of a namespace that it was in

	doneMu sync.Mutex
	done   chan struct{} // nil until somebody asks; see Done
}

// Request is what a connection remembers of its handshake.
type Request struct {
	// Origin, Authorization and ForwardedFor are the headers, "" if there was
	// none. Several of ForwardedFor are joined by commas.
	Origin        string
	Authorization string
	ForwardedFor  string
	// RemoteAddr is the network address of the peer, as net/http tells it.
	RemoteAddr string
}

// newConn makes a connection of a hijacked one.
func newConn(s *Server, nc net.Conn, r *http.Request) *Conn {
	id := s.lastID.Add(1)
	c := &Conn{
		server:  s,
		flusher: s.flushers[id%uint64(len(s.flushers))],
		id:      id,
		net:     nonblock.Wrap(nc),
		request: Request{
			Origin:        r.Header.Get("Origin"),
			Authorization: r.Header.Get("Authorization"),
			ForwardedFor:  strings.Join(r.Header.Values("X-Forwarded-For"), ","),
			RemoteAddr:    r.RemoteAddr,
		},
	}
	if tcp, ok := nc.(*net.TCPConn); ok && canWritev {
		if raw, err := tcp.SyscallConn(); err == nil {
			c.raw = raw
		}
	}
	return c
}

// ID returns the connection's number, which no other connection of this
// process has.
func (c *Conn) ID() uint64 { return c.id }

// Request returns what is remembered of the handshake. Only callbacks of this
// connection may use it. They may change it: what they don't need any more an idle
// connection should not keep in memory, for clients may have sent much.
func (c *Conn) Request() *Request { return &c.request }

// Closed says whether the connection has ended. Handler.Closed may be yet to
// come.
func (c *Conn) Closed() bool { return c.reason.Load() != 0 }

// Reason returns what ended the connection, zero while it is open.
func (c *Conn) Reason() CloseReason { return CloseReason(c.reason.Load()) }

// Done returns a channel that is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} {
	c.doneMu.Lock()
	defer c.doneMu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.Closed() { // ended before, or about to look for the channel
			close(c.done)
		}
	}
	return c.done
}

// tellDone closes the channel of Done, if there is one that is open.
func (c *Conn) tellDone() {
	c.doneMu.Lock()
	defer c.doneMu.Unlock()
	if c.done == nil {
		return
	}
	select {
	case <-c.done:
	default:
		close(c.done)
	}
}

// Send puts a frame into the outbox; Flush has it written. Frames arrive in
// the order of the calls. If the outbox is full, the connection is cut
// (ReasonSlowReader). On a connection that has ended it does nothing.
func (c *Conn) Send(f Frame) { c.put(f, false) }

// Share is Send for a frame that others are sent, too. More of these may come at
// once: they take memory once for all.
func (c *Conn) Share(f Frame) { c.put(f, true) }

func (c *Conn) put(f Frame, shared bool) {
	if len(f.wire) > 0 && !c.out.add(f.wire, c.server.config.OutboxLimit, shared) {
		c.end(ReasonSlowReader)
	}
}

// Flush has everything in the outbox written, at once and together.
func (c *Conn) Flush() { c.flush(outboxNow) }

// FlushLate is Flush for one of many: what others flush goes first.
func (c *Conn) FlushLate() { c.flush(outboxLate) }

// FlushSoon is Flush for who is about to be sent more: it is written together with
// that, or 2 ms from now, before those who are late.
func (c *Conn) FlushSoon() { c.flush(outboxSoon) }

func (c *Conn) flush(urgency outboxState) {
	if c.out.schedule(urgency) {
		c.flusher.push(c, urgency)
	}
}

// SendNow is Send and Flush.
func (c *Conn) SendNow(f Frame) {
	c.Send(f)
	c.Flush()
}

// Close ends the connection without a DISCONNECT, so that the client connects
// again. Depending on the reason the client is sent what is waiting and a
// WebSocket close frame, or is cut off at once. Handler.Closed follows. The
// first reason stands; later calls do nothing.
func (c *Conn) Close(reason CloseReason) { c.end(reason) }

// longAgo is a deadline that ends a read that is waiting.
var longAgo = time.Unix(1, 0)

// end ends the connection, once. The farewell is sent before the close frame
// of a reason that has one. Only the connection's own goroutine, woken here,
// closes what is below: that may take a moment, and a room that finds a reader
// too slow has none to spare.
func (c *Conn) end(reason CloseReason, farewell ...Frame) {
	if !c.reason.CompareAndSwap(0, uint32(reason)) {
		return
	}
	c.tellDone()
	if code := reasons[reason].code; code != 0 {
		c.out.seal(closeFrame(code), farewell)
		c.Flush()
		c.net.SetReadDeadline(longAgo)
		return
	}
	c.out.drop()
	c.net.SetDeadline(longAgo)
}

// finish is the last thing the connection's goroutine does.
func (c *Conn) finish() {
	c.end(ReasonConnectionLost)
	reason := c.Reason()
	graceful := reasons[reason].code != 0
	c.server.door.pass(func() {
		if !graceful {
			c.sever()
		}
		c.server.sweeper.remove(c)
		if c.opened {
			c.server.guard(c, "Closed", func() { c.server.protocol.closed(c, reason) })
			c.server.config.Observer.Closed(reason)
		}
	})
	if graceful {
		c.linger()
		c.server.door.pass(func() {
			c.net.Close()
			c.out.drop()
		})
	}
}

// sever drops the network connection together with what the kernel still
// holds for the client, which would keep it for minutes otherwise.
func (c *Conn) sever() {
	nc := c.net
	if wrapped, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = wrapped.NetConn() // TLS would try to say goodbye
	}
	if tcp, ok := nc.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	nc.Close()
}

// lingerBytes is how much a client may send that has not heard yet of the end:
// more than honest ones have under way.
const lingerBytes = 64 << 10

// linger waits until the client has closed from its side. To close with unread
// data would reset the connection, and the client would lose the last frames.
// One that sends on and on is not waited for.
func (c *Conn) linger() {
	var scrap [512]byte
	c.net.SetReadDeadline(time.Now().Add(c.server.config.CloseGrace))
	for read := 0; read < lingerBytes; {
		n, err := c.net.Read(scrap[:])
		if err != nil {
			return
		}
		read += n
	}
}

// hangUp tells the client that nothing more will come. It is called when the
// outbox of a connection that has ended is empty.
func (c *Conn) hangUp() {
	if half, ok := c.net.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

// newSID returns 20 URL-safe characters that can't be guessed.
func newSID() string {
	var b [15]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
