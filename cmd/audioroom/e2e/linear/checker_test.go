package linear_test

import (
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// script is a history that is made up: of user 1, the owner, user 2, a member,
// and user 3, another.
type script struct {
	*history
	at int64
}

func newScript() *script {
	s := &script{history: newHistory("made-up", false)}
	s.enrol(1, room.RankOwner)
	s.enrol(2, room.RankMember)
	s.enrol(3, room.RankMember)
	return s
}

const done = `{"success":true}`

func refused(because string) string { return `{"error":"` + because + `","success":false}` }

// joins has users join by a session each, after that of user 1 comes that of
// user 2.
func (s *script) joins(users ...int64) {
	for _, user := range users {
		s.history.enter(user, 0)
		s.says(len(s.sessions)-1, join, 0, s.stateFor(users, user))
		for i := range s.sessions[:len(s.sessions)-1] {
			s.hears(i, `room:userJoined {"user":`+string(s.profiles[user])+`,"userId":`+encode(user)+`}`)
		}
	}
}

// stateFor is the state of a room that nobody has done anything in, for one of
// its users when they joined.
func (s *script) stateFor(users []int64, joiner int64) string {
	r := room.New(s.room, now, &config)
	for i, user := range users {
		reply, _ := r.Apply(now, &room.Join{Session: room.SessionID(i + 1), User: room.UserID(user), Profile: s.profiles[user]}, nil)
		if user == joiner {
			return ack(s.room, join, reply)
		}
	}
	panic("not one of them")
}

// says adds a call that was answered at once.
func (s *script) says(session int, v verb, seat int, text string) {
	s.at += 10
	s.add(&call{verb: v, session: session, seat: seat}, s.at, answer{text: text, heard: len(s.sessions[session].heard)}, s.at+5)
}

// asks adds a call without an answer.
func (s *script) asks(session int, v verb, seat int) {
	s.at += 10
	s.add(&call{verb: v, session: session, seat: seat}, s.at, answer{}, open)
}

func (s *script) hears(session int, texts ...string) {
	s.sessions[session].heard = append(s.sessions[session].heard, texts...)
}

// crashes has the server replaced, with all sessions lost.
func (s *script) crashes() {
	s.at += 10
	s.add(&call{verb: crash, session: -1}, s.at, answer{}, s.at+5)
	for _, session := range s.sessions {
		session.lost = true
	}
}

// drops has a session's connection lost.
func (s *script) drops(session int) {
	s.at += 10
	s.add(&call{verb: drop, session: session}, s.at, answer{}, open)
	s.sessions[session].lost = true
}

// What is said of seat 0 when it is held, when user 2 sits there, and when they
// sit down.
const (
	held   = `{"error":"Seat is already taken","occupant":null,"success":false}`
	taken  = `{"error":"Seat is already taken","occupant":{"isMuted":false,"seatIndex":0,"userId":2},"success":false}`
	update = `seat:updated {"isMuted":false,"seatIndex":0,"userId":2}`
)

func TestChecker(t *testing.T) {
	for _, c := range []struct {
		name string
		want porcupine.CheckResult
		play func(s *script)
	}{
		{"nothing but joins", porcupine.Ok, func(s *script) { s.joins(1, 2, 3) }},
		{"one after the other", porcupine.Ok, func(s *script) {
			s.joins(1, 2)
			s.says(1, take, 0, done)
			s.hears(0, update)
			s.says(0, take, 0, taken)
			s.hears(0, `seat:cleared {"seatIndex":0}`, `seat:locked {"isLocked":true,"seatIndex":0}`)
			s.hears(1, `seat:cleared {"seatIndex":0}`, `seat:locked {"isLocked":true,"seatIndex":0}`)
			s.says(0, lock, 0, done)
		}},
		{"two on one seat", porcupine.Illegal, func(s *script) {
			s.joins(1, 2, 3)
			s.deaf = true
			s.says(1, take, 0, done)
			s.says(2, take, 0, done)
		}},
		{"a refusal of what is allowed", porcupine.Illegal, func(s *script) {
			s.joins(1, 2)
			s.says(1, take, 0, refused("Seat is locked"))
		}},
		{"an error for no reason", porcupine.Illegal, func(s *script) {
			s.joins(1, 2)
			s.says(1, take, 0, refused("INTERNAL_ERROR"))
		}},
		{"an error where panics are", porcupine.Ok, func(s *script) {
			s.joins(1, 2)
			s.panics = true
			s.says(1, take, 0, refused("INTERNAL_ERROR"))
			s.says(1, stand, 0, refused("You are not seated"))
		}},
		{"an error of what happened all the same", porcupine.Illegal, func(s *script) {
			s.joins(1, 2)
			s.panics = true
			s.says(1, take, 0, refused("INTERNAL_ERROR"))
			s.says(1, stand, 0, done)
			s.hears(0, update, `seat:cleared {"seatIndex":0}`)
		}},

		{"a broadcast that somebody missed", porcupine.Illegal, func(s *script) {
			s.joins(1, 2, 3)
			s.says(1, take, 0, done)
			s.hears(0, update)
		}},
		{"a broadcast of nothing", porcupine.Illegal, func(s *script) {
			s.joins(1, 2)
			s.hears(0, update)
		}},
		{"a broadcast that comes after its ack", porcupine.Illegal, func(s *script) {
			s.joins(1, 2)
			s.says(0, lock, 0, done)
			s.hears(0, `seat:locked {"isLocked":true,"seatIndex":0}`)
			s.hears(1, `seat:locked {"isLocked":true,"seatIndex":0}`)
		}},
		{"an order of broadcasts that some heard otherwise", porcupine.Illegal, func(s *script) {
			s.joins(1, 2)
			s.hears(0, `seat:locked {"isLocked":true,"seatIndex":0}`)
			s.says(0, lock, 0, done)
			s.hears(0, `seat:locked {"isLocked":true,"seatIndex":1}`)
			s.says(0, lock, 1, done)
			s.hears(1, `seat:locked {"isLocked":true,"seatIndex":1}`, `seat:locked {"isLocked":true,"seatIndex":0}`)
		}},

		{"no answer, and it happened", porcupine.Ok, func(s *script) {
			s.joins(1, 2)
			s.asks(1, take, 0)
			s.hears(0, update)
			s.says(0, take, 0, taken)
		}},
		{"no answer, and it did not happen", porcupine.Ok, func(s *script) {
			s.joins(1, 2)
			s.asks(1, take, 0)
			s.says(0, unlock, 0, refused("Not locked"))
		}},
		{"no answer, and it happened for one and for another not", porcupine.Illegal, func(s *script) {
			s.joins(1, 2, 3)
			s.asks(1, take, 0)
			s.deaf = true
			s.says(0, take, 0, taken)
			s.says(2, take, 0, done)
		}},
		{"no answer, the connection lost, and it happened later", porcupine.Illegal, func(s *script) {
			s.joins(1, 2)
			s.asks(1, take, 0)
			s.drops(1)
			s.hears(0, `room:userLeft {"userId":2}`, update)
		}},
		{"a connection lost, and nobody hears of it", porcupine.Illegal, func(s *script) {
			s.joins(1, 2)
			s.drops(1)
		}},
		{"a connection lost", porcupine.Ok, func(s *script) {
			s.joins(1, 2)
			s.says(1, take, 0, done)
			s.hears(0, update)
			s.drops(1)
			s.hears(0, `seat:cleared {"seatIndex":0}`, `room:userLeft {"userId":2}`)
			s.says(0, take, 0, held)
		}},

		{"a crash that keeps what was acknowledged", porcupine.Ok, func(s *script) { s.afterCrash(held) }},
		{"a crash that loses what was acknowledged", porcupine.Illegal, func(s *script) { s.afterCrash(done) }},
		{"a crash after which somebody is still there", porcupine.Illegal, func(s *script) { s.afterCrash(taken) }},
		{"a crash that forgets what somebody heard", porcupine.Illegal, func(s *script) {
			s.joins(1, 2)
			s.asks(1, take, 0)
			s.hears(0, update)
			s.crashes()
			s.returns(done)
		}},
		{"an ack of a server that is no more", porcupine.Illegal, func(s *script) {
			s.joins(1, 2)
			s.crashes()
			s.says(0, stand, 0, refused("You are not seated"))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScript()
			c.play(s)
			s.finish(s.at + 10)
			require.Equal(t, c.want, s.linearizable())
		})
	}
}

// afterCrash has user 2 sit down, the server end, and user 1 come back and want
// the same seat.
func (s *script) afterCrash(answer string) {
	s.joins(1, 2)
	s.says(1, take, 0, done)
	s.hears(0, update)
	s.crashes()
	s.returns(answer)
}

// returns has user 1 join the next server and want seat 0.
func (s *script) returns(answer string) {
	s.history.enter(1, 1)
	last := len(s.sessions) - 1
	s.says(last, join, 0, s.stateFor([]int64{1}, 1))
	s.says(last, take, 0, answer)
}
