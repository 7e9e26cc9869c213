package bench

import (
	"errors"
	"fmt"
	"time"
)

// Idle measures what sockets cost that do nothing: the server's resident memory
// for each that is connected, for each that has joined a room, and for each room
// that nobody is in any more.
type Idle struct {
	// Sockets is how many are connected, Members how many of them share a room.
	Sockets, Members int
	// EmptyRooms is how many rooms are made and left.
	EmptyRooms int
	// Settle is how long the server may take until its memory stands still.
	Settle time.Duration
}

var _ Scenario = (*Idle)(nil)

// Name implements Scenario.
func (s *Idle) Name() string { return "idle" }

// Parameters implements Scenario.
func (s *Idle) Parameters() string {
	return fmt.Sprintf("%s, %d to a room%s", count(s.Sockets, "socket"), s.Members, with(s.EmptyRooms, "empty room"))
}

// Validate implements Scenario.
func (s *Idle) Validate() error {
	if s.Sockets < 1 || s.Members < 1 || s.EmptyRooms < 0 || s.Settle < 0 {
		return errors.New("sockets and members have to be at least 1, empty rooms and the time to settle at least 0")
	}
	return nil
}

func (s *Idle) play(run *Run, result *Result) error {
	if len(run.target.PIDs) == 0 {
		return errors.New("idle measures the memory of the server, and needs its pid")
	}
	result.Unit, result.Loop = "socket", "none"
	// What is made once, for the first of everything, is not counted.
	if err := s.hold(run, 1, 0); err != nil {
		return err
	}
	first, err := s.settle(run)
	if err != nil {
		return err
	}
	result.figure("base", float64(first), "B")
	started := run.loop.Now()
	members, err := run.crowd(run.users(0, s.Sockets))
	if err != nil {
		return err
	}
	connected, err := s.settle(run)
	if err != nil {
		return err
	}
	result.figure("connected socket", float64(connected-first)/float64(s.Sockets), "B")
	if err := s.join(run, members); err != nil {
		return err
	}
	if err := run.drain(); err != nil {
		return err
	}
	joined, err := s.settle(run)
	if err != nil {
		return err
	}
	result.figure("joined socket", float64(joined-first)/float64(s.Sockets), "B")
	before, err := run.usage()
	if err != nil {
		return err
	}
	const rest = 2 * time.Second
	if err := run.pass(rest); err != nil {
		return err
	}
	after, err := run.usage()
	if err != nil {
		return err
	}
	result.figure("CPU at rest", (after.CPU-before.CPU).Seconds()/rest.Seconds()*100, "% of a core")
	if s.EmptyRooms > 0 {
		if err := s.hold(run, s.EmptyRooms, 1); err != nil {
			return err
		}
		empty, err := s.settle(run)
		if err != nil {
			return err
		}
		result.figure("empty room", float64(empty-joined)/float64(s.EmptyRooms), "B")
	}
	result.Units = int64(s.Sockets)
	result.Seconds = time.Duration(run.loop.Now() - started).Seconds()
	result.Server = &ServerUsage{RSS: after.RSS}
	return nil
}

// join spreads the members over rooms.
func (s *Idle) join(run *Run, members []*member) error {
	var rooms []*room
	var places [][]*member
	for begin := 0; begin < len(members); begin += s.Members {
		rooms = append(rooms, run.room(len(run.rooms)))
		places = append(places, members[begin:min(begin+s.Members, len(members))])
	}
	return run.spread(rooms, places)
}

// settle waits until the server's memory stands still, to one part in 200 for six
// seconds, and returns it.
func (s *Idle) settle(run *Run) (int64, error) {
	const still = 6 * time.Second
	run.tell("settle", 0)
	deadline := run.loop.Now() + int64(s.Settle)
	last, err := run.usage()
	if err != nil {
		return 0, err
	}
	for since := run.loop.Now(); run.loop.Now()-since < int64(still) && run.loop.Now() < deadline; {
		if err := run.pass(100 * time.Millisecond); err != nil {
			return 0, err
		}
		now, err := run.usage()
		if err != nil {
			return 0, err
		}
		if diff := now.RSS - last.RSS; diff*200 > last.RSS || -diff*200 > last.RSS {
			last, since = now, run.loop.Now()
		}
	}
	last, err = run.usage()
	return last.RSS, err
}

// hold makes rooms that nobody stays in: a few extra sockets, with users of their
// own each time, join and leave one after another.
func (s *Idle) hold(run *Run, rooms, occasion int) error {
	const visitors = 8
	members, err := run.crowd(run.users(s.Sockets+occasion*visitors, min(visitors, rooms)))
	if err != nil {
		return err
	}
	next, done := 0, 0
	for _, m := range members {
		join, leave := new(request), new(request)
		visit := func() {
			if next < rooms {
				next++
				m.enter(newRoom(run, fmt.Sprintf("%s-%d-empty-%d-%d", run.config.Prefix, run.serial, occasion, next)), join)
			}
		}
		join.done = func() { m.exit(leave) }
		leave.done = func() {
			m.gone()
			done++
			visit()
		}
		visit()
	}
	err = run.untilAll("rooms", "the rooms are left", rooms, func() int { return done })
	if err != nil {
		return err
	}
	for _, m := range members {
		m.conn.Close(false)
	}
	return run.pass(100 * time.Millisecond)
}
