package actors

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// What is scheduled is run, once each, whatever else runs or blocks.
func TestWorkers_run_everything_once(t *testing.T) {
	w := newWorkers()
	const many, senders = 1000, 8
	counts := make([]atomic.Int32, senders*many)
	var all sync.WaitGroup
	all.Add(len(counts))
	for s := range senders {
		go func() {
			for i := range many {
				w.Schedule(func() {
					counts[s*many+i].Add(1)
					all.Done()
				})
			}
		}()
	}
	all.Wait()
	w.close()
	for i := range counts {
		require.EqualValues(t, 1, counts[i].Load())
	}
}

func TestWorkers_go_on_while_some_block(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkers()
		defer w.close() // the bubble ends with its goroutines
		gate := make(chan struct{})
		const blocked = 3 * maxIdle
		done := 0
		for range blocked {
			w.Schedule(func() { <-gate })
		}
		w.Schedule(func() { done++ })
		synctest.Wait()
		require.Equal(t, 1, done)

		close(gate)
		synctest.Wait()
		require.Equal(t, maxIdle, w.idle, "those who wait for more work")
		w.Schedule(func() { done++ })
		synctest.Wait()
		require.Equal(t, 2, done)

		w.close()
		synctest.Wait()
		w.Schedule(func() { done++ })
		w.Schedule(func() { done++ })
		synctest.Wait()
		require.Equal(t, 4, done, "after the end, too")
	})
}

// What comes together on one core is done by one goroutine; the one that was
// called to help finds nothing.
func TestWorkers_are_as_few_as_can_be(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	synctest.Test(t, func(t *testing.T) {
		w := newWorkers()
		defer w.close()
		var done atomic.Int32
		w.Schedule(func() {
			for range 100 {
				w.Schedule(func() { done.Add(1) })
			}
		})
		synctest.Wait()
		require.EqualValues(t, 100, done.Load())
		require.LessOrEqual(t, w.idle, 2)
	})
}

func BenchmarkWorkers(b *testing.B) {
	w := newWorkers()
	defer w.close()
	var all sync.WaitGroup
	run := all.Done
	b.ReportAllocs()
	for b.Loop() {
		all.Add(100)
		for range 100 {
			w.Schedule(run)
		}
		all.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/actor")
}
