package persistence

import (
	"time"

	"audioroom/actors"
)

// order is a claim or commit that was handed over and is not answered yet.
type order struct {
	// commit is nil for a claim, which the next three fields make.
	commit  *actors.Commit
	roomID  string
	token   string
	claimer actors.Claimer

	handed time.Time

	// Of the writer that has taken it.
	attempts int       // how often it failed for a reason of its own
	due      time.Time // when to send it again after that
	claim    actors.Claim
	err      error

	// Guarded by Store.mu.
	earlier, later *order // neighbours in the watch list
	watched        bool
	late           bool // told, or being told, that it is late
	telling        bool // the watcher is telling it so just now
	done           bool // answered; delivered by the watcher if it was telling
}

// tellLate calls the receiver's Late method.
func (o *order) tellLate() {
	if o.commit != nil {
		o.commit.By.CommitLate(o.commit)
	} else {
		o.claimer.ClaimLate(o.roomID)
	}
}

// deliver tells the receiver the outcome. The commit is the receiver's again
// from then on.
func (o *order) deliver() {
	if o.commit != nil {
		o.commit.By.Committed(o.commit, o.err)
	} else {
		o.claimer.Claimed(o.claim, o.err)
	}
}

// watchList holds the orders that are neither answered nor late, in the order in
// which they were handed over. Store.mu guards it.
type watchList struct{ first, last *order }

func (l *watchList) add(o *order) {
	o.earlier, o.later, o.watched = l.last, nil, true
	if l.last != nil {
		l.last.later = o
	} else {
		l.first = o
	}
	l.last = o
}

func (l *watchList) remove(o *order) {
	if !o.watched {
		return
	}
	if o.earlier != nil {
		o.earlier.later = o.later
	} else {
		l.first = o.later
	}
	if o.later != nil {
		o.later.earlier = o.earlier
	} else {
		l.last = o.earlier
	}
	o.earlier, o.later, o.watched = nil, nil, false
}
