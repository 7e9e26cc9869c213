package actors

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// census is an observer that counts people and respawns.
type census struct {
	noObserver
	participants, respawns, dropped atomic.Int64
}

func (c *census) Participants(change int) { c.participants.Add(int64(change)) }
func (c *census) RoomRespawned()          { c.respawns.Add(1) }
func (c *census) Dropped()                { c.dropped.Add(1) }

func TestRooms_View(t *testing.T) {
	ctx := context.Background()
	store := newStepStore(true)
	rooms, _ := startRooms(t, testConfig, store)
	views, total := rooms.Views(ctx)
	require.Empty(t, views)
	require.Zero(t, total)

	s := newSession(t, rooms, 7).joined("r")
	newSession(t, rooms, 7).joined("r")
	newSession(t, rooms, 8).joined("other")
	s.take(2)
	s.waitFor(1)
	view, open, err := rooms.View(ctx, "r")
	require.NoError(t, err)
	require.True(t, open)
	snapshot, err := room.Decode(view.Snapshot)
	require.NoError(t, err)
	require.Equal(t, []room.SnapshotSeat{{Seat: 2, User: 7}}, snapshot.Seats)
	require.Equal(t, view.Confirmed, view.Revision)
	view.Snapshot, view.Revision, view.Confirmed = nil, 0, 0
	require.Equal(t, View{ID: "r", Phase: "serving", Epoch: view.Epoch, Participants: 1, Sessions: 2}, view)
	require.NotZero(t, view.Epoch)

	views, total = rooms.Views(ctx)
	require.Len(t, views, 2)
	require.Equal(t, 2, total)
	require.Nil(t, views[0].Snapshot, "all rooms are shown without their snapshots")

	_, open, err = rooms.View(ctx, "nowhere")
	require.NoError(t, err)
	require.False(t, open)

	store.setAuto(false)
	newSession(t, rooms, 9).join("claimed") // the store does not answer
	view, open, err = rooms.View(ctx, "claimed")
	require.NoError(t, err)
	require.True(t, open)
	require.Equal(t, "claiming", view.Phase)
	require.Equal(t, 1, view.Waiting)
	depth, err := rooms.Depth(ctx)
	require.NoError(t, err)
	require.Zero(t, depth.Waiting, "what waits for a claim waits in the room")
	store.answerClaim(t)

	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, _, err = rooms.View(ended, "r")
	require.ErrorIs(t, err, context.Canceled)
}

func TestRooms_counts_participants(t *testing.T) {
	counts := new(census)
	config := testConfig
	config.Observer = counts
	config.Room.SeatGrace = 0
	rooms, _ := startRooms(t, config, newStepStore(true))
	is := func(n int64) {
		t.Helper()
		eventually(t, func() bool { return counts.participants.Load() == n }, "the participants counted")
	}
	a := newSession(t, rooms, 1).joined("r")
	second := newSession(t, rooms, 1).joined("r")
	newSession(t, rooms, 2).joined("r")
	newSession(t, rooms, 3).joined("other")
	is(3)
	a.drop()
	a.waitFor(1)
	is(3) // their other session is still there
	second.send(&room.Leave{Session: second.id})
	is(2)
	rooms.Order("r", &room.Shut{})
	is(1)
	rooms.failpoint = func(string, room.Command) { panic("a test's") }
	newSession(t, rooms, 4).join("other")
	eventually(t, func() bool { return counts.respawns.Load() == 1 }, "the room respawned")
	is(1)
}

func TestRooms_counts_what_comes_too_late(t *testing.T) {
	counts := new(census)
	config := testConfig
	config.Observer = counts
	rooms, _ := startRooms(t, config, newStepStore(true))
	s := newSession(t, rooms, 1).joined("r")
	rooms.Order("r", &room.Shut{})
	eventually(t, func() bool { _, total := rooms.Views(context.Background()); return total == 0 }, "the room is gone")
	eventually(t, func() bool { s.take(1); return counts.dropped.Load() > 0 }, "its actor has ended")
}

func TestRooms_Backlog_is_told_though_the_supervisor_is_stuck(t *testing.T) {
	rooms, _ := startRooms(t, testConfig, newStepStore(true))
	require.Zero(t, rooms.Backlog())
	stuck, release := make(chan struct{}), make(chan struct{})
	free := sync.OnceFunc(func() { close(release) })
	t.Cleanup(free)
	rooms.tellSupervisor(&viewMessage{ask: func(int) chan<- View {
		close(stuck)
		<-release
		return nil
	}})
	<-stuck
	for range 3 {
		rooms.Order("r", &room.Shut{})
	}
	require.Equal(t, 3, rooms.Backlog())
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := rooms.Depth(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded, "which is all that it does not answer")
	free()
	_, err = rooms.Depth(t.Context())
	require.NoError(t, err)
	require.Zero(t, rooms.Backlog())
}
