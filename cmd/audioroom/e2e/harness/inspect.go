package harness

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// Inspection is what `audioroom inspect --json` tells of a room.
type Inspection struct {
	Active       bool         `json:"active"`
	Participants string       `json:"participants"`
	Users        []int64      `json:"users"`
	Seats        map[string]P `json:"seats"`
	Locked       []int        `json:"lockedSeats"`
	Snapshot     struct {
		SeatCount    int             `json:"seat_count"`
		Participants int             `json:"participants"`
		Locked       []int           `json:"locked"`
		Seats        []InspectedSeat `json:"seats"`
		Invites      []P             `json:"invites"`
	} `json:"snapshot"`
}

// InspectedSeat is a seat that is taken or, with HeldUntil, held.
type InspectedSeat struct {
	Seat      int   `json:"seat"`
	User      int64 `json:"user"`
	Muted     bool  `json:"muted"`
	HeldUntil int64 `json:"held_until"`
}

// Inspect has the program look at a room. It reports false if the room is not
// in Redis.
func (w *World) Inspect(t testing.TB, roomID string) (seen Inspection, there bool) {
	t.Helper()
	out, errs, status := Run(t, w.Program, w.env, "inspect", "--json", roomID)
	if status != 0 {
		require.Contains(t, errs, "is not in Redis")
		return seen, false
	}
	require.NoError(t, json.Unmarshal([]byte(out), &seen), out)
	return seen, true
}
