package report

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"audioroom/bench"
)

// Size of a plot.
const (
	plotWidth  = 9 * vg.Inch
	plotHeight = 4.5 * vg.Inch
)

// The colours of the lines: first and second server, and further distributions of
// one server.
var palette = []color.Color{
	color.RGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 0xff}, color.RGBA{R: 0xd6, G: 0x27, B: 0x28, A: 0xff},
	color.RGBA{R: 0x2c, G: 0xa0, B: 0x2c, A: 0xff}, color.RGBA{R: 0x94, G: 0x67, B: 0xbd, A: 0xff},
	color.RGBA{R: 0xff, G: 0x7f, B: 0x0e, A: 0xff}, color.RGBA{R: 0x8c, G: 0x56, B: 0x4b, A: 0xff},
	color.RGBA{R: 0x17, G: 0xbe, B: 0xcf, A: 0xff},
}

// line is one distribution in a plot.
type line struct {
	name  string
	curve []bench.Point
	color int
}

// percentiles draws distributions over their percentiles, the highest of which
// have as much room as all others: each step to the right is ten times as rare.
func percentiles(title string, lines []line) ([]byte, error) {
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = "percentile"
	p.Y.Label.Text = "time"
	p.Y.Scale = plot.LogScale{}
	p.X.Tick.Marker = plot.ConstantTicks(percentileTicks)
	p.X.Min, p.X.Max = 0, rarity(0.999)
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	least, most := math.Inf(1), 0.0
	for _, l := range lines {
		points := make(plotter.XYs, 0, len(l.curve))
		for _, point := range l.curve {
			y := math.Max(point.Micros, 1)
			points = append(points, plotter.XY{X: rarity(point.Quantile), Y: y})
			least, most = math.Min(least, y), math.Max(most, y)
			p.X.Max = math.Max(p.X.Max, rarity(point.Quantile))
		}
		drawn, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		drawn.LineStyle = draw.LineStyle{Color: palette[l.color%len(palette)], Width: vg.Points(1.5)}
		p.Add(drawn)
		p.Legend.Add(l.name, drawn)
	}
	if most == 0 {
		return nil, fmt.Errorf("%s: nothing to draw", title)
	}
	p.Y.Min, p.Y.Max = math.Pow(10, math.Floor(math.Log10(least))), math.Pow(10, math.Ceil(math.Log10(most)+0.01))
	p.Y.Tick.Marker = plot.ConstantTicks(timeTicks(p.Y.Min, p.Y.Max))
	canvas, err := p.WriterTo(plotWidth, plotHeight, "svg")
	if err != nil {
		return nil, err
	}
	var svg bytes.Buffer
	_, err = canvas.WriteTo(&svg)
	return svg.Bytes(), err
}

// rarity is where a quantile stands: 1 for 90 %, 2 for 99 %, 3 for 99.9 %.
func rarity(quantile float64) float64 { return -math.Log10(1 - quantile) }

var percentileTicks = []plot.Tick{
	{Value: rarity(0), Label: "0"}, {Value: rarity(0.5), Label: "50"}, {Value: rarity(0.9), Label: "90"}, {Value: rarity(0.99), Label: "99"},
	{Value: rarity(0.999), Label: "99.9"}, {Value: rarity(0.9999), Label: "99.99"}, {Value: rarity(0.99999), Label: "99.999"},
	{Value: rarity(0.999999), Label: "99.9999"},
}

// timeTicks labels the powers of ten of microseconds.
func timeTicks(least, most float64) []plot.Tick {
	var ticks []plot.Tick
	for value := least; value <= most*1.01; value *= 10 {
		ticks = append(ticks, plot.Tick{Value: value, Label: time.Duration(value * float64(time.Microsecond)).String()})
		for step := 2.0; step < 10 && value*step <= most; step++ {
			ticks = append(ticks, plot.Tick{Value: value * step})
		}
	}
	return ticks
}
