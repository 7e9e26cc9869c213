package wsconn

import (
	"context"
	"sync"
	"time"

	"audioroom/actors"
	"audioroom/actors/room"
)

// frontDesk passes joins on to the rooms, at once or when told to.
type frontDesk struct {
	rooms *actors.Rooms
	came  chan *actors.Request

	mu      sync.Mutex
	more    sync.Cond // kept grew
	keeping bool
	kept    []*actors.Request
}

func newFrontDesk() *frontDesk {
	d := &frontDesk{came: make(chan *actors.Request, 4096)}
	d.more.L = &d.mu
	return d
}

var _ Rooms = (*frontDesk)(nil)

// Order implements Rooms.
func (d *frontDesk) Order(roomID string, c room.Command) { d.rooms.Order(roomID, c) }

// Join implements Rooms.
func (d *frontDesk) Join(r *actors.Request) {
	d.mu.Lock()
	if d.keeping {
		d.kept = append(d.kept, r)
		d.more.Signal()
	} else {
		d.rooms.Join(r)
	}
	d.mu.Unlock()
	d.came <- r
}

// keep has joins wait from now on.
func (d *frontDesk) keep() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keeping = true
}

// letIn passes the next n joins on, as soon as they have come; if n is negative,
// all of those that wait and all to come.
func (d *frontDesk) letIn(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n < 0 {
		n, d.keeping = len(d.kept), false
	}
	for len(d.kept) < n {
		d.more.Wait()
	}
	for _, r := range d.kept[:n] {
		d.rooms.Join(r)
	}
	d.kept = d.kept[n:]
}

// memoryStore has every room empty and confirms at once, unless it was told to
// hold its answers.
type memoryStore struct {
	mu      sync.Mutex
	holding bool
	held    []func()
	counts  map[string]int // participants by room
}

var _ actors.Store = (*memoryStore)(nil)

// Claim implements actors.Store.
func (s *memoryStore) Claim(roomID string, by actors.Claimer) {
	s.answer(func() { by.Claimed(actors.Claim{RoomID: roomID, Epoch: 1}, nil) })
}

// Commit implements actors.Store.
func (s *memoryStore) Commit(c *actors.Commit) {
	s.mu.Lock()
	if s.counts == nil {
		s.counts = make(map[string]int)
	}
	s.counts[c.RoomID] = c.Participants
	s.mu.Unlock()
	by := c.By
	s.answer(func() { by.Committed(c, nil) })
}

func (s *memoryStore) answer(answer func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holding {
		s.held = append(s.held, answer)
		return
	}
	answer()
}

// hold has answers wait until confirm.
func (s *memoryStore) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holding = true
}

func (s *memoryStore) confirm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holding = false
	for _, answer := range s.held {
		answer()
	}
	s.held = nil
}

// rooms returns how many rooms were ever committed.
func (s *memoryStore) rooms() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.counts)
}

// participants returns how many a room had at its last commit.
func (s *memoryStore) participants(roomID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[roomID]
}

// backend answers every question for a rank at once, with admin, unless it is
// slow: then it hands the questions out.
type backend struct {
	asked chan question

	mu   sync.Mutex
	slow bool
}

type question struct {
	roomID string
	user   room.UserID
	answer func(room.Rank, error)
}

var _ actors.Backend = (*backend)(nil)

func (b *backend) slowDown() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slow = true
}

// KnownRank implements actors.Backend.
func (b *backend) KnownRank(string, room.UserID) (room.Rank, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return room.RankAdmin, !b.slow
}

// Rank implements actors.Backend.
func (b *backend) Rank(_ actors.Cause, roomID string, user room.UserID, answer func(room.Rank, error)) {
	b.mu.Lock()
	slow := b.slow
	b.mu.Unlock()
	if slow {
		b.asked <- question{roomID, user, answer}
		return
	}
	answer(room.RankAdmin, nil)
}

// Info implements actors.Backend.
func (b *backend) Info(_ actors.Cause, _ string, answer func(actors.RoomInfo, error)) {
	answer(actors.RoomInfo{}, nil)
}

// Report implements actors.Backend.
func (b *backend) Report(actors.Cause, string, []byte, bool) {}

// directory says where users are, as it was told; a function may do it instead.
type directory struct {
	mu sync.Mutex
	at func(ctx context.Context, user int64) (string, bool, error)
}

var _ Directory = (*directory)(nil)

func (d *directory) answerWith(at func(ctx context.Context, user int64) (string, bool, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = at
}

// RoomOf implements Directory.
func (d *directory) RoomOf(ctx context.Context, user int64) (string, bool, error) {
	d.mu.Lock()
	at := d.at
	d.mu.Unlock()
	if at == nil {
		return "", false, nil
	}
	return at(ctx, user)
}

// revocations revokes nothing unless a function says so.
type revocations struct {
	mu sync.Mutex
	of func(ctx context.Context, token string, user int64, issuedAt time.Time) (bool, error)
}

var _ Revocations = (*revocations)(nil)

func (r *revocations) answerWith(of func(ctx context.Context, token string, user int64, issuedAt time.Time) (bool, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of = of
}

// Revoked implements Revocations.
func (r *revocations) Revoked(ctx context.Context, token string, user int64, issuedAt time.Time) (bool, error) {
	r.mu.Lock()
	of := r.of
	r.mu.Unlock()
	if of == nil {
		return false, nil
	}
	return of(ctx, token, user, issuedAt)
}
