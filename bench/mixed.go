package bench

import (
	"errors"
	"fmt"
	"hash/maphash"
)

// Mixed is the traffic of an evening: in every room most members listen, some
// chat, some take and leave seats, some come and go, and a manager locks and
// unlocks, mutes and unmutes.
type Mixed struct {
	// Rooms is how many there are, Members how many are in each, of whom a fifth
	// do something.
	Rooms, Members int
	// InFlight is how many requests are under way at once in a closed loop; 0 for
	// one of each who does something.
	InFlight int
}

var _ Scenario = (*Mixed)(nil)

// Name implements Scenario.
func (s *Mixed) Name() string { return "mixed" }

// Parameters implements Scenario.
func (s *Mixed) Parameters() string {
	return fmt.Sprintf("%s × %s, %d of them active", count(s.Rooms, "room"), count(s.Members, "member"), s.active())
}

// Validate implements Scenario.
func (s *Mixed) Validate() error {
	if s.Rooms < 1 || s.Members < leastMixed || s.InFlight < 0 {
		return fmt.Errorf("there has to be at least 1 room, with at least %d members", leastMixed)
	}
	if s.active() > maxSeats {
		return errors.New("there are more active members than seats")
	}
	return nil
}

// leastMixed is the smallest room in which there is one of everybody.
const leastMixed = 25

func (s *Mixed) active() int { return s.Members / 5 }

// times are the series of a mixed run.
type times struct{ chat, seats, moderation, joins, leaves *Series }

func (s *Mixed) play(run *Run, result *Result) error {
	rooms := make([]*room, s.Rooms)
	managers := make([]*member, 0, s.Rooms)
	for i := range rooms {
		rooms[i] = run.room(i)
		run.tell("prepare", float64(i)/float64(s.Rooms))
		hired, err := run.hire(rooms[i], 1, s.active()+1)
		if err != nil {
			return err
		}
		managers = append(managers, hired...)
	}
	members, err := run.crowd(run.users(0, s.Rooms*(s.Members-1)))
	if err != nil {
		return err
	}
	places := make([][]*member, s.Rooms)
	for i := range rooms {
		places[i] = members[i*(s.Members-1) : (i+1)*(s.Members-1)]
	}
	// The last member of each room comes and goes.
	stay := make([][]*member, s.Rooms)
	for i := range places {
		stay[i] = places[i][:s.Members-2]
	}
	if err := run.spread(rooms, stay); err != nil {
		return err
	}
	t := &times{newSeries("chat"), newSeries("seat"), newSeries("moderation"), newSeries("join"), newSeries("leave")}
	run.frames = newSeries("frame")
	p := run.newPace(run.config.Rate, s.InFlight)
	speakers := 0
	for i := range rooms {
		speaker := s.engage(run, rooms[i], managers[i], places[i], t, p)
		seat := &request{event: "seat:take", payload: fmt.Sprintf(`{"roomId":"%s","seatIndex":0}`, rooms[i].id), toOthers: true}
		seat.causes(fact{kind: seatUpdated, seat: 0, user: speaker.user})
		seat.done = func() { speakers++ }
		speaker.send(seat, run.loop.Now())
	}
	if err := run.until("the speakers are seated", func() bool { return speakers == s.Rooms }); err != nil {
		return err
	}
	if err := run.measure(p, result); err != nil {
		return err
	}
	for _, series := range []*Series{t.chat, t.seats, t.moderation, t.joins, t.leaves, run.frames} {
		result.latency(series)
	}
	return nil
}

// engage gives the members of a room something to do, and returns the one who
// sits all the time: whom the manager mutes.
func (s *Mixed) engage(run *Run, r *room, manager *member, members []*member, t *times, p *pace) (speaker *member) {
	speaker = members[0]
	sitters := max(1, s.active()*3/10)
	talkers := max(1, s.active()-sitters-2)
	for i := range sitters {
		p.ready(run.sit(members[1+i], 1+i, t.seats, p))
	}
	for i := range talkers {
		p.ready(run.talk(members[1+sitters+i], t.chat, p))
	}
	p.ready(run.toggle(manager, s.active(), t.moderation, p))
	p.ready(run.mute(manager, speaker, t.moderation, p))
	p.ready(run.visit(members[len(members)-1], r, t.joins, t.leaves, p))
	return speaker
}

// talk returns the unit of work that says something.
func (run *Run) talk(m *member, series *Series, p *pace) func(since int64) {
	q := &request{event: "chat:message", series: series}
	said := 0
	unit := func(since int64) {
		said++
		content := fmt.Sprintf("Message %d of user %d, about as long as people write them", said, m.user)
		q.payload = fmt.Sprintf(`{"roomId":"%s","content":"%s"}`, m.room.id, content)
		q.causes(fact{kind: chatSent, user: m.user, text: maphash.String(run.words.seed, content)})
		m.send(q, since)
	}
	q.done = func() {
		run.did()
		p.again(unit)
	}
	return unit
}

// mute returns the unit of work that mutes somebody, and the next time unmutes
// them.
func (run *Run) mute(manager, speaker *member, series *Series, p *pace) func(since int64) {
	payload := fmt.Sprintf(`{"roomId":"%s","userId":%d}`, manager.room.id, speaker.user)
	var steps [2]*request
	which := 0
	unit := func(since int64) {
		manager.send(steps[which], since)
		which = 1 - which
	}
	for i, event := range []string{"seat:mute", "seat:unmute"} {
		steps[i] = &request{event: event, payload: payload, series: series}
		steps[i].causes(fact{kind: userMuted, user: speaker.user, on: i == 0})
		steps[i].done = func() {
			run.did()
			p.again(unit)
		}
	}
	return unit
}
