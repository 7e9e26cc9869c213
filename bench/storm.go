package bench

import (
	"errors"
	"fmt"
	"time"
)

// Storm has everybody reconnect at once: all connections but one of each room are
// cut, and when the rooms are empty all clients connect and join again in the same
// moment.
type Storm struct {
	// Clients is how many reconnect, Rooms how many rooms they are spread over.
	Clients, Rooms int
}

var _ Scenario = (*Storm)(nil)

// Name implements Scenario.
func (s *Storm) Name() string { return "storm" }

// Parameters implements Scenario.
func (s *Storm) Parameters() string {
	return fmt.Sprintf("%s in %s reconnect at once", count(s.Clients, "client"), count(s.Rooms, "room"))
}

// Validate implements Scenario.
func (s *Storm) Validate() error {
	if s.Clients < 1 || s.Rooms < 1 || s.Rooms > s.Clients {
		return errors.New("clients have to be at least as many as rooms, of which there is at least 1")
	}
	return nil
}

func (s *Storm) play(run *Run, result *Result) error {
	result.Unit, result.Loop = "reconnection", "none"
	rooms := make([]*room, s.Rooms)
	for i := range rooms {
		rooms[i] = run.room(i)
	}
	staying, err := run.crowd(run.users(0, s.Rooms))
	if err != nil {
		return err
	}
	clients, err := run.crowd(run.users(s.Rooms, s.Clients))
	if err != nil {
		return err
	}
	places := make([][]*member, s.Rooms)
	for i, m := range staying {
		places[i] = []*member{m}
	}
	for i, m := range clients {
		places[i%s.Rooms] = append(places[i%s.Rooms], m)
	}
	if err := run.spread(rooms, places); err != nil {
		return err
	}
	if err := run.before(); err != nil {
		return err
	}
	run.probe.listen(probeBusy)
	heard, left := newSeries("leave heard"), 0
	run.recording = true
	for _, m := range clients {
		m.drop(true, heard, func() { left++ })
	}
	if err := run.untilAll("drop", "every leave was heard", s.Clients, func() int { return left }); err != nil {
		return err
	}
	begin, err := run.mark()
	if err != nil {
		return err
	}
	connects, joins, back := newSeries("connected"), newSeries("back in the room"), 0
	start := begin.at
	for i, old := range clients {
		m := &member{run: run, user: old.user, last: -1}
		join := &request{done: func() {
			joins.record(run, start)
			back++
		}}
		m.opened = func() {
			connects.record(run, start)
			m.enter(rooms[i%s.Rooms], join)
		}
		m.dial()
	}
	if err := run.untilAll("storm", "all are back", s.Clients, func() int { return back }); err != nil {
		return err
	}
	end, err := run.mark()
	if err != nil {
		return err
	}
	run.recording = false
	run.probe.listen(0)
	begin.charge(&end, int64(s.Clients), result, len(run.target.PIDs) > 0)
	result.figure("all back after", float64(time.Duration(end.at-begin.at)/time.Microsecond), "µs")
	result.latency(heard)
	result.latency(connects)
	result.latency(joins)
	return run.drain()
}
