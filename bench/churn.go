package bench

import (
	"errors"
	"fmt"
)

// Churn has users join and leave. A watcher stays in each room: who hears of a
// join knows where in the room's sequence it stands.
type Churn struct {
	// Users is how many come and go, Rooms how many rooms they are spread over.
	Users, Rooms int
	// Stay is how many more members of each room stay and listen.
	Stay int
}

var _ Scenario = (*Churn)(nil)

// Name implements Scenario.
func (s *Churn) Name() string { return "churn" }

// Parameters implements Scenario.
func (s *Churn) Parameters() string {
	return fmt.Sprintf("%s in %s%s", count(s.Users, "user"), count(s.Rooms, "room"), with(s.Stay, "listener"))
}

// Validate implements Scenario.
func (s *Churn) Validate() error {
	if s.Users < 1 || s.Rooms < 1 || s.Rooms > s.Users || s.Stay < 0 {
		return errors.New("users have to be at least as many as rooms, of which there is at least 1; who stays at least 0")
	}
	return nil
}

func (s *Churn) play(run *Run, result *Result) error {
	result.Unit = "join and leave"
	rooms := make([]*room, s.Rooms)
	places := make([][]*member, s.Rooms)
	staying, err := run.crowd(run.users(0, s.Rooms*(1+s.Stay)))
	if err != nil {
		return err
	}
	for i := range rooms {
		rooms[i] = run.room(i)
		places[i] = staying[i*(1+s.Stay) : (i+1)*(1+s.Stay)]
	}
	if err := run.spread(rooms, places); err != nil {
		return err
	}
	members, err := run.crowd(run.users(len(staying), s.Users))
	if err != nil {
		return err
	}
	joins, leaves := newSeries("join"), newSeries("leave")
	p := run.newPace(run.config.Rate, 0)
	for i, m := range members {
		p.ready(run.visit(m, rooms[i%s.Rooms], joins, leaves, p))
	}
	if err := run.measure(p, result); err != nil {
		return err
	}
	result.latency(joins)
	result.latency(leaves)
	return nil
}

// visit returns the unit of work that joins a room and leaves it.
func (run *Run) visit(m *member, r *room, joins, leaves *Series, p *pace) func(since int64) {
	join, leave := &request{series: joins}, &request{series: leaves}
	var unit func(since int64)
	join.done = func() { m.exit(leave) }
	leave.done = func() {
		m.gone()
		run.did()
		p.again(unit)
	}
	unit = func(since int64) {
		m.enter(r, join)
		join.sent = since
	}
	return unit
}
