package laravel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"audioroom/actors/room"
)

// Event is something that the backend tells, published on a Redis channel in
// the envelope {event, user_id, room_id, payload, timestamp, correlation_id}.
type Event struct {
	Name string
	// User is 0 and Room "" if the envelope names none.
	User int64
	Room string
	// Payload is the raw JSON, null if there is none.
	Payload json.RawMessage
	// At is when the backend published it, in Unix milliseconds, 0 if it doesn't
	// say.
	At            int64
	CorrelationID string
}

// ErrEvent is what every error of DecodeEvent wraps.
var ErrEvent = errors.New("laravel: unreadable event")

// maxEventRoom is the length of a room id, in bytes, as for clients.
const maxEventRoom = 128

// DecodeEvent reads an envelope. Ids may be numbers or strings, the timestamp
// Unix seconds, Unix milliseconds or RFC 3339.
func DecodeEvent(envelope []byte) (*Event, error) {
	var raw struct {
		Event         string          `json:"event"`
		UserID        json.RawMessage `json:"user_id"`
		RoomID        json.RawMessage `json:"room_id"`
		Payload       json.RawMessage `json:"payload"`
		Timestamp     json.RawMessage `json:"timestamp"`
		CorrelationID json.RawMessage `json:"correlation_id"`
	}
	if !utf8.Valid(envelope) { // clients would drop their connections over it
		return nil, fmt.Errorf("%w: not UTF-8", ErrEvent)
	}
	if err := json.Unmarshal(envelope, &raw); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEvent, err)
	}
	e := &Event{Name: raw.Event, Payload: raw.Payload}
	if e.Name == "" {
		return nil, fmt.Errorf("%w: no event", ErrEvent)
	}
	var err error
	if user := bare(raw.UserID); user != "" {
		if e.User, err = strconv.ParseInt(user, 10, 64); err != nil || e.User < 1 {
			return nil, fmt.Errorf("%w: user_id is not a number of ours", ErrEvent) // it may be anything, also what no log should have
		}
	}
	if e.Room = bare(raw.RoomID); len(e.Room) > maxEventRoom || strings.ContainsFunc(e.Room, unicode.IsControl) {
		return nil, fmt.Errorf("%w: room_id of %d bytes", ErrEvent, len(e.Room))
	}
	if len(raw.RoomID) > 0 && strings.ContainsRune("tf{[", rune(raw.RoomID[0])) {
		return nil, fmt.Errorf("%w: room_id is neither a string nor a number", ErrEvent)
	}
	if e.At, err = unixMilli(bare(raw.Timestamp)); err != nil {
		return nil, fmt.Errorf("%w: timestamp is not a time", ErrEvent)
	}
	e.CorrelationID = bare(raw.CorrelationID)
	if len(e.Payload) == 0 {
		e.Payload = json.RawMessage("null")
	}
	return e, nil
}

// bare returns a JSON string's text or a number's digits; "" for null and for
// what is absent.
func bare(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	if bytes.Equal(value, []byte("null")) {
		return ""
	}
	return string(value)
}

// unixMilli reads a time as the backend may write it.
func unixMilli(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		const seconds = 100_000_000_000 // as seconds the year 5138, as milliseconds 1973
		if math.Abs(n) < seconds {
			n *= 1000
		}
		if math.IsNaN(n) || math.Abs(n) > maxTime {
			return 0, errors.New("no time of this age")
		}
		return int64(n), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UnixMilli(), err
}

// maxTime bounds times and spans, in milliseconds: what JavaScript can count.
const maxTime = 1 << 53

// relayed are the events that clients may hear of.
var relayed = map[string]bool{
	"balance.updated": true, "reward.earned": true, "badge.earned": true, "level.up": true,
	"room.level_up": true, "room.participant_count": true,
	"room.member_joined": true, "room.member_left": true, "room.member_kicked": true,
	"room.member_blocked": true, "room.member_role_changed": true,
	"room.join_request_created": true, "room.join_request_approved": true, "room.join_request_rejected": true,
	"income_target.completed": true, "income_target.member_completed": true,
	"agency.invitation": true, "agency.join_request": true, "agency.join_request_approved": true,
	"agency.join_request_rejected": true, "agency.member_kicked": true, "agency.member_joined": true,
	"agency.member_left": true, "agency.dissolved": true,
	"config:invalidate": true, "asset:invalidate": true,
}

// Relayed reports whether clients may hear of the event.
func (e *Event) Relayed() bool { return relayed[e.Name] }

// Block is for how long a user may not enter a room.
type Block struct {
	// Until is in Unix milliseconds, 0 for ever.
	Until int64
}

// Block reads the payload of room.member_blocked. The block ends at expires_at
// (or blocked_until, until), or after remaining_seconds (or duration_seconds,
// duration) from the event's time; without any of them, or with permanent, it
// doesn't. now is in Unix milliseconds.
func (e *Event) Block(now int64) Block {
	var fields map[string]json.RawMessage
	if json.Unmarshal(e.Payload, &fields) != nil || bytes.Equal(fields["permanent"], []byte("true")) {
		return Block{}
	}
	for _, name := range []string{"expires_at", "blocked_until", "until"} {
		if at, err := unixMilli(bare(fields[name])); err == nil && at > 0 {
			return Block{Until: at}
		}
	}
	from := now
	if e.At > 0 {
		from = e.At
	}
	for _, name := range []string{"remaining_seconds", "duration_seconds", "duration"} {
		if seconds, err := strconv.ParseFloat(bare(fields[name]), 64); err == nil && seconds > 0 {
			return Block{Until: from + int64(min(seconds*1000, maxTime))}
		}
	}
	return Block{}
}

// MaxSeats reads the payload of room.updated; 0 if it tells no valid number.
func (e *Event) MaxSeats() int {
	var p struct {
		MaxSeats json.RawMessage `json:"max_seats"`
	}
	if json.Unmarshal(e.Payload, &p) != nil {
		return 0
	}
	if n, err := strconv.Atoi(bare(p.MaxSeats)); err == nil && n >= 1 && n <= room.MaxSeats {
		return n
	}
	return 0
}

// Subject returns the user that the event is about: user_id of the envelope,
// else of the payload; 0 if neither names one.
func (e *Event) Subject() int64 {
	if e.User != 0 {
		return e.User
	}
	var p struct {
		UserID json.RawMessage `json:"user_id"`
	}
	if json.Unmarshal(e.Payload, &p) != nil {
		return 0
	}
	user, _ := strconv.ParseInt(bare(p.UserID), 10, 64)
	return max(user, 0)
}
