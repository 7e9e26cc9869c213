package bench

import (
	"context"
	"fmt"
	"slices"
)

// Comparison is two servers measured in turns, so that what else the machine does
// meets both.
type Comparison struct {
	A []*Result `json:"a"`
	B []*Result `json:"b"`
	// Ratios are the figures of B divided by those of A, pair by pair.
	Ratios []Ratio `json:"ratios"`
}

// Ratio is one figure of B divided by the same of A.
type Ratio struct {
	Of    string    `json:"of"`
	Pairs []float64 `json:"pairs"`
	// Median, Min and Max are those of the pairs.
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// Compare runs a scenario against two servers in turns, A B A B and so on, and
// tells each result to tell, if that is not nil, as soon as it is there.
func Compare(ctx context.Context, scenario Scenario, a, b *Target, config *Config, pairs int, tell func(*Result)) (*Comparison, error) {
	c := new(Comparison)
	for pair := range pairs {
		for _, side := range []struct {
			name   string
			target *Target
			keep   *[]*Result
		}{{"A", a, &c.A}, {"B", b, &c.B}} {
			result, err := Measure(ctx, scenario, side.target, config)
			if err != nil {
				return nil, fmt.Errorf("%s, %s, pair %d: %w", side.name, side.target.URL, pair+1, err)
			}
			*side.keep = append(*side.keep, result)
			if tell != nil {
				tell(result)
			}
		}
	}
	c.compare()
	return c, nil
}

// compare works out the ratios of all figures that both have in every pair.
func (c *Comparison) compare() {
	first := measures(c.A[0])
	for _, of := range first {
		ratio := Ratio{Of: of.Name}
		for i := range c.A {
			a, known := find(measures(c.A[i]), of.Name)
			b, both := find(measures(c.B[i]), of.Name)
			if known && both && a != 0 {
				ratio.Pairs = append(ratio.Pairs, b/a)
			}
		}
		if len(ratio.Pairs) < len(c.A) {
			continue
		}
		sorted := slices.Sorted(slices.Values(ratio.Pairs))
		ratio.Min, ratio.Max = sorted[0], sorted[len(sorted)-1]
		ratio.Median = (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
		c.Ratios = append(c.Ratios, ratio)
	}
}

// measures lists what of a result can be compared.
func measures(r *Result) []Figure {
	var list []Figure
	add := func(name string, value float64) { list = append(list, Figure{Name: name, Value: value}) }
	if r.PerSecond > 0 {
		add(r.Unit+" per second", r.PerSecond)
	}
	if r.Server != nil && r.Server.CPUPerUnit > 0 {
		add("server CPU per "+r.Unit, r.Server.CPUPerUnit)
	}
	if r.Server != nil {
		add("server memory", float64(r.Server.RSS))
	}
	for _, l := range r.Latencies {
		add(l.Of+" p50", l.P50)
		add(l.Of+" p99", l.P99)
	}
	for _, f := range r.Figures {
		add(f.Name, f.Value)
	}
	return list
}

func find(list []Figure, name string) (value float64, ok bool) {
	for _, f := range list {
		if f.Name == name {
			return f.Value, true
		}
	}
	return 0, false
}
