package bench

import (
	"context"
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

// Measure runs a scenario once. What the server did wrong is returned as a *Fault.
func Measure(ctx context.Context, scenario Scenario, target *Target, config *Config) (*Result, error) {
	loop, err := wire.New(target.URL)
	if err != nil {
		return nil, err
	}
	defer loop.Close()
	run := &Run{ctx: ctx, target: target, config: config, loop: loop, words: newDictionary(), serial: int(serials.Add(1))}
	if _, err := run.usage(); err != nil {
		return nil, fmt.Errorf("the server's pid: %w", err)
	}
	result := &Result{Scenario: scenario.Name(), Parameters: scenario.Parameters(), URL: target.URL, Loop: "closed", Unit: "operation"}
	if config.Rate > 0 {
		result.Loop = fmt.Sprintf("open, %g/s", config.Rate)
	}
	if err := scenario.play(run, result); err != nil {
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
	p.resume()
	if err := run.warmUp(); err != nil {
		return err
	}
	if err := run.sample(result, run.config.Duration); err != nil {
		return err
	}
	p.stop()
	run.tell("drain", 0)
	return run.drain()
}

// warmUp lets the load go on unmeasured.
func (run *Run) warmUp() error { return run.watch("warm-up", run.config.WarmUp) }

// sample measures the load for a time.
func (run *Run) sample(result *Result, d time.Duration) error {
	begin, err := run.mark()
	if err != nil {
		return err
	}
	run.units, run.measuring = 0, true
	last := begin
	for i := range sliceCount {
		end := begin.at + int64(d)*int64(i+1)/sliceCount
		if err := run.pass(time.Duration(end - run.loop.Now())); err != nil {
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
	result.Seconds = time.Duration(last.at - begin.at).Seconds()
	result.Units = last.units
	result.PerSecond = float64(last.units) / result.Seconds
	result.DriverCPU = (last.driver.CPU - begin.driver.CPU).Seconds() / result.Seconds
	if len(run.target.PIDs) > 0 {
		cpu := (last.server.CPU - begin.server.CPU).Seconds()
		result.Server = &ServerUsage{CPU: cpu / result.Seconds, RSS: last.server.RSS}
		if last.units > 0 {
			result.Server.CPUPerUnit = cpu * 1e6 / float64(last.units)
		}
	}
	return nil
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
