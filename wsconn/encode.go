package wsconn

import (
	"slices"
	"strconv"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/wsconn/socketio"
	"audioroom/wsconn/transport"
)

// namespace is the only one that is served.
const namespace = socketio.Root

// The texts of the contract that are no room's business.
const (
	textInvalidPayload  = "INVALID_PAYLOAD"
	textInternalError   = "INTERNAL_ERROR"
	textUnknownEvent    = "UNKNOWN_EVENT"
	textTooManyRequests = "Too many requests"
)

// errorTexts maps each reason of a room to its text on the wire.
var errorTexts = [room.NumErrors]string{
	room.ErrInternal:        textInternalError,
	room.ErrNotInRoom:       "Not in room",
	room.ErrNotManager:      "Not room manager",
	room.ErrNotOwner:        "Not room owner",
	room.ErrNotAllowed:      "Not allowed on this user",
	room.ErrInvalidSeat:     "Invalid seat index",
	room.ErrSeatLocked:      "Seat is locked",
	room.ErrSeatTaken:       "Seat is already taken",
	room.ErrSeatOccupied:    "Seat is already occupied",
	room.ErrNotSeated:       "You are not seated",
	room.ErrUserNotSeated:   "User is not seated",
	room.ErrUserNotInRoom:   "User is not in room",
	room.ErrAlreadyLocked:   "Already locked",
	room.ErrNotLocked:       "Not locked",
	room.ErrInviteSelf:      "Cannot invite yourself",
	room.ErrAlreadySeated:   "User is already seated",
	room.ErrInvitePending:   "Invite already pending for this seat",
	room.ErrNoInvite:        "No pending invite found",
	room.ErrTooManyMessages: "Too many messages",
	room.ErrBlocked:         "room_blocked",
	room.ErrRoomFull:        "Room is full",
}

// closeReasons maps the reasons of room:closed to their text.
var closeReasons = map[room.Reason]string{
	room.CloseIdle:   "auto_close",
	room.CloseForced: "admin_force_close",
	room.CloseBroken: "internal_error",
}

// Encode turns an event into the frame that every member receives. It is the
// actors.Encoder of this gateway.
func Encode(roomID string, e *room.Event) actors.Frame {
	var scratch [96]byte
	b := scratch[:0]
	name := ""
	switch e.Kind {
	case room.SeatUpdated:
		name, b = "seat:updated", appendSeat(b, room.SeatState{Seat: e.Seat, User: e.User, Muted: e.Muted})
	case room.SeatCleared:
		name = "seat:cleared"
		b = append(b, `{"seatIndex":`...)
		b = strconv.AppendInt(b, int64(e.Seat), 10)
		b = append(b, '}')
	case room.SeatLocked:
		name = "seat:locked"
		b = append(b, `{"seatIndex":`...)
		b = strconv.AppendInt(b, int64(e.Seat), 10)
		b = append(b, `,"isLocked":`...)
		b = strconv.AppendBool(b, e.Locked)
		b = append(b, '}')
	case room.SeatMuted:
		name = "seat:userMuted"
		b = append(b, `{"userId":`...)
		b = strconv.AppendInt(b, int64(e.User), 10)
		b = append(b, `,"isMuted":`...)
		b = strconv.AppendBool(b, e.Muted)
		b = append(b, '}')
	case room.SeatInvited:
		name = "seat:invite:pending"
		b = append(b, `{"seatIndex":`...)
		b = strconv.AppendInt(b, int64(e.Seat), 10)
		b = append(b, `,"isPending":true,"invitedUserId":`...)
		b = strconv.AppendInt(b, int64(e.User), 10)
		b = append(b, '}')
	case room.SeatInviteEnded:
		name = "seat:invite:pending"
		b = append(b, `{"seatIndex":`...)
		b = strconv.AppendInt(b, int64(e.Seat), 10)
		b = append(b, `,"isPending":false}`...)
	case room.InviteReceived:
		name = "seat:invite:received"
		b = append(b, `{"seatIndex":`...)
		b = strconv.AppendInt(b, int64(e.Seat), 10)
		b = append(b, `,"invitedById":`...)
		b = strconv.AppendInt(b, int64(e.By), 10)
		b = append(b, `,"targetUserId":`...)
		b = strconv.AppendInt(b, int64(e.User), 10)
		b = append(b, `,"expiresAt":`...)
		b = strconv.AppendInt(b, e.At, 10)
		b = append(b, '}')
	case room.ChatSent:
		name, b = "chat:message", appendChat(b, e)
	case room.UserJoined:
		name = "room:userJoined"
		b = append(b, `{"userId":`...)
		b = strconv.AppendInt(b, int64(e.User), 10)
		b = append(b, `,"user":`...)
		b = append(b, e.Profile...)
		b = append(b, '}')
	case room.UserLeft:
		name = "room:userLeft"
		b = append(b, `{"userId":`...)
		b = strconv.AppendInt(b, int64(e.User), 10)
		b = append(b, '}')
	case room.Closed:
		name = "room:closed"
		b = append(b, `{"roomId":`...)
		b = socketio.AppendString(b, roomID)
		b = append(b, `,"reason":"`...)
		b = append(b, closeReasons[e.Reason]...)
		b = append(b, `","timestamp":`...)
		b = strconv.AppendInt(b, e.At, 10)
		b = append(b, '}')
	}
	return transport.EventFrame(namespace, name, b)
}

func appendSeat(b []byte, s room.SeatState) []byte {
	b = append(b, `{"seatIndex":`...)
	b = strconv.AppendInt(b, int64(s.Seat), 10)
	b = append(b, `,"userId":`...)
	b = strconv.AppendInt(b, int64(s.User), 10)
	b = append(b, `,"isMuted":`...)
	b = strconv.AppendBool(b, s.Muted)
	return append(b, '}')
}

func appendChat(b []byte, e *room.Event) []byte {
	b = append(b, `{"id":"`...)
	b = append(b, e.Chat.ID...)
	b = append(b, `","userId":`...)
	b = strconv.AppendInt(b, int64(e.User), 10)
	b = append(b, `,"userName":`...)
	b = append(b, e.Chat.Name...)
	b = append(b, `,"avatar":`...)
	b = append(b, e.Chat.Avatar...)
	b = append(b, `,"content":`...)
	b = append(b, e.Chat.Content...)
	b = append(b, `,"type":"`...)
	b = append(b, e.Chat.Type...)
	b = append(b, `","timestamp":`...)
	b = strconv.AppendInt(b, e.At, 10)
	return append(b, '}')
}

// appendState appends the answer to a successful join.
func appendState(b []byte, roomID string, s *room.State) []byte {
	size := len(roomID) + 48*len(s.Seats) + 4*len(s.Locked) + 160
	for _, profile := range s.Participants {
		size += len(profile) + 1
	}
	b = slices.Grow(b, size)
	b = append(b, `{"roomId":`...)
	b = socketio.AppendString(b, roomID)
	b = append(b, `,"participants":[`...)
	for i, profile := range s.Participants {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, profile...)
	}
	b = append(b, `],"seats":[`...)
	for i, seat := range s.Seats {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendSeat(b, seat)
	}
	b = append(b, `],"lockedSeats":[`...)
	for i, index := range s.Locked {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(index), 10)
	}
	b = append(b, `],"seatCount":`...)
	b = strconv.AppendInt(b, int64(s.SeatCount), 10)
	b = append(b, `,"participantCount":`...)
	b = strconv.AppendInt(b, int64(s.ParticipantCount), 10)
	return append(b, '}')
}

var success = []byte(`{"success":true}`)

// appendReply appends the answer of a room to a command.
func appendReply(b []byte, r *actors.Request, reply *room.Reply) []byte {
	switch {
	case reply.State != nil:
		return appendState(b, r.RoomID, reply.State)
	case reply.Err == room.OK:
		return append(b, success...)
	}
	style := plainError
	if _, ok := r.Command.(*room.Join); ok {
		style = joinError
	}
	b = appendError(b, style, errorTexts[reply.Err])
	switch r.Command.(type) {
	case *room.TakeSeat:
		if reply.Err == room.ErrSeatTaken {
			return appendOccupant(b[:len(b)-1], reply.Occupant)
		}
	case *room.Join:
		if reply.Err == room.ErrBlocked {
			return appendBlocked(b[:len(b)-1], reply.BlockedFor)
		}
	}
	return b
}

// appendOccupant ends the refusal of a taken seat.
func appendOccupant(b []byte, occupant *room.SeatState) []byte {
	b = append(b, `,"occupant":`...)
	if occupant == nil {
		return append(b, `null}`...)
	}
	b = appendSeat(b, *occupant)
	return append(b, '}')
}

// appendBlocked ends the refusal of a blocked user. A second that has begun
// counts as one.
func appendBlocked(b []byte, milliseconds int64) []byte {
	if milliseconds == 0 {
		return append(b, `,"permanent":true,"remaining_seconds":null}`...)
	}
	b = append(b, `,"permanent":false,"remaining_seconds":`...)
	b = strconv.AppendInt(b, (milliseconds+999)/1000, 10)
	return append(b, '}')
}

// errorStyle is how an event's refusals look.
type errorStyle string

const (
	plainError  errorStyle = `{"success":false,"error":`
	joinError   errorStyle = `{"error":`
	lookupError errorStyle = `{"roomId":null,"error":`
)

func appendError(b []byte, style errorStyle, message string) []byte {
	b = append(b, style...)
	b = socketio.AppendString(b, message)
	return append(b, '}')
}
