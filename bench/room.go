package bench

import "fmt"

// room is what is known of a room from outside: the one sequence of broadcasts
// that all its members have to hear, and what that makes of the room.
type room struct {
	run *Run
	id  string
	// payload names the room alone, as a join and a leave do.
	payload string

	base     int     // index of the first entry that is kept
	log      []event // the broadcasts, in order
	expected map[fact]*expectation
	members  []*member // in no order

	// What the sequence makes of the room.
	view    view
	users   map[int64]int // participants, with the number of their sockets
	seats   [maxSeats]int64
	locked  [maxSeats]bool
	waiting map[int64]*member // who has asked to join, until the others hear of it
}

// maxSeats is how many seats a room can have.
const maxSeats = 100

// view is a room as a joiner has to be told of it. Sets are told apart by the sums
// of their mixed members.
type view struct {
	participants int
	userSum      uint64
	seats, locks int
	placeSum     uint64 // of seats with their users, and of locks
}

// String says how many there are of everything.
func (v view) String() string {
	return fmt.Sprintf("%d participants, %d seats taken, %d locked", v.participants, v.seats, v.locks)
}

// unlike says in which way two views differ that count the same.
func (v view) unlike(other view) string {
	switch {
	case v.String() != other.String():
		return ""
	case v.userSum != other.userSum:
		return ", but others of them"
	}
	return ", but other seats"
}

// event is one broadcast of a room's sequence.
type event struct {
	*broadcast
	cause *request
	by    *member // who heard it first
	sent  int64   // when its cause was sent
}

func newRoom(run *Run, id string) *room {
	return &room{
		run: run, id: id, payload: `{"roomId":"` + id + `"}`,
		expected: make(map[fact]*expectation), users: make(map[int64]int), waiting: make(map[int64]*member),
	}
}

// end is the index that the next broadcast will have.
func (r *room) end() int { return r.base + len(r.log) }

func (r *room) at(index int) *event { return &r.log[index-r.base] }

// expect notes what a request is to cause.
func (r *room) expect(q *request) {
	for i := range q.count {
		e := &q.links[i]
		*e = expectation{request: q, which: i}
		q.seen[i] = -1
		if first := r.expected[q.facts[i]]; first == nil {
			r.expected[q.facts[i]] = e
		} else {
			for first.next != nil {
				first = first.next
			}
			first.next = e
		}
	}
}

// add puts a broadcast at the end of the sequence: a member has heard it that has
// heard all before it.
func (r *room) add(b *broadcast, by *member) bool {
	e := r.expected[b.fact]
	if e == nil {
		return false
	}
	if e.next == nil {
		delete(r.expected, b.fact)
	} else {
		r.expected[b.fact] = e.next
	}
	q := e.request
	if e.which > 0 && q.seen[e.which-1] < 0 {
		r.run.fail("order", "%v came before %v, both of which %v causes", b.fact, q.facts[e.which-1], q)
	}
	q.seen[e.which] = r.end()
	r.trim()
	r.log = append(r.log, event{broadcast: b, cause: q, by: by, sent: q.sent})
	r.run.broadcasts++
	r.apply(b.fact)
	if q.answer == nothing && e.which == q.count-1 {
		q.finish()
	}
	return true
}

// apply brings the room up to date.
func (r *room) apply(f fact) {
	v := &r.view
	switch f.kind {
	case userJoined:
		r.join(f.user)
		if m := r.waiting[f.user]; m != nil {
			delete(r.waiting, f.user)
			m.place(r.end())
		}
	case userLeft:
		delete(r.users, f.user)
		v.participants--
		v.userSum -= mix(f.user)
	case seatUpdated:
		r.clear(f.seat)
		r.seats[f.seat] = f.user
		v.seats++
		v.placeSum += place(f.seat, f.user)
	case seatCleared:
		r.clear(f.seat)
	case seatLocked:
		if r.locked[f.seat] == f.on {
			return
		}
		r.locked[f.seat] = f.on
		if f.on {
			v.locks++
			v.placeSum += place(f.seat, -1)
		} else {
			v.locks--
			v.placeSum -= place(f.seat, -1)
		}
	}
}

// join counts a socket of a user in.
func (r *room) join(user int64) {
	if r.users[user]++; r.users[user] == 1 {
		r.view.participants++
		r.view.userSum += mix(user)
	}
}

func (r *room) clear(seat int16) {
	if user := r.seats[seat]; user != 0 {
		r.seats[seat] = 0
		r.view.seats--
		r.view.placeSum -= place(seat, user)
	}
}

func place(seat int16, user int64) uint64 { return mix(user<<8 | int64(seat)) }

// mix spreads ids, so that their sum tells sets apart.
func mix(id int64) uint64 {
	x := uint64(id) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// keptLog is how many broadcasts of a room are kept that everybody has heard.
const keptLog = 4096

// trim forgets what everybody has heard.
func (r *room) trim() {
	if len(r.log) < 2*keptLog || len(r.log) != cap(r.log) {
		return
	}
	least := r.end()
	for _, m := range r.members {
		if m.placed {
			least = min(least, m.cursor)
		}
	}
	if drop := least - r.base - keptLog; drop >= keptLog/2 {
		kept := copy(r.log, r.log[drop:])
		clear(r.log[kept:])
		r.log = r.log[:kept]
		r.base += drop
	}
}

// rest says what is still to come, nil if nothing is: every request answered,
// every broadcast heard by everybody.
func (r *room) rest() error {
	for _, m := range r.members {
		if q := m.oldest(); q != nil {
			return fmt.Errorf("ack missing: user %d in room %s got no answer to %v", m.user, r.id, q)
		}
		if !m.placed {
			return fmt.Errorf("broadcast missing: nobody in room %s heard room:userJoined of user %d, whose join was answered", r.id, m.user)
		}
	}
	for f, e := range r.expected {
		return fmt.Errorf("broadcast missing: nobody in room %s heard %v, which %v of user %d causes", r.id, f, e.request, e.request.member.user)
	}
	for _, m := range r.members {
		if m.cursor < r.end() {
			return fmt.Errorf("broadcast missing: user %d in room %s did not hear %v, which others heard (number %d of the room)",
				m.user, r.id, r.at(m.cursor).fact, m.cursor)
		}
	}
	return nil
}

// remove takes a member out: it hears no more.
func (r *room) remove(m *member) {
	for i, other := range r.members {
		if other == m {
			last := len(r.members) - 1
			r.members[i], r.members[last] = r.members[last], nil
			r.members = r.members[:last]
			return
		}
	}
}
