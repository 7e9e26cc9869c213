package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// replay is a room as someone knows it who only listens.
type replay struct {
	t      *testing.T
	seats  map[int]int64
	locked map[int]bool
	users  map[int64]bool
}

func newReplay(t *testing.T, state harness.State) *replay {
	v := &replay{t: t, seats: map[int]int64{}, locked: map[int]bool{}, users: map[int64]bool{}}
	for _, p := range state.Participants {
		v.users[int64(p["id"].(float64))] = true
	}
	for _, s := range state.Seats {
		v.seats[s.SeatIndex] = s.UserID
	}
	for _, index := range state.LockedSeats {
		v.locked[index] = true
	}
	return v
}

// hear applies events and fails where they don't fit what was before.
func (v *replay) hear(events []harness.Seen) {
	v.t.Helper()
	for _, e := range events {
		p := e.Args[0].(P)
		index, user := -1, int64(0)
		if at, ok := p["seatIndex"].(float64); ok {
			index = int(at)
		}
		if id, ok := p["userId"].(float64); ok {
			user = int64(id)
		}
		switch e.Event {
		case "room:userJoined":
			require.False(v.t, v.users[user], "%v: joined twice", e)
			v.users[user] = true
		case "room:userLeft":
			require.True(v.t, v.users[user], "%v: was not there", e)
			for at, sitting := range v.seats {
				require.NotEqual(v.t, user, sitting, "%v: left seat %d occupied", e, at)
			}
			delete(v.users, user)
		case "seat:updated":
			require.False(v.t, v.locked[index], "%v: the seat is locked", e)
			require.Zero(v.t, v.seats[index], "%v: the seat is taken", e)
			require.True(v.t, v.users[user], "%v: the user is not there", e)
			v.seats[index] = user
		case "seat:cleared":
			require.NotZero(v.t, v.seats[index], "%v: the seat was free", e)
			delete(v.seats, index)
		case "seat:locked":
			is := p["isLocked"].(bool)
			require.NotEqual(v.t, is, v.locked[index], "%v: it was so already", e)
			require.Zero(v.t, v.seats[index], "%v: someone sits there", e)
			if v.locked[index] = is; !is {
				delete(v.locked, index)
			}
		default:
			v.t.Fatalf("unexpected event %v", e)
		}
	}
}

// same fails if the state differs from what was heard.
func (v *replay) same(state harness.State) {
	v.t.Helper()
	require.Equal(v.t, v.seats, newReplay(v.t, state).seats, "seats as heard and as told")
	require.Equal(v.t, v.locked, newReplay(v.t, state).locked, "locks as heard and as told")
	require.Len(v.t, v.users, state.ParticipantCount, "participants as heard and as told")
}
