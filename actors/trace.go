package actors

// Trace hears how far a request is on its way. Few requests have one. Its method
// is called by whoever has the request at that time, from one goroutine after the
// other, and must not block.
type Trace interface {
	Reached(step Step)
}

// Step is a point on the way of a request.
type Step uint8

// Every step, in their order.
const (
	// StepRanked: the sender's rank is known. Not of every command.
	StepRanked Step = iota
	// StepReceived: the room has taken it from its mailbox.
	StepReceived
	// StepApplied: the room has applied it.
	StepApplied
	// StepSubmitted: its commit was handed to the store. Not of what changed
	// nothing, nor is the next.
	StepSubmitted
	// StepConfirmed: the store has confirmed the commit.
	StepConfirmed
)

// reached tells the traces of a batch, if there are any.
func (b *batch) reached(step Step) {
	if !b.traced {
		return
	}
	for i := range b.outcomes {
		if r := b.outcomes[i].request; r != nil && r.Trace != nil {
			r.Trace.Reached(step)
		}
	}
}
