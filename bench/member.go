package bench

import (
	"audioroom/bench/wire"
)

// member is one client: its connection, what it has asked for, and how far in its
// room's sequence it is.
type member struct {
	run  *Run
	user int64
	conn *wire.Conn

	room *room
	// inside says that the member takes part in its room's sequence: its join was
	// answered, and its place is known. The place is known when another member
	// hears of the join; what this one hears until then is kept.
	inside, joined, placed bool
	cursor                 int // index of the broadcast it has to hear next
	early                  [][]byte
	told, is               view // of the room, by the answer to the join and by the sequence
	join                   *request

	pending []*request // by id, a ring
	nextID  uint64
	waiting int // requests without an answer
	last    int // the last broadcast that the last answered request caused

	doubt  *doubt
	closed func(error) // in place of failing the run
	opened func()      // once it is connected
}

var _ wire.Handler = (*member)(nil)

// connect makes a client and connects it.
func (run *Run) connect(user int64) *member {
	m := &member{run: run, user: user, last: -1}
	m.dial()
	return m
}

// dial connects the client, or connects it anew.
func (m *member) dial() {
	m.conn = m.run.loop.Dial(m, m.run.token(m.user))
}

// Connected implements wire.Handler.
func (m *member) Connected() {
	m.run.connected++
	if m.opened != nil {
		m.opened()
	}
}

// Closed implements wire.Handler.
func (m *member) Closed(err error) {
	if m.closed != nil {
		m.closed(err)
		return
	}
	m.run.fail("connection", "user %d: %w", m.user, err)
}

// send asks for something, and notes what has to come of it. The time it is
// measured from may lie in the past.
func (m *member) send(q *request, since int64) {
	if q.active {
		panic("bench: a request is used twice")
	}
	q.member, q.id, q.sent, q.active = m, m.nextID, since, true
	m.nextID++
	m.waiting++
	m.run.waiting++
	if m.room != nil {
		m.room.expect(q)
	}
	m.keep(q)
	m.conn.Request(q.id, q.event, q.payload)
}

// keep puts a request into the ring.
func (m *member) keep(q *request) {
	if len(m.pending) > 0 {
		if place := &m.pending[q.id&uint64(len(m.pending)-1)]; *place == nil {
			*place = q
			return
		}
	}
	old := m.pending
	m.pending = make([]*request, max(1, 2*len(old)))
	for _, q := range old {
		if q != nil {
			m.keep(q)
		}
	}
	m.keep(q)
}

// find returns the pending request of an id, nil if there is none.
func (m *member) find(id uint64) **request {
	if len(m.pending) == 0 {
		return nil
	}
	place := &m.pending[id&uint64(len(m.pending)-1)]
	if *place == nil || (*place).id != id {
		return nil
	}
	return place
}

// oldest returns the request that waits longest for its answer, if any does.
func (m *member) oldest() *request {
	var oldest *request
	for _, q := range m.pending {
		if q != nil && (oldest == nil || q.id < oldest.id) {
			oldest = q
		}
	}
	return oldest
}

// Ack implements wire.Handler.
func (m *member) Ack(id uint64, data []byte) {
	run := m.run
	place := m.find(id)
	if place == nil {
		if id < m.nextID {
			run.fail("ack twice", "user %d got a second answer to request %d: %s", m.user, id, clip(data))
		} else {
			run.fail("ack", "user %d got an answer to request %d, which it never sent: %s", m.user, id, clip(data))
		}
		return
	}
	q := *place
	*place = nil
	m.waiting--
	run.waiting--
	run.acks++
	q.series.record(run, q.sent)
	switch q.answer {
	case success:
		if string(data) != `[{"success":true}]` && !succeeded(data) {
			run.fail("ack", "%v of user %d was answered %s", q, m.user, clip(data))
			return
		}
	case entry:
		m.entered(q, data)
		return
	case lookup:
		if array := scanObject(data); !array.next() || len(array.value) < 2 || array.value[0] != '{' {
			run.fail("ack", "%v of user %d was answered %s", q, m.user, clip(data))
			return
		}
	}
	m.settle(q)
}

// settle holds an answer against the broadcasts of its request.
func (m *member) settle(q *request) {
	if m.doubt != nil { // that is to be told
		for i := 0; i < q.count && q.toOthers; i++ {
			m.doubt.heard = append(m.doubt.heard, &broadcast{fact: q.facts[i]})
		}
		return
	}
	for i := range q.count {
		if q.toOthers {
			if m.hear(&broadcast{fact: q.facts[i]}); m.doubt != nil {
				return
			}
			continue
		}
		if q.seen[i] < 0 || q.seen[i] >= m.cursor {
			m.hasty(q, i)
			return
		}
		if q.seen[i] <= m.last {
			m.run.fail("order", "user %d got the answer to %v after that to a request whose broadcast came later", m.user, q)
			return
		}
		m.last = q.seen[i]
	}
	q.finish()
}

// succeeded reads an answer that is not spelt as usual.
func succeeded(data []byte) bool {
	array := scanObject(data)
	if !array.next() {
		return false
	}
	for fields := scanObject(array.value); fields.next(); {
		if string(fields.key) == "success" {
			return string(fields.value) == "true"
		}
	}
	return false
}

// Event implements wire.Handler.
func (m *member) Event(data []byte) {
	r := m.room
	if m.inside && m.cursor < r.end() && m.doubt == nil {
		if e := r.at(m.cursor); string(data) == e.raw {
			m.cursor++
			m.run.heard(e)
			return
		}
	}
	b, err := m.run.words.read(data)
	switch {
	case err != nil:
		m.run.fail("payload", "user %d heard an event with %w", m.user, err)
	case b.kind == other: // of no concern here
	case b.kind == tokenExpired || b.kind == roomClosed:
		m.run.fail("broadcast", "user %d heard %v", m.user, b.fact)
	case r == nil:
		m.run.fail("broadcast", "user %d is in no room and heard %v", m.user, b.fact)
	case !m.joined:
		m.run.fail("order", "user %d heard %v before the answer to its join", m.user, b.fact)
	case !m.placed:
		m.early = append(m.early, []byte(b.raw))
	case m.doubt != nil:
		m.doubt.heard = append(m.doubt.heard, b)
	default:
		m.hear(b)
	}
}

// hear takes the next broadcast that a member hears, or whose place its ack
// takes: that one has no text.
func (m *member) hear(b *broadcast) {
	r := m.room
	if m.cursor == r.end() {
		if !r.add(b, m) {
			m.suspect(b)
			return
		}
	}
	e := r.at(m.cursor)
	switch {
	case e.fact != b.fact:
		m.suspect(b)
		return
	case e.raw == "":
		e.broadcast = b // known from an answer until now
	case b.raw != "" && b.raw != e.raw && e.unique():
		m.run.fail("payload", "user %d heard %s where others heard %s", m.user, clip([]byte(b.raw)), clip([]byte(e.raw)))
		return
	}
	if b.raw != "" {
		m.run.heard(e)
	}
	m.cursor++
}
