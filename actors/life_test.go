package actors

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

func TestClose(t *testing.T) {
	brief := testConfig
	brief.Room.Inactivity, brief.Room.SeatGrace = 30, 0

	t.Run("an abandoned room closes, and the backend hears of it", func(t *testing.T) {
		store := newStepStore(true)
		rooms, backend := startRooms(t, brief, store)
		s := newSession(t, rooms, 1).joined("r")
		s.take(1)
		s.drop()
		eventually(t, func() bool { m := store.made(); return m[len(m)-1].Close }, "the room closed")
		eventually(t, func() bool { r := backend.reported(); return strings.Contains(r[len(r)-1], `"ended_at"`) }, "the end reported")
		require.Contains(t, backend.reported()[len(backend.reported())-1], `{"is_live":false,"participant_count":0,"ended_at":"`)
		require.Empty(t, store.snapshots)
	})

	t.Run("a room with someone in it stays open", func(t *testing.T) {
		store := newStepStore(true)
		rooms, _ := startRooms(t, brief, store)
		s := newSession(t, rooms, 1).joined("r")
		time.Sleep(100 * time.Millisecond) // three times the inactivity: time itself is what is tested
		s.take(1)
		require.Equal(t, []string{"reply *room.TakeSeat room: ok"}, s.waitFor(1))
	})

	t.Run("a join that meets a closing room gets a fresh one", func(t *testing.T) {
		store := newStepStore(true)
		rooms, _ := startRooms(t, brief, store)
		s := newSession(t, rooms, 1).joined("r")
		s.send(&room.LockSeat{Session: s.id, Rank: room.RankOwner, Seat: 0})
		s.waitFor(2)
		store.setAuto(false)
		s.send(&room.Leave{Session: s.id})
		store.waitCommit(t)
		store.confirm(nil)
		require.True(t, store.waitCommit(t).Close)
		again := newSession(t, rooms, 2)
		again.join("r")
		require.Empty(t, again.got())
		store.setAuto(true)
		store.confirm(nil)
		if len(store.pending) > 0 {
			store.answerClaim(t)
		}
		require.Equal(t, []string{"reply *room.Join room: ok"}, again.waitFor(1))
		again.take(0) // the lock went with the old room
		require.Equal(t, "reply *room.TakeSeat room: ok", again.waitFor(2)[1])
	})

	t.Run("joins and closes race for long, and nobody lands in a dead room", func(t *testing.T) {
		instant := brief
		instant.Room.Inactivity = 1
		rooms, _ := startRooms(t, instant, newStepStore(true))
		for i := range 300 {
			s := newSession(t, rooms, room.UserID(i+1)).joined("r")
			s.take(0)
			require.Equal(t, []string{"reply *room.TakeSeat room: ok"}, s.waitFor(1))
			s.drop()
			if i%3 == 0 {
				time.Sleep(time.Millisecond) // around the moment of closing
			}
		}
	})
}

func TestJoin(t *testing.T) {
	t.Run("a session that went away while its join waited is not joined", func(t *testing.T) {
		store := newStepStore(false)
		rooms, backend := startRooms(t, testConfig, store)
		s := newSession(t, rooms, 1)
		s.join("r")
		s.drop()
		store.answerClaim(t)
		require.True(t, store.waitCommit(t).Close, "nothing is left of a room that nobody joined")
		store.confirm(nil)
		require.Empty(t, backend.reported())
		require.Empty(t, store.snapshots)
	})

	t.Run("a store that is silent doesn't keep anybody out", func(t *testing.T) {
		store := newStepStore(false)
		rooms, _ := startRooms(t, testConfig, store)
		s := newSession(t, rooms, 1)
		s.join("r")
		eventually(t, func() bool { store.mu.Lock(); defer store.mu.Unlock(); return len(store.pending) == 1 }, "the claim")
		store.claimer.ClaimLate("r")
		require.Equal(t, []string{"reply *room.Join room: ok"}, s.waitFor(1))
		s.take(1)
		s.waitFor(2)
		store.answerClaim(t)
		c := store.waitCommit(t)
		require.True(t, c.Full)
		require.Equal(t, []SeatChange{{Seat: 1, User: 1}}, c.Seats)
		store.confirm(nil)
	})
}

// lockedBuffer is where a log goes that is read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// panicOn has a room panic on the commands that match.
func panicOn(rooms *Rooms, match func(c room.Command) bool) {
	rooms.failpoint = func(_ string, c room.Command) {
		if match(c) {
			panic("injected")
		}
	}
}

func TestRespawn(t *testing.T) {
	start := func(t *testing.T) (*stepStore, *Rooms) {
		store := newStepStore(true)
		backend := &fakeBackend{}
		rooms := Start(testConfig, store, backend, noUsers{}, describe)
		panicOn(rooms, func(c room.Command) bool { take, ok := c.(*room.TakeSeat); return ok && take.Seat == 3 })
		t.Cleanup(func() { stop(t, rooms) })
		return store, rooms
	}

	t.Run("a panic costs its command, nothing else", func(t *testing.T) {
		_, rooms := start(t)
		a, b := newSession(t, rooms, 1).joined("r"), newSession(t, rooms, 2).joined("r")
		a.waitFor(1)
		a.forget()
		a.take(0)
		a.take(3) // panics
		a.take(1)
		b.take(0)
		require.Equal(t, []string{"seat 0 taken by 1", "seat 0 cleared", "seat 1 taken by 1", "reply *room.TakeSeat room: ok"}, b.waitFor(4))
		got := a.waitFor(4)
		require.Contains(t, got, "reply *room.TakeSeat room: internal error")
		require.Equal(t, "seat 0 taken by 2", got[3])
	})

	t.Run("the log says what it came of", func(t *testing.T) {
		var log lockedBuffer
		config := testConfig
		config.Log = slog.New(slog.NewTextHandler(&log, nil))
		rooms, _ := startRooms(t, config, newStepStore(true))
		panicOn(rooms, func(c room.Command) bool { _, take := c.(*room.TakeSeat); return take })
		s := newSession(t, rooms, 1).joined("r")
		s.mu.Lock()
		to := s.room
		s.mu.Unlock()
		to.Send(&Request{RoomID: "r", Session: s, Command: &room.TakeSeat{Session: s.id, Seat: 1}, Begun: 36})
		s.waitFor(1)
		require.Contains(t, log.String(), fmt.Sprintf(`msg="room panicked" room=r command=*room.TakeSeat session=%d begun=10 reason=injected stack=`, s.id))
	})

	t.Run("held seats and memberships outlive it", func(t *testing.T) {
		_, rooms := start(t)
		a, b, c := newSession(t, rooms, 1).joined("r"), newSession(t, rooms, 2).joined("r"), newSession(t, rooms, 3).joined("r")
		b.take(1)
		c.take(2)
		b.waitFor(3) // user 3 joined, reply, seat 2
		c.drop()
		a.take(3) // panics
		eventually(t, func() bool {
			got := fmt.Sprint(a.got())
			return strings.Contains(got, "internal error") && strings.Contains(got, "user 3 left")
		}, "the panic answered")
		a.forget()
		a.take(1)
		a.take(2)
		require.Equal(t, []string{"reply *room.TakeSeat room: seat is taken", "reply *room.TakeSeat room: seat is taken"}, a.waitFor(2))
	})

	t.Run("panics between any two commands never change what the room answers", func(t *testing.T) {
		store := newStepStore(true)
		rooms := Start(testConfig, store, &fakeBackend{}, noUsers{}, describe)
		var n atomic.Int64
		rooms.failpoint = func(_ string, c room.Command) {
			if _, ok := c.(*room.UnlockSeat); ok && n.Add(1)%100 == 0 {
				panic("injected")
			}
		}
		defer stop(t, rooms)
		s := newSession(t, rooms, 1).joined("r")
		failed := 0
		for range 300 {
			s.forget()
			s.send(&room.LockSeat{Session: s.id, Rank: room.RankOwner, Seat: 0})
			s.send(&room.UnlockSeat{Session: s.id, Rank: room.RankOwner, Seat: 0})
			s.send(&room.UnlockSeat{Session: s.id, Rank: room.RankOwner, Seat: 0})
			eventually(t, func() bool { return strings.Count(fmt.Sprint(s.got()), "reply") == 3 }, "three replies")
			if strings.Contains(fmt.Sprint(s.got()), "internal error") {
				failed++
				continue
			}
			require.Equal(t, []string{
				"seat 0 locked true", "reply *room.LockSeat room: ok", "seat 0 locked false",
				"reply *room.UnlockSeat room: ok", "reply *room.UnlockSeat room: seat is not locked",
			}, s.got())
		}
		require.Equal(t, 6, failed)
	})

	t.Run("a room that keeps panicking is put aside, others don't feel it", func(t *testing.T) {
		store, rooms := start(t)
		a, b, other := newSession(t, rooms, 1).joined("r"), newSession(t, rooms, 2).joined("r"), newSession(t, rooms, 3).joined("other")
		for range maxPanics + 1 {
			a.take(3)
		}
		require.Equal(t, []string{"closed"}, b.waitFor(1))
		got := a.waitFor(maxPanics + 3)
		require.Equal(t, []string{"user 2 joined", "closed"}, slices.DeleteFunc(got, func(s string) bool { return s == "reply *room.TakeSeat room: internal error" }))
		require.Len(t, got, maxPanics+3)
		eventually(t, func() bool { return a.leftRooms() == 1 && b.leftRooms() == 1 }, "both let go")
		require.False(t, a.wasCut())
		last := store.made()[len(store.made())-1]
		require.True(t, last.Close)
		require.Equal(t, errBroken.Error(), last.Quarantine)
		require.Contains(t, string(last.Status), `"is_live":false`)
		other.take(0)
		require.Equal(t, []string{"reply *room.TakeSeat room: ok"}, other.waitFor(1))
		a.forget()
		a.joined("r")
	})
}

func TestRestore(t *testing.T) {
	store := newStepStore(true)
	first := Start(testConfig, store, &fakeBackend{}, noUsers{}, describe)
	s := newSession(t, first, 1).joined("r")
	s.take(2)
	s.send(&room.LockSeat{Session: s.id, Rank: room.RankOwner, Seat: 0})
	s.waitFor(3)
	stop(t, first)

	rooms, backend := startRooms(t, testConfig, store)
	require.NoError(t, rooms.Restore(t.Context(), []string{"r", "nothing here"}))
	eventually(t, func() bool {
		return slices.ContainsFunc(store.made(), func(c Commit) bool { return c.RoomID == "r" && c.Epoch > 1 && c.Full })
	}, "the room written under its new epoch")
	eventually(t, func() bool {
		return slices.ContainsFunc(store.made(), func(c Commit) bool { return c.RoomID == "nothing here" && c.Close })
	}, "what is not there cleared away")
	require.Empty(t, backend.reported(), "nothing is told of a room to which its users may come back")
	b := newSession(t, rooms, 2).joined("r")
	b.take(2)
	b.take(0)
	require.Equal(t, []string{"reply *room.TakeSeat room: seat is taken", "reply *room.TakeSeat room: seat is locked"}, b.waitFor(2))
	newSession(t, rooms, 1).joined("r")
	require.Equal(t, []string{"user 1 joined", "seat 2 taken by 1"}, b.waitFor(4)[2:])
}

func TestStop(t *testing.T) {
	store := newStepStore(true)
	rooms := Start(testConfig, store, &fakeBackend{}, noUsers{}, describe)
	s := newSession(t, rooms, 1).joined("r")
	store.setAuto(false)
	s.take(0)
	store.waitCommit(t)
	s.take(1)
	stopped := make(chan error)
	go func() { stopped <- rooms.Stop(context.Background()) }()
	select {
	case <-stopped:
		t.Fatal("stopped with a commit under way")
	case <-time.After(20 * time.Millisecond):
	}
	store.confirm(nil)
	store.waitCommit(t)
	store.confirm(nil)
	require.NoError(t, <-stopped)
	require.Equal(t, []string{"reply *room.TakeSeat room: ok", "reply *room.TakeSeat room: ok"}, s.got())
	last := store.made()[len(store.made())-1]
	require.Equal(t, []SeatChange{{Seat: 0}, {Seat: 1, User: 1}}, last.Seats)

	t.Run("ends in time when the store doesn't", func(t *testing.T) {
		store := newStepStore(true)
		rooms := Start(testConfig, store, &fakeBackend{}, noUsers{}, describe)
		s := newSession(t, rooms, 1).joined("r")
		store.setAuto(false)
		s.take(0)
		store.waitCommit(t)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, rooms.Stop(ctx), ErrUnfinished)
	})
}

func TestRank(t *testing.T) {
	store := newStepStore(true)
	rooms, backend := startRooms(t, testConfig, store)
	admin, member := newSession(t, rooms, 2).joined("r"), newSession(t, rooms, 3).joined("r")
	member.take(1)
	member.waitFor(1)
	admin.waitFor(2)
	admin.forget()
	backend.mu.Lock()
	backend.hold = true
	backend.mu.Unlock()
	admin.send(&room.LockSeat{Session: admin.id, Rank: room.RankAdmin, Seat: 1})
	admin.send(&room.LockSeat{Session: admin.id, Rank: room.RankAdmin, Seat: 2})
	require.Equal(t, []string{"seat 2 locked true", "reply *room.LockSeat room: ok"}, admin.waitFor(2), "nothing waits behind a question")
	backend.mu.Lock()
	require.Len(t, backend.held, 1)
	answer := backend.held[0]
	backend.mu.Unlock()
	answer()
	require.Equal(t, []string{"seat 1 cleared", "seat 1 locked true", "reply *room.LockSeat room: ok"}, admin.waitFor(5)[2:])
}

func TestTaken(t *testing.T) {
	store, _, s := opened(t, 1)
	store.setAuto(true)
	rooms := s[0].rooms
	rooms.Taken("elsewhere", 9)
	rooms.Taken("r", store.lastEpoch()) // this room's own claim
	rooms.Relay("r", "still here")
	require.Equal(t, []string{"still here"}, s[0].waitFor(1))
	rooms.Taken("r", store.lastEpoch()+1)
	eventually(t, s[0].wasCut, "the session cut")
	require.Equal(t, 1, s[0].leftRooms())
	newSession(t, rooms, 2).joined("r")
}
