package bench

import (
	"errors"
	"fmt"
	"time"
)

// Fanout has one manager lock and unlock in a room full of listeners, and measures
// the time until each of them has heard of it. The rate is that of the broadcasts;
// without one the highest is looked for at which 99 % of the frames take less than
// Limit.
type Fanout struct {
	// Listeners is how many members listen.
	Listeners int
	// Limit is what the 99th percentile has to stay under, 100 ms by the table of
	// targets.
	Limit time.Duration
}

var _ Scenario = (*Fanout)(nil)

// Name implements Scenario.
func (s *Fanout) Name() string { return "fanout" }

// Parameters implements Scenario.
func (s *Fanout) Parameters() string { return count(s.Listeners, "listener") }

// Validate implements Scenario.
func (s *Fanout) Validate() error {
	if s.Listeners < 1 || s.Limit <= 0 {
		return errors.New("listeners and the limit have to be positive")
	}
	return nil
}

// fanoutDepth is how many broadcasts are asked for at once at most: the seats that
// the manager works.
const fanoutDepth = 64

// maxAttempts is how often the highest rate is measured: it may turn out to be too
// high in the long run.
const maxAttempts = 10

func (s *Fanout) play(run *Run, result *Result) error {
	result.Unit = "frame"
	r := run.room(0)
	managers, err := run.hire(r, 1, fanoutDepth)
	if err != nil {
		return err
	}
	listeners, err := run.crowd(run.users(0, s.Listeners))
	if err != nil {
		return err
	}
	if err := run.gather(r, listeners); err != nil {
		return err
	}
	run.countFrames = true
	acks := newSeries("ack")
	p := run.newPace(1, 0)
	for seat := range fanoutDepth {
		p.ready(run.toggle(managers[0], seat, acks, p))
	}
	rate := run.config.Rate
	if rate == 0 {
		if rate, err = s.highest(run, p); err != nil {
			return err
		}
	}
	for attempts := 1; ; attempts++ {
		result.Slices = nil
		acks.hist.Reset()
		run.frames = newSeries("frame")
		p.setRate(rate)
		if err := run.measure(p, result); err != nil {
			return err
		}
		if run.config.Rate > 0 || s.kept(run) {
			break
		}
		if attempts == maxAttempts {
			return fmt.Errorf("the time of a frame does not stay under %v over the whole time, even at %.0f broadcasts a second", s.Limit, rate)
		}
		rate *= 0.85 // it was too much over the whole time
	}
	result.Loop = fmt.Sprintf("open, %.0f/s", rate)
	result.latency(run.frames)
	result.latency(acks)
	result.figure("broadcasts", rate, "/s")
	if run.config.Rate == 0 {
		result.figure("highest rate", rate*float64(s.Listeners), "frames/s")
	}
	return nil
}

// kept says whether the frames of the last sample came in time.
func (s *Fanout) kept(run *Run) bool {
	return time.Duration(run.frames.hist.ValueAtPercentile(99)) < s.Limit
}

// highest looks for the highest rate of broadcasts that the server keeps up with.
// It starts from what a closed loop achieves and goes up or down from there, in
// steps of a tenth, until the next one up is too much.
func (s *Fanout) highest(run *Run, p *pace) (float64, error) {
	const (
		step     = 1.1
		maxSteps = 15
	)
	run.tell("search", 0)
	if _, err := s.try(run, p, 0); err != nil {
		return 0, err
	}
	rate := float64(run.frames.hist.TotalCount()) / float64(s.Listeners+1) / tryTime.Seconds()
	good := 0.0
	for tries := 1; tries <= maxSteps; tries++ {
		run.tell("search", float64(tries)/maxSteps)
		ok, err := s.try(run, p, rate)
		if err == nil && !ok { // the machine may have had something else to do
			ok, err = s.try(run, p, rate)
		}
		switch {
		case err != nil:
			return 0, err
		case ok:
			good = rate
			rate *= step
		case good > 0:
			return good, nil
		default:
			rate /= step * step * step
		}
	}
	return 0, errors.New("no rate of broadcasts was found that the server keeps up with")
}

// A rate is tried for a short time, after a moment to settle.
const (
	settleTime = 500 * time.Millisecond
	tryTime    = 1500 * time.Millisecond
)

// try measures a rate for a short time, or with rate 0 a closed loop, and says
// whether the frames came in time.
func (s *Fanout) try(run *Run, p *pace, rate float64) (bool, error) {
	run.frames = newSeries("frame")
	p.setRate(rate)
	p.resume()
	if err := run.pass(settleTime); err != nil {
		return false, err
	}
	run.recording = true
	if err := run.pass(tryTime); err != nil {
		return false, err
	}
	p.stop()
	if rate == 0 { // as many as there are in the time
		run.recording = false
	}
	err := run.drain() // what is late is measured, too
	run.recording = false
	return err == nil && s.kept(run), err
}
