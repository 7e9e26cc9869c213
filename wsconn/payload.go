package wsconn

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"audioroom/actors/room"
	"audioroom/wsconn/socketio"
)

// maxRoomID is the length of a room id, in bytes.
const maxRoomID = 128

// maxUserID is the largest user id: the largest whole number that JavaScript
// clients can tell from its neighbours.
const maxUserID = 1<<53 - 1

// field is one field of an event's payload.
type field uint8

const (
	fieldRoomID field = 1 << iota
	fieldSeatIndex
	fieldSeatCount
	fieldUserID
	fieldOwnerID
	fieldContent
	fieldType
)

// payload is what an event carries, as far as the event has such a field.
type payload struct {
	// roomID aliases the message.
	roomID    []byte
	seatIndex int
	seatCount int
	userID    room.UserID
	// content is the chat message as a JSON string, kind one of chatTypes.
	content []byte
	kind    string
}

// decodePayload reads the payload of an event from its first argument, which is
// known to be valid JSON. The fields in need must be there, those in may can
// be; any other is not looked at. It reports false if the payload is not as the
// contract wants it.
func decodePayload(raw []byte, need, may field) (p payload, ok bool) {
	p.seatIndex, p.kind = room.AnySeat, chatTypes[0]
	var found, wrong field // of a field that comes twice the last one counts
	for key, value := range socketio.Fields(raw) {
		f := fieldNamed(key)
		if f&(need|may) == 0 {
			continue
		}
		found |= f
		wrong &^= f
		if !p.set(f, value) {
			wrong |= f
		}
	}
	if wrong != 0 || found&need != need {
		return payload{}, false
	}
	return p, true
}

func fieldNamed(key []byte) field {
	switch string(key) {
	case "roomId":
		return fieldRoomID
	case "seatIndex":
		return fieldSeatIndex
	case "seatCount":
		return fieldSeatCount
	case "userId":
		return fieldUserID
	case "ownerId":
		return fieldOwnerID
	case "content":
		return fieldContent
	case "type":
		return fieldType
	}
	return 0
}

// set takes up the value of one field and reports whether it is a valid one.
func (p *payload) set(f field, value []byte) (ok bool) {
	var n int64
	switch f {
	case fieldRoomID:
		p.roomID, ok = text(value)
		return ok && validRoomID(p.roomID)
	case fieldSeatIndex:
		n, ok = whole(value, 0, room.MaxSeats-1)
		p.seatIndex = int(n)
	case fieldSeatCount:
		n, ok = whole(value, 1, room.MaxSeats)
		p.seatCount = int(n)
	case fieldUserID:
		n, ok = whole(value, 1, maxUserID)
		p.userID = room.UserID(n)
	case fieldOwnerID: // gives no right, but has to be a user id
		_, ok = whole(value, 1, maxUserID)
	case fieldContent:
		p.content = value
		content, isText := text(value)
		n := utf8.RuneCount(content)
		ok = isText && n >= 1 && n <= maxContent
	case fieldType:
		kind, isText := text(value)
		i := slices.Index(chatTypes, string(kind))
		if ok = isText && i >= 0; ok {
			p.kind = chatTypes[i]
		}
	}
	return ok
}

// maxContent is the length of a chat message, in characters.
const maxContent = 500

// chatTypes are what a chat message may be, the default first.
var chatTypes = []string{"text", "emoji", "sticker", "gift", "system"}

// text returns what a JSON string says. It aliases the value unless that has
// escapes.
func text(value []byte) ([]byte, bool) {
	if len(value) < 2 || value[0] != '"' {
		return nil, false
	}
	inner := value[1 : len(value)-1]
	for _, c := range inner {
		if c == '\\' {
			var s string
			if json.Unmarshal(value, &s) != nil {
				return nil, false
			}
			return []byte(s), true
		}
	}
	return inner, true
}

// whole returns the whole number that a JSON number says, if it lies within the
// bounds. As in JavaScript, 3.0 and 30e-1 are 3.
func whole(value []byte, least, most int64) (int64, bool) {
	if len(value) == 0 || value[0] != '-' && (value[0] < '0' || value[0] > '9') {
		return 0, false
	}
	var n int64
	for i, c := range value {
		if c < '0' || c > '9' || i > 15 {
			f, err := strconv.ParseFloat(string(value), 64)
			if err != nil || f != math.Trunc(f) || f < float64(least) || f > float64(most) {
				return 0, false
			}
			return int64(f), true
		}
		n = n*10 + int64(c-'0')
	}
	return n, n >= least && n <= most
}

// validRoomID reports whether an id can name a room: 1 to 128 bytes without
// control characters.
func validRoomID(id []byte) bool {
	if len(id) == 0 || len(id) > maxRoomID {
		return false
	}
	for i := 0; i < len(id); {
		if c := id[i]; c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(id[i:])
		if unicode.IsControl(r) {
			return false
		}
		i += size
	}
	return true
}
