package wsconn

import (
	"sync"
	"time"

	"audioroom/actors/room"
)

// debts are what users have used up of the budget of frames on connections that
// have ended, so that a new one does not come with a new budget. Times are those of
// the connections' clock. Any goroutine may use it.
type debts struct {
	mu    sync.Mutex // guards what follows
	until map[room.UserID]time.Duration
	sweep int // how large until may grow before it is looked through
}

// leastDebt is how much is worth remembering: clients who flood nobody owe less.
const leastDebt = time.Second

func newDebts() *debts {
	return &debts{until: make(map[room.UserID]time.Duration), sweep: leastSweep}
}

// add remembers that a user's frames are paid for until some time after now.
func (d *debts) add(user room.UserID, until, now time.Duration) {
	if until < now+leastDebt {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until[user] = max(d.until[user], until)
	if len(d.until) < d.sweep {
		return
	}
	for user, until := range d.until {
		if until <= now {
			delete(d.until, user)
		}
	}
	d.sweep = max(leastSweep, 2*len(d.until))
}

// of returns until when the frames of a user's former connections are paid for.
func (d *debts) of(user room.UserID) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.until[user]
}

// inherit has a session begin with the debts of its user, those on connections that
// are still there among them: of who floods and goes the end is seen late.
func (g *Gateway) inherit(s *Session) {
	owed := g.debts.of(s.user)
	for _, other := range g.users.of(s.user) {
		owed = max(owed, other.conn.Paid())
	}
	s.conn.Owe(owed)
}
