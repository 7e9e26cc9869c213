package reference

import (
	"strings"

	"audioroom/actors/room"
)

// ClientEvent is an event that clients send.
type ClientEvent struct {
	Name    string
	Summary string
	// Who may send it.
	Who     string
	Payload Object
	// Answer is the ack of success; nil for {success: true}.
	Answer Type
	Emits  []Emit
	// Errors are those of its own, beside the common ones.
	Errors []Error
	// Refusal is how it is refused, nil for {success: false, error}.
	Refusal func(errors []string) Type
	// Common are the common errors that it answers, nil for all of them.
	Common []string
	// Notes are paragraphs of Markdown.
	Notes []string
}

// ServerEvent is an event that the server sends.
type ServerEvent struct {
	Name string
	// Summary says when it is sent.
	Summary string
	// To whom.
	To      string
	Payload Type
	Notes   []string
}

// Emit is an event that another one causes.
type Emit struct {
	To    Audience
	Event string
	// When says under which condition, "" for always.
	When string
}

// Audience is who hears an event.
type Audience string

// The audiences.
const (
	// ToRoom is every socket in the room, the sender's too.
	ToRoom Audience = "room"
	// ToOthers is the same without the sending socket.
	ToOthers Audience = "others"
	// ToInvited is every socket of the invited user, in whatever room.
	ToInvited Audience = "the invited user"
)

// Error is a refusal: its text on the wire, and what it means to people.
type Error struct{ Text, Meaning string }

// title makes seat:invite:accept SeatInviteAccept.
func title(event string) string {
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(event, func(r rune) bool { return r == ':' || r == '.' || r == '_' }) {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// Those who may send.
const (
	anyone      = "anyone who is connected"
	participant = "any participant"
	manager     = "a manager: the owner or an admin"
	owner       = "the owner"
	invited     = "the invited user"
)

// The types that have names.
var (
	roomID = &named{"RoomId", "A room's id. It has no control characters.",
		text{least: 1, most: 128, unit: "bytes", pattern: `^[^\u0000-\u001f\u007f-\u009f]+$`, sample: "42"}}
	userID    = &named{"UserId", "A user's id.", whole{1, largest, 7}}
	seatIndex = &named{"SeatIndex", "A seat, counted from 0.", whole{0, room.MaxSeats - 1, 3}}
	seatCount = &named{"SeatCount", "How many seats a room has.", whole{1, room.MaxSeats, 15}}
	timestamp = &named{"Timestamp", "Unix time in milliseconds.", whole{0, 0, 1767225600000}}
	chatType  = &named{"ChatType", "What a chat message is.", choice{"text", "emoji", "sticker", "gift", "system"}}
	user      = &named{"User", "A user's public profile: always these ten fields. All but the first two are what the token says, unchecked; null if it says nothing.",
		Object{Fields: []Field{
			{Name: "id", Type: userID},
			{Name: "name", Type: text{sample: "Ada"}},
			{Name: "signature", Type: nullable{text{sample: "hello"}}},
			{Name: "avatar", Type: nullable{text{sample: "https://img.example/ada.png"}}},
			{Name: "frame", Type: nullable{text{sample: "gold"}}},
			{Name: "gender", Type: nullable{text{sample: "f"}}},
			{Name: "country", Type: nullable{text{sample: "EG"}}},
			{Name: "wealth_xp", Type: measure{}},
			{Name: "charm_xp", Type: measure{}},
			{Name: "isSpeaker", Type: nullable{boolean{}}},
		}}}
	seat = &named{"Seat", "A seat that somebody sits on.", Object{Fields: []Field{
		{Name: "seatIndex", Type: seatIndex}, {Name: "userId", Type: userID}, {Name: "isMuted", Type: boolean{}, Example: false},
	}}}
	roomState = &named{"RoomState", "A room as who joins it finds it.", Object{Fields: []Field{
		{Name: "roomId", Type: roomID},
		{Name: "participants", Type: list{user}, Text: "Without the joiner; the first 500 by the time they joined."},
		{Name: "seats", Type: list{seat}, Text: "The occupied ones."},
		{Name: "lockedSeats", Type: list{seatIndex}, Example: []int{5}},
		{Name: "seatCount", Type: seatCount},
		{Name: "participantCount", Type: whole{0, 0, 2}, Text: "Everyone, the joiner too."},
	}}}
	success = &named{"Success", "It is done, and committed.", Object{Fields: []Field{{Name: "success", Type: literal{true}}}}}
)

// types lists them in the order in which they are documented.
var types = []*named{roomID, userID, seatIndex, seatCount, timestamp, chatType, user, seat, roomState, success}

// The fields that most payloads have.
var (
	inRoom = Field{Name: "roomId", Type: roomID, Text: "The room that the socket is in."}
	onSeat = Field{Name: "seatIndex", Type: seatIndex}
	onUser = Field{Name: "userId", Type: userID, Text: "Whom it is about."}
)

// payload is what a client sends: what else is in it is ignored.
func payload(fields ...Field) Object { return Object{Fields: fields, Open: true} }

// exactly is what the server sends.
func exactly(fields ...Field) Object { return Object{Fields: fields} }
