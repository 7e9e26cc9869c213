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
}

// outcome is what came of one command. Its events are those of the batch up to
// end, from the end of the outcome before.
type outcome struct {
	request *Request // nil for what no session asked
	reply   room.Reply
	end     int
}

// maxBatch bounds the outcomes that wait for one commit; a room that has as many
// applies the next command only after the commit was handed over.
const maxBatch = 1024

// maxKept bounds the capacity of a batch that is kept for reuse.
const maxKept = 256

var batches = sync.Pool{New: func() any { return new(batch) }}

// add notes the outcome of a command whose events were appended already.
func (b *batch) add(request *Request, reply room.Reply) {
	b.outcomes = append(b.outcomes, outcome{request: request, reply: reply, end: len(b.events)})
}

// recycle gives an emptied batch back. Nothing of it may be used afterwards.
func (b *batch) recycle() {
	if cap(b.outcomes) > maxKept || cap(b.events) > 4*maxKept {
		return
	}
	clear(b.outcomes)
	clear(b.events)
	b.outcomes, b.events = b.outcomes[:0], b.events[:0]
	batches.Put(b)
}
