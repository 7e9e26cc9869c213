package laravel

import "time"

// gateFailures is how many statuses in a row, of more than one room, have to
// fail before the backend counts as away. One room alone, whose status makes
// the backend stumble, closes the gate to nobody: its own backoff is enough.
const gateFailures = 4

// gate is the Reporter's notion of whether the backend is there. A backend that
// answers with an error of its own is: that is the business of the room whose
// status it stumbled over. While it is
// closed one status at a time probes, ever more seldom; the first that is
// answered opens it. The Reporter's lock guards it.
type gate struct {
	low, high time.Duration // bounds of the wait between probes

	failures int    // in a row, while open
	first    string // room of the first of them
	several  bool   // they are of more than one room

	closed  bool
	probing bool // the probe is under way
	probes  int  // in vain, since it closed
	probeAt time.Time
}

// lets returns whether a status may go now, and if not, when it may; the zero
// time means when the probe under way has ended.
func (g *gate) lets(now time.Time) (bool, time.Time) {
	switch {
	case !g.closed:
		return true, time.Time{}
	case g.probing:
		return false, time.Time{}
	case now.Before(g.probeAt):
		return false, g.probeAt
	}
	return true, time.Time{}
}

// sent says that a status goes now; it returns whether it is the probe.
func (g *gate) sent() bool {
	g.probing = g.closed
	return g.probing
}

// answered opens the gate; it returns whether it was closed.
func (g *gate) answered() (opened bool) {
	opened = g.closed
	*g = gate{low: g.low, high: g.high}
	return opened
}

// failed counts a failure; the backend may have asked to wait at least a
// while. It returns whether this closed the gate.
func (g *gate) failed(roomID string, probe bool, asked time.Duration, now time.Time) (closed bool) {
	if g.closed {
		if probe {
			g.probing = false
			g.probes++
			g.probeAt = now.Add(max(backoff(g.probes, g.low, g.high), asked))
		}
		return false
	}
	if g.failures == 0 {
		g.first = roomID
	}
	g.failures++
	g.several = g.several || roomID != g.first
	if g.failures < gateFailures || !g.several {
		return false
	}
	g.shut(now.Add(max(backoff(0, g.low, g.high), asked)))
	return true
}

// throttled closes the gate for as long as the backend asked, or for a growing
// wait if it named none. It returns whether this closed the gate.
func (g *gate) throttled(probe bool, asked time.Duration, now time.Time) (closed bool) {
	closed = !g.closed
	if probe {
		g.probing = false
		g.probes++
	}
	if asked == 0 {
		asked = backoff(g.probes, g.low, g.high)
	}
	g.shut(now.Add(asked))
	return closed
}

func (g *gate) shut(until time.Time) {
	g.closed = true
	if until.After(g.probeAt) {
		g.probeAt = until
	}
}
