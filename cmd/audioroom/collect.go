package main

import (
	"os"
	"runtime/debug"
)

// The collector runs when the heap has grown by as much as was live: of a server
// that needs 4 MB dozens of times a second under load, which is a tenth of its CPU.
// So a small heap may grow by growth all the same. GOGC, if it is set, is obeyed.
const (
	growth      = 32 << 20 // bytes
	usualGrowth = 100      // percent, Go's own default
	mostGrowth  = 800
)

// collector keeps the runtime's setting right for the heap as it is.
type collector struct{ percent int }

// growthFor is by how much a heap may grow until it is collected, in percent.
func growthFor(live uint64) int {
	return int(min(max(100*growth/max(live, 1), usualGrowth), mostGrowth))
}

// adjust is told how much was live when the collector last ran.
func (c *collector) adjust(live uint64) {
	percent := growthFor(live)
	if os.Getenv("GOGC") != "" || c.percent != 0 && max(percent, c.percent)-min(percent, c.percent) < c.percent/5 {
		return
	}
	c.percent = percent
	debug.SetGCPercent(percent)
}
