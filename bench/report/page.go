package report

import (
	"bytes"
	_ "embed"
	"html/template"
	"io"

	"audioroom/bench"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"number": Number, "micros": Micros, "figure": Figure, "round": Ratio,
	"bytes":   func(n int64) string { return Bytes(float64(n)) },
	"percent": func(part float64) float64 { return 100 * part },
}).Parse(pageSource))

// page is what the template is given.
type page struct {
	Title      string
	Machine    string
	Runs       []run
	Plots      []template.HTML
	Comparison *bench.Comparison
}

// run is a result and what it is called.
type run struct {
	Name string
	*bench.Result
}

// HTML writes one run as a page that needs nothing else.
func HTML(w io.Writer, machine string, r *bench.Result) error {
	p := page{Title: r.Scenario + ": " + r.Parameters, Machine: machine, Runs: []run{{"Result", r}}}
	var lines []line
	for i, l := range r.Latencies {
		lines = append(lines, line{l.Of, l.Curve, i})
	}
	if err := p.plot("Time by percentile", lines); err != nil {
		return err
	}
	return pageTemplate.Execute(w, p)
}

// HTMLComparison writes a comparison as a page that needs nothing else.
func HTMLComparison(w io.Writer, machine string, c *bench.Comparison) error {
	p := page{Title: c.A[0].Scenario + ": " + c.A[0].Parameters, Machine: machine, Comparison: c}
	for i := range c.A {
		p.Runs = append(p.Runs, run{"A " + Number(float64(i+1)), c.A[i]}, run{"B " + Number(float64(i+1)), c.B[i]})
	}
	for _, l := range c.A[0].Latencies {
		var lines []line
		for i := range c.A {
			for side, r := range []*bench.Result{c.A[i], c.B[i]} {
				if found, ok := r.Latency(l.Of); ok {
					lines = append(lines, line{string(rune('A'+side)) + " " + Number(float64(i+1)), found.Curve, side})
				}
			}
		}
		if err := p.plot("Time to "+l.Of+" by percentile", lines); err != nil {
			return err
		}
	}
	return pageTemplate.Execute(w, p)
}

// plot adds a plot, if there is anything to draw.
func (p *page) plot(title string, lines []line) error {
	if len(lines) == 0 {
		return nil
	}
	svg, err := percentiles(title, lines)
	if err != nil {
		return err
	}
	// The declaration is for files of their own.
	if start := bytes.Index(svg, []byte("<svg")); start > 0 {
		svg = svg[start:]
	}
	p.Plots = append(p.Plots, template.HTML(svg)) // made here, of numbers and the names of scenarios
	return nil
}
