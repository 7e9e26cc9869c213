package actors

import "audioroom/actors/room"

// audience is the sessions that hear a room: those whose joins were released
// and whose leaves were not.
type audience struct {
	sessions []Session
	ids      []room.SessionID // theirs
	index    map[room.SessionID]int
}

func (a *audience) add(s Session) {
	if a.index == nil {
		a.index = make(map[room.SessionID]int)
	}
	a.index[s.ID()] = len(a.sessions)
	a.sessions, a.ids = append(a.sessions, s), append(a.ids, s.ID())
}

// remove takes a session out and returns it, nil if it is not in there.
func (a *audience) remove(id room.SessionID) Session {
	i, ok := a.index[id]
	if !ok {
		return nil
	}
	s, last := a.sessions[i], len(a.sessions)-1
	a.sessions[i], a.ids[i] = a.sessions[last], a.ids[last]
	a.index[a.ids[i]] = i
	a.sessions[last] = nil
	a.sessions, a.ids = a.sessions[:last], a.ids[:last]
	delete(a.index, id)
	if last == 0 { // an empty room keeps no memory of a crowd
		*a = audience{}
	}
	return s
}

// deliver gives a frame to each session but one.
func (a *audience) deliver(frame Frame, except room.SessionID) {
	for i, s := range a.sessions {
		if a.ids[i] != except {
			s.Deliver(frame)
		}
	}
}

// crowd is how many sessions have to wait for others to be written to: what they
// hear takes the time of some requests.
const crowd = 64

// flush has what was delivered written to each session; if more is about to be
// delivered, together with that. A crowd is late enough as it is.
func (a *audience) flush(more bool) {
	write := Session.Flush
	switch {
	case len(a.sessions) > crowd:
		write = Session.FlushLate
	case more:
		write = Session.FlushSoon
	}
	for _, s := range a.sessions {
		write(s)
	}
}
