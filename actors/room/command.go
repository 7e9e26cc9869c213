package room

// UserID is a user as the backend knows them: a positive integer.
type UserID int64

// SessionID names one connection of a user, unique within the process. A user
// is not a session: they are in a room as long as one of their sessions is.
type SessionID uint64

// Command is something that may change a room. Its implementations are the
// structs of this package, used by pointer; none keeps state between uses
// except where its fields say so.
type Command interface {
	apply(r *Room, now int64, events []Event) (Reply, []Event)
}

// Reply is the answer to a command.
type Reply struct {
	// Err is why the command was refused, OK if it was not.
	Err Error
	// Ask is a user whose rank the command needs. When it is set, nothing was
	// changed and the command is to be applied again with the rank filled in.
	Ask UserID
	// State is the room after a Join, else nil.
	State *State
	// Occupant is who sits on a seat that was refused as taken; nil if nobody
	// does and the seat is held.
	Occupant *SeatState
	// BlockedFor is after how many milliseconds a user whom Err calls blocked may
	// try again, 0 for never.
	BlockedFor int64
}

// State is what a joiner is told of the room.
type State struct {
	// Participants are the encoded public profiles of the first participants
	// but the joiner, at most MaxListed, by the time they joined.
	Participants [][]byte
	// Seats are the occupied seats by index.
	Seats []SeatState
	// Locked are the indices of the locked seats, ascending.
	Locked []int
	// SeatCount is how many seats there are.
	SeatCount int
	// ParticipantCount counts every participant, the joiner too.
	ParticipantCount int
}

// SeatState is one occupied seat.
type SeatState struct {
	Seat  int
	User  UserID
	Muted bool
}

// Join takes a session into the room.
type Join struct {
	Session SessionID
	User    UserID
	// Profile is the user's public profile as others receive it, encoded.
	Profile []byte
	// SeatCount is the number of seats that the joiner asks for, 1 to MaxSeats,
	// or 0. It counts only from who creates the room and from its owner.
	SeatCount int
}

// Leave takes a session out of the room because it said so.
type Leave struct {
	Session SessionID
}

// Drop takes a session out of the room because its connection ended. When it
// was its user's last, the user's seat is held for the grace time.
type Drop struct {
	Session SessionID
}

// TakeSeat puts the session's user on a seat.
type TakeSeat struct {
	Session SessionID
	Seat    int
}

// LeaveSeat takes the session's user off their seat.
type LeaveSeat struct {
	Session SessionID
}

// LockSeat locks a seat. Who sits there loses it.
type LockSeat struct {
	Session SessionID
	Rank    Rank
	Seat    int
	// Occupant and OccupantRank answer a Reply.Ask.
	Occupant     UserID
	OccupantRank Rank
}

// UnlockSeat unlocks a seat.
type UnlockSeat struct {
	Session SessionID
	Rank    Rank
	Seat    int
}

// AssignSeat puts another participant on a seat. A hold on the seat ends.
type AssignSeat struct {
	Session SessionID
	Rank    Rank
	Target  UserID
	Seat    int
}

// RemoveFromSeat takes a participant off their seat.
type RemoveFromSeat struct {
	Session    SessionID
	Rank       Rank
	Target     UserID
	TargetRank Rank // answers a Reply.Ask
}

// MuteSeat mutes or unmutes a participant who is seated.
type MuteSeat struct {
	Session    SessionID
	Rank       Rank
	Target     UserID
	Muted      bool
	TargetRank Rank // answers a Reply.Ask
}

// Invite offers a seat, locked or not, to a user, who need not be in the room.
type Invite struct {
	Session SessionID
	Rank    Rank
	Target  UserID
	Seat    int
}

// AnySeat stands for whatever seat the user is invited to.
const AnySeat = -1

// AcceptInvite puts the session's user on the seat that they are invited to.
type AcceptInvite struct {
	Session SessionID
	Seat    int // or AnySeat
}

// DeclineInvite ends an invite of the session's user.
type DeclineInvite struct {
	Session SessionID
	Seat    int // or AnySeat
}

// Chat has the session's user say something to the room.
type Chat struct {
	Session SessionID
	Message Message
}

// Remove takes a user out of the room with all their sessions. No seat is held
// for them, and one that is held is held no more.
type Remove struct {
	User UserID
}

// Confirm has the store told anew that a user is in the room, if they are: they
// left another room, and the store keeps one room for each user.
type Confirm struct {
	User UserID
}

// Block takes a user out of the room like Remove and keeps them out.
type Block struct {
	User UserID
	// Until is when the block ends, in Unix milliseconds, 0 for never.
	Until int64
}

// Unblock lets a user in again.
type Unblock struct {
	User UserID
}

// Resize sets the number of seats as the backend says. A number out of range
// changes nothing.
type Resize struct {
	MaxSeats int // 1 to MaxSeats
}

// Shut closes the room, whoever is in it: the backend said so or, if Broken, the
// program can't go on with it.
type Shut struct{ Broken bool }

// Configure tells the room what the backend says of it. Numbers out of range
// change nothing.
type Configure struct {
	// Owner is the room's owner, 0 if it has none.
	Owner UserID
	// MaxSeats is the number of seats that the backend sets, 0 if it sets none.
	MaxSeats int
	// By asked for SeatCount when joining; it counts if they are the owner.
	By        UserID
	SeatCount int
}

// Tick lets the time pass: holds and invites run out, a room that was idle for
// long closes unless KeepOpen says otherwise.
type Tick struct{ KeepOpen bool }
