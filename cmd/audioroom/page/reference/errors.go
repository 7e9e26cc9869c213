package reference

// Common are the errors that any client event may answer.
var Common = []Error{
	{"INVALID_PAYLOAD", "A field is missing, has another type or is out of range."},
	{"INTERNAL_ERROR", "The server, or the backend that says who may do what, could not do it. Try again."},
	{"Too many requests", "This connection sends faster than it may. Wait a second."},
	{"Not in room", "This connection is not in that room. Join it first."},
}

// ConnectErrors are why a connection is refused.
var ConnectErrors = []Error{
	{"Origin not allowed", "The server does not accept connections from this page: its origin is not in `CORS_ORIGINS`."},
	{"Authentication required", "There was no token."},
	{"Invalid credentials", "The token is wrongly signed, expired or revoked, or its user is blocked."},
	{"Authentication failed", "The token could not be checked, because Redis does not answer. Try again."},
	{"Too many connections", "This user has as many connections as they may already."},
	{"Too many requests", "Too many attempts to connect on one connection, or too many sessions of one user within a minute."},
	{"Invalid namespace", "The server has the main namespace alone."},
}

// The errors that events have of their own.
var (
	errNotManager   = Error{"Not room manager", "Only the owner and admins may do this."}
	errNotOwner     = Error{"Not room owner", "Only the owner may do this."}
	errNotAllowed   = Error{"Not allowed on this user", "They are of your rank or above it."}
	errSeat         = Error{"Invalid seat index", "The room has no such seat."}
	errLocked       = Error{"Seat is locked", "The seat is locked."}
	errTaken        = Error{"Seat is already taken", "Somebody sits there, or the seat is held for somebody whose connection was lost."}
	errOccupied     = Error{"Seat is already occupied", "Somebody sits there."}
	errNotSeated    = Error{"You are not seated", "You do not sit on any seat."}
	errUserUnseated = Error{"User is not seated", "They do not sit on any seat."}
	errUserAway     = Error{"User is not in room", "They are not in the room."}
	errAlready      = Error{"Already locked", "The seat is locked already."}
	errNotLocked    = Error{"Not locked", "The seat is not locked."}
	errInviteSelf   = Error{"Cannot invite yourself", "You cannot invite yourself: take the seat."}
	errUserSeated   = Error{"User is already seated", "They sit on a seat already."}
	errPending      = Error{"Invite already pending for this seat", "The seat is offered to somebody already."}
	errNoInvite     = Error{"No pending invite found", "There is no invite for you, or it has run out."}
	errMessages     = Error{"Too many messages", "You have sent as many messages as you may within a minute."}
	errBlocked      = Error{"room_blocked", "You are blocked from this room."}
	errFull         = Error{"Room is full", "It has as many participants as it may."}
)

// texts returns the texts of errors.
func texts(errors []Error) []string {
	list := make([]string, len(errors))
	for i, e := range errors {
		list[i] = e.Text
	}
	return list
}

// common returns the common errors that the event answers.
func (e *ClientEvent) common() []string {
	if e.Common != nil {
		return e.Common
	}
	return texts(Common)
}

// answer is the type of the event's ack.
func (e *ClientEvent) answer() Type {
	done := e.Answer
	if done == nil {
		done = success
	}
	refusal := e.Refusal
	if refusal == nil {
		refusal = plainRefusal
	}
	refused := refusal(append(texts(e.Errors), e.common()...))
	if more, ok := refused.(union); ok {
		return append(union{done}, more...)
	}
	return union{done, refused}
}

func plainRefusal(errors []string) Type {
	return exactly(Field{Name: "success", Type: literal{false}}, Field{Name: "error", Type: choice(errors)})
}

// takenRefusal tells in addition who sits there.
func takenRefusal(errors []string) Type {
	return union{
		exactly(Field{Name: "success", Type: literal{false}}, Field{Name: "error", Type: literal{errTaken.Text}},
			Field{Name: "occupant", Type: nullable{seat}, Text: "Who sits there; null if the seat is only held."}),
		plainRefusal(without(errors, errTaken.Text)),
	}
}

func joinRefusal(errors []string) Type {
	return union{
		exactly(Field{Name: "error", Type: literal{errBlocked.Text}}, Field{Name: "permanent", Type: boolean{}},
			Field{Name: "remaining_seconds", Type: nullable{whole{0, 0, 60}}, Text: "Null if the block is permanent."}),
		exactly(Field{Name: "error", Type: choice(without(errors, errBlocked.Text))}),
	}
}

func lookupRefusal(errors []string) Type {
	return exactly(Field{Name: "roomId", Type: literal{nil}}, Field{Name: "error", Type: choice(errors)})
}

func without(list []string, one string) []string {
	var rest []string
	for _, s := range list {
		if s != one {
			rest = append(rest, s)
		}
	}
	return rest
}
