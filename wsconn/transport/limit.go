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
	// mostPaused is how long reading may have stopped, in all, before the client was
	// silent for as long as silence. What waits in the kernel would keep a
	// connection for an hour whose client is long gone.
	mostPaused = 10 * time.Second
	silence    = time.Second

	// All connections that have used up a tenth of their budget share a lane of so
	// many frames a second, in runs of laneRun: some hundredths of a core, however
	// many they are.
	laneRate = 5000
	laneRun  = 20
)

// pacing is how far a connection has used up its budget of frames. It belongs to
// the connection's reading goroutine. Times are Server.now.
type pacing struct {
	paid   int64         // until when the frames so far are paid for
	last   int64         // when the last one was let through
	paused time.Duration // how long reading has stopped
	run    int           // frames left of those taken from the lane
}

// pace is called with each frame, whatever is in it. It stops reading while the
// client is over its budget, so that TCP holds the client up, and ends the
// connection of who goes on and on. It belongs to the connection's reading
// goroutine.
func (c *Conn) pace() {
	config := &c.server.config
	if config.FrameBudget == 0 {
		return
	}
	p, each, now := &c.pacing, int64(time.Second)/int64(config.FrameRefill), c.server.now()
	if now-p.last >= int64(silence) {
		p.paused = 0
	}
	p.paid = max(p.paid, now) + each
	used := p.paid - now
	var pause time.Duration
	switch budget := each * int64(config.FrameBudget); {
	case used > budget:
		pause = max(time.Duration(used-budget), leastPause)
	case used > budget/10 && p.run > 0:
		p.run--
	case used > budget/10:
		p.run = laneRun - 1
		pause = c.server.lane.ReserveN(time.Now(), laneRun).Delay()
	}
	if pause > 0 {
		c.pause(pause)
	}
	p.last = c.server.now()
}

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
