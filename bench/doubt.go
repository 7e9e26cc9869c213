package bench

import (
	"slices"
	"time"
)

// doubt is what a member hears after something that can't be, answers that stand
// for broadcasts included: it tells a broadcast that is missing from one that is
// late.
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

// conclude names what was wrong: of the lies that could be, the one that fits what
// was heard since.
func (m *member) conclude(d *doubt) {
	m.run.doubts--
	r, b := m.room, d.heard[0]
	if m.cursor == r.end() { // nobody has heard anything else
		if r.heardNear(b.fact, m.cursor-near, m.cursor) {
			m.run.fail("broadcast twice", "user %d in room %s heard %v again, which nobody asked for a second time", m.user, r.id, b.fact)
		} else {
			m.run.fail("payload", "user %d in room %s heard %v, which nobody asked for", m.user, r.id, b.fact)
		}
		return
	}
	want, next := r.at(m.cursor), m.next()
	heard := make([]fact, len(d.heard))
	for i, b := range d.heard {
		heard[i] = b.fact
	}
	switch {
	case len(next) > 1 && fits(heard, []fact{next[1], next[0]}, next[2:]):
		m.run.fail("order", "user %d in room %s heard %v before %v, others heard them the other way round", m.user, r.id, b.fact, want.fact)
	case len(next) > 2 && len(heard) > 2 && fits(heard, heard[:1], next[1:]):
		m.run.fail("payload", "user %d in room %s heard %v where others heard %v", m.user, r.id, b.fact, want.fact)
	case b.raw != "" && fits(heard, heard[:1], next) && r.heardNear(b.fact, m.cursor-near, m.cursor):
		m.run.fail("broadcast twice", "user %d in room %s heard %v again where others heard %v", m.user, r.id, b.fact, want.fact)
	case want.cause.member == m && want.cause.toOthers:
		m.run.fail("ack missing", "user %d in room %s got no answer to %v before hearing %v, which came after it", m.user, r.id, want.cause, b.fact)
	case r.skipped(b.fact, want):
		m.run.fail("ack missing", "user %d in room %s got no answer to %v before hearing %v, which came after it", want.by.user, r.id,
			r.expected[b.fact].request, want.fact)
	case r.expected[b.fact] != nil:
		m.run.fail("broadcast missing", "user %d in room %s heard %v (number %d of the room), which others did not, who heard %v",
			m.user, r.id, b.fact, m.cursor, want.fact)
	case slices.Contains(next, b.fact) && slices.Contains(heard[:min(len(heard), near)], want.fact):
		m.run.fail("order", "user %d in room %s heard %v before %v, others heard it after", m.user, r.id, b.fact, want.fact)
	case slices.Contains(next, b.fact):
		m.run.fail("broadcast missing", "user %d in room %s did not hear %v (number %d of the room) but %v, which came after it",
			m.user, r.id, want.fact, m.cursor, b.fact)
	case b.raw == "":
		m.run.fail("broadcast missing", "user %d in room %s got the answer to a request that causes %v without hearing %v, which came before it",
			m.user, r.id, b.fact, want.fact)
	default:
		m.run.fail("payload", "user %d in room %s heard %v where others heard %v", m.user, r.id, b.fact, want.fact)
	}
}

// near is how far around its place in the sequence a broadcast is looked for.
// Farther away the same may be said again.
const near = 8

// next returns what the member had to hear next.
func (m *member) next() []fact {
	var next []fact
	for i := m.cursor; i < m.room.end() && len(next) < near; i++ {
		next = append(next, m.room.at(i).fact)
	}
	return next
}

// fits says whether what was heard is first, and then rest as far as it goes.
func fits(heard, first, rest []fact) bool {
	all := slices.Concat(first, rest)
	all = all[:min(len(all), len(heard))]
	return len(all) >= len(first) && slices.Equal(all, heard[:len(all)])
}

// skipped says whether a broadcast that is expected has no place in the sequence
// because the one whom its ack tells of it has put another one there.
func (r *room) skipped(f fact, instead *event) bool {
	e := r.expected[f]
	return e != nil && e.request.toOthers && e.request.member == instead.by
}

// heardNear says whether a broadcast stands in a part of the sequence.
func (r *room) heardNear(f fact, from, to int) bool {
	for i := max(from, r.base); i < min(to, r.end()); i++ {
		if r.at(i).fact == f {
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
