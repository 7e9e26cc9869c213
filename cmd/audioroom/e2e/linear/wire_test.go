package linear_test

import (
	"encoding/json"
	"fmt"

	"audioroom/actors/room"
)

// The model and the clients speak of acks and broadcasts in the same words: JSON
// with its keys in order. What the model says is written here once more, from
// the reference of the events, so that what the server makes of a room's replies
// and events is tested with the rest.

// canonical returns what came over the wire.
func canonical(args []any) string {
	if len(args) == 1 {
		return encode(args[0])
	}
	return encode(args)
}

func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // nothing that came as JSON, or is in this file
	}
	return string(text)
}

// internalError is the ack of a request that panicked.
const internalError = `"error":"INTERNAL_ERROR"`

// refusals has the text of every reason why a call may be refused here.
var refusals = map[room.Error]string{
	room.ErrNotInRoom:     "Not in room",
	room.ErrNotManager:    "Not room manager",
	room.ErrNotOwner:      "Not room owner",
	room.ErrNotAllowed:    "Not allowed on this user",
	room.ErrInvalidSeat:   "Invalid seat index",
	room.ErrSeatLocked:    "Seat is locked",
	room.ErrSeatTaken:     "Seat is already taken",
	room.ErrSeatOccupied:  "Seat is already occupied",
	room.ErrNotSeated:     "You are not seated",
	room.ErrUserNotSeated: "User is not seated",
	room.ErrUserNotInRoom: "User is not in room",
	room.ErrAlreadyLocked: "Already locked",
	room.ErrNotLocked:     "Not locked",
}

// sitting is an occupied seat; the fields of these structs are in the order of
// their keys.
type sitting struct {
	IsMuted   bool  `json:"isMuted"`
	SeatIndex int   `json:"seatIndex"`
	UserID    int64 `json:"userId"`
}

func sittingOf(s room.SeatState) sitting { return sitting{s.Muted, s.Seat, int64(s.User)} }

// ack is the ack of a call.
func ack(roomID string, v verb, reply room.Reply) string {
	switch {
	case reply.Err != room.OK && v == join:
		return encode(P{"error": refusals[reply.Err]})
	case reply.Err == room.ErrSeatTaken:
		var occupant any
		if reply.Occupant != nil {
			occupant = sittingOf(*reply.Occupant)
		}
		return encode(P{"success": false, "error": refusals[reply.Err], "occupant": occupant})
	case reply.Err != room.OK:
		return `{"error":"` + refusals[reply.Err] + `","success":false}`
	case v != join:
		return `{"success":true}`
	}
	state := struct {
		LockedSeats      []int             `json:"lockedSeats"`
		ParticipantCount int               `json:"participantCount"`
		Participants     []json.RawMessage `json:"participants"`
		RoomID           string            `json:"roomId"`
		SeatCount        int               `json:"seatCount"`
		Seats            []sitting         `json:"seats"`
	}{
		append([]int{}, reply.State.Locked...), reply.State.ParticipantCount, []json.RawMessage{},
		roomID, reply.State.SeatCount, []sitting{},
	}
	for _, p := range reply.State.Participants {
		state.Participants = append(state.Participants, p)
	}
	for _, s := range reply.State.Seats {
		state.Seats = append(state.Seats, sittingOf(s))
	}
	return encode(state)
}

// broadcast is an event as members hear it.
func broadcast(e *room.Event) string {
	switch e.Kind {
	case room.SeatUpdated:
		return fmt.Sprintf(`seat:updated {"isMuted":%t,"seatIndex":%d,"userId":%d}`, e.Muted, e.Seat, e.User)
	case room.SeatCleared:
		return fmt.Sprintf(`seat:cleared {"seatIndex":%d}`, e.Seat)
	case room.SeatLocked:
		return fmt.Sprintf(`seat:locked {"isLocked":%t,"seatIndex":%d}`, e.Locked, e.Seat)
	case room.SeatMuted:
		return fmt.Sprintf(`seat:userMuted {"isMuted":%t,"userId":%d}`, e.Muted, e.User)
	case room.UserJoined:
		return fmt.Sprintf(`room:userJoined {"user":%s,"userId":%d}`, e.Profile, e.User)
	case room.UserLeft:
		return fmt.Sprintf(`room:userLeft {"userId":%d}`, e.User)
	}
	panic(fmt.Sprintf("no event of these calls: %d", e.Kind))
}
