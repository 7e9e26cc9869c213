package laravel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"audioroom/actors/room"
)

// Info is what the backend says of a room.
type Info struct {
	// OwnerID is the user who owns the room; 0 if the backend knows no such
	// room, or none that owns it.
	OwnerID int64
	// MaxSeats is the room's seat count, 1 to 100; 0 if the backend gives none.
	MaxSeats int
}

// Room returns the backend's word on a room, from the cache if it is there. A
// room the backend doesn't know is an answer too: the zero Info. The error
// wraps ErrUnavailable, and ctx's error if that is what ended the question;
// the question is bounded by Config.QuestionBudget in any case.
func (c *Client) Room(ctx context.Context, roomID string) (Info, error) {
	if info, ok := c.CachedRoom(roomID); ok {
		return info, nil
	}
	if !addressable(roomID) {
		return Info{}, nil
	}
	// Who asks after a Forget must not be given an answer from before it: the
	// count in the key keeps them apart.
	seen := c.rooms.seen(roomID)
	key := strconv.FormatUint(seen, 10) + ":" + roomID
	cached := func() (Info, bool) { return c.CachedRoom(roomID) }
	return ask(ctx, c, &c.roomFlights, key, cached, func(ctx context.Context) (Info, error) {
		var info Info
		x := &exchange{endpoint: EndpointRoom, method: http.MethodGet, path: roomPath(roomID),
			decode: func(body []byte) error {
				answer, odd, err := decodeInfo(body)
				if odd != "" {
					c.log.Warn("laravel gives an unusable seat count; ignored", "room", roomID, "max_seats", odd)
				}
				info = answer
				return err
			}}
		if err := c.call(ctx, c.asking, x); err != nil && x.outcome != OutcomeUnknown {
			return Info{}, fmt.Errorf("room: %w", err)
		}
		c.rooms.put(roomID, roomID, info, seen)
		return info, nil
	})
}

// CachedRoom returns what Room would answer without a call, and false if it
// would need one. It never waits and allocates nothing.
func (c *Client) CachedRoom(roomID string) (Info, bool) {
	return c.rooms.get(roomID, roomID)
}

// decodeInfo reads {"owner_id":1,"max_seats":15}. Both may be numbers, numeric
// strings or null; max_seats may be missing. A seat count that can't be used
// is returned as odd and counts as none.
func decodeInfo(body []byte) (info Info, odd string, err error) {
	var fields struct {
		OwnerID  json.RawMessage `json:"owner_id"`
		MaxSeats json.RawMessage `json:"max_seats"`
	}
	if err := decodeObject(body, &fields); err != nil {
		return Info{}, "", err
	}
	if fields.OwnerID == nil {
		return Info{}, "", errors.New("no owner_id in it")
	}
	owner, err := wholeNumber(fields.OwnerID)
	if err != nil || owner < 0 {
		return Info{}, "", errors.New("owner_id is not a user id")
	}
	seats, err := wholeNumber(fields.MaxSeats)
	if err != nil || seats < 0 || seats > room.MaxSeats || seats == 0 && !isNull(fields.MaxSeats) {
		seats, odd = 0, clip(string(fields.MaxSeats))
	}
	return Info{OwnerID: owner, MaxSeats: int(seats)}, odd, nil
}

// decodeObject reads one JSON object and nothing else. A null in place of a
// field leaves a RawMessage of "null".
func decodeObject(body []byte, into any) error {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return errors.New("not a JSON object")
	}
	return json.Unmarshal(body, into)
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// wholeNumber reads a number, a numeric string or null, which is 0.
func wholeNumber(raw json.RawMessage) (int64, error) {
	if isNull(raw) {
		return 0, nil
	}
	text := string(raw)
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &text); err != nil {
			return 0, err
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	// PHP writes a float that happens to be whole as 15.0.
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != float64(int64(f)) || f > 1<<53 || f < -(1<<53) {
		return 0, errors.New("not a whole number")
	}
	return int64(f), nil
}

func clip(s string) string {
	if len(s) > 64 {
		return s[:64]
	}
	return s
}
