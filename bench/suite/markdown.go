package suite

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"audioroom/bench/report"
)

// The place in the file of results that people write, kept when it is written
// anew.
const (
	byHandBegin = "<!-- by hand: kept when this file is written anew -->"
	byHandEnd   = "<!-- end of what is written by hand -->"
)

// Facts is what a file of results says about how it was made.
type Facts struct {
	// Machine, Go and Redis are what it was measured on, Command how to do it again.
	Machine, Redis, Command string
	// Busy is the part of the machine's cores that was at work before, 1 for all.
	Busy float64
	// Runs is how often each scenario was run.
	Runs int
	// InProcess are the Go benchmarks of the same scenarios, by name.
	InProcess map[string]InProcess
}

// InProcess is the outcome of a Go benchmark.
type InProcess struct {
	Micros      float64 // CPU time for each operation
	Allocations float64
}

// Markdown writes the table as a file. What people wrote into the one before is
// kept.
func Markdown(w io.Writer, lines []Line, facts Facts, before string) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "# Results\n\nWritten by `%s`. What each line is: [README.md](README.md).\n\n", facts.Command)
	fmt.Fprintf(out, "- Machine: %s; %s.%s\n", facts.Machine, facts.Redis, disturbed(facts.Busy))
	fmt.Fprint(out, "- With two cores or more the server has the first to itself; load, Redis and backend run on the others. Each run has a server and a Redis of\n"+
		"  its own. Redis as it comes, but that nothing is written to disk (`--save '' --appendonly no`); the server without limits\n"+
		"  (`EVENT_BUDGET=0 CHAT_PER_MINUTE=0 CONNECTIONS_PER_USER=0`), commits on.\n")
	of := fmt.Sprintf("Medians of %d runs, the least and the most in brackets.", facts.Runs)
	if facts.Runs == 1 {
		of = "One run of each line: figures of time may be off by a third."
	}
	fmt.Fprintf(out, "- %s *Node* is the predecessor, measured in the same way on two cores of another machine.\n", of)
	fmt.Fprint(out, "- *Bare* is the least that a server can do, measured in turns with this one: a thread that reads, saves in Redis, and answers when Redis has\n"+
		"  confirmed, without checking anything ([bare](bare)). It tells what the kernel and the round trip cost on this machine, and how far from it the\n"+
		"  server is.\n")
	fmt.Fprint(out, "- *Without sockets* is CPU time and allocations of the whole way of a message inside one process, with a store that confirms at once and the\n"+
		"  clients included: `make gobench BENCH=Whole`.\n\n")
	fmt.Fprintln(out, "| what | measured | target | within reach | | bare | Node | without sockets |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- |")
	for i := range lines {
		l := &lines[i]
		fmt.Fprintf(out, "| %s | **%s**%s | %s | %s | %s | %s | %s | %s |\n", l.what, l.measured(), l.spread(), l.limit(l.target), l.limit(l.reach),
			l.verdict(), l.least(), l.node, inProcess(facts.InProcess, l.inProcess))
	}
	fmt.Fprint(out, "\n## Throughput and times\n\nOf the run with the median figure. *Server* and *driver* are the parts of a core that they took.\n\n")
	fmt.Fprintln(out, "| what | throughput | Node | server | driver | time to | p50 | p90 | p99 | p99.9 | max |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for i := range lines {
		if l := &lines[i]; l.Err == nil && (i == 0 || len(lines[i-1].Results) == 0 || l.Results[0] != lines[i-1].Results[0]) { // no more than once
			l.details(out)
		}
	}
	fmt.Fprintf(out, "\n## Where the remaining time goes\n\n%s\n%s%s\n", byHandBegin, written(before), byHandEnd)
	return out.Flush()
}

// disturbed warns that the machine had something else to do.
func disturbed(busy float64) string {
	if busy < quiet {
		return ""
	}
	return fmt.Sprintf(" **It was at work for others before the first run (%.0f %% of its cores): the figures are too high.**", 100*busy)
}

// quiet is how much of a machine may be at work for others without disturbing.
const quiet = 0.05

// spread is the least and the most of several runs.
func (l *Line) spread() string {
	if l.Err != nil || len(l.Values) < 2 {
		return ""
	}
	least, most := l.Values[0], l.Values[0]
	for _, value := range l.Values {
		least, most = min(least, value), max(most, value)
	}
	return fmt.Sprintf(" (%s to %s)", l.format(least), l.format(most))
}

func (l *Line) limit(value float64) string {
	if value == 0 {
		return ""
	}
	return "≤ " + l.format(value)
}

// details writes the distributions of the run with the median figure.
func (l *Line) details(w io.Writer) {
	which := 0
	for i, value := range l.Values {
		if distance(value, l.Median()) < distance(l.Values[which], l.Median()) {
			which = i
		}
	}
	r := l.Results[which]
	throughput, server, driver := "", "", ""
	if r.PerSecond > 0 {
		throughput = report.Number(r.PerSecond) + "/s of " + r.Unit
	}
	if r.Server != nil && r.Server.CPU > 0 {
		server, driver = fmt.Sprintf("%.0f %%", 100*r.Server.CPU), fmt.Sprintf("%.0f %%", 100*r.DriverCPU)
	}
	if len(r.Latencies) == 0 {
		return
	}
	for i, t := range r.Latencies {
		what, more := l.what, l.nodeMore
		if i > 0 {
			what, throughput, more, server, driver = "", "", "", "", ""
		}
		what, _, _ = strings.Cut(what, ": ")
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", what, throughput, more, server, driver, t.Of,
			report.Micros(t.P50), report.Micros(t.P90), report.Micros(t.P99), report.Micros(t.P999), report.Micros(t.Max))
	}
}

func distance(a, b float64) float64 { return max(a-b, b-a) }

func inProcess(all map[string]InProcess, name string) string {
	b, ok := all[name]
	if !ok {
		return ""
	}
	return fmt.Sprintf("%.3g µs, %.3g allocations", b.Micros, b.Allocations)
}

// written returns what people wrote into a file of results.
func written(file string) string {
	_, rest, found := strings.Cut(file, byHandBegin+"\n")
	if !found {
		return "\n"
	}
	text, _, _ := strings.Cut(rest, byHandEnd)
	return text
}

// ReadInProcess reads the output of the Go benchmark Whole.
func ReadInProcess(r io.Reader) (map[string]InProcess, error) {
	found := make(map[string]InProcess)
	for lines := bufio.NewScanner(r); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 {
			continue
		}
		name, isWhole := strings.CutPrefix(fields[0], "BenchmarkWhole/")
		if !isWhole {
			continue
		}
		if dash := strings.LastIndexByte(name, '-'); dash > 0 { // GOMAXPROCS
			name = name[:dash]
		}
		var b InProcess
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", lines.Text(), err)
			}
			switch fields[i+1] {
			case "cpu-µs/op":
				b.Micros = value
			case "allocs/op":
				b.Allocations = value
			}
		}
		found[name] = b
	}
	return found, nil
}
