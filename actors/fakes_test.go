package actors

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"audioroom/actors/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eventually waits for a condition, for as long as a slow machine may need.
func eventually(t *testing.T, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, 10*time.Second, time.Millisecond, what)
}

// stepStore is a store that answers when the test says so, or at once.
type stepStore struct {
	mu        sync.Mutex
	auto      bool // answer claims and commits at once
	epoch     uint64
	snapshots map[string][]byte
	claims    []string
	pending   []func() // claims that wait for an answer
	claimer   Claimer  // of the last claim
	commits   []*Commit
	history   []Commit // every commit as it was handed over
}

func newStepStore(auto bool) *stepStore {
	return &stepStore{auto: auto, snapshots: make(map[string][]byte)}
}

func (s *stepStore) Claim(id string, by Claimer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims = append(s.claims, id)
	s.claimer = by
	answer := func() {
		s.mu.Lock()
		s.epoch++
		c := Claim{RoomID: id, Epoch: s.epoch, Snapshot: s.snapshots[id]}
		s.mu.Unlock()
		by.Claimed(c, nil)
	}
	if s.auto {
		go answer()
		return
	}
	s.pending = append(s.pending, answer)
}

func (s *stepStore) Commit(c *Commit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := *c
	kept.Snapshot = slices.Clone(c.Snapshot)
	kept.Seats, kept.Locks, kept.Users = slices.Clone(c.Seats), slices.Clone(c.Locks), slices.Clone(c.Users)
	s.history = append(s.history, kept)
	s.commits = append(s.commits, c)
	if s.auto {
		go s.confirmNext(nil)
	}
}

// setAuto has the store answer at once from now on.
func (s *stepStore) setAuto(auto bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auto = auto
}

// answerClaim answers the oldest claim.
func (s *stepStore) answerClaim(t *testing.T) {
	t.Helper()
	eventually(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.pending) > 0 }, "a claim")
	s.mu.Lock()
	answer := s.pending[0]
	s.pending = s.pending[1:]
	s.mu.Unlock()
	answer()
}

// waitCommit waits until a commit is under way and returns it.
func (s *stepStore) waitCommit(t *testing.T) Commit {
	t.Helper()
	eventually(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.commits) > 0 }, "a commit")
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.history[len(s.history)-len(s.commits)]
}

// confirm answers the oldest commit, which there has to be.
func (s *stepStore) confirm(err error) {
	if !s.confirmNext(err) {
		panic("no commit is under way")
	}
}

// confirmNext answers the oldest commit, if there is one.
func (s *stepStore) confirmNext(err error) bool {
	s.mu.Lock()
	if len(s.commits) == 0 {
		s.mu.Unlock()
		return false
	}
	c := s.commits[0]
	kept := s.history[len(s.history)-len(s.commits)]
	s.commits = s.commits[1:]
	if c.RoomID != kept.RoomID || c.Revision != kept.Revision || !bytes.Equal(c.Snapshot, kept.Snapshot) || !bytes.Equal(c.Status, kept.Status) {
		panic(fmt.Sprintf("a commit was altered while it was the store's: %+v, handed over as %+v", *c, kept))
	}
	if err == nil {
		if c.Close {
			delete(s.snapshots, c.RoomID)
		} else {
			s.snapshots[c.RoomID] = slices.Clone(c.Snapshot)
		}
	}
	s.mu.Unlock()
	c.By.Committed(c, err)
	return true
}

// late tells the oldest commit's room that it is late.
func (s *stepStore) late() {
	s.mu.Lock()
	c := s.commits[0]
	s.mu.Unlock()
	c.By.CommitLate(c)
}

func (s *stepStore) lastEpoch() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch
}

func (s *stepStore) made() []Commit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.history)
}

// fakeBackend answers at once, or as the test says.
type fakeBackend struct {
	mu       sync.Mutex
	info     RoomInfo
	ranks    map[room.UserID]room.Rank
	hold     bool
	held     []func()
	statuses []string
}

func (b *fakeBackend) KnownRank(string, room.UserID) (room.Rank, bool) {
	return room.RankUnknown, false
}

func (b *fakeBackend) Rank(_ Cause, _ string, user room.UserID, answer func(room.Rank, error)) {
	b.mu.Lock()
	rank := b.ranks[user]
	if b.hold {
		b.held = append(b.held, func() { answer(rank, nil) })
		b.mu.Unlock()
		return
	}
	b.mu.Unlock()
	answer(rank, nil)
}

func (b *fakeBackend) Info(_ Cause, _ string, answer func(RoomInfo, error)) {
	b.mu.Lock()
	info := b.info
	b.mu.Unlock()
	answer(info, nil)
}

func (b *fakeBackend) Report(_ Cause, _ string, status []byte, closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.statuses = append(b.statuses, fmt.Sprintf("%s closed=%v", status, closed))
}

func (b *fakeBackend) reported() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.statuses)
}

// noUsers reaches nobody.
type noUsers struct{}

func (noUsers) Deliver(room.UserID, Frame) {}

// describe is the encoder of the tests.
func describe(_ string, e *room.Event) Frame {
	switch e.Kind {
	case room.SeatUpdated:
		return fmt.Sprintf("seat %d taken by %d", e.Seat, e.User)
	case room.SeatCleared:
		return fmt.Sprintf("seat %d cleared", e.Seat)
	case room.SeatLocked:
		return fmt.Sprintf("seat %d locked %v", e.Seat, e.Locked)
	case room.SeatMuted:
		return fmt.Sprintf("user %d muted %v", e.User, e.Muted)
	case room.UserJoined:
		return fmt.Sprintf("user %d joined", e.User)
	case room.UserLeft:
		return fmt.Sprintf("user %d left", e.User)
	case room.Closed:
		return "closed"
	}
	return "unknown"
}

// stop stops rooms that have nothing under way for long.
func stop(t *testing.T, rooms *Rooms) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(t, rooms.Stop(ctx))
}

var testConfig = Config{Room: room.Config{SeatGrace: 60_000, Inactivity: 60_000, DefaultSeats: 4}}

// startRooms starts rooms that end with the test.
func startRooms(t *testing.T, config Config, store Store) (*Rooms, *fakeBackend) {
	backend := &fakeBackend{info: RoomInfo{Owner: 1}, ranks: map[room.UserID]room.Rank{1: room.RankOwner, 2: room.RankAdmin, 3: room.RankMember}}
	rooms := Start(config, store, backend, noUsers{}, describe)
	t.Cleanup(func() {
		if s, ok := store.(*stepStore); ok { // let everything come to its end
			s.setAuto(true)
			for s.confirmNext(nil) {
				continue
			}
		}
		stop(t, rooms)
	})
	return rooms, backend
}
