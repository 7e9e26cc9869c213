package room_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// The session and user of the benchmarks come after all others.
const (
	benchUser    room.UserID    = 1_000_000
	benchSession room.SessionID = 10_000_000
)

// crowd is a room of n participants, the last of them benchUser, on the most
// seats there are, of which all but the first two are taken, as far as the
// participants go.
func crowd(tb testing.TB, n int) *room.Room {
	tb.Helper()
	r := room.New("lobby", start, config())
	apply := func(c room.Command) {
		reply, _ := r.Apply(start, c, nil)
		require.Equal(tb, room.OK, reply.Err)
	}
	for i := range n - 1 {
		s := room.SessionID(10 * (i + 1))
		apply(&room.Join{Session: s, User: userOf(s), Profile: profile(userOf(s)), SeatCount: room.MaxSeats})
		if i+2 < room.MaxSeats {
			apply(&room.TakeSeat{Session: s, Seat: i + 2})
		}
	}
	apply(&room.Join{Session: benchSession, User: benchUser, Profile: profile(benchUser)})
	return r
}

// pairs are commands that undo each other.
var pairs = []struct {
	name string
	pair [2]room.Command
}{
	{"TakeSeat_LeaveSeat", [2]room.Command{
		&room.TakeSeat{Session: benchSession, Seat: 0},
		&room.LeaveSeat{Session: benchSession},
	}},
	{"TakeSeat_TakeSeat", [2]room.Command{
		&room.TakeSeat{Session: benchSession, Seat: 0},
		&room.TakeSeat{Session: benchSession, Seat: 1},
	}},
	{"LockSeat_UnlockSeat", [2]room.Command{
		&room.LockSeat{Session: benchSession, Rank: room.RankAdmin, Seat: 1},
		&room.UnlockSeat{Session: benchSession, Rank: room.RankAdmin, Seat: 1},
	}},
}

// TestRoom_Apply_allocates_nothing holds for seat commands whose events fit.
func TestRoom_Apply_allocates_nothing(t *testing.T) {
	for _, tc := range pairs {
		t.Run(tc.name, func(t *testing.T) {
			r := crowd(t, 50)
			events := make([]room.Event, 0, 8)
			allocs := testing.AllocsPerRun(100, func() {
				for _, c := range tc.pair {
					if reply, told := r.Apply(start, c, events); reply.Err != room.OK || len(told) == 0 {
						t.Error(reply, told)
					}
				}
			})
			require.Zero(t, allocs)
		})
	}
}

// BenchmarkRoom_Apply measures one command of a pair.
func BenchmarkRoom_Apply(b *testing.B) {
	rejoin := [2]room.Command{
		&room.Leave{Session: benchSession},
		&room.Join{Session: benchSession, User: benchUser, Profile: profile(benchUser)},
	}
	for _, n := range []int{50, 5000} {
		for _, tc := range append(pairs, struct {
			name string
			pair [2]room.Command
		}{"Leave_Join", rejoin}) {
			b.Run(fmt.Sprintf("%s/%d", tc.name, n), func(b *testing.B) {
				r := crowd(b, n)
				events := make([]room.Event, 0, 8)
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if reply, _ := r.Apply(start, tc.pair[i%2], events); reply.Err != room.OK {
						b.Fatal(reply.Err)
					}
				}
			})
		}
	}
}

// BenchmarkRoom_state measures what a joiner is told, by a session that joins
// again.
func BenchmarkRoom_state(b *testing.B) {
	for _, n := range []int{50, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := crowd(b, n)
			again := &room.Join{Session: benchSession, User: benchUser}
			b.ReportAllocs()
			for b.Loop() {
				if reply, _ := r.Apply(start, again, nil); reply.State == nil {
					b.Fatal("no state")
				}
			}
		})
	}
}

// BenchmarkRoom_AppendSnapshot measures rooms whose seats are all taken.
func BenchmarkRoom_AppendSnapshot(b *testing.B) {
	for _, n := range []int{15, room.MaxSeats} {
		b.Run(fmt.Sprint(n, "_seats"), func(b *testing.B) {
			r := room.New("lobby", start, config())
			for i := range n {
				s := room.SessionID(10 * (i + 1))
				r.Apply(start, &room.Join{Session: s, User: userOf(s), SeatCount: n}, nil)
				r.Apply(start, &room.TakeSeat{Session: s, Seat: i}, nil)
			}
			buffer := r.AppendSnapshot(nil, 1, false)
			b.ReportAllocs()
			b.SetBytes(int64(len(buffer)))
			for b.Loop() {
				buffer = r.AppendSnapshot(buffer[:0], 1, false)
			}
		})
	}
}
