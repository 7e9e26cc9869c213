package suite

import (
	"fmt"
	"time"

	"audioroom/bench"
	"audioroom/bench/report"
)

// row is one line of the table of targets.
type row struct {
	name string // for --only
	what string
	// scenario is what is run, with the changes that alter makes to the usual
	// configuration; nil for none.
	scenario bench.Scenario
	alter    func(c *bench.Config)
	// value is the figure that the target is for, format how it is written.
	value  func(r *bench.Result) (float64, bool)
	format func(value float64) string
	// target is what it has to be at most, reach what it may become; 0 for none.
	target, reach float64
	// flatTo is the line before whose figure this one may exceed by flat.
	flatTo string
	// node is what the predecessor had: the same figure, and what else is known.
	node, nodeMore string
	// bare has the bare server measured, too: what the kernel and Redis cost.
	bare bool
	// inProcess is the Go benchmark of the same scenario without sockets.
	inProcess string
	// large rows are left out of a quick run.
	large bool
}

// flat is how much more something may cost and still count as the same.
const flat = 1.25

// The figures that targets are for.
var (
	cpuPerUnit = func(r *bench.Result) (float64, bool) {
		if r.Server == nil {
			return 0, false
		}
		return r.Server.CPUPerUnit, r.Server.CPUPerUnit > 0
	}
	figure = func(name string) func(r *bench.Result) (float64, bool) {
		return func(r *bench.Result) (float64, bool) { return r.Figure(name) }
	}
	p99 = func(of string) func(r *bench.Result) (float64, bool) {
		return func(r *bench.Result) (float64, bool) {
			l, ok := r.Latency(of)
			return l.P99, ok
		}
	}
	// drift is the cost of the last fifth of a run, divided by that of the first.
	drift = func(r *bench.Result) (float64, bool) {
		n := len(r.Slices) / 5
		if n == 0 || r.Server == nil {
			return 0, false
		}
		first, last := meanCPU(r.Slices[:n]), meanCPU(r.Slices[len(r.Slices)-n:])
		return last / first, first > 0
	}
)

// meanCPU is the mean CPU time for a unit over slices.
func meanCPU(slices []bench.Slice) float64 {
	sum, units := 0.0, 0.0
	for _, s := range slices {
		sum += s.CPUPerUnit * float64(s.Units)
		units += float64(s.Units)
	}
	if units == 0 {
		return 0
	}
	return sum / units
}

func micros(value float64) string { return fmt.Sprintf("%.3g µs", value) }
func times(value float64) string  { return fmt.Sprintf("%.2f ×", value) }

const (
	millisecond = 1000.0 // microseconds
	kilobyte    = 1024.0 // bytes
)

// rows is the table of targets. The predecessor's figures, measured with server
// and load on a core each, are medians of three.
func rows() []row {
	neighbour := func(rate float64) func(c *bench.Config) {
		return func(c *bench.Config) { c.Neighbour = rate }
	}
	both := func(rate, neighbour float64) func(c *bench.Config) {
		return func(c *bench.Config) { c.Rate, c.Neighbour = rate, neighbour }
	}
	// The backend has been told of every room, and seats don't ask for ranks: what is
	// left is the operations.
	settled := func(c *bench.Config) { c.WarmUp, c.Duration = 12*time.Second, 5*time.Second }
	return []row{
		{
			name: "lock-1", what: "lock, depth 1: CPU per operation", scenario: &bench.Lock{Managers: 1, Depth: 1}, value: cpuPerUnit, format: micros,
			target: 40, reach: 25, node: "206 µs", nodeMore: "3,000/s, p99 0.5 ms", inProcess: "lock_depth_1", bare: true,
		},
		{
			name: "lock-64", what: "lock, depth 64: CPU per operation", scenario: &bench.Lock{Managers: 1, Depth: 64}, value: cpuPerUnit, format: micros,
			target: 5, reach: 3, node: "47 µs", nodeMore: "21,000/s", inProcess: "lock_depth_64", bare: true,
		},
		{
			name: "lock-8x8", what: "lock, 8 managers × 8: CPU per operation", scenario: &bench.Lock{Managers: 8, Depth: 8}, value: cpuPerUnit,
			format: micros, target: 8, reach: 5, node: "87 µs", nodeMore: "11,400/s", inProcess: "lock_8x8", bare: true,
		},
		{
			name: "seats", what: "seats, 15 users: CPU per take or leave", scenario: &bench.Seats{Users: 15}, value: cpuPerUnit, format: micros,
			target: 15, reach: 8, node: "159 µs", nodeMore: "6,200/s", inProcess: "seats_15", bare: true,
		},
		{
			name: "churn", what: "churn, a room of 50: CPU per join and leave", scenario: &bench.Churn{Users: 50, Rooms: 1}, value: cpuPerUnit,
			format: micros, target: 60, reach: 30, node: "994 µs", nodeMore: "1,000/s", inProcess: "churn_50", bare: true,
		},
		{
			name: "churn-50", what: "churn, 50 rooms: CPU per join and leave", scenario: &bench.Churn{Users: 50, Rooms: 50}, value: cpuPerUnit,
			format: micros, node: "738 µs", bare: true,
		},
		{
			name: "rooms", what: "200 rooms: CPU per operation", scenario: &bench.Rooms{Rooms: 200, Users: 1}, value: cpuPerUnit, format: micros,
			target: 12, reach: 6, node: "73 µs", nodeMore: "13,600/s", inProcess: "rooms_200", bare: true,
		},
		{
			name: "mixed", what: "an evening in 20 rooms of 50: CPU per operation", scenario: &bench.Mixed{Rooms: 20, Members: 50},
			value: cpuPerUnit, format: micros,
		},
		{
			name: "fanout", what: "fan-out, 1,000 listeners, highest rate: CPU per frame",
			scenario: &bench.Fanout{Listeners: 1000, Limit: 100 * time.Millisecond}, value: cpuPerUnit, format: micros,
			target: 1.2, reach: 0.8, node: "7.9 µs", nodeMore: "116,000 frames/s", inProcess: "fanout_1000",
		},
		{
			name: "fanout-200", what: "fan-out, 200 listeners, highest rate: CPU per frame",
			scenario: &bench.Fanout{Listeners: 200, Limit: 100 * time.Millisecond}, value: cpuPerUnit, format: micros,
			node: "6.6 µs", nodeMore: "150,000 frames/s", inProcess: "fanout_200", large: true,
		},
		{
			name: "idle", what: "idle socket, joined: memory", scenario: &bench.Idle{Sockets: 5000, Members: 50, Settle: time.Minute},
			value: figure("joined socket"), format: report.Bytes, target: 14 * kilobyte, reach: 10 * kilobyte, node: "31 KB", nodeMore: "base 92 MB",
		},
		{
			name: "empty", what: "room with nobody in it: memory", scenario: &bench.Idle{Sockets: 1, Members: 1, EmptyRooms: 10_000, Settle: time.Minute},
			value: figure("empty room"), format: report.Bytes, target: 3 * kilobyte, reach: 1.5 * kilobyte,
		},
		{
			name: "drop", what: "1,000 members cut off at once: p99 of another room", scenario: &bench.Drop{Members: 1000}, alter: neighbour(500),
			value: p99("neighbour"), format: report.Micros, target: 50 * millisecond,
		},
		{
			name: "drop-count", what: "1,000 members cut off at once: counted right after", scenario: &bench.Drop{Members: 1000}, alter: neighbour(500),
			value: figure("counted right after"), format: report.Micros, target: 1000 * millisecond,
		},
		{
			name: "polite", what: "1,000 members saying goodbye at once: p99 of another room", scenario: &bench.Drop{Members: 1000, Polite: true},
			alter: neighbour(500), value: p99("neighbour"), format: report.Micros, target: 50 * millisecond,
		},
		{
			name: "busy", what: "lock beside 200 rooms with 10 operations a second each: p99", scenario: &bench.Rooms{Rooms: 200, Users: 1},
			alter: both(2000, 200), value: p99("neighbour"), format: report.Micros, target: millisecond, bare: true,
		},
		{
			name: "big", what: "lock beside a room of 5,000 that hears 5 broadcasts a second: p99, compared to before",
			scenario: &bench.Fanout{Listeners: 5000, Limit: time.Second}, alter: both(5, 200), value: figure("neighbour's p99"), format: times,
			target: 2, large: true,
		},
		{
			name: "bigjoin", what: "join into a room of 5,000: p99", scenario: &bench.Churn{Users: 1, Rooms: 1, Stay: 5000},
			alter: func(c *bench.Config) { c.Rate, c.Duration = 2, 10*time.Second }, value: p99("join"), format: report.Micros, target: 50 * millisecond, large: true,
		},
		{
			name: "flat-1", what: "1 room, one operation at a time: CPU per take or leave",
			scenario: &bench.Rooms{Rooms: 1, Users: 1, Seats: true, InFlight: 1}, alter: settled, value: cpuPerUnit, format: micros, bare: true, large: true,
		},
		{
			name: "flat-10000", what: "10,000 rooms, one operation at a time: CPU per take or leave",
			scenario: &bench.Rooms{Rooms: 10_000, Users: 1, Seats: true, InFlight: 1}, alter: settled, value: cpuPerUnit, format: micros, bare: true, large: true,
			flatTo: "flat-1",
		},
		{
			name: "million", what: "a room's first million operations, depth 64: cost of the last fifth ÷ the first",
			scenario: &bench.Lock{Managers: 1, Depth: 64}, value: drift, format: times, target: 1.15, large: true,
			alter: func(c *bench.Config) { c.WarmUp, c.Units = 0, 1_000_000 },
		},
	}
}
