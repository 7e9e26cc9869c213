package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// probe is a neighbour of what is measured: a small room of its own, in which a
// manager locks and unlocks at a steady rate, one seat after the other. It has a goroutine and
// connections of its own, so that it doesn't wait behind the driver of the load.
type probe struct {
	run   *Run
	phase atomic.Int32
	quiet *Series // before the load
	busy  *Series // under it
	end   context.CancelFunc
	done  sync.WaitGroup
	err   error // once it is done
}

// Phases of a probe: outside of them it goes on and isn't measured.
const (
	probeQuiet int32 = iota + 1
	probeBusy
)

// quietTime is how long a probe is measured before the load.
const quietTime = 2 * time.Second

// startProbe starts a probe if the run is to have one.
func (run *Run) startProbe() error {
	rate := run.config.Neighbour
	if rate == 0 {
		return nil
	}
	own, err := newRun(run.ctx, run.target, run.config)
	if err != nil {
		return err
	}
	p := &probe{run: own, quiet: newSeries("neighbour before"), busy: newSeries("neighbour")}
	own.ctx, p.end = context.WithCancel(run.ctx)
	r := own.room(0)
	members, err := own.hire(r, 1, probeSeats)
	if err == nil {
		var listeners []*member
		if listeners, err = own.crowd(run.users(probeUsers, probeListeners)); err == nil {
			err = own.gather(r, listeners)
		}
	}
	if err != nil {
		p.end()
		own.loop.Close()
		return err
	}
	own.recording = true
	run.probe = p
	p.done.Go(func() { p.err = p.play(members[0], rate) })
	return nil
}

const (
	// probeUsers is where the users of probes begin, after all others.
	probeUsers     = 10_000_000
	probeListeners = 2
	// probeSeats is how many requests may be under way, so that one that takes long
	// doesn't keep the next from its time.
	probeSeats = 15
)

// play works the seats until the probe is ended.
func (p *probe) play(m *member, rate float64) error {
	defer p.run.loop.Close()
	pace := p.run.newPace(rate, 0)
	series := [...]*Series{nil, p.quiet, p.busy}
	for seat := range probeSeats {
		pace.ready(p.run.toggleWith(m, seat, func() *Series { return series[p.phase.Load()] }, pace))
	}
	pace.resume()
	const forever = 24 * time.Hour
	err := p.run.loop.Until(p.run.ctx, forever, func() bool { return p.run.fault != nil })
	if p.run.fault != nil {
		return p.run.fault
	}
	if p.run.ctx.Err() == nil {
		return err
	}
	pace.stop()
	p.run.ctx = context.Background() // what is under way is answered
	return p.run.drain()
}

// listen has the probe be measured in a phase.
func (p *probe) listen(phase int32) {
	if p != nil {
		p.phase.Store(phase)
	}
}

// before measures the neighbour while there is no load.
func (run *Run) before() error {
	if run.probe == nil {
		return nil
	}
	run.probe.listen(probeQuiet)
	defer run.probe.listen(0)
	return run.watch("neighbour", quietTime)
}

// finish ends the probe and reports what it measured.
func (p *probe) finish(result *Result) error {
	if p == nil {
		return nil
	}
	p.listen(0)
	p.end()
	p.done.Wait()
	if p.err != nil {
		return p.err
	}
	result.latency(p.quiet)
	result.latency(p.busy)
	if before, now := p.quiet.latency(), p.busy.latency(); before.Count > 0 && now.Count > 0 {
		result.figure("neighbour's p99", now.P99/before.P99, "times that before the load")
	}
	return nil
}
