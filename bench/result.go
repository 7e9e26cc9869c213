package bench

import (
	"time"
)

// Result is what a run measured.
type Result struct {
	Scenario string `json:"scenario"`
	// Parameters says how the scenario was run, in words.
	Parameters string `json:"parameters"`
	URL        string `json:"url"`
	// Loop is "closed", or "open" with the rate.
	Loop string `json:"loop"`
	// Unit is what was counted: lock or unlock, join and leave, frame.
	Unit string `json:"unit"`
	// Seconds is how long it was measured, Units how many were counted in that
	// time.
	Seconds   float64 `json:"seconds"`
	Units     int64   `json:"units"`
	PerSecond float64 `json:"perSecond"`
	// Latencies are the times that were measured, by what they are the time of.
	Latencies []Latency `json:"latencies"`
	// Server is what the server used, nil if its pid is not known.
	Server *ServerUsage `json:"server,omitempty"`
	// DriverCPU is the share of one core that the driver took, 1 being all of it: a
	// driver near that may have been what was measured.
	DriverCPU float64 `json:"driverCPU"`
	// Figures are those that only this scenario has.
	Figures []Figure `json:"figures,omitempty"`
	// Slices are the parts of the measured time, to show what drifts.
	Slices []Slice `json:"slices,omitempty"`
	// Checked is what was held against the protocol, warm-up included.
	Checked Checked `json:"checked"`
}

// ServerUsage is what a server used while it was measured.
type ServerUsage struct {
	// CPU is the share of one core, CPUPerUnit the microseconds for each unit.
	CPU        float64 `json:"cpu"`
	CPUPerUnit float64 `json:"cpuMicrosPerUnit"`
	// RSS is the resident memory at the end, in bytes.
	RSS int64 `json:"rss"`
}

// Figure is one number.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Slice is a part of the measured time.
type Slice struct {
	Units      int64   `json:"units"`
	Seconds    float64 `json:"seconds"`
	CPUPerUnit float64 `json:"cpuMicrosPerUnit,omitempty"`
}

// Checked counts what was found to be right.
type Checked struct {
	// Acks is the answers, Broadcasts the different broadcasts, Deliveries how many
	// of them were heard.
	Acks       int64 `json:"acks"`
	Broadcasts int64 `json:"broadcasts"`
	Deliveries int64 `json:"deliveries"`
}

// Latency is the distribution of a time, in microseconds.
type Latency struct {
	Of    string  `json:"of"`
	Count int64   `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p99_9"`
	Max   float64 `json:"max"`
	// Curve is the whole distribution, for plots.
	Curve []Point `json:"curve,omitempty"`
}

// Point says that the part of all times up to Quantile, below 1, is no longer than
// Micros.
type Point struct {
	Quantile float64 `json:"quantile"`
	Micros   float64 `json:"micros"`
}

// Figure returns a number by its name.
func (r *Result) Figure(name string) (value float64, ok bool) {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Value, true
		}
	}
	return 0, false
}

// Latency returns a distribution by what it is of.
func (r *Result) Latency(of string) (Latency, bool) {
	for _, l := range r.Latencies {
		if l.Of == of {
			return l, true
		}
	}
	return Latency{}, false
}

func (r *Result) figure(name string, value float64, unit string) {
	r.Figures = append(r.Figures, Figure{name, value, unit})
}

// latency adds what a series recorded, if it did.
func (r *Result) latency(s *Series) {
	if s != nil && s.hist.TotalCount() > 0 {
		r.Latencies = append(r.Latencies, s.latency())
	}
}

func (s *Series) latency() Latency {
	micros := func(n int64) float64 { return float64(n) / float64(time.Microsecond) }
	at := func(percentile float64) float64 { return micros(s.hist.ValueAtPercentile(percentile)) }
	l := Latency{
		Of: s.Name, Count: s.hist.TotalCount(), Mean: s.hist.Mean() / float64(time.Microsecond),
		P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: micros(s.hist.Max()),
	}
	for _, bracket := range s.hist.CumulativeDistributionWithTicks(5) {
		if bracket.Quantile < 100 {
			l.Curve = append(l.Curve, Point{bracket.Quantile / 100, micros(bracket.ValueAt)})
		}
	}
	return l
}
