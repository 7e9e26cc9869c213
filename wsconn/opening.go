package wsconn

import (
	"sync"
	"time"

	"audioroom/actors/room"
)

// openings bounds how many rooms each user opens. A join takes from the user's
// budget before it is known what it will find, and gives back if the room had
// somebody in it or did not let the user in. So one who goes from room to room
// in company spends nothing. Any goroutine may use it.
type openings struct {
	perMinute int // 0 for any number

	mu sync.Mutex // guards what follows
	// paid is until when each user's openings are paid for. Who isn't in it, or
	// whose time is over, has all of the budget.
	paid  map[room.UserID]time.Time
	sweep int // how large paid may grow before it is looked through
}

// leastSweep is how many users openings knows before it forgets any.
const leastSweep = 1024

func newOpenings(perMinute int) *openings {
	return &openings{perMinute: perMinute, paid: make(map[room.UserID]time.Time), sweep: leastSweep}
}

// each is how long one opening takes to be paid for.
func (o *openings) each() time.Duration { return time.Minute / time.Duration(o.perMinute) }

// take counts an opening of a user. It reports false, and counts nothing, if it
// would be one too many.
func (o *openings) take(user room.UserID) bool {
	if o.perMinute == 0 {
		return true
	}
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	paid := o.paid[user]
	if paid.Before(now) {
		paid = now
	}
	paid = paid.Add(o.each())
	if paid.Sub(now) > time.Minute {
		return false
	}
	o.paid[user] = paid
	if len(o.paid) >= o.sweep {
		o.forget(now)
	}
	return true
}

// giveBack takes back what take counted.
func (o *openings) giveBack(user room.UserID) {
	if o.perMinute == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if paid, known := o.paid[user]; known {
		o.paid[user] = paid.Add(-o.each())
	}
}

// forget drops the users who have all of their budget. The caller holds mu.
func (o *openings) forget(now time.Time) {
	for user, paid := range o.paid {
		if !paid.After(now) {
			delete(o.paid, user)
		}
	}
	o.sweep = max(leastSweep, 2*len(o.paid))
}
