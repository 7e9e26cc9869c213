// Package suite fills the table of targets: it runs every scenario that a target
// is for, several times, each time against a server that was started for it.
package suite

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"audioroom/bench"
	"audioroom/bench/report"
)

// Options is how the table is filled.
type Options struct {
	// Runs is how often each scenario is run; the table has the medians.
	Runs int
	// Quick leaves out what takes long, and measures for a short time.
	Quick bool
	// Only are the names of the lines to fill; none for all.
	Only []string
	// Config is what the runs have in common.
	Config bench.Config
	// Open starts a server to measure, or the bare one, and returns how to end it.
	Open func(ctx context.Context, bare bool) (*bench.Target, func() error, error)
	// Log is told of each run.
	Log io.Writer
}

// Line is a line of the table, filled.
type Line struct {
	row
	// Results are those of the runs, Values the figures that the target is for.
	Results []*bench.Result
	Values  []float64
	// Bare are the figures of the bare server, which had its turns between the others.
	Bare []float64
	// Err is why there are none.
	Err error
}

// Names returns the names of all lines.
func Names() []string {
	var names []string
	for _, r := range rows() {
		names = append(names, r.name)
	}
	return names
}

// Times of a run.
const (
	warmUp        = 2 * time.Second
	duration      = 5 * time.Second
	quickWarmUp   = time.Second
	quickDuration = 2 * time.Second
)

// Fill fills the table. A line whose run fails stays empty and says why; the other
// lines are filled all the same. An error says that there is no table.
func Fill(ctx context.Context, o *Options) ([]Line, error) {
	for _, name := range o.Only {
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("there is no line %q in the table; there are %s", name, strings.Join(Names(), ", "))
		}
	}
	var lines []Line
	for _, r := range rows() {
		if len(o.Only) > 0 && !slices.Contains(o.Only, r.name) || len(o.Only) == 0 && o.Quick && r.large {
			continue
		}
		line := Line{row: r}
		line.compare(lines)
		if len(lines) > 0 && lines[len(lines)-1].Err == nil && lines[len(lines)-1].sameRuns(&r) { // another figure of the same runs
			line.Results = lines[len(lines)-1].Results
		}
		line.Err = line.fill(ctx, o)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		fmt.Fprintf(o.Log, "%-78s %-12s bare %-12s %s\n", line.what, line.measured(), line.least(), line.verdict())
		lines = append(lines, line)
	}
	return lines, nil
}

// compare sets the target of a line that has to stay as another is.
func (l *Line) compare(before []Line) {
	for i := range before {
		if b := &before[i]; b.name == l.flatTo && b.Err == nil {
			l.target = flat * b.Median()
		}
	}
}

// sameRuns says whether another line needs nothing but another figure.
func (l *Line) sameRuns(r *row) bool {
	return l.scenario.Name() == r.scenario.Name() && l.scenario.Parameters() == r.scenario.Parameters() && l.alter != nil && r.alter != nil
}

// fill runs the scenario as often as it is asked for.
func (l *Line) fill(ctx context.Context, o *Options) error {
	for len(l.Results) < o.Runs {
		result, err := l.run(ctx, o, false)
		if err != nil {
			return err
		}
		l.Results = append(l.Results, result)
		if !l.bare {
			continue
		}
		if result, err = l.run(ctx, o, true); err != nil {
			return fmt.Errorf("the bare server: %w", err)
		}
		if value, ok := l.value(result); ok {
			l.Bare = append(l.Bare, value)
		}
	}
	for _, result := range l.Results {
		value, ok := l.value(result)
		if !ok {
			return fmt.Errorf("%s: the figure is missing", l.what)
		}
		l.Values = append(l.Values, value)
	}
	return nil
}

// run runs the scenario once, against a server of its own.
func (l *Line) run(ctx context.Context, o *Options, bare bool) (result *bench.Result, err error) {
	target, end, err := o.Open(ctx, bare)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := end(); err == nil {
			err = e
		}
	}()
	config := o.Config
	config.WarmUp, config.Duration = warmUp, duration
	if o.Quick {
		config.WarmUp, config.Duration = quickWarmUp, quickDuration
	}
	if l.alter != nil {
		l.alter(&config)
	}
	return bench.Measure(ctx, l.scenario, target, &config)
}

// Median is the figure of the line.
func (l *Line) Median() float64 { return median(l.Values) }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// measured is the figure as it is written.
func (l *Line) measured() string {
	if l.Err != nil {
		return "failed"
	}
	return l.format(l.Median())
}

// least is the bare server's figure as it is written, and how far it is.
func (l *Line) least() string {
	if len(l.Bare) == 0 || l.Err != nil {
		return ""
	}
	least := median(l.Bare)
	return fmt.Sprintf("%s, × %s", l.format(least), report.Ratio(l.Median()/least))
}

// verdict says whether the target is met.
func (l *Line) verdict() string {
	if l.Err != nil {
		return l.Err.Error()
	}
	switch value := l.Median(); {
	case l.target == 0:
		return ""
	case l.reach > 0 && value <= l.reach:
		return "met, reach met"
	case value <= l.target:
		return "met"
	}
	missed := fmt.Sprintf("missed: %s × the target", report.Ratio(l.Median()/l.target))
	if len(l.Bare) > 0 && median(l.Bare) > l.target {
		missed += "; out of reach of the bare server, too"
	}
	return missed
}

// Missed returns how many targets are missed, and how many lines could not be
// filled.
func Missed(lines []Line) (missed, failed int) {
	for i := range lines {
		switch l := &lines[i]; {
		case l.Err != nil:
			failed++
		case l.target > 0 && l.Median() > l.target:
			missed++
		}
	}
	return missed, failed
}
