package bench

import "time"

// pace says when a scenario's units of work begin. In a closed loop a unit begins
// as soon as the one before it is done; in an open loop they begin at a fixed
// rate, whatever the server does, and a unit that has to wait for its turn is
// measured from when it should have begun. So a server that stalls can't hide the
// stall by keeping the load from coming.
type pace struct {
	run *Run
	// interval is the time between two beginnings, nanoseconds; 0 in a closed loop.
	interval float64
	// limit is how many units are under way at once in a closed loop; 0 for all.
	limit int

	idle    []func(since int64) // units that may begin, a queue
	head    int
	flying  int
	start   int64
	begun   int64 // units that have begun, or should have
	stopped bool
	armed   bool
}

func (run *Run) newPace(rate float64, limit int) *pace {
	p := &pace{run: run, limit: limit, stopped: true}
	p.setRate(rate)
	return p
}

// ready says that a unit may begin: for the first time, or again.
func (p *pace) ready(unit func(since int64)) {
	if p.interval == 0 && !p.stopped && (p.limit == 0 || p.flying < p.limit) && p.head == len(p.idle) {
		p.flying++
		unit(p.run.loop.Now())
		return
	}
	p.idle = append(p.idle, unit)
	p.begin()
}

// again says that a unit is done and may begin anew.
func (p *pace) again(unit func(since int64)) {
	p.flying--
	p.ready(unit)
}

// resume starts the work, or starts it again.
func (p *pace) resume() {
	p.stopped = false
	p.start, p.begun = p.run.loop.Now(), 0
	p.begin()
}

// stop begins no more units.
func (p *pace) stop() { p.stopped = true }

// setRate changes the rate of an open loop, or with 0 makes it a closed one.
func (p *pace) setRate(rate float64) {
	p.interval = 0
	if rate > 0 {
		p.interval = float64(time.Second) / rate
	}
	p.start, p.begun = p.run.loop.Now(), 0
}

// overdue is how many units should have begun by now and could not, because all
// that there are were under way.
func (p *pace) overdue() int64 {
	if p.interval == 0 {
		return 0
	}
	return max(0, int64(float64(p.run.loop.Now()-p.start)/p.interval)-p.begun)
}

// begin begins what is due.
func (p *pace) begin() {
	if p.stopped {
		return
	}
	now := p.run.loop.Now()
	for p.head < len(p.idle) {
		since := now
		if p.interval > 0 {
			since = p.start + int64(float64(p.begun)*p.interval)
			if since > now {
				p.arm(since)
				break
			}
			p.begun++
		} else if p.limit > 0 && p.flying >= p.limit {
			break
		}
		unit := p.idle[p.head]
		p.idle[p.head] = nil
		p.head++
		p.flying++
		unit(since)
	}
	if p.head == len(p.idle) {
		p.idle, p.head = p.idle[:0], 0
	} else if p.head > 1024 && p.head > len(p.idle)/2 {
		n := copy(p.idle, p.idle[p.head:])
		clear(p.idle[n:])
		p.idle, p.head = p.idle[:n], 0
	}
}

// arm has begin called when the next unit is due.
func (p *pace) arm(at int64) {
	if p.armed {
		return
	}
	p.armed = true
	p.run.loop.At(at, func() {
		p.armed = false
		p.begin()
	})
}
