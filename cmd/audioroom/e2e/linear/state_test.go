package linear_test

import (
	"slices"
	"strconv"

	"audioroom/actors/room"
)

// The rooms of these tests: time changes nothing in them.
const (
	seats = 5
	now   = 1000            // Unix ms
	grace = 24 * 3600_000   // ms
	idle  = 48 * 3600_000   // ms
	never = 1000 * 3600_000 // ms
)

var config = room.Config{SeatGrace: grace, InviteTTL: never, Inactivity: idle, DefaultSeats: seats}

// state is a room as the model has it, with what its sessions were told. It is
// not altered once it is made.
type state struct {
	// server counts the servers that have had the room: each ends with a crash.
	server int
	// lasting is what a crash leaves, without the times and numbers that no client
	// sees.
	lasting  *room.Snapshot
	members  []member // by the time they joined
	sessions []standing
	// key is all of the above, number its hash.
	key    string
	number uint64
}

// standing is how a session stands.
type standing struct {
	// told is how many broadcasts it was told, gone once it is over. Of a session
	// that was lost no more is counted than that it was told more than it heard.
	told int
	// settled says that the request without an answer came to its turn.
	settled bool
}

const gone = -1

// member is a participant.
type member struct {
	user     room.UserID
	sessions []room.SessionID
}

// empty is the room that nobody has joined yet.
func (h *history) empty() *state {
	s := &state{lasting: h.noted(room.New(h.room, now, &config)), sessions: make([]standing, len(h.sessions))}
	s.key = string(s.appendKey(nil))
	return s
}

// over reports whether a session does not exist any more, or not yet.
func (s *state) over(h *history, session int) bool {
	return s.sessions[session].told == gone || h.sessions[session].server != s.server
}

// roomOf makes the room of a state.
func (h *history) roomOf(s *state) *room.Room {
	r := room.Respawn(s.lasting, now, &config)
	for _, m := range s.members {
		for _, id := range m.sessions {
			r.Reattach(id, m.user, h.profiles[int64(m.user)])
		}
	}
	return r
}

func members(r *room.Room) []member {
	var list []member
	r.EachMember(func(user room.UserID, _ []byte, sessions []room.SessionID) {
		list = append(list, member{user, slices.Clone(sessions)})
	})
	return list
}

// noted is what a room leaves, without the times and numbers that no client sees.
func (h *history) noted(r *room.Room) *room.Snapshot {
	lasting, err := room.Decode(r.AppendSnapshot(nil, 0, false))
	if err != nil {
		panic(err) // a room that can't be restored
	}
	lasting.Revision, lasting.Activity, lasting.CreatedAt, lasting.Participants = 0, now, now, 0
	return lasting
}

// with is a state like another, in which the sessions stand as change has it.
func (h *history) with(s *state, server int, lasting *room.Snapshot, members []member, change func([]standing)) *state {
	next := &state{server: server, lasting: lasting, members: members, sessions: slices.Clone(s.sessions)}
	change(next.sessions)
	next.key = string(next.appendKey(nil))
	return next
}

// appendKey writes a state down, for comparing and for people.
func (s *state) appendKey(b []byte) []byte {
	number := func(n int64) { b = strconv.AppendInt(b, n, 10) }
	b = append(b, "server "...)
	number(int64(s.server))
	b = append(b, " of "...)
	number(int64(s.lasting.SeatCount))
	b = append(b, " seats"...)
	for _, seat := range s.lasting.Seats {
		b = append(b, ' ')
		number(int64(seat.Seat))
		b = append(b, ':')
		number(int64(seat.User))
		if seat.Muted {
			b = append(b, " muted"...)
		}
		if seat.HeldUntil != 0 {
			b = append(b, " held"...)
		}
	}
	b = append(b, ", locked"...)
	for _, i := range s.lasting.Locked {
		b = append(b, ' ')
		number(int64(i))
	}
	b = append(b, ", there"...)
	for _, m := range s.members {
		b = append(b, ' ')
		number(int64(m.user))
		for _, id := range m.sessions {
			b = append(b, '/')
			number(int64(id) - 1)
		}
	}
	b = append(b, ", told"...)
	for _, session := range s.sessions {
		b = append(b, ' ')
		switch {
		case session.told == gone:
			b = append(b, '-')
		default:
			number(int64(session.told))
		}
		if session.settled {
			b = append(b, '?')
		}
	}
	return b
}
