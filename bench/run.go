package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"audioroom/bench/proc"
	"audioroom/bench/wire"
)

// Fault is what was wrong with what a server did.
type Fault struct {
	// Kind is what sort of fault it is, such as "broadcast missing".
	Kind string
	err  error
}

func (f *Fault) Error() string { return f.Kind + ": " + f.err.Error() }

// Unwrap returns what there is to say about the fault.
func (f *Fault) Unwrap() error { return f.err }

// Run is one run of a scenario against one server. All of it happens on one
// goroutine.
type Run struct {
	ctx    context.Context
	target *Target
	config *Config
	loop   *wire.Loop
	words  *dictionary
	serial int    // of the run in this process
	probe  *probe // nil for none

	fault     *Fault
	measuring bool // units of work are counted
	recording bool // times are
	connected int
	waiting   int // requests without an answer
	doubts    int // members in doubt
	rooms     []*room

	// What was checked, from beginning to end.
	acks, broadcasts, deliveries int64
	// frames is where the time from a request to each hearing of its broadcast is
	// recorded.
	frames *Series
	// units counts the finished units of work while measuring.
	units int64
	// countFrames has each hearing of a broadcast be a unit of work, and nothing
	// else.
	countFrames bool
}

// fail notes what was wrong; the first fault ends the run.
func (run *Run) fail(kind, format string, args ...any) {
	if run.fault == nil {
		run.fault = &Fault{kind, fmt.Errorf(format, args...)}
	}
}

// heard counts a broadcast that a member heard.
func (run *Run) heard(e *event) {
	run.deliveries++
	if run.frames != nil {
		run.frames.record(run, e.sent)
	}
	if run.countFrames && run.measuring {
		run.units++
	}
}

// did counts a unit of work.
func (run *Run) did() {
	if run.measuring && !run.countFrames {
		run.units++
	}
}

// until drives the run until something holds.
func (run *Run) until(what string, done func() bool) error {
	err := run.loop.Until(run.ctx, run.config.Patience, func() bool { return run.fault != nil || run.doubts == 0 && done() })
	return run.ended(what, err)
}

// untilAll drives the run until all of many things have happened. However many they
// are, the server has the usual time for each portion of them.
func (run *Run) untilAll(stage, what string, total int, happened func() int) error {
	const portion = 200
	for happened() < total {
		was := happened()
		run.tell(stage, float64(was)/float64(total))
		err := run.until(what, func() bool {
			now := happened()
			return now >= total || now >= was+portion
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pass lets an amount of time pass.
func (run *Run) pass(d time.Duration) error {
	over := false
	run.loop.After(d, func() { over = true })
	err := run.loop.Until(run.ctx, d+run.config.Patience, func() bool { return run.fault != nil || over })
	return run.ended("time", err)
}

func (run *Run) ended(what string, err error) error {
	switch {
	case run.fault != nil:
		return run.fault
	case errors.Is(err, wire.ErrTimeout):
		if fault := run.rest(); fault != nil {
			return &Fault{Kind: "timed out", err: fmt.Errorf("waiting until %s: %w", what, fault)}
		}
		return &Fault{Kind: "timed out", err: fmt.Errorf("waiting until %s", what)}
	}
	return err
}

// rest says what is still to come, nil if nothing is.
func (run *Run) rest() error {
	for _, r := range run.rooms {
		if err := r.rest(); err != nil {
			return err
		}
	}
	return nil
}

// lingerTime is how long is listened, after everything that had to come, for what
// should not.
const lingerTime = 50 * time.Millisecond

// drain waits for all that has to come: every answer and every broadcast, and
// nothing after it.
func (run *Run) drain() error {
	var left error
	next := int64(0)
	err := run.loop.Until(run.ctx, run.config.Patience, func() bool {
		if run.fault != nil {
			return true
		}
		if run.waiting > 0 || run.doubts > 0 || run.loop.Now() < next {
			return false
		}
		// With thousands of members it takes a while to look.
		next = run.loop.Now() + int64(5*time.Millisecond)
		left = run.rest()
		return left == nil
	})
	if errors.Is(err, wire.ErrTimeout) && run.fault == nil {
		if left = run.rest(); left != nil {
			return &Fault{Kind: "incomplete", err: left}
		}
	}
	if err := run.ended("all is answered", err); err != nil {
		return err
	}
	if err := run.pass(lingerTime); err != nil {
		return err
	}
	if left := run.rest(); left != nil {
		return &Fault{Kind: "incomplete", err: left}
	}
	return nil
}

// room makes the room of a number: one that no run had before.
func (run *Run) room(number int) *room {
	r := newRoom(run, fmt.Sprintf("%s-%d-%d", run.config.Prefix, run.serial, number))
	run.rooms = append(run.rooms, r)
	return r
}

// window is how many connections or joins are under way at once while a scenario
// is prepared.
const window = 64

// crowd connects clients, a window of them at a time.
func (run *Run) crowd(users []int64) ([]*member, error) {
	members := make([]*member, 0, len(users))
	base := run.connected
	err := run.untilAll("connect", "all clients are connected", len(users), func() int {
		for len(members) < len(users) && len(members)-(run.connected-base) < window {
			members = append(members, run.connect(users[len(members)]))
		}
		return run.connected - base
	})
	return members, err
}

// gather has members join a room, the first one before the others.
func (run *Run) gather(r *room, members []*member) error {
	return run.spread([]*room{r}, [][]*member{members})
}

// spread has members join rooms, all rooms at once, a window of joins at a time.
func (run *Run) spread(rooms []*room, members [][]*member) error {
	total, sent, done := 0, 0, 0
	for _, list := range members {
		total += len(list)
	}
	type place struct{ room, index int }
	var queue []place
	for i, list := range members {
		if len(list) > 0 {
			queue = append(queue, place{i, 0})
		}
	}
	// The rooms take turns; one that waits for its first member waits in no queue.
	return run.untilAll("join", "all clients have joined", total, func() int {
		for len(queue) > 0 && sent-done < window {
			at := queue[0]
			queue = queue[1:]
			list := members[at.room]
			rest := place{at.room, at.index + 1}
			first := len(rooms[at.room].members) == 0
			sent++
			list[at.index].enter(rooms[at.room], &request{done: func() {
				done++
				if first && rest.index < len(list) {
					queue = append(queue, rest)
				}
			}})
			if !first && rest.index < len(list) {
				queue = append(queue, rest)
			}
		}
		return done
	})
}

// usage reads what the server has used.
func (run *Run) usage() (proc.Usage, error) { return proc.Read(run.target.PIDs...) }
