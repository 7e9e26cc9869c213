package actors

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// fakeSession notes what it hears, in its order.
type fakeSession struct {
	t     *testing.T
	rooms *Rooms
	id    room.SessionID
	user  room.UserID

	mu        sync.Mutex
	room      *Room
	outbox    []string // heard with the next Flush
	soon      int      // how often something was to be heard soon
	heard     []string
	gone      bool
	cut       bool
	left      []string
	abandoned []string
	state     *room.State // as the last join was told
}

var sessionIDs struct {
	sync.Mutex
	last room.SessionID
}

func newSession(t *testing.T, rooms *Rooms, user room.UserID) *fakeSession {
	sessionIDs.Lock()
	defer sessionIDs.Unlock()
	sessionIDs.last++
	return &fakeSession{t: t, rooms: rooms, id: sessionIDs.last, user: user}
}

func (s *fakeSession) ID() room.SessionID { return s.id }
func (s *fakeSession) User() room.UserID  { return s.user }
func (s *fakeSession) Profile() []byte    { return fmt.Appendf(nil, `{"id":%d}`, s.user) }

// Flush implements Session: only now what was delivered is heard.
func (s *fakeSession) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, s.outbox...)
	s.outbox = nil
}

// FlushLate implements Session.
func (s *fakeSession) FlushLate() { s.Flush() }

// FlushSoon implements Session.
func (s *fakeSession) FlushSoon() {
	s.mu.Lock()
	if len(s.outbox) > 0 {
		s.soon++
	}
	s.mu.Unlock()
	s.Flush()
}

func (s *fakeSession) soons() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.soon
}

func (s *fakeSession) Alive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.gone
}

func (s *fakeSession) Attach(r *Room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room = r
}

func (s *fakeSession) Deliver(frame Frame) { s.note(frame.(string)) }

func (s *fakeSession) Reply(r *Request, reply room.Reply) {
	if reply.State != nil {
		s.mu.Lock()
		s.state = reply.State
		s.mu.Unlock()
	}
	s.note(fmt.Sprintf("reply %T %v", r.Command, reply.Err))
}

func (s *fakeSession) Abandon(r *Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abandoned = append(s.abandoned, fmt.Sprintf("%T", r.Command))
}

// lost returns the requests that were abandoned.
func (s *fakeSession) lost() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.abandoned)
}

// participants returns the profiles that the last join was told.
func (s *fakeSession) participants() (profiles []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.state.Participants {
		profiles = append(profiles, string(p))
	}
	return profiles
}

func (s *fakeSession) Left(roomID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = append(s.left, roomID)
}

func (s *fakeSession) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = true
}

func (s *fakeSession) leftRooms() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.left)
}

func (s *fakeSession) wasCut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cut
}

func (s *fakeSession) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outbox = append(s.outbox, what)
}

// got returns what was heard so far.
func (s *fakeSession) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.heard)
}

// forget drops what was heard so far.
func (s *fakeSession) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = nil
}

// waitFor waits until so many things were heard, and returns them.
func (s *fakeSession) waitFor(n int) []string {
	s.t.Helper()
	eventually(s.t, func() bool { return len(s.got()) >= n }, fmt.Sprintf("%d things heard", n))
	return s.got()
}

// join sends a join and waits until the session is attached.
func (s *fakeSession) join(id string) {
	s.rooms.Join(&Request{RoomID: id, Session: s, Command: &room.Join{Session: s.id, User: s.user, Profile: s.Profile()}})
	eventually(s.t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.room != nil }, "the session attached")
}

// joined sends a join and waits for its answer.
func (s *fakeSession) joined(id string) *fakeSession {
	s.t.Helper()
	s.join(id)
	s.waitFor(1)
	require.Equal(s.t, "reply *room.Join room: ok", s.got()[len(s.got())-1])
	s.forget()
	return s
}

func (s *fakeSession) send(c room.Command) {
	s.mu.Lock()
	r := s.room
	s.mu.Unlock()
	r.Send(&Request{RoomID: r.ID(), Session: s, Command: c})
}

func (s *fakeSession) take(seat int) { s.send(&room.TakeSeat{Session: s.id, Seat: seat}) }

func (s *fakeSession) drop() {
	s.mu.Lock()
	s.gone = true
	s.mu.Unlock()
	s.send(&room.Drop{Session: s.id})
}
