package bench

import (
	"errors"
	"fmt"
)

// Seats has users take a seat and leave it, again and again, each a seat of their
// own.
type Seats struct {
	// Users is how many do it in one room.
	Users int
	// Listeners is how many more members only listen.
	Listeners int
}

var _ Scenario = (*Seats)(nil)

// Name implements Scenario.
func (s *Seats) Name() string { return "seats" }

// Parameters implements Scenario.
func (s *Seats) Parameters() string {
	return count(s.Users, "user") + " take and leave" + with(s.Listeners, "listener")
}

// Validate implements Scenario.
func (s *Seats) Validate() error {
	if s.Users < 1 || s.Users > maxSeats || s.Listeners < 0 {
		return fmt.Errorf("users have to be 1 to %d, listeners at least 0", maxSeats)
	}
	return nil
}

func (s *Seats) play(run *Run, result *Result) error {
	result.Unit = "take or leave"
	r := run.room(0)
	r.payload = fmt.Sprintf(`{"roomId":"%s","seatCount":%d}`, r.id, max(s.Users, 15))
	members, err := run.crowd(run.users(0, s.Users+s.Listeners))
	if err != nil {
		return err
	}
	if err := run.gather(r, members); err != nil {
		return err
	}
	acks := newSeries("ack")
	p := run.newPace(run.config.Rate, 0)
	for seat, m := range members[:s.Users] {
		p.ready(run.sit(m, seat, acks, p))
	}
	if err := run.measure(p, result); err != nil {
		return err
	}
	result.latency(acks)
	return nil
}

// sit returns the unit of work that takes a seat, and the next time leaves it.
func (run *Run) sit(m *member, seat int, series *Series, p *pace) func(since int64) {
	take := &request{
		event: "seat:take", payload: fmt.Sprintf(`{"roomId":"%s","seatIndex":%d}`, m.room.id, seat),
		toOthers: true, series: series,
	}
	take.causes(fact{kind: seatUpdated, seat: int16(seat), user: m.user})
	leave := &request{event: "seat:leave", payload: fmt.Sprintf(`{"roomId":"%s"}`, m.room.id), toOthers: true, series: series}
	leave.causes(fact{kind: seatCleared, seat: int16(seat)})
	next, after := take, leave
	unit := func(since int64) {
		m.send(next, since)
		next, after = after, next
	}
	again := func() {
		run.did()
		p.again(unit)
	}
	take.done, leave.done = again, again
	return unit
}

// Rooms has many rooms at work at once.
type Rooms struct {
	// Rooms is how many there are.
	Rooms int
	// Users is how many in each of them work: managers who lock and unlock or, with
	// Seats, members who take and leave.
	Users int
	Seats bool
	// InFlight is how many requests are under way at once in all rooms together; 0
	// for one of each user.
	InFlight int
}

var _ Scenario = (*Rooms)(nil)

// Name implements Scenario.
func (s *Rooms) Name() string { return "rooms" }

// Parameters implements Scenario.
func (s *Rooms) Parameters() string {
	text := fmt.Sprintf("%s × %s", count(s.Rooms, "room"), count(s.Users, "manager"))
	if s.Seats {
		text = fmt.Sprintf("%s × %s", count(s.Rooms, "room"), count(s.Users, "user"))
	}
	if s.InFlight > 0 {
		text += fmt.Sprintf(", %d in flight", s.InFlight)
	}
	return text
}

// Validate implements Scenario.
func (s *Rooms) Validate() error {
	if s.Rooms < 1 || s.Users < 1 || s.Users > maxSeats || s.InFlight < 0 {
		return errors.New("rooms and users have to be at least 1, in flight at least 0")
	}
	return nil
}

func (s *Rooms) play(run *Run, result *Result) error {
	result.Unit = "lock or unlock"
	if s.Seats {
		result.Unit = "take or leave"
	}
	users := run.users(0, s.Rooms*s.Users)
	if !s.Seats {
		for i := range users {
			users[i] = run.manager(i)
		}
	}
	members, err := run.crowd(users)
	if err != nil {
		return err
	}
	rooms := make([]*room, s.Rooms)
	for i := range rooms {
		rooms[i] = run.room(i)
	}
	// Users with sockets in several rooms are no matter, in one room they are: the
	// members of a room join one after the other.
	for i := range s.Users {
		places := make([][]*member, s.Rooms)
		for k := range places {
			places[k] = members[k*s.Users+i : k*s.Users+i+1]
		}
		if err := run.spread(rooms, places); err != nil {
			return err
		}
	}
	acks := newSeries("ack")
	p := run.newPace(run.config.Rate, s.InFlight)
	for i := range s.Users {
		for k := range rooms {
			if m := members[k*s.Users+i]; s.Seats {
				p.ready(run.sit(m, i, acks, p))
			} else {
				p.ready(run.toggle(m, i, acks, p))
			}
		}
	}
	if err := run.measure(p, result); err != nil {
		return err
	}
	result.latency(acks)
	return nil
}
