package bench

import (
	"errors"
	"fmt"
)

// Lock has managers lock and unlock the seats of one room. Each seat is worked by
// one manager, so that what every request causes is known; a manager has as many
// requests under way as it has seats.
type Lock struct {
	// Managers is how many sockets ask, Depth how many requests each of them has
	// under way.
	Managers, Depth int
	// Listeners is how many more members only listen.
	Listeners int
}

var _ Scenario = (*Lock)(nil)

// Name implements Scenario.
func (s *Lock) Name() string { return "lock" }

// Parameters implements Scenario.
func (s *Lock) Parameters() string {
	return fmt.Sprintf("%s × depth %d%s", count(s.Managers, "manager"), s.Depth, with(s.Listeners, "listener"))
}

// Validate implements Scenario.
func (s *Lock) Validate() error {
	if s.Managers < 1 || s.Depth < 1 || s.Listeners < 0 {
		return errors.New("managers and depth have to be at least 1, listeners at least 0")
	}
	if s.Managers*s.Depth > maxSeats {
		return fmt.Errorf("%d managers × depth %d need more than the %d seats of a room", s.Managers, s.Depth, maxSeats)
	}
	return nil
}

func (s *Lock) play(run *Run, result *Result) error {
	result.Unit = "lock or unlock"
	r := run.room(0)
	managers, err := run.hire(r, s.Managers, s.Managers*s.Depth)
	if err != nil {
		return err
	}
	listeners, err := run.crowd(run.users(0, s.Listeners))
	if err != nil {
		return err
	}
	if err := run.gather(r, listeners); err != nil {
		return err
	}
	acks := newSeries("ack")
	p := run.newPace(run.config.Rate, 0)
	for i := range s.Managers * s.Depth {
		p.ready(run.toggle(managers[i%s.Managers], i, acks, p))
	}
	if err := run.measure(p, result); err != nil {
		return err
	}
	result.latency(acks)
	return nil
}

// hire brings the managers of a room into it, one after the other, the first of
// whom makes it with enough seats.
func (run *Run) hire(r *room, managers, seats int) ([]*member, error) {
	users := make([]int64, managers)
	for i := range users {
		users[i] = run.manager(i)
	}
	members, err := run.crowd(users)
	if err != nil {
		return nil, err
	}
	plain := r.payload
	r.payload = fmt.Sprintf(`{"roomId":"%s","seatCount":%d}`, r.id, max(seats, 15))
	defer func() { r.payload = plain }()
	for _, m := range members {
		if err := run.gather(r, []*member{m}); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// toggle returns the unit of work that locks a seat, and the next time unlocks it.
func (run *Run) toggle(m *member, seat int, series *Series, p *pace) func(since int64) {
	return run.toggleWith(m, seat, func() *Series { return series }, p)
}

// toggleWith is toggle with a series that is asked for anew each time.
func (run *Run) toggleWith(m *member, seat int, series func() *Series, p *pace) func(since int64) {
	payload := fmt.Sprintf(`{"roomId":"%s","seatIndex":%d}`, m.room.id, seat)
	var steps [2]*request
	which := 0
	unit := func(since int64) {
		steps[which].series = series()
		m.send(steps[which], since)
		which = 1 - which
	}
	for i, event := range []string{"seat:lock", "seat:unlock"} {
		steps[i] = &request{event: event, payload: payload}
		steps[i].causes(fact{kind: seatLocked, seat: int16(seat), on: i == 0})
		steps[i].done = func() {
			run.did()
			p.again(unit)
		}
	}
	return unit
}

// count writes a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// with writes a number of things that are there in addition, if any.
func with(n int, thing string) string {
	if n == 0 {
		return ""
	}
	return ", " + count(n, thing)
}
