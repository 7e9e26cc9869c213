package bench

import (
	"fmt"
	"hash/maphash"
)

// kind is what kind of thing a broadcast tells.
type kind uint8

const (
	other kind = iota // nothing that is checked
	userJoined
	userLeft
	seatUpdated
	seatCleared
	seatLocked
	userMuted
	chatSent
	roomClosed
	tokenExpired
)

// kinds maps the events of the protocol to what they tell.
var kinds = map[string]kind{
	"room:userJoined": userJoined,
	"room:userLeft":   userLeft,
	"seat:updated":    seatUpdated,
	"seat:cleared":    seatCleared,
	"seat:locked":     seatLocked,
	"seat:userMuted":  userMuted,
	"chat:message":    chatSent,
	"room:closed":     roomClosed,
	"auth:expired":    tokenExpired,
}

// fact is what a broadcast tells, whatever the order of its fields. Two broadcasts
// of the same fact are equal.
type fact struct {
	kind kind
	on   bool // locked, muted
	seat int16
	user int64
	text uint64 // hash of the content of a chat message
}

// String spells the fact as an event.
func (f fact) String() string {
	switch f.kind {
	case userJoined:
		return fmt.Sprintf("room:userJoined {userId:%d}", f.user)
	case userLeft:
		return fmt.Sprintf("room:userLeft {userId:%d}", f.user)
	case seatUpdated:
		return fmt.Sprintf("seat:updated {seatIndex:%d,userId:%d,isMuted:%t}", f.seat, f.user, f.on)
	case seatCleared:
		return fmt.Sprintf("seat:cleared {seatIndex:%d}", f.seat)
	case seatLocked:
		return fmt.Sprintf("seat:locked {seatIndex:%d,isLocked:%t}", f.seat, f.on)
	case userMuted:
		return fmt.Sprintf("seat:userMuted {userId:%d,isMuted:%t}", f.user, f.on)
	case chatSent:
		return fmt.Sprintf("chat:message of user %d", f.user)
	case roomClosed:
		return "room:closed"
	case tokenExpired:
		return "auth:expired"
	}
	return "an event"
}

// broadcast is a fact as it stood on the wire.
type broadcast struct {
	fact
	raw string // "" if it is known only from an answer
}

// unique says whether the text of a broadcast has parts that only its server
// knows, so that all listeners have to be told them alike.
func (b *broadcast) unique() bool { return b.kind == chatSent || b.kind == userJoined }

// maxKnown bounds the dictionary; beyond it broadcasts are read anew.
const maxKnown = 1 << 16

// dictionary reads broadcasts and remembers those that are likely to come again.
type dictionary struct {
	known map[string]*broadcast
	seed  maphash.Seed
}

func newDictionary() *dictionary {
	return &dictionary{known: make(map[string]*broadcast), seed: maphash.MakeSeed()}
}

// read reads an event: the array of its name and payload. An error says what is
// wrong with a payload.
func (d *dictionary) read(data []byte) (*broadcast, error) {
	if b := d.known[string(data)]; b != nil {
		return b, nil
	}
	b := &broadcast{raw: string(data)}
	array := scanObject(data)
	if !array.next() {
		return nil, fmt.Errorf("no event: %s", clip(data))
	}
	b.kind = kinds[string(text(array.value))]
	if b.kind == other {
		return b, nil
	}
	if !array.next() {
		return nil, fmt.Errorf("no payload: %s", clip(data))
	}
	if missing := d.fill(&b.fact, array.value); missing != "" {
		return nil, fmt.Errorf("a payload without a good %s: %s", missing, clip(data))
	}
	if b.kind != chatSent && len(d.known) < maxKnown {
		d.known[b.raw] = b
	}
	return b, nil
}

// fields are those that the payload of each kind has to have.
const (
	fieldSeat = 1 << iota
	fieldUser
	fieldMuted
	fieldLocked
	fieldContent
)

var required = [...]int{
	userJoined:   fieldUser,
	userLeft:     fieldUser,
	seatUpdated:  fieldSeat | fieldUser | fieldMuted,
	seatCleared:  fieldSeat,
	seatLocked:   fieldSeat | fieldLocked,
	userMuted:    fieldUser | fieldMuted,
	chatSent:     fieldUser | fieldContent,
	roomClosed:   0,
	tokenExpired: 0,
}

var fieldNames = []string{"seatIndex", "userId", "isMuted", "isLocked", "content"}

// fill reads the payload of a fact and names the first field that is missing or
// wrong.
func (d *dictionary) fill(f *fact, payload []byte) (missing string) {
	need := required[f.kind]
	found := 0
	for fields := scanObject(payload); fields.next(); {
		field := 0
		switch string(fields.key) {
		case "seatIndex":
			field = fieldSeat
		case "userId":
			field = fieldUser
		case "isMuted":
			field = fieldMuted
		case "isLocked":
			field = fieldLocked
		case "content":
			field = fieldContent
		}
		if field &= need; field != 0 && f.set(field, fields.value, d.seed) {
			found |= field
		}
	}
	for i, name := range fieldNames {
		if need&^found&(1<<i) != 0 {
			return name
		}
	}
	return ""
}

func (f *fact) set(field int, value []byte, seed maphash.Seed) (ok bool) {
	switch field {
	case fieldSeat:
		n, isNumber := number(value)
		f.seat = int16(n)
		return isNumber && n >= 0 && n < 100
	case fieldUser:
		f.user, ok = number(value)
	case fieldMuted, fieldLocked:
		f.on, ok = truth(value)
	case fieldContent:
		f.text = maphash.Bytes(seed, text(value))
		ok = len(value) > 2
	}
	return ok
}

// clip shortens what is quoted in an error.
func clip(data []byte) string {
	const most = 160
	if len(data) > most {
		return string(data[:most]) + "…"
	}
	return string(data)
}
