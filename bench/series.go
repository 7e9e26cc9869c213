package bench

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Series is the times of one kind of thing.
type Series struct {
	Name string
	hist *hdrhistogram.Histogram
}

// Latencies are kept from a microsecond to a minute with three digits.
const (
	leastLatency = int64(time.Microsecond)
	mostLatency  = int64(time.Minute)
)

func newSeries(name string) *Series {
	return &Series{Name: name, hist: hdrhistogram.New(leastLatency, mostLatency, 3)}
}

// record notes the time since a moment, if the run records times at present. A nil
// series takes anything and keeps nothing.
func (s *Series) record(run *Run, since int64) {
	if s != nil && run.recording {
		_ = s.hist.RecordValue(min(max(run.loop.Now()-since, leastLatency), mostLatency)) // within bounds
	}
}
