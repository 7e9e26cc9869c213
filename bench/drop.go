package bench

import (
	"errors"
	"fmt"
	"time"
)

// Drop has all members of a room but one lose their connections at once, and
// measures how long it takes until the one who stays has heard of every leave, and
// the room counts right. With a probe (Config.Neighbour) it shows what another
// room notices of it.
type Drop struct {
	// Members is how many drop.
	Members int
	// Polite has them say goodbye; else their connections are reset.
	Polite bool
}

var _ Scenario = (*Drop)(nil)

// Name implements Scenario.
func (s *Drop) Name() string { return "drop" }

// Parameters implements Scenario.
func (s *Drop) Parameters() string {
	if s.Polite {
		return fmt.Sprintf("%d members of a room say goodbye at once", s.Members)
	}
	return fmt.Sprintf("%d members of a room are cut off at once", s.Members)
}

// Validate implements Scenario.
func (s *Drop) Validate() error {
	if s.Members < 1 {
		return errors.New("there has to be at least 1 member")
	}
	return nil
}

// afterDrop is how long a probe is measured from a drop on.
const afterDrop = 2 * time.Second

func (s *Drop) play(run *Run, result *Result) error {
	result.Unit, result.Loop = "member", "none"
	r := run.room(0)
	members, err := run.crowd(run.users(0, s.Members+1))
	if err != nil {
		return err
	}
	if err := run.gather(r, members); err != nil {
		return err
	}
	if err := run.before(); err != nil {
		return err
	}
	begin, err := run.mark()
	if err != nil {
		return err
	}
	left := 0
	heard := newSeries("leave heard")
	run.recording = true
	run.probe.listen(probeBusy)
	for _, m := range members[1:] {
		m.drop(!s.Polite, heard, func() { left++ })
	}
	dropped := run.loop.Now()
	if err := run.untilAll("drop", "every leave was heard", s.Members, func() int { return left }); err != nil {
		return err
	}
	result.figure("all leaves heard after", float64(run.loop.Now()-dropped)/float64(time.Microsecond), "µs")
	// Who joins now is told how many there are.
	witness, err := run.crowd(run.users(s.Members+1, 1))
	if err != nil {
		return err
	}
	if err := run.gather(r, witness); err != nil {
		return err
	}
	result.figure("counted right after", float64(run.loop.Now()-dropped)/float64(time.Microsecond), "µs")
	end, err := run.mark()
	if err != nil {
		return err
	}
	run.recording = false
	if rest := time.Duration(dropped + int64(afterDrop) - run.loop.Now()); run.probe != nil && rest > 0 {
		if err := run.pass(rest); err != nil {
			return err
		}
	}
	run.probe.listen(0)
	begin.charge(&end, int64(s.Members), result, len(run.target.PIDs) > 0)
	result.latency(heard)
	return run.drain()
}

// drop cuts the member's connection. left is called when others have heard of it,
// the time of which is recorded.
func (m *member) drop(abrupt bool, heard *Series, left func()) {
	q := &request{event: "disconnect", answer: nothing, toOthers: true, member: m, sent: m.run.loop.Now(), active: true}
	q.done = func() {
		heard.record(m.run, q.sent)
		left()
	}
	q.facts[0], q.count = fact{kind: userLeft, user: m.user}, 1
	m.room.expect(q)
	m.conn.Close(abrupt)
	m.gone()
}
