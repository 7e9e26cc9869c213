package actors

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"audioroom/actors/room"
)

// instantStore confirms everything at once, on the caller's goroutine.
type instantStore struct{}

func (instantStore) Claim(id string, by Claimer) { by.Claimed(Claim{RoomID: id, Epoch: 1}, nil) }
func (instantStore) Commit(c *Commit)            { c.By.Committed(c, nil) }

// countingSession counts replies and tells when they have all come.
type countingSession struct {
	id    room.SessionID
	room  *Room
	ready chan struct{}
	left  int
	done  chan struct{}
}

func (s *countingSession) ID() room.SessionID { return s.id }
func (s *countingSession) User() room.UserID  { return room.UserID(s.id) }
func (s *countingSession) Profile() []byte    { return []byte(`{}`) }
func (s *countingSession) Alive() bool        { return true }
func (s *countingSession) Attach(r *Room)     { s.room = r }
func (s *countingSession) Deliver(Frame)      {}
func (s *countingSession) Flush()             {}
func (s *countingSession) FlushLate()         {}
func (s *countingSession) FlushSoon()         {}
func (s *countingSession) Left(string)        {}
func (s *countingSession) Cut()               {}
func (s *countingSession) Abandon(*Request)   {}

func (s *countingSession) Reply(r *Request, _ room.Reply) {
	if _, ok := r.Command.(*room.Join); ok {
		close(s.ready)
		return
	}
	if s.left--; s.left == 0 {
		s.done <- struct{}{}
	}
}

func encodeNothing(string, *room.Event) Frame { return nil }

// BenchmarkActor is the way of a lock and an unlock through a room's actor:
// mailbox, Apply, batch, a store that confirms at once, release. One op is one
// command.
func BenchmarkActor(b *testing.B) {
	for _, bench := range []struct {
		name  string
		depth int
	}{{"depth 1", 1}, {"depth 64", 64}} {
		b.Run(bench.name, func(b *testing.B) {
			rooms := Start(testConfig, instantStore{}, &fakeBackend{}, noUsers{}, encodeNothing)
			defer rooms.Stop(context.Background())
			s := &countingSession{id: 1, ready: make(chan struct{}), done: make(chan struct{}, 1)}
			rooms.Join(&Request{RoomID: "r", Session: s, Command: &room.Join{Session: 1, User: 1}})
			<-s.ready
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += bench.depth {
				s.left = bench.depth
				for j := range bench.depth {
					var c room.Command = &room.LockSeat{Session: 1, Rank: room.RankOwner}
					if (i+j)%2 == 1 {
						c = &room.UnlockSeat{Session: 1, Rank: room.RankOwner}
					}
					s.room.Send(&Request{RoomID: "r", Session: s, Command: c})
				}
				<-s.done
			}
		})
	}
}

// BenchmarkIdleRoom is the memory of a room that everybody has left: restored, 15
// seats, nobody in it.
func BenchmarkIdleRoom(b *testing.B) {
	const rooms = 10_000
	ids := make([]string, rooms)
	for i := range ids {
		ids[i] = fmt.Sprintf("room-%d", i)
	}
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	for b.Loop() {
		before := heap()
		r := Start(testConfig, quietStore{}, &fakeBackend{}, noUsers{}, encodeNothing)
		if err := r.Restore(b.Context(), ids); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(heap()-before)/rooms, "B/room")
		_ = r.Stop(context.Background())
	}
}

// quietStore has a snapshot of every room and confirms everything at once.
type quietStore struct{ instantStore }

func (quietStore) Claim(id string, by Claimer) {
	r := room.New(id, 1, &testConfig.Room)
	r.Apply(1, &room.Join{Session: 1, User: 1, SeatCount: 15}, nil)
	r.Apply(1, &room.Leave{Session: 1}, nil)
	by.Claimed(Claim{RoomID: id, Epoch: 1, Snapshot: r.AppendSnapshot(nil, 1, false)}, nil)
}
