package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"audioroom/bench/proc"
	"audioroom/bench/wire"
)

// Scenario is one kind of load. Its fields are its parameters.
type Scenario interface {
	// Name is the scenario's name, Parameters says how it is run, in words.
	Name() string
	Parameters() string
	// Validate says what is wrong with the parameters.
	Validate() error

	play(run *Run, result *Result) error
}

// serials number the runs of this process, so that none meets the rooms of another.
var serials atomic.Int64

// newRun makes a run that has connected to nothing yet.
func newRun(ctx context.Context, target *Target, config *Config) (*Run, error) {
	loop, err := wire.New(target.URL, target.TLS)
	if err != nil {
		return nil, err
	}
	return &Run{ctx: ctx, target: target, config: config, loop: loop, words: newDictionary(), serial: int(serials.Add(1))}, nil
}

// Measure runs a scenario once. What the server did wrong is returned as a *Fault.
func Measure(ctx context.Context, scenario Scenario, target *Target, config *Config) (*Result, error) {
	run, err := newRun(ctx, target, config)
	if err != nil {
		return nil, err
	}
	defer run.loop.Close()
	if _, err := run.usage(); err != nil {
		return nil, fmt.Errorf("the server's pid: %w", err)
	}
	result := &Result{Scenario: scenario.Name(), Parameters: scenario.Parameters(), URL: target.URL, Loop: "closed", Unit: "operation"}
	if config.Rate > 0 {
		result.Loop = fmt.Sprintf("open, %g/s", config.Rate)
	}
	if err := run.startProbe(); err != nil {
		return nil, err
	}
	err = scenario.play(run, result)
	if err := errors.Join(err, run.probe.finish(result)); err != nil {
		return nil, err
	}
	result.Checked = Checked{Acks: run.acks, Broadcasts: run.broadcasts, Deliveries: run.deliveries}
	return result, nil
}

// sliceCount is how many parts the measured time is divided into.
const sliceCount = 10

// measure runs a load that is prepared: it warms up, is measured for the fixed
// time, ends, and everything that has to come of it is waited for.
func (run *Run) measure(p *pace, result *Result) error {
	if err := run.before(); err != nil {
		return err
	}
	p.resume()
	if err := run.warmUp(); err != nil {
		return err
	}
	if err := run.sample(result, run.config.Duration); err != nil {
		return err
	}
	if late := p.overdue(); late > 0 {
		result.figure("not begun in time", float64(late), "units of work")
	}
	p.stop()
	run.tell("drain", 0)
	err := run.drain()
	run.recording = false
	return err
}

// warmUp lets the load go on unmeasured.
func (run *Run) warmUp() error { return run.watch("warm-up", run.config.WarmUp) }

// sample measures the load for a time.
func (run *Run) sample(result *Result, d time.Duration) error {
	begin, err := run.mark()
	if err != nil {
		return err
	}
	run.units, run.measuring, run.recording = 0, true, true
	run.probe.listen(probeBusy)
	last := begin
	for i := range sliceCount {
		if err := run.part(i+1, &begin, d); err != nil {
			return err
		}
		run.tell("measure", float64(i+1)/sliceCount)
		now, err := run.mark()
		if err != nil {
			return err
		}
		result.Slices = append(result.Slices, now.slice(&last, len(run.target.PIDs) > 0))
		last = now
	}
	run.measuring = false
	// In an open loop the times of what has begun are recorded to the end: those
	// who wait longest would be left out else.
	run.recording = run.config.Rate > 0
	run.probe.listen(0)
	begin.charge(&last, last.units, result, len(run.target.PIDs) > 0)
	return nil
}

// part lets the load go on to the end of a part of the sample: a part of the time,
// or of the units that are to be done.
func (run *Run) part(number int, begin *moment, d time.Duration) error {
	if all := run.config.Units; all > 0 {
		end := all * number / sliceCount
		return run.untilAll("measure", fmt.Sprintf("%d units of work are done", end), end, func() int { return int(run.units) })
	}
	end := begin.at + int64(d)*int64(number)/sliceCount
	return run.pass(time.Duration(end - run.loop.Now()))
}

// moment is what had been done and used at a time.
type moment struct {
	at             int64
	units          int64
	server, driver proc.Usage
}

func (run *Run) mark() (moment, error) {
	server, err := run.usage()
	if err != nil {
		return moment{}, fmt.Errorf("the server's pid: %w", err)
	}
	driver, _ := proc.Read(os.Getpid()) // zeros where there is no /proc
	m := moment{at: run.loop.Now(), server: server, driver: driver}
	if run.measuring {
		m.units = run.units
	}
	return m, nil
}

// charge reports what was done and used between two moments.
func (m *moment) charge(end *moment, units int64, result *Result, known bool) {
	result.Seconds = time.Duration(end.at - m.at).Seconds()
	result.Units = units
	result.PerSecond = float64(units) / result.Seconds
	result.DriverCPU = (end.driver.CPU - m.driver.CPU).Seconds() / result.Seconds
	if !known {
		return
	}
	cpu := (end.server.CPU - m.server.CPU).Seconds()
	result.Server = &ServerUsage{CPU: cpu / result.Seconds, RSS: end.server.RSS}
	if units > 0 {
		result.Server.CPUPerUnit = cpu * 1e6 / float64(units)
	}
}

func (m *moment) slice(before *moment, known bool) Slice {
	s := Slice{Units: m.units - before.units, Seconds: time.Duration(m.at - before.at).Seconds()}
	if known && s.Units > 0 {
		s.CPUPerUnit = (m.server.CPU - before.server.CPU).Seconds() * 1e6 / float64(s.Units)
	}
	return s
}

// watch lets time pass and tells how much of it has.
func (run *Run) watch(stage string, d time.Duration) error {
	const steps = 10
	for i := range steps {
		run.tell(stage, float64(i)/steps)
		if err := run.pass(d / steps); err != nil {
			return err
		}
	}
	return nil
}

func (run *Run) tell(stage string, part float64) {
	if run.config.Progress != nil {
		run.config.Progress(stage, part)
	}
}
