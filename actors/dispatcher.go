package actors

import (
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"audioroom/actors/fifo"
)

// workers runs the actors that have something to do, one after the other, on as
// few goroutines as can keep up: what comes together costs one wake-up, and no
// goroutine has to grow its stack. Actors may block; others go on meanwhile.
type workers struct {
	mu     sync.Mutex
	work   sync.Cond // something is in queue, or the end has come
	queue  fifo.Queue[func()]
	idle   int  // goroutines that wait for work and were not called
	called bool // a goroutine is on its way to the queue
	ended  bool
}

// maxIdle bounds the goroutines that wait for work; throughput is after how many
// messages a busy actor lets others go on.
const (
	maxIdle    = 64
	throughput = 300
)

var _ actor.Dispatcher = (*workers)(nil)

func newWorkers() *workers {
	w := new(workers)
	w.work.L = &w.mu
	return w
}

// Schedule implements actor.Dispatcher.
func (w *workers) Schedule(run func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue.Push(run)
	w.call()
}

// Throughput implements actor.Dispatcher.
func (w *workers) Throughput() int { return throughput }

// call has one more goroutine come to a queue that is not empty, one at a time:
// if whoever works already is faster it finds nothing. w.mu is locked.
func (w *workers) call() {
	if w.called || w.queue.Len() == 0 {
		return
	}
	w.called = true
	if w.idle > 0 {
		w.idle--
		w.work.Signal()
	} else {
		go w.run()
	}
}

// run does what there is to do, for as long as it is needed.
func (w *workers) run() {
	w.mu.Lock()
	for {
		w.called = false
		for w.queue.Len() > 0 {
			run := w.queue.Pop()
			w.call()
			w.mu.Unlock()
			run()
			w.mu.Lock()
		}
		if w.ended || w.idle >= maxIdle {
			w.mu.Unlock()
			return
		}
		w.idle++
		w.work.Wait()
	}
}

// close ends the goroutines when nothing is left to do. What is scheduled later
// is done all the same.
func (w *workers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended, w.idle = true, 0
	w.work.Broadcast()
}
