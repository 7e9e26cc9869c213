// Package report shows what was measured: as a table on a terminal, as JSON, and
// as a page with plots.
package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"audioroom/bench"
)

// Table writes one run for people.
func Table(w io.Writer, r *bench.Result) error {
	fmt.Fprintf(w, "%s: %s\n%s, %s loop\n\n", r.Scenario, r.Parameters, r.URL, r.Loop)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(t, "  %s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	if r.PerSecond > 0 {
		row("throughput", "%s/s of %s (%s in %.1f s)", Number(r.PerSecond), r.Unit, Number(float64(r.Units)), r.Seconds)
	}
	if s := r.Server; s != nil && r.PerSecond > 0 {
		row("server CPU", "%.2f µs for each %s (%.0f %% of a core)", s.CPUPerUnit, r.Unit, 100*s.CPU)
	}
	if s := r.Server; s != nil {
		row("server memory", "%s", Bytes(float64(s.RSS)))
	}
	if r.DriverCPU > 0 {
		row("driver CPU", "%.0f %% of a core%s", 100*r.DriverCPU, saturated(r))
	}
	for _, f := range r.Figures {
		row(f.Name, "%s", Figure(f))
	}
	row("checked", "%s acks, %s broadcasts, heard %s times: all in order", Number(float64(r.Checked.Acks)),
		Number(float64(r.Checked.Broadcasts)), Number(float64(r.Checked.Deliveries)))
	if err := t.Flush(); err != nil {
		return err
	}
	if len(r.Latencies) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "  time to\tp50\tp90\tp99\tp99.9\tmax\tcount\t")
	for _, l := range r.Latencies {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", l.Of, Micros(l.P50), Micros(l.P90), Micros(l.P99), Micros(l.P999), Micros(l.Max),
			Number(float64(l.Count)))
	}
	return t.Flush()
}

// saturated warns that the driver may be what was measured.
func saturated(r *bench.Result) string {
	if r.DriverCPU > 0.9 && (r.Server == nil || r.Server.CPU < 0.9) {
		return ", which may be what limits the throughput"
	}
	return ""
}

// Micros writes a time of so many microseconds.
func Micros(micros float64) string {
	d := time.Duration(micros * float64(time.Microsecond))
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}

// Number writes a number in groups of three digits.
func Number(n float64) string {
	if n < 100 && n != float64(int64(n)) {
		return fmt.Sprintf("%.1f", n)
	}
	digits := fmt.Sprintf("%.0f", n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Bytes writes a size in memory.
func Bytes(n float64) string {
	switch {
	case n >= 10<<20 || n <= -10<<20:
		return fmt.Sprintf("%.0f MB", n/(1<<20))
	case n >= 1<<20 || n <= -1<<20:
		return fmt.Sprintf("%.1f MB", n/(1<<20))
	}
	return fmt.Sprintf("%.1f KB", n/(1<<10))
}

// Figure writes a number with its unit.
func Figure(f bench.Figure) string {
	switch f.Unit {
	case "B":
		return Bytes(f.Value)
	case "µs":
		return Micros(f.Value)
	}
	if f.Unit == "" || f.Unit[0] == '/' {
		return Number(f.Value) + f.Unit
	}
	return Number(f.Value) + " " + f.Unit
}

// Ratio writes a ratio.
func Ratio(r float64) string {
	if r >= 100 {
		return Number(r)
	}
	return fmt.Sprintf("%.3g", r)
}

// Comparison writes two servers side by side for people.
func Comparison(w io.Writer, c *bench.Comparison) error {
	a, b := c.A[0], c.B[0]
	fmt.Fprintf(w, "%s: %s\nA is %s, B is %s, in turns\n\n", a.Scenario, a.Parameters, a.URL, b.URL)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "  B ÷ A\tmedian\tleast\tmost\teach pair\t")
	for _, ratio := range c.Ratios {
		pairs := make([]string, len(ratio.Pairs))
		for i, pair := range ratio.Pairs {
			pairs[i] = Ratio(pair)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t\n", ratio.Of, Ratio(ratio.Median), Ratio(ratio.Min), Ratio(ratio.Max), strings.Join(pairs, " "))
	}
	return t.Flush()
}
