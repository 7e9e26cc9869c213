// Package standin is a built-in Laravel backend for development and tests: the
// three endpoints the server calls, answered from memory.
//
// Unless told otherwise user 1 owns every room, users 2 and 3 are admins of
// every room, nobody else has a role, and every well-formed status is accepted.
// Tests can set other answers, make endpoints fail in many ways, and look at
// all calls in their order. Every method may be called from any goroutine.
package standin

import (
	"sync"
)

// Endpoint is one of the backend's endpoints.
type Endpoint string

// The endpoints. Any other path is answered with 404 and recorded as Other.
const (
	Room   Endpoint = "room"   // GET /internal/rooms/{id}
	Role   Endpoint = "role"   // GET /internal/rooms/{id}/members/{userId}/role
	Status Endpoint = "status" // POST /internal/rooms/{id}/status
	Other  Endpoint = "other"
)

// DefaultOwner owns every room that SetRoom was not called for.
const DefaultOwner int64 = 1

// Backend is the stand-in. It is an http.Handler; the zero value is not usable.
type Backend struct {
	key string

	mu       sync.Mutex
	rooms    map[string]roomAnswer
	roles    map[member]string
	faults   map[Endpoint][]*Fault
	released chan struct{} // closed by Release
	changed  chan struct{} // closed and replaced at every change of the record

	calls   []*Call
	dropped int              // calls no longer in the record
	total   map[Endpoint]int // calls ever
	flying  map[Endpoint]int
	peaks   map[Endpoint]int
	roomNow map[string]int // status calls under way, by room
}

type roomAnswer struct {
	owner    int64
	maxSeats int
	missing  bool
}

type member struct {
	room string
	user int64
}

// New returns a backend that wants key in X-Internal-Key.
func New(key string) *Backend {
	return &Backend{
		key:      key,
		rooms:    make(map[string]roomAnswer),
		roles:    make(map[member]string),
		faults:   make(map[Endpoint][]*Fault),
		released: make(chan struct{}),
		changed:  make(chan struct{}),
		total:    make(map[Endpoint]int),
		flying:   make(map[Endpoint]int),
		peaks:    make(map[Endpoint]int),
		roomNow:  make(map[string]int),
	}
}

// SetRoom sets a room's owner (0: null) and seat count (0: not given).
func (b *Backend) SetRoom(roomID string, owner int64, maxSeats int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rooms[roomID] = roomAnswer{owner: owner, maxSeats: maxSeats}
}

// RemoveRoom makes the backend know no such room: 404 on every endpoint.
func (b *Backend) RemoveRoom(roomID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rooms[roomID] = roomAnswer{missing: true}
}

// SetRole sets a user's role in a room; empty means none, also for users 2 and
// 3.
func (b *Backend) SetRole(roomID string, user int64, role string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.roles[member{roomID, user}] = role
}

func (b *Backend) room(roomID string) roomAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	if answer, ok := b.rooms[roomID]; ok {
		return answer
	}
	return roomAnswer{owner: DefaultOwner}
}

func (b *Backend) role(roomID string, user int64) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if role, ok := b.roles[member{roomID, user}]; ok {
		return role
	}
	if user == 2 || user == 3 {
		return "admin"
	}
	return ""
}
