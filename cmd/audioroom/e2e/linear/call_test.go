package linear_test

import (
	"fmt"

	"audioroom/actors/room"
	"audioroom/cmd/audioroom/e2e/harness"
)

// P is a payload.
type P = harness.P

// verb is what a call is about: an event that a client emits, or one of the
// things that befall a room.
type verb string

// The verbs. The last three are nobody's request.
const (
	join   verb = "room:join"
	leave  verb = "room:leave"
	take   verb = "seat:take"
	stand  verb = "seat:leave"
	lock   verb = "seat:lock"
	unlock verb = "seat:unlock"
	mute   verb = "seat:mute"
	unmute verb = "seat:unmute"
	assign verb = "seat:assign"
	remove verb = "seat:remove"

	drop  verb = "drop"  // a connection is lost
	crash verb = "crash" // the room's server ends, and the next takes over
	end   verb = "end"   // of the history
)

// call is the input of an operation. session is an index into the history's
// sessions; crash and end have none.
type call struct {
	verb    verb
	session int
	seat    int
	target  int64
}

// answer is the output of an operation.
type answer struct {
	// text is the ack, as canonical has it; empty if it never came.
	text string
	// heard is how many broadcasts the socket had heard before it.
	heard int
}

// unknown says that a request was never answered.
func (a answer) unknown() bool { return a.text == "" }

func (c *call) onSeat() bool {
	return c.verb == take || c.verb == lock || c.verb == unlock || c.verb == assign
}

func (c *call) onUser() bool {
	return c.verb == mute || c.verb == unmute || c.verb == assign || c.verb == remove
}

// payload is what the client sends.
func (c *call) payload(roomID string) P {
	p := P{"roomId": roomID}
	if c.onSeat() {
		p["seatIndex"] = c.seat
	}
	if c.onUser() {
		p["userId"] = c.target
	}
	return p
}

func (c *call) String() string {
	text := string(c.verb)
	if c.onUser() {
		text += fmt.Sprintf(" user %d", c.target)
	}
	if c.onSeat() {
		text += fmt.Sprintf(" seat %d", c.seat)
	}
	return text
}

// command is what the room is to do, on behalf of a user of that rank.
func (c *call) command(user int64, rank room.Rank, profile []byte) room.Command {
	session, target := room.SessionID(c.session+1), room.UserID(c.target)
	switch c.verb {
	case join:
		return &room.Join{Session: session, User: room.UserID(user), Profile: profile}
	case leave:
		return &room.Leave{Session: session}
	case drop:
		return &room.Drop{Session: session}
	case take:
		return &room.TakeSeat{Session: session, Seat: c.seat}
	case stand:
		return &room.LeaveSeat{Session: session}
	case lock:
		return &room.LockSeat{Session: session, Rank: rank, Seat: c.seat}
	case unlock:
		return &room.UnlockSeat{Session: session, Rank: rank, Seat: c.seat}
	case mute, unmute:
		return &room.MuteSeat{Session: session, Rank: rank, Target: target, Muted: c.verb == mute}
	case assign:
		return &room.AssignSeat{Session: session, Rank: rank, Target: target, Seat: c.seat}
	case remove:
		return &room.RemoveFromSeat{Session: session, Rank: rank, Target: target}
	}
	panic("no command of a room: " + c.verb)
}
