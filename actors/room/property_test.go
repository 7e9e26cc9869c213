package room_test

import (
	"testing"

	"pgregory.net/rapid"

	"audioroom/actors/room"
)

// users are few, and so are seats, so that they collide often.
var users = []room.UserID{ann, bob, cid, eve}

// sessionsEach is how many sessions a user may have.
const sessionsEach = 2

// trial is a room, the model beside it, and everybody who listens.
type trial struct {
	room     *room.Room
	model    *model
	config   *room.Config
	now      int64
	observer *client
	clients  map[room.SessionID]*client
}

// TestRoom_isItsModel sends random commands at random times to a room and to
// its model, restarts and respawns included.
func TestRoom_isItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := &room.Config{
			SeatGrace:     pick(t, "grace", grace, grace, 3*inactivity, 0),
			InviteTTL:     pick(t, "invite", inviteTTL, inviteTTL, inviteTTL, 2*inactivity, 1),
			ChatPerMinute: pick(t, "chat", 0, 1, 2, 3),
			Participants:  pick(t, "participants", 0, 0, 1, 2, 3),
			Inactivity:    inactivity,
			DefaultSeats:  pick(t, "default seats", 1, 3, 4, 4),
		}
		x := &trial{
			room: room.New("lobby", start, config), model: newModel(*config, start), config: config, now: start,
			observer: observer(), clients: map[room.SessionID]*client{},
		}
		t.Repeat(map[string]func(*rapid.T){"": x.check, "step": x.step})
	})
}

// pick draws one of the values, each as likely as any other: rapid's own
// generators prefer the first.
func pick[E any](t *rapid.T, label string, from ...E) E {
	return rapid.Custom(func(t *rapid.T) E {
		i := 0
		for n := 1; n < 4*len(from); n *= 2 {
			i *= 2
			if rapid.Bool().Draw(t, "bit") {
				i++
			}
		}
		return from[i%len(from)]
	}).Draw(t, label)
}

// step does one thing, the more likely the more often it is named.
func (x *trial) step(t *rapid.T) {
	if x.room.IsClosed() && rapid.Bool().Draw(t, "reopen") {
		x.reopen()
		return
	}
	do := "anything"
	if x.room.Participants() == 0 {
		do = pick(t, "empty", "join", "join", "wait", "anything")
	}
	if do == "anything" {
		do = pick(t, "do",
			"join", "join", "join", "join", "join", "join", "take", "take", "take", "take", "take", "take", "lock", "lock", "lock",
			"unlock", "unlock", "stand", "leave", "drop", "drop", "wait", "wait", "wait", "configure", "restart", "respawn",
			"assign", "assign", "unseat", "mute", "mute", "mute", "invite", "invite", "invite", "invite", "invite", "accept", "accept", "accept",
			"decline", "chat", "chat", "chat", "chat", "backend", "backend")
	}
	switch do {
	case "join":
		c := join(x.session(t))
		c.SeatCount = pick(t, "seats", 0, 0, 0, 2, 3, 4, 5)
		x.apply(t, c)
	case "take":
		x.apply(t, &room.TakeSeat{Session: x.member(t), Seat: x.seat(t)})
	case "lock":
		rank := x.rank(t, "rank")
		x.manage(t, &room.LockSeat{Session: x.member(t), Rank: rank, Seat: x.taken(t)}, x.rank(t, "occupant's rank"))
	case "assign":
		rank := pick(t, "rank", room.RankOwner, room.RankOwner, room.RankOwner, room.RankAdmin)
		x.apply(t, &room.AssignSeat{Session: x.member(t), Rank: rank, Target: pick(t, "target", users...), Seat: x.seat(t)})
	case "unseat":
		x.manage(t, &room.RemoveFromSeat{Session: x.member(t), Rank: x.rank(t, "rank"), Target: x.sitter(t)}, x.rank(t, "target's rank"))
	case "mute":
		c := &room.MuteSeat{Session: x.member(t), Rank: x.rank(t, "rank"), Target: x.sitter(t), Muted: pick(t, "muted", true, true, false)}
		x.manage(t, c, x.rank(t, "target's rank"))
	case "invite":
		x.apply(t, &room.Invite{Session: x.member(t), Rank: x.rank(t, "rank"), Target: pick(t, "target", users...), Seat: x.seat(t)})
	case "accept":
		session, seat := x.guest(t)
		x.apply(t, &room.AcceptInvite{Session: session, Seat: seat})
	case "decline":
		session, seat := x.guest(t)
		x.apply(t, &room.DeclineInvite{Session: session, Seat: seat})
	case "chat":
		x.apply(t, &room.Chat{Session: x.member(t), Message: room.Message{ID: "A", Content: []byte(`"hi"`), Type: "text"}})
	case "backend":
		x.backend(t)
	case "unlock":
		x.apply(t, &room.UnlockSeat{Session: x.member(t), Rank: x.rank(t, "rank"), Seat: x.locked(t)})
	case "stand":
		x.apply(t, &room.LeaveSeat{Session: x.member(t)})
	case "leave":
		x.apply(t, &room.Leave{Session: x.member(t)})
	case "drop":
		x.apply(t, &room.Drop{Session: x.member(t)})
	case "wait":
		x.wait(t)
	case "configure":
		x.apply(t, &room.Configure{
			Owner: pick(t, "owner", 0, ann, bob, cid, eve), MaxSeats: pick(t, "max seats", 0, 0, 0, 2, 3, 4, 5),
			By: pick(t, "by", 0, ann, bob, cid, eve), SeatCount: pick(t, "seats", 0, 2, 3, 4, 5),
		})
	case "restart":
		x.restart(t)
	case "respawn":
		x.respawn(t)
	}
}

// backend has the backend say something.
func (x *trial) backend(t *rapid.T) {
	user := pick(t, "user", users...)
	switch pick(t, "backend", "remove", "block", "block", "unblock", "unblock", "unblock", "resize", "resize", "shut", "confirm") {
	case "confirm":
		x.apply(t, &room.Confirm{User: user})
	case "remove":
		x.apply(t, &room.Remove{User: user})
	case "block":
		x.apply(t, &room.Block{User: user, Until: pick(t, "until", 0, x.now+1, x.now+1000, x.now+grace, x.now-1)})
	case "unblock":
		x.apply(t, &room.Unblock{User: user})
	case "resize":
		x.apply(t, &room.Resize{MaxSeats: pick(t, "max seats", 1, 2, 3, 4, 5)})
	case "shut":
		x.apply(t, &room.Shut{})
	}
}

// sitter is a user, most often one who sits.
func (x *trial) sitter(t *rapid.T) room.UserID {
	var sitting []room.UserID
	for i := range x.room.SeatCount() {
		if s, ok := x.room.Seat(i); ok {
			sitting = append(sitting, s.User)
		}
	}
	if len(sitting) == 0 || pick(t, "who", "sits", "sits", "any") == "any" {
		return pick(t, "target", users...)
	}
	return pick(t, "sits", sitting...)
}

// guest is who answers an invite to which seat, most often one that there is.
func (x *trial) guest(t *rapid.T) (room.SessionID, int) {
	if len(x.model.offers) == 0 || pick(t, "which", "offered", "offered", "offered", "any") == "any" {
		return x.member(t), x.seat(t)
	}
	o := pick(t, "offer", x.model.offers...)
	return x.sessionOf(o.user), pick(t, "seat", o.seat, room.AnySeat)
}

// session is any session.
func (x *trial) session(t *rapid.T) room.SessionID {
	return room.SessionID(int(pick(t, "user", users...))*10 + pick(t, "session", 1, sessionsEach))
}

// member is a session, most often one that is in the room.
func (x *trial) member(t *rapid.T) room.SessionID {
	in := x.sessions()
	if len(in) == 0 || pick(t, "who", "member", "member", "member", "member", "anyone") == "anyone" {
		return x.session(t)
	}
	return pick(t, "member", in...)
}

// seat is any seat, most often one that exists.
func (x *trial) seat(t *rapid.T) int { return pick(t, "seat", 0, 0, 1, 1, 2, 2, 3, 3, 4, -1) }

// taken is a seat, most often one that somebody sits on.
func (x *trial) taken(t *rapid.T) int {
	return x.oneOf(t, func(i int) bool { _, ok := x.room.Seat(i); return ok })
}

// locked is a seat, most often one that is locked.
func (x *trial) locked(t *rapid.T) int { return x.oneOf(t, x.room.Locked) }

// oneOf is a seat, most often one of those that are wanted.
func (x *trial) oneOf(t *rapid.T, wanted func(int) bool) int {
	var seats []int
	for i := range x.room.SeatCount() {
		if wanted(i) {
			seats = append(seats, i)
		}
	}
	if len(seats) == 0 || pick(t, "which", "wanted", "wanted", "any") == "any" {
		return x.seat(t)
	}
	return pick(t, "wanted", seats...)
}

func (x *trial) rank(t *rapid.T, label string) room.Rank {
	return pick(t, label, room.RankAdmin, room.RankAdmin, room.RankOwner, room.RankMember, room.RankUnknown)
}
