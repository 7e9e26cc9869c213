package transport

import (
	"sync"
	"time"

	"audioroom/wsconn/nonblock"
)

// door is where connections leave, one after the other and in turns with everybody
// else: of a thousand that end at once each has some 50 µs of work, and those who
// stay would wait for all of them.
type door struct {
	mu   sync.Mutex
	turn *nonblock.Turn
	last time.Time // of the turns that others had
}

func newDoor() (*door, error) {
	turn, err := nonblock.NewTurn()
	return &door{turn: turn}, err
}

// pass does what a connection has to do for its end. It must not wait for anything.
func (d *door) pass(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
	if time.Since(d.last) >= crowdTime {
		d.turn.Give()
		d.last = time.Now()
	}
}

func (d *door) close() { _ = d.turn.Close() }
