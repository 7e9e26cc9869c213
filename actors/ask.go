package actors

import "audioroom/actors/room"

// asker is a command that may need the rank of a user whom it is about.
type asker interface {
	Answer(user room.UserID, rank room.Rank)
}

// ask has the backend tell a user's rank; the request is applied again then.
// Requests about one user wait for the same answer and keep their order.
func (a *roomActor) ask(r *Request, user room.UserID) {
	if a.asks == nil {
		a.asks = make(map[room.UserID][]*Request)
	}
	a.asks[user] = append(a.asks[user], r)
	if len(a.asks[user]) > 1 {
		return
	}
	a.rooms.backend.Rank(r.Cause(), a.handle.id, user, func(rank room.Rank, err error) {
		a.tell(&rankMessage{user: user, rank: rank, err: err})
	})
}

func (a *roomActor) ranked(m *rankMessage) {
	requests := a.asks[m.user]
	delete(a.asks, m.user)
	for _, r := range requests {
		if m.err != nil {
			a.refuse(r)
			continue
		}
		r.Command.(asker).Answer(m.user, m.rank)
		if a.phase != serving {
			a.do(work{request: r})
			continue
		}
		a.waiting = append(a.waiting, work{request: r})
	}
	if a.phase == serving {
		a.replay() // if one panics, the rest is still there
	}
}

// refuse answers a request, in its turn, that the backend gave no answer to.
func (a *roomActor) refuse(r *Request) {
	reply := room.Reply{Err: room.ErrInternal}
	if a.phase != serving {
		r.Session.Reply(r, reply)
		r.Session.Flush()
		return
	}
	if a.life.open == nil {
		a.life.open = batches.Get().(*batch)
	}
	a.life.open.add(outcome{request: r, reply: reply})
}

// asked takes out all requests that wait for a rank.
func (a *roomActor) asked() []work {
	var list []work
	for _, requests := range a.asks {
		for _, r := range requests {
			list = append(list, work{request: r})
		}
	}
	a.asks = nil
	return list
}

// inquire asks the backend for the room's owner and seats: once, and on behalf
// of each join that asks for another number of seats.
func (a *roomActor) inquire(r *Request, join *room.Join) {
	if a.life.inquired && (join.SeatCount == 0 || join.SeatCount == a.life.room.SeatCount()) {
		return
	}
	a.life.inquired = true
	asked := a.life.resized
	a.rooms.backend.Info(r.Cause(), a.handle.id, func(info RoomInfo, err error) {
		a.tell(&infoMessage{info: info, err: err, asked: asked, by: join.User, seatCount: join.SeatCount})
	})
}

func (a *roomActor) configure(m *infoMessage) {
	switch {
	case m.err != nil, m.asked != a.life.resized:
		// The room goes on with what it has, which may be newer than the answer;
		// the next join asks again.
		a.life.inquired = false
	case a.phase == serving:
		maxSeats := m.info.MaxSeats
		if maxSeats == 0 { // it gives none there, but may have set one here
			maxSeats = a.life.maxSeats
		}
		a.do(work{order: &room.Configure{Owner: m.info.Owner, MaxSeats: maxSeats, By: m.by, SeatCount: m.seatCount}})
	}
}
