package linear_test

import (
	"hash/maphash"
	"slices"

	"github.com/anishathalye/porcupine"

	"audioroom/actors/room"
)

// model is the rooms that a history's room may have been. porcupine comes to the
// same states again and again, by other ways, so they are kept, and where they
// lead to. It belongs to one look at one history.
type model struct {
	*history
	states map[string]*state
	steps  map[step][]any
}

type step struct {
	from *state
	call *call
}

// model returns what porcupine needs to know of the room of a history.
func (h *history) model() porcupine.Model {
	m := &model{history: h, states: make(map[string]*state), steps: make(map[step][]any)}
	p := porcupine.NondeterministicModel{
		Init:              func() []any { return []any{m.kept(h.empty())} },
		Step:              m.step,
		Hash:              func(s any) uint64 { return s.(*state).number },
		DescribeOperation: func(input, output any) string { return h.describe(input.(*call), output.(answer)) },
		DescribeState:     func(s any) string { return s.(*state).key },
	}
	return p.ToModel()
}

func (m *model) step(from, input, output any) []any {
	at := step{from.(*state), input.(*call)}
	next, been := m.steps[at]
	if !been {
		for _, s := range m.after(at.from, at.call, output.(answer)) {
			next = append(next, m.kept(s))
		}
		m.steps[at] = next
	}
	return next
}

// kept returns the one state that is like this.
func (m *model) kept(s *state) *state {
	if like := m.states[s.key]; like != nil {
		return like
	}
	m.states[s.key] = s
	s.number = maphash.String(hashSeed, s.key)
	return s
}

var hashSeed = maphash.MakeSeed()

// after returns the states to which a call can lead that was answered so; none if
// it can't have been.
func (h *history) after(s *state, c *call, a answer) []*state {
	switch c.verb {
	case crash:
		return h.crashed(s)
	case drop:
		return h.dropped(s, c)
	case end:
		return only(s, h.heardAll(s, s.server))
	}
	switch dead := h.sessions[c.session].server < s.server; {
	case a.unknown() && dead: // nobody was there to carry it out
		return []*state{s}
	case a.unknown():
		return h.either(s, c)
	case s.over(h, c.session):
		return nil
	case h.panics && isInternalError(a.text):
		return []*state{s}
	}
	next, text := h.apply(s, c)
	if next == nil || text != a.text || !h.deaf && next.sessions[c.session].told != a.heard {
		return nil
	}
	return []*state{next}
}

// either is what a request without an answer leads to: it was carried out, or it
// wasn't.
func (h *history) either(s *state, c *call) []*state {
	if s.over(h, c.session) {
		return nil
	}
	settled := func(s *state) *state {
		return h.with(s, s.server, s.lasting, s.members, func(all []standing) { all[c.session].settled = true })
	}
	if next, _ := h.apply(s, c); next != nil {
		return []*state{settled(s), settled(next)}
	}
	return []*state{settled(s)}
}

// dropped is the room after a session's connection is lost. A request without an
// answer came before that or never: it has had its turn.
func (h *history) dropped(s *state, c *call) []*state {
	switch session := h.sessions[c.session]; {
	case session.server < s.server:
		return []*state{s}
	case s.over(h, c.session), session.pending && !s.sessions[c.session].settled, !h.heardAllOf(s, c.session):
		return nil
	}
	next, _ := h.apply(s, c)
	if next == nil {
		return nil
	}
	return []*state{h.with(next, next.server, next.lasting, next.members, func(all []standing) { all[c.session] = standing{told: gone} })}
}

// crashed is the room after its server has ended and the next one has restored
// it.
func (h *history) crashed(s *state) []*state {
	if !h.heardAll(s, s.server) {
		return nil
	}
	restored := h.noted(room.Restore(s.lasting, now, &config))
	return []*state{h.with(s, s.server+1, restored, nil, func(all []standing) {
		for i, session := range h.sessions {
			if session.server == s.server {
				all[i] = standing{told: gone}
			}
		}
	})}
}

func only(s *state, ok bool) []*state {
	if ok {
		return []*state{s}
	}
	return nil
}

// apply carries a call out. It returns nil if somebody would have been told what
// they did not hear.
func (h *history) apply(s *state, c *call) (next *state, text string) {
	r := h.roomOf(s)
	reply, events := h.carryOut(r, c)
	text = ack(h.room, c.verb, reply)
	if len(events) == 0 && r.Revision() == 0 {
		return s, text
	}
	ok := true
	next = h.with(s, s.server, h.noted(r), members(r), func(all []standing) { ok = h.deaf || h.tell(s, events, all) })
	if !ok {
		return nil, text
	}
	return next, text
}

// carryOut has the room carry out a call, for which it may ask for the ranks of
// others.
func (h *history) carryOut(r *room.Room, c *call) (room.Reply, []room.Event) {
	user := h.sessions[c.session].user
	command := c.command(user, h.ranks[user], h.profiles[user])
	reply, events := r.Apply(now, command, nil)
	for reply.Ask != 0 {
		command.(interface {
			Answer(room.UserID, room.Rank)
		}).Answer(reply.Ask, h.ranks[int64(reply.Ask)])
		reply, events = r.Apply(now, command, events)
	}
	return reply, events
}

// tell counts events for those who hear them. It reports false if one of them
// did not hear that.
func (h *history) tell(s *state, events []room.Event, all []standing) bool {
	var audience []room.SessionID
	for _, m := range s.members {
		audience = append(audience, m.sessions...)
	}
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case room.SessionJoined:
			audience = append(audience, e.Session)
			continue
		case room.SessionLeft:
			audience = slices.DeleteFunc(audience, func(id room.SessionID) bool { return id == e.Session })
			continue
		}
		text := broadcast(e)
		for _, id := range audience {
			session, told := h.sessions[id-1], &all[id-1].told
			switch {
			case id == e.Except:
			case *told < len(session.heard) && session.heard[*told] == text:
				*told++
			case *told >= len(session.heard) && session.lost:
				*told = len(session.heard) + 1
			default:
				return false
			}
		}
	}
	return true
}

// heardAllOf reports whether a session was told all that it heard.
func (h *history) heardAllOf(s *state, session int) bool {
	return h.deaf || s.sessions[session].told == gone || s.sessions[session].told >= len(h.sessions[session].heard)
}

// heardAll reports that of all sessions of a server.
func (h *history) heardAll(s *state, server int) bool {
	for i, session := range h.sessions {
		if session.server == server && !h.heardAllOf(s, i) {
			return false
		}
	}
	return true
}
