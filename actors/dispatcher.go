package actors

import "github.com/asynkron/protoactor-go/actor"

// workers runs the actors that have something to do, on goroutines that are used
// again: a new one for each message would have to grow its stack each time.
type workers struct {
	idle  chan chan func() // of goroutines that wait for work
	ended chan struct{}    // closed when nothing is scheduled any more
}

// maxIdle bounds the goroutines that wait for work; throughput is after how many
// messages a busy actor lets others go on.
const (
	maxIdle    = 64
	throughput = 300
)

var _ actor.Dispatcher = (*workers)(nil)

func newWorkers() *workers {
	return &workers{idle: make(chan chan func(), maxIdle), ended: make(chan struct{})}
}

// Schedule implements actor.Dispatcher.
func (w *workers) Schedule(run func()) {
	select {
	case next := <-w.idle:
		next <- run
	default:
		go w.work(run)
	}
}

// Throughput implements actor.Dispatcher.
func (w *workers) Throughput() int { return throughput }

// work runs what it was made for, then what it is given while it waits.
func (w *workers) work(run func()) {
	next := make(chan func(), 1)
	for {
		run()
		select {
		case w.idle <- next:
		default: // enough wait already
			return
		}
		select {
		case run = <-next:
		case <-w.ended:
			return
		}
	}
}

// close ends the goroutines. What is scheduled later may be lost.
func (w *workers) close() { close(w.ended) }
