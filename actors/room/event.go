package room

// Kind says what an Event tells.
type Kind uint8

// The events. The ones that members hear come first; SessionJoined and
// SessionLeft are for the actor alone: they mark the point from which, or up to
// which, a session hears the room.
const (
	// SeatUpdated: User sits on Seat, Muted or not.
	SeatUpdated Kind = iota + 1
	// SeatCleared: nobody sits on Seat any more.
	SeatCleared
	// SeatLocked: Seat was locked (Locked) or unlocked.
	SeatLocked
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
)

// Reason says why a room closed.
type Reason uint8

// The reasons.
const (
	// CloseIdle: nobody there, no seat held, no activity for the inactivity time.
	CloseIdle Reason = iota + 1
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
	Session SessionID
	// Except is the one session that does not hear of it, 0 for none: the one
	// whose command caused it and whose ack tells it as much.
	Except SessionID
	// At is the Unix time in milliseconds, for kinds that tell it.
	At int64
	// Profile is the public profile of User, encoded; not to be altered.
	Profile []byte
}
