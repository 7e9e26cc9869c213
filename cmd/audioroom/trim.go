package main

import (
	"context"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"time"
)

// After a storm of connections the heap stays as large as the storm made it: the
// collector runs again only when as much has been allocated anew, which in a calm
// server takes long. So once it is calm the memory is given back.
const (
	trimInterval = time.Second
	// calm is the allocation of one interval, in bytes, below which a server
	// counts as at rest: some hundred events.
	calm = 1 << 20
	// worthwhile is what a trim has to be able to give back: at least that many
	// bytes, and an eighth of what is in use.
	worthwhile = 4 << 20
	// trimPause is the least time between two trims, each of which costs the CPU
	// some 2 ms for each MB in use.
	trimPause = 3 * time.Second
)

// memory is what the runtime says of the heap, in bytes.
type memory struct {
	allocated uint64 // since the start of the program
	live      uint64 // when the collector last ran
	objects   uint64 // occupied, live or not yet collected
	unused    uint64 // held from the system, neither used nor given back
}

// trimmer decides when to give memory back.
type trimmer struct {
	last      memory
	trimmed   time.Time
	kept      uint64 // what the last trim could not give back, pieces between what is in use
	measure   bool   // kept is to be seen
	collector collector
}

// due reports whether now is the time for a trim.
func (t *trimmer) due(now time.Time, m memory) bool {
	atRest := m.allocated-t.last.allocated < calm
	t.last = m
	surplus := m.unused
	if m.objects > m.live {
		surplus += m.objects - m.live
	}
	if t.measure || surplus < t.kept {
		t.kept, t.measure = surplus, false
	}
	gain := surplus - t.kept
	if !atRest || gain < worthwhile || gain < m.live/8 || now.Sub(t.trimmed) < trimPause {
		return false
	}
	t.trimmed, t.measure = now, true
	return true
}

// run gives memory back in calm times, and keeps the collector's pace right, until
// ctx ends.
func (t *trimmer) run(ctx context.Context) {
	samples := []runtimemetrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/unused:bytes"},
	}
	ticker := time.NewTicker(trimInterval)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			runtimemetrics.Read(samples)
			value := func(i int) uint64 { return samples[i].Value.Uint64() }
			t.collector.adjust(value(1))
			if t.due(now, memory{allocated: value(0), live: value(1), objects: value(2), unused: value(3) + value(4)}) {
				debug.FreeOSMemory()
			}
		case <-ctx.Done():
			return
		}
	}
}
