package transport

import (
	"errors"
	"sync/atomic"
	"time"
)

// Limit is a bound of this server that a client came up against. Its String is
// fit for a metric label.
type Limit uint8

// Every limit that no CloseReason tells of.
const (
	// LimitConnections: a handshake was refused, Config.MaxConnections are open.
	LimitConnections Limit = iota
	// LimitFrames: a connection is read slowly, it sent more than
	// Config.FrameBudget. It counts once for each pause.
	LimitFrames
	// LimitUnderway: the program reads no further before it has answered something.
	// It counts once for each pause.
	LimitUnderway
)

// String returns the label of the limit, "unknown" for a value not listed.
func (l Limit) String() string {
	switch l {
	case LimitConnections:
		return "connections"
	case LimitFrames:
		return "frames"
	case LimitUnderway:
		return "underway"
	}
	return "unknown"
}

// Limited has the Observer count that the client came up against a limit of the
// program's own.
func (c *Conn) Limited(limit Limit) { c.server.config.Observer.Limited(limit) }

const (
	// leastPause is how long reading stops at least: one timer for many frames.
	leastPause = 100 * time.Millisecond
	// mostPaused is how long reading may have stopped, in all, before the client was
	// silent for as long as silence. What waits in the kernel would keep a
	// connection for an hour whose client is long gone.
	mostPaused = 10 * time.Second
	silence    = time.Second

	// frameBytes is how many bytes count as one more frame: what a message costs
	// grows with its length, and with the parts that it comes in.
	frameBytes = 1 << 10
	// mostParts is how many times Config.MaxPayload a message may take on the wire
	// with the headers of its parts: eight times is enough for parts of one byte.
	// Empty ones, of which a message may have any number, are read no further.
	mostParts = 8
)

// pacing is how far a connection has used up its budget of frames. Times are
// Server.now. What is not atomic belongs to the connection's reading goroutine.
type pacing struct {
	paid   atomic.Int64  // until when the frames so far are paid for; the reading goroutine sets it
	owed   atomic.Int64  // see Owe
	last   int64         // when the last one was let through
	paused time.Duration // how long reading has stopped
	bytes  int           // read since the last frame
}

var errParts = errors.New("websocket: a message in too many parts")

// count counts bytes that were read. The error is for a message that has no end.
func (c *Conn) count(bytes int) error {
	c.pacing.bytes += bytes
	if c.pacing.bytes > mostParts*c.server.config.MaxPayload+readBuffer {
		return errParts
	}
	return nil
}

// pace is called with each whole message and each control frame, whatever is in
// it. It stops reading while the client is over its budget, so that TCP holds the
// client up, and ends the connection of who goes on and on.
func (c *Conn) pace() {
	config, p := &c.server.config, &c.pacing
	frames := 1 + p.bytes/frameBytes
	p.bytes = 0
	if config.FrameBudget == 0 {
		return
	}
	each, now := int64(time.Second)/int64(config.FrameRefill), c.server.now()
	if now-p.last >= int64(silence) {
		p.paused = 0
	}
	paid := max(p.paid.Load(), p.owed.Load(), now) + int64(frames)*each
	p.paid.Store(paid)
	if over := paid - now - int64(config.FrameBudget)*each; over > 0 {
		c.pause(min(max(time.Duration(over), leastPause), mostPaused))
	}
	p.last = c.server.now()
}

// Paid returns until when, by Clock, the frames that the client has sent are paid
// for. What lies ahead is the part of the budget that is used up. Any goroutine may
// ask.
func (c *Conn) Paid() time.Duration {
	return time.Duration(max(c.pacing.paid.Load(), c.pacing.owed.Load()))
}

// Owe has the client begin with what it has used up on another connection, whose
// Paid it is. Any goroutine may call it.
func (c *Conn) Owe(until time.Duration) { c.pacing.owed.Store(int64(until)) }

// pause waits, or until the connection has ended. It ends it if it has waited
// for too long.
func (c *Conn) pause(d time.Duration) {
	if c.pacing.paused >= mostPaused {
		c.end(ReasonFlooding)
		return
	}
	c.pacing.paused += d
	c.server.config.Observer.Limited(LimitFrames)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.Done():
	}
}
