package room

// Error is the reason why a command was refused. The zero value means that it
// was not. The text on the wire is the gateway's business: one table there maps
// each Error to it.
type Error uint8

// The reasons, in the order of the contract's table of events.
const (
	OK Error = iota
	ErrInternal
	ErrNotInRoom
	ErrNotManager
	ErrNotOwner
	ErrNotAllowed
	ErrInvalidSeat
	ErrSeatLocked
	ErrSeatTaken
	ErrSeatOccupied
	ErrNotSeated
	ErrUserNotSeated
	ErrUserNotInRoom
	ErrAlreadyLocked
	ErrNotLocked
	ErrInviteSelf
	ErrAlreadySeated
	ErrInvitePending
	ErrNoInvite
	ErrTooManyMessages
	ErrBlocked
	ErrRoomFull

	// NumErrors is how many reasons there are, OK included.
	NumErrors
)

var errorNames = [NumErrors]string{
	OK:                 "ok",
	ErrInternal:        "internal error",
	ErrNotInRoom:       "not in room",
	ErrNotManager:      "not a manager",
	ErrNotOwner:        "not the owner",
	ErrNotAllowed:      "not allowed on this user",
	ErrInvalidSeat:     "invalid seat index",
	ErrSeatLocked:      "seat is locked",
	ErrSeatTaken:       "seat is taken",
	ErrSeatOccupied:    "seat is occupied",
	ErrNotSeated:       "not seated",
	ErrUserNotSeated:   "user is not seated",
	ErrUserNotInRoom:   "user is not in the room",
	ErrAlreadyLocked:   "seat is locked already",
	ErrNotLocked:       "seat is not locked",
	ErrInviteSelf:      "nobody invites themselves",
	ErrAlreadySeated:   "user is seated already",
	ErrInvitePending:   "an invite is pending for the seat",
	ErrNoInvite:        "no invite is pending",
	ErrTooManyMessages: "too many messages",
	ErrBlocked:         "user is blocked",
	ErrRoomFull:        "room is full",
}

// Error returns a text for logs and tests, not for the wire.
func (e Error) Error() string {
	if int(e) < len(errorNames) {
		return "room: " + errorNames[e]
	}
	return "room: unknown error"
}
