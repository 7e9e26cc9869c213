package e2e_test

import (
	"sync"
	"testing"
	"time"

	"audioroom/cmd/audioroom/e2e/harness"
)

// Each TestMatrix_… is a column of the matrix in DURABILITY.md: one fault, around
// which every operation happens, each in a room of its own and as a subtest of
// its name.

// faulty is how the world of a column is set up, and what happens in it. Every
// row follows the script on a goroutine of its own.
type faulty struct {
	stage  func(t *testing.T) harness.Stage // nil for the usual one
	setup  func(t *testing.T) harness.Setup // nil for nothing unusual
	script func(c *troupe)
}

// closesAfter is the time without activity after which rooms close that are to.
const closesAfter = 1500 * time.Millisecond

// play has every operation happen around a fault. Rooms that are to close have
// a world in which that is soon.
func (f faulty) play(t *testing.T) {
	t.Parallel()
	var plays sync.WaitGroup
	defer plays.Wait()
	on := stage
	if f.stage != nil {
		on = f.stage(t)
	}
	for _, closing := range []bool{false, true} {
		setup := harness.Setup{}
		if f.setup != nil {
			setup = f.setup(t)
		}
		if setup.Env == nil {
			setup.Env = harness.Env{}
		}
		setup.Env["STATUS_WINDOW"], setup.Env["SEAT_GRACE"], setup.Env["INVITE_TTL"] = "100ms", "5m", "5m"
		if closing {
			setup.Env["ROOM_INACTIVITY_TIMEOUT"] = closesAfter.String()
		}
		w := on.World(t, setup)
		var rows []*operation
		for i := range operations {
			if operations[i].closes == closing {
				rows = append(rows, &operations[i])
			}
		}
		steps := newSteps(len(rows))
		for _, row := range rows {
			plays.Go(func() {
				defer steps.leave() // also of a row that -run leaves out
				t.Run(row.name, func(t *testing.T) { f.script(newTroupe(t, w, row, steps)) })
			})
		}
	}
}

// steps keeps the rows of a column in step: all wait until everyone has come so
// far, and the last who comes does what is to be done for all. A row that fails
// is not waited for any more.
type steps struct {
	mu      sync.Mutex
	turn    sync.Mutex // of those who do something one by one
	rows    int
	waiting []chan func()
	// next is the second server, in a column that has one.
	next *harness.World
}

func newSteps(rows int) *steps { return &steps{rows: rows} }

// all waits for everyone. One of them calls do, the others go on afterwards.
func (s *steps) all(do func()) {
	turn := make(chan func(), 1)
	s.mu.Lock()
	s.waiting = append(s.waiting, turn)
	s.goOn()
	s.mu.Unlock()
	release := <-turn
	if release != nil {
		defer release() // even if do fails the test
		do()
	}
}

// leave is called by each row at its end.
func (s *steps) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows--
	s.goOn()
}

// goOn lets one of those who wait do what is to be done and then release the
// others, if everyone is there. The lock is held.
func (s *steps) goOn() {
	if len(s.waiting) < s.rows || len(s.waiting) == 0 {
		return
	}
	others := s.waiting[1:]
	s.waiting[0] <- func() {
		for _, turn := range others {
			turn <- nil
		}
	}
	s.waiting = nil
}
