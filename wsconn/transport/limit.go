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

// leastPause is how long reading stops at least: one timer for many frames.
const leastPause = 100 * time.Millisecond

// pace is called with each frame, whatever is in it. It stops reading while the
// client is over its budget, so that TCP holds the client up. It belongs to the
// connection's reading goroutine.
func (c *Conn) pace() {
	config := &c.server.config
	if config.FrameBudget == 0 {
		return
	}
	each := int64(time.Second) / int64(config.FrameRefill)
	now := c.server.now()
	c.paid = max(c.paid, now) + each
	if ahead := c.paid - now - each*int64(config.FrameBudget); ahead > 0 {
		c.pause(max(time.Duration(ahead), leastPause))
	}
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
