package e2e_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/actors"
	snapshots "audioroom/actors/room"
	"audioroom/cmd/audioroom/e2e/harness"
	"audioroom/persistence"
)

// furnished is a room as a server left it in Redis that was killed.
type furnished struct {
	id           string
	seats        int
	sitter       int64 // whose seat is first
	first        int
	muted        bool
	other        int64 // whose seat is second
	second       int
	locked       []int
	participants int
}

// furnish makes room number i, in which a sitter has a seat.
func furnish(i int, sitter int64) *furnished {
	f := &furnished{
		id: "restored-" + strconv.Itoa(i), seats: 10 + i%90, sitter: sitter, muted: i%3 == 0,
		other: 1_000_000 + int64(i), participants: 2,
	}
	f.first, f.second = i%5, 5+i%2
	for lock := range i % 4 {
		f.locked = append(f.locked, 7+lock)
	}
	return f
}

// play has all that happen in a room what makes it so.
func (f *furnished) play(t *testing.T, now int64) *snapshots.Room {
	t.Helper()
	r := snapshots.New(f.id, now, &snapshots.Config{
		SeatGrace: 45_000, InviteTTL: 30_000, Inactivity: 120_000, DefaultSeats: 15,
	})
	do := func(c snapshots.Command) {
		t.Helper()
		reply, _ := r.Apply(now, c, nil)
		require.Equal(t, snapshots.OK, reply.Err, "%T", c)
		require.Zero(t, reply.Ask)
	}
	do(&snapshots.Join{Session: 1, User: snapshots.UserID(f.sitter), Profile: []byte(`{}`), SeatCount: f.seats})
	do(&snapshots.Join{Session: 2, User: snapshots.UserID(f.other), Profile: []byte(`{}`)})
	do(&snapshots.TakeSeat{Session: 1, Seat: f.first})
	do(&snapshots.TakeSeat{Session: 2, Seat: f.second})
	for _, i := range f.locked {
		do(&snapshots.LockSeat{Session: 2, Rank: snapshots.RankOwner, Seat: i})
	}
	if f.muted {
		do(&snapshots.MuteSeat{
			Session: 2, Rank: snapshots.RankOwner, Muted: true,
			Target: snapshots.UserID(f.sitter), TargetRank: snapshots.RankMember,
		})
	}
	return r
}

// state is what the sitter is told who comes back as the first.
func (f *furnished) state() harness.State {
	return harness.State{
		RoomID: f.id, Participants: []P{}, SeatCount: f.seats, ParticipantCount: 1,
		Seats:       []harness.Seat{{SeatIndex: f.first, UserID: f.sitter, IsMuted: f.muted}},
		LockedSeats: append([]int{}, f.locked...),
	}
}

// mover puts rooms into Redis as a server does that ends without a word.
type mover struct {
	store   *persistence.Store
	claims  chan actors.Claim
	commits chan error
}

func (m *mover) ClaimLate(string) {}

func (m *mover) Claimed(c actors.Claim, err error) {
	if err != nil {
		c.RoomID = err.Error()
	}
	m.claims <- c
}

func (m *mover) CommitLate(*actors.Commit) {}

func (m *mover) Committed(_ *actors.Commit, err error) { m.commits <- err }

// moveIn has rooms kept in Redis.
func moveIn(t *testing.T, w *harness.World, rooms []*furnished) {
	t.Helper()
	store, err := persistence.Open(persistence.Config{URL: w.Redis.URL()})
	require.NoError(t, err)
	m := &mover{store: store, claims: make(chan actors.Claim, len(rooms)), commits: make(chan error, len(rooms))}
	byID := make(map[string]*furnished, len(rooms))
	for _, f := range rooms {
		byID[f.id] = f
		store.Claim(f.id, m)
	}
	now := time.Now().UnixMilli()
	for range rooms {
		claim := <-m.claims
		f := byID[claim.RoomID]
		require.NotNil(t, f, claim.RoomID)
		r := f.play(t, now)
		c := &actors.Commit{
			RoomID: f.id, Epoch: claim.Epoch, Revision: r.Revision(), Full: true, Activity: now, By: m,
			Participants: r.Participants(), Snapshot: r.AppendSnapshot(nil, claim.Epoch, true),
			Users: []actors.UserChange{{User: snapshots.UserID(f.sitter), In: true}, {User: snapshots.UserID(f.other), In: true}},
		}
		for i := range r.SeatCount() {
			if s, ok := r.Seat(i); ok {
				c.Seats = append(c.Seats, actors.SeatChange{Seat: i, User: s.User, Muted: s.Muted})
			}
			if r.Locked(i) {
				c.Locks = append(c.Locks, actors.LockChange{Seat: i, Locked: true})
			}
		}
		store.Commit(c)
	}
	for range rooms {
		require.NoError(t, <-m.commits)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, store.Close(ctx))
	require.Equal(t, strconv.Itoa(len(rooms)), fmt.Sprint(len(w.Redis.Keys(t, "rooms:fence:*"))))
}
