package room

// Kind says what an Event tells.
type Kind uint8

// The events. The ones that clients hear come first; the last three are for the
// actor alone. SessionJoined and SessionLeft mark the point from which, or up to
// which, a session hears the room.
const (
	// SeatUpdated: User sits on Seat, Muted or not.
	SeatUpdated Kind = iota + 1
	// SeatCleared: nobody sits on Seat any more.
	SeatCleared
	// SeatLocked: Seat was locked (Locked) or unlocked.
	SeatLocked
	// SeatMuted: User, who sits on Seat, was muted (Muted) or unmuted.
	SeatMuted
	// SeatInvited: User was invited to Seat.
	SeatInvited
	// SeatInviteEnded: nobody is invited to Seat any more.
	SeatInviteEnded
	// InviteReceived tells every session of User, in whatever room, that By
	// invited them to Seat until At. It goes to nobody else.
	InviteReceived
	// ChatSent: User said Chat.
	ChatSent
	// UserJoined: User, described by Profile, is a participant now.
	UserJoined
	// UserLeft: User is none any more.
	UserLeft
	// Closed: the room is over, for Reason.
	Closed
	// SessionJoined: Session hears what comes after this.
	SessionJoined
	// SessionLeft: Session hears nothing of what comes after this.
	SessionLeft
	// UserConfirmed: User is in the room, as before.
	UserConfirmed
)

// Reason says why a room closed.
type Reason uint8

// The reasons.
const (
	// CloseIdle: nobody there, no seat held, no activity for the inactivity time.
	CloseIdle Reason = iota + 1
	// CloseForced: the backend said so.
	CloseForced
	// CloseBroken: a fault of the program, or of what it had stored.
	CloseBroken
)

// Event is one thing that happened in a room. It is flat, and which fields mean
// something depends on Kind, so that a batch of events is one slice and no
// garbage.
type Event struct {
	Kind    Kind
	Muted   bool
	Locked  bool
	Reason  Reason
	Seat    int
	User    UserID
	By      UserID
	Session SessionID
	// Except is the one session that does not hear of it, 0 for none: the one
	// whose command caused it and whose ack tells it as much.
	Except SessionID
	// At is the Unix time in milliseconds, for kinds that tell it.
	At int64
	// Profile is the public profile of User, encoded; not to be altered.
	Profile []byte
	// Chat is the message of ChatSent.
	Chat *Message
}

// Message is a chat message. Its texts are JSON strings, ready to be passed on.
type Message struct {
	ID      string
	Name    []byte
	Avatar  []byte
	Content []byte
	Type    string
}
