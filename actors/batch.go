package actors

import (
	"sync"

	"audioroom/actors/room"
)

// batch is what a room applied and has not released: for each command its
// outcome, in the order of application.
type batch struct {
	outcomes []outcome
	events   []room.Event
	traced   bool // a request has a trace
}

// outcome is what came of one command. Its events are those of the batch up to
// end, from the end of the outcome before.
type outcome struct {
	request *Request     // nil for what no session asked
	order   room.Command // what nobody's session asked, if it has to outlive a respawn
	reply   room.Reply
	end     int
}

// maxBatch bounds the outcomes that wait for one commit while more commands come:
// a room that has as many hands them over at once.
const maxBatch = 1024

// maxKept bounds the capacity of a batch that is kept for reuse.
const maxKept = 256

var batches = sync.Pool{New: func() any { return new(batch) }}

// add notes the outcome of a command whose events were appended already.
func (b *batch) add(o outcome) {
	o.end = len(b.events)
	b.outcomes = append(b.outcomes, o)
}

// each calls f for each outcome with its events.
func (b *batch) each(f func(o *outcome, events []room.Event)) {
	from := 0
	for i := range b.outcomes {
		o := &b.outcomes[i]
		f(o, b.events[from:o.end])
		from = o.end
	}
}

// append puts another batch behind this one, and recycles it.
func (b *batch) append(next *batch) {
	from := len(b.events)
	b.traced = b.traced || next.traced
	b.events = append(b.events, next.events...)
	for _, o := range next.outcomes {
		o.end += from
		b.outcomes = append(b.outcomes, o)
	}
	next.recycle()
}

// recycle gives a batch back. Nothing of it may be used afterwards.
func (b *batch) recycle() {
	if cap(b.outcomes) > maxKept || cap(b.events) > 4*maxKept {
		return
	}
	clear(b.outcomes)
	clear(b.events)
	b.outcomes, b.events, b.traced = b.outcomes[:0], b.events[:0], false
	batches.Put(b)
}
