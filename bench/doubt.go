package bench

import "time"

// doubt is what a member hears after something that can't be: it tells a
// broadcast that is missing from one that is late.
type doubt struct {
	heard []*broadcast
}

// doubtTime is how long a member in doubt is listened to before its fault is
// named.
const doubtTime = 200 * time.Millisecond

// suspect notes that a member heard something else than it had to.
func (m *member) suspect(b *broadcast) {
	d := &doubt{heard: []*broadcast{b}}
	m.doubt = d
	m.run.doubts++
	m.run.loop.After(doubtTime, func() { m.conclude(d) })
}

// conclude names what was wrong.
func (m *member) conclude(d *doubt) {
	m.run.doubts--
	r, b := m.room, d.heard[0]
	if r == nil {
		m.run.fail("broadcast", "a user who had left heard %v", b.fact)
		return
	}
	var want *event // what it had to hear
	if m.cursor < r.end() {
		want = r.at(m.cursor)
	}
	fresh := r.expected[b.fact] != nil // asked for, and not heard by anybody yet
	for i := m.cursor + 1; i < r.end() && !fresh; i++ {
		fresh = r.at(i).fact == b.fact
	}
	before := false
	for i := max(r.base, m.cursor-64); i < m.cursor; i++ {
		before = before || r.at(i).fact == b.fact
	}
	switch {
	case want == nil && before:
		m.run.fail("broadcast twice", "user %d in room %s heard %v again, which nobody asked for a second time", m.user, r.id, b.fact)
	case want == nil:
		m.run.fail("broadcast", "user %d in room %s heard %v, which nobody asked for", m.user, r.id, b.fact)
	case !fresh && before:
		m.run.fail("broadcast twice", "user %d in room %s heard %v again where others heard %v", m.user, r.id, b.fact, want.fact)
	case !fresh:
		m.run.fail("payload", "user %d in room %s heard %v where others heard %v", m.user, r.id, b.fact, want.fact)
	case d.has(want.fact):
		m.run.fail("order", "user %d in room %s heard %v before %v, others heard them the other way round", m.user, r.id, b.fact, want.fact)
	default:
		m.run.fail("broadcast missing", "user %d in room %s did not hear %v (number %d of the room) but %v, which came after it",
			m.user, r.id, want.fact, m.cursor, b.fact)
	}
}

func (d *doubt) has(f fact) bool {
	for _, b := range d.heard {
		if b.fact == f {
			return true
		}
	}
	return false
}

// hasty notes that a request was answered before the member heard one of its
// broadcasts.
func (m *member) hasty(q *request, which int) {
	f := q.facts[which]
	m.run.doubts++
	m.run.loop.After(doubtTime, func() {
		m.run.doubts--
		if q.seen[which] >= 0 && q.seen[which] < m.cursor {
			m.run.fail("ack before broadcast", "user %d got the answer to %v before %v, which it causes", m.user, q, f)
		} else {
			m.run.fail("broadcast missing", "user %d got the answer to %v but did not hear %v, which it causes", m.user, q, f)
		}
	})
}
