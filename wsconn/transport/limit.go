package transport

import "time"

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
)

// String returns the label of the limit, "unknown" for a value not listed.
func (l Limit) String() string {
	switch l {
	case LimitConnections:
		return "connections"
	case LimitFrames:
		return "frames"
	}
	return "unknown"
}

const (
	// leastPause is how long reading stops at least: one timer for many frames.
	leastPause = 100 * time.Millisecond
	// mostPaused is how long it may have stopped, in all, since the budget was
	// last whole. What waits in the kernel would keep a connection for an hour
	// whose client is long gone.
	mostPaused = 10 * time.Second
)

// pace is called with each frame, whatever is in it. It stops reading while the
// client is over its budget, so that TCP holds the client up, and ends the connection of who goes
// on and on. It belongs to the
// connection's reading goroutine.
func (c *Conn) pace() {
	config := &c.server.config
	if config.FrameBudget == 0 {
		return
	}
	each := int64(time.Second) / int64(config.FrameRefill)
	now := c.server.now()
	if c.paid <= now {
		c.paid, c.paused = now, 0
	}
	c.paid += each
	ahead := c.paid - now - each*int64(config.FrameBudget)
	if ahead <= 0 {
		return
	}
	if c.paused >= mostPaused {
		c.end(ReasonFlooding)
		return
	}
	pause := max(time.Duration(ahead), leastPause)
	c.paused += pause
	c.pause(pause)
}

// pause waits, or until the connection has ended.
func (c *Conn) pause(d time.Duration) {
	c.server.config.Observer.Limited(LimitFrames)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.Done():
	}
}
