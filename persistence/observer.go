package persistence

import "time"

// Observer hears what metrics count. Its methods are called on the store's own
// goroutines, concurrently, and must not block.
type Observer interface {
	// Pipeline: a pipeline of so many claims and commits was answered, or
	// given up, after took.
	Pipeline(orders int, took time.Duration)
	// Done: a claim or commit was confirmed (err nil) or refused
	// (actors.ErrFenced, actors.ErrDiverged), or given up when the store was
	// closed (ErrClosed), took after it had been handed over.
	Done(took time.Duration, err error)
	// Late: a claim or commit was not confirmed within the commit timeout.
	Late()
	// Fault: a claim or commit was not confirmed and will be sent again.
	Fault(Fault)
}

type ignore struct{}

func (ignore) Pipeline(int, time.Duration) {}
func (ignore) Done(time.Duration, error)   {}
func (ignore) Late()                       {}
func (ignore) Fault(Fault)                 {}
