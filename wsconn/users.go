package wsconn

import (
	"slices"
	"sync"
	"time"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/wsconn/transport"
)

// Users knows the sessions of each user. Any goroutine may use it.
type Users struct {
	mu       sync.RWMutex
	sessions map[room.UserID][]*Session
}

var _ actors.Users = (*Users)(nil)

// NewUsers returns an empty registry.
func NewUsers() *Users { return &Users{sessions: make(map[room.UserID][]*Session)} }

// Deliver implements actors.Users.
func (u *Users) Deliver(user room.UserID, frame actors.Frame) {
	for _, s := range u.of(user) {
		s.Deliver(frame)
		s.Flush()
	}
}

// DeliverAll gives a frame to each session there is. Any goroutine may call it.
func (u *Users) DeliverAll(frame actors.Frame) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	for _, sessions := range u.sessions {
		for _, s := range sessions {
			s.Deliver(frame)
			s.Flush()
		}
	}
}

// Kick disconnects a user's sessions so that their clients don't connect again by
// themselves. Any goroutine may call it.
func (u *Users) Kick(user room.UserID) {
	for _, s := range u.of(user) {
		s.kick()
	}
}

// KickIssuedBefore is Kick for the sessions whose token was issued before some
// time, which counts in whole seconds as tokens do.
func (u *Users) KickIssuedBefore(user room.UserID, at time.Time) {
	for _, s := range u.of(user) {
		if s.issuedAt < at.Unix() {
			s.kick()
		}
	}
}

// kick disconnects the session, unless its connection has a new one already.
func (s *Session) kick() {
	if !s.gone.Load() {
		s.conn.Kick(transport.ReasonKicked)
	}
}

// RelayFrame makes the frame of an event that the backend wants clients to hear.
// The payload is JSON.
func RelayFrame(name string, payload []byte) actors.Frame {
	return transport.EventFrame(namespace, name, payload)
}

// of returns the sessions of a user at this moment.
func (u *Users) of(user room.UserID) []*Session {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return slices.Clone(u.sessions[user])
}

// enter adds a session to those of its user, unless they are limit already. A
// limit of 0 is none.
func (u *Users) enter(s *Session, limit int) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if limit > 0 && len(u.sessions[s.user]) >= limit {
		return false
	}
	u.sessions[s.user] = append(u.sessions[s.user], s)
	return true
}

func (u *Users) exit(s *Session) {
	u.mu.Lock()
	defer u.mu.Unlock()
	left := slices.DeleteFunc(u.sessions[s.user], func(other *Session) bool { return other == s })
	if len(left) == 0 {
		delete(u.sessions, s.user)
		return
	}
	u.sessions[s.user] = left
}
