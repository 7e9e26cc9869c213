package room_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// FuzzDecode holds that Decode never panics, and that what it accepts becomes a
// room that says the same of itself.
func FuzzDecode(f *testing.F) {
	for _, data := range unreadable {
		f.Add([]byte(data))
	}
	f.Add(room.New("lobby", start, config()).AppendSnapshot(nil, 1, false))
	f.Add(room.Restore(muted(), start, config()).AppendSnapshot(nil, 1<<63, false))
	f.Fuzz(func(t *testing.T, data []byte) {
		decoded, err := room.Decode(data)
		if err != nil {
			require.ErrorIs(t, err, room.ErrSnapshot)
			require.Nil(t, decoded)
			return
		}
		want := settled(decoded)
		written := room.Restore(decoded, start, config()).AppendSnapshot(nil, decoded.Epoch, decoded.ToldLive)
		got, err := room.Decode(written)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, string(written), string(room.Restore(got, start, config()).AppendSnapshot(nil, got.Epoch, got.ToldLive)))
	})
}

// settled is what becomes of a snapshot by restoring it: nobody is there, who
// sat is awaited, seats are in order and named once. Room ids have no control
// characters.
func settled(s *room.Snapshot) *room.Snapshot {
	n := *s
	n.ID = strings.Map(func(c rune) rune {
		if c < ' ' {
			return -1
		}
		return c
	}, n.ID)
	n.Participants = 0
	n.Activity = max(n.Activity, start)
	n.Seats = slices.Clone(n.Seats)
	for i := range n.Seats {
		n.Seats[i].HeldUntil = start + grace
	}
	slices.SortFunc(n.Seats, func(a, b room.SnapshotSeat) int { return a.Seat - b.Seat })
	n.Locked = slices.Clone(n.Locked)
	slices.Sort(n.Locked)
	n.Locked = slices.Compact(n.Locked)
	if len(n.Seats) == 0 {
		n.Seats = nil
	}
	if len(n.Locked) == 0 {
		n.Locked = nil
	}
	if len(n.Invites) == 0 {
		n.Invites = nil
	}
	return &n
}
