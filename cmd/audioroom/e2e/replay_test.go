package e2e_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// replay is a room as someone knows it who only listens.
type replay struct {
	t      *testing.T
	seats  map[int]int64
	muted  map[int64]bool // of those who are seated
	locked map[int]bool
	users  map[int64]bool
	// offered are the seats that someone is known to be invited to. What was
	// offered before the listener came is not told.
	offered map[int]bool
}

func newReplay(t *testing.T, state harness.State) *replay {
	v := &replay{
		t: t, seats: map[int]int64{}, muted: map[int64]bool{}, locked: map[int]bool{}, users: map[int64]bool{}, offered: map[int]bool{},
	}
	for _, p := range state.Participants {
		v.users[int64(p["id"].(float64))] = true
	}
	for _, s := range state.Seats {
		v.sit(s.SeatIndex, s.UserID, s.IsMuted)
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
		require.NoError(v.t, v.apply(e))
	}
}

// apply applies one event. What the backend publishes is none of the room's.
func (v *replay) apply(e harness.Seen) error {
	wrong := func(why string, args ...any) error { return fmt.Errorf("%v: "+why, append([]any{e}, args...)...) }
	p, ok := e.Args[0].(P)
	if !ok {
		return wrong("no object")
	}
	index, user := -1, int64(0)
	if at, ok := p["seatIndex"].(float64); ok {
		index = int(at)
	}
	if id, ok := p["userId"].(float64); ok {
		user = int64(id)
	}
	sitting, taken := v.seats[index]
	switch e.Event {
	case "room:userJoined":
		if v.users[user] {
			return wrong("joined twice")
		}
		v.users[user] = true
	case "room:userLeft":
		if !v.users[user] {
			return wrong("was not there")
		}
		if at, seated := v.seatOf(user); seated {
			return wrong("left seat %d occupied", at)
		}
		delete(v.users, user)
	case "seat:updated":
		at, seated := v.seatOf(user)
		switch {
		case v.locked[index]:
			return wrong("the seat is locked")
		case taken:
			return wrong("user %d sits there", sitting)
		case !v.users[user]:
			return wrong("the user is not there")
		case seated:
			return wrong("the user sits on %d", at)
		}
		v.sit(index, user, p["isMuted"].(bool))
	case "seat:cleared":
		if !taken {
			return wrong("the seat was free")
		}
		v.clear(index)
	case "seat:locked":
		is := p["isLocked"].(bool)
		switch {
		case is == v.locked[index]:
			return wrong("it was so already")
		case taken:
			return wrong("user %d sits there", sitting)
		}
		if v.locked[index] = is; !is {
			delete(v.locked, index)
		}
	case "seat:userMuted":
		if _, seated := v.seatOf(user); !seated {
			return wrong("the user is not seated")
		}
		if v.muted[user] = p["isMuted"].(bool); !v.muted[user] {
			delete(v.muted, user)
		}
	case "seat:invite:pending":
		is := p["isPending"].(bool)
		switch {
		case is && v.offered[index]:
			return wrong("the seat is offered to someone already")
		case is && taken:
			return wrong("user %d sits there", sitting)
		}
		if v.offered[index] = is; !is {
			delete(v.offered, index)
		}
	case "seat:invite:received", "chat:message":
	default:
		return wrong("unexpected event")
	}
	return nil
}

func (v *replay) seatOf(user int64) (int, bool) {
	for index, sitting := range v.seats {
		if sitting == user {
			return index, true
		}
	}
	return -1, false
}

func (v *replay) sit(index int, user int64, isMuted bool) {
	v.seats[index] = user
	if isMuted {
		v.muted[user] = true
	}
}

func (v *replay) clear(index int) {
	delete(v.muted, v.seats[index])
	delete(v.seats, index)
}

// same fails if the state differs from what was heard.
func (v *replay) same(state harness.State) {
	v.t.Helper()
	require.Equal(v.t, v.seats, newReplay(v.t, state).seats, "seats as heard and as told")
	require.Equal(v.t, v.muted, newReplay(v.t, state).muted, "mutes as heard and as told")
	require.Equal(v.t, v.locked, newReplay(v.t, state).locked, "locks as heard and as told")
	require.Len(v.t, v.users, state.ParticipantCount, "participants as heard and as told")
}
