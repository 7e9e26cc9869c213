package wsconn

import (
	"sync"
	"time"

	"audioroom/actors/room"
)

// quotas bound what users begin that outlasts their sockets, or costs others more
// than an event does.
type quotas struct {
	// sessions are counted when a client is let in.
	sessions *quota
	// joins are of rooms that the session is not in; each is heard by all who are.
	joins *quota
	// openings are joins of rooms with nobody in them. A join is counted before it
	// is known what it will find, and given back if the room had somebody in it or
	// could not be joined through no fault of the client. So one who goes from room
	// to room in company spends nothing.
	openings *quota
}

const (
	// leastSessions is how many sessions a user may begin within a minute: twenty a
	// second, as events; what honest pages do in a bad minute is far below. Where a
	// user may have more sockets, each has as much; where they may have any number
	// there is no bound.
	leastSessions        = 1200
	sessionsOfConnection = 120
	// leastJoins is how many rooms a user may join within a minute, or as many as
	// they may open: half of the events that a socket may send.
	leastJoins = 600
)

// newQuotas returns the quotas of a server. Without a budget of events users may
// begin what they like, but for rooms, which have a number of their own.
func newQuotas(config *Config) quotas {
	sessions := max(leastSessions, sessionsOfConnection*config.ConnectionsPerUser)
	if config.EventBudget == 0 || config.ConnectionsPerUser == 0 {
		sessions = 0
	}
	joins := max(leastJoins, config.RoomsPerMinute)
	if config.EventBudget == 0 || config.RoomsPerMinute == 0 {
		joins = 0
	}
	return quotas{sessions: newQuota(sessions), joins: newQuota(joins), openings: newQuota(config.RoomsPerMinute)}
}

// takeJoin counts the join of a room that a session may be in, if the user may
// join another one and may open it.
func (q *quotas) takeJoin(user room.UserID, again bool) EventResult {
	if !q.openings.take(user) {
		return ResultSprawling
	}
	if !again && !q.joins.take(user) {
		q.openings.giveBack(user)
		return ResultThrottled
	}
	return ResultOK
}

// joined gives back what the join of a room took that it has turned out to open no
// room. again says that the session was in it. A join that was not carried out,
// because the session was over, has cost as much as any.
func (q *quotas) joined(user room.UserID, reply *room.Reply, again bool) {
	switch {
	case again, reply.Err == room.ErrRoomFull, reply.Err == room.ErrInternal,
		reply.State != nil && reply.State.ParticipantCount > 1:
		q.openings.giveBack(user)
	}
}

// quota bounds how often each user does something, whatever their sockets: as often
// at once as within a minute. Any goroutine may use it.
type quota struct {
	perMinute int // 0 for any number

	mu sync.Mutex // guards what follows
	// paid is until when each user's doings are paid for. Who isn't in it, or
	// whose time is over, has all of the budget.
	paid  map[room.UserID]time.Time
	sweep int // how large paid may grow before it is looked through
}

// leastSweep is how many users a quota knows before it forgets any.
const leastSweep = 1024

func newQuota(perMinute int) *quota {
	return &quota{perMinute: perMinute, paid: make(map[room.UserID]time.Time), sweep: leastSweep}
}

// each is how long one takes to be paid for.
func (q *quota) each() time.Duration { return time.Minute / time.Duration(q.perMinute) }

// take counts one of a user. It reports false, and counts nothing, if it
// would be one too many.
func (q *quota) take(user room.UserID) bool {
	if q.perMinute == 0 {
		return true
	}
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	paid := q.paid[user]
	if paid.Before(now) {
		paid = now
	}
	paid = paid.Add(q.each())
	if paid.Sub(now) > time.Minute {
		return false
	}
	q.paid[user] = paid
	if len(q.paid) >= q.sweep {
		q.forget(now)
	}
	return true
}

// giveBack takes back what take counted.
func (q *quota) giveBack(user room.UserID) {
	if q.perMinute == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if paid, known := q.paid[user]; known {
		q.paid[user] = paid.Add(-q.each())
	}
}

// forget drops the users who have all of their budget. The caller holds mu.
func (q *quota) forget(now time.Time) {
	for user, paid := range q.paid {
		if !paid.After(now) {
			delete(q.paid, user)
		}
	}
	q.sweep = max(leastSweep, 2*len(q.paid))
}
