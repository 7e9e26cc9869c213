package e2e_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	snapshots "audioroom/actors/room"
	"audioroom/cmd/audioroom/e2e/harness"
)

// crowd is a number of clients, each of whom goes on doing the same things in
// their room, one after the other was answered. Each has a seat that nobody else
// wants, so that what was answered tells what must be true in the end. The
// first of each room is its owner, who locks and unlocks seats in place of
// sitting down.
type crowd struct {
	t       *testing.T
	w       *harness.World
	rooms   []*harness.Room
	members []*member
}

// member is one client of a crowd.
type member struct {
	t      *testing.T
	room   int
	seat   int // from 50 on for the owner: the seat to lock
	user   int64
	socket *harness.Socket
	round  []string // of events

	mu           sync.Mutex
	connected    bool
	disconnected string // why, if it ever was
	asked        int    // the number of the request that is not answered, 0 for none
	event        string
	at           time.Time
	step         int
	in, has      bool // as answered: in the room; seated there or, the owner, has the seat locked
	answered     int
	longest      time.Duration
	refused      []string
}

// The rounds of a member, without and with rank.
var (
	memberRound = []string{"room:join", "seat:take", "chat:message", "seat:leave", "chat:message", "seat:take", "room:leave"}
	ownerRound  = []string{"room:join", "seat:lock", "chat:message", "seat:unlock", "seat:lock", "chat:message", "seat:unlock"}
)

// roomOf is how many members of a crowd share a room.
const roomOf = 20

// newCrowd connects so many clients.
func newCrowd(t *testing.T, w *harness.World, clients int) *crowd {
	t.Helper()
	k := &crowd{t: t, w: w}
	for i := range clients {
		if i%roomOf == 0 {
			r := w.Room(t)
			r.ID = "crowd-" + strconv.Itoa(len(k.rooms))
			w.Laravel.SetRoom(r.ID, r.Owner, 0)
			k.rooms = append(k.rooms, r)
		}
		m := &member{t: t, room: len(k.rooms) - 1, seat: i % roomOf, user: harness.NewUser(), round: memberRound}
		if m.seat == 0 {
			m.user, m.seat, m.round = k.rooms[m.room].Owner, 50, ownerRound
		}
		k.members = append(k.members, m)
	}
	for _, m := range k.members {
		ready := make(chan struct{})
		m.socket = w.Open(t, harness.Opening{User: m.user, Follow: func(seen harness.Seen) { <-ready; m.see(seen) }})
		close(ready)
	}
	k.wait("everyone is connected", func(m *member) bool { return m.connected })
	return k
}

// wait waits until something is true of every member.
func (k *crowd) wait(what string, is func(m *member) bool) {
	k.t.Helper()
	for _, m := range k.members {
		harness.Eventually(k.t, what, func() bool {
			m.mu.Lock()
			defer m.mu.Unlock()
			return is(m)
		})
	}
}

// act has everyone go on for a time, each so often.
func (k *crowd) act(d, each time.Duration) {
	pause := each / time.Duration(len(k.members))
	begin := time.Now()
	for i := 0; time.Since(begin) < d; i++ {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * pause)))
		k.members[i%len(k.members)].next(k.rooms)
	}
}

// rest waits until everyone is answered.
func (k *crowd) rest() {
	k.t.Helper()
	k.wait("everyone is answered", func(m *member) bool { return m.asked == 0 })
}

// next asks for the next thing, if the one before was answered.
func (m *member) next(rooms []*harness.Room) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asked != 0 {
		return
	}
	m.event = m.round[m.step%len(m.round)]
	m.step++
	m.at = time.Now()
	m.asked = m.socket.Post(m.event, P{
		"roomId": rooms[m.room].ID, "seatIndex": m.seat, "content": "hello", "seatCount": 100,
	})
}

// see takes in what the client saw. What others do it need not remember.
func (m *member) see(seen harness.Seen) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch seen.Saw {
	case "connect":
		m.connected = true
	case "disconnect", "connect_error", "error":
		m.disconnected = seen.String()
	case "ack":
		m.asked = 0
		m.answered++
		m.longest = max(m.longest, time.Since(m.at))
		answer, _ := seen.Args[0].(P)
		if text, refused := answer["error"].(string); refused {
			m.refused = append(m.refused, m.event+": "+text)
			m.step-- // and once more
			return
		}
		switch m.event {
		case "room:join":
			m.in = true
		case "room:leave":
			m.in, m.has = false, false
		case "seat:take", "seat:lock":
			m.has = true
		case "seat:leave", "seat:unlock":
			m.has = false
		}
	}
}

// tally is what the members saw since the last time.
func (k *crowd) tally() (answered int, longest time.Duration) {
	for _, m := range k.members {
		m.mu.Lock()
		answered += m.answered
		longest = max(longest, m.longest)
		m.answered, m.longest = 0, 0
		m.mu.Unlock()
	}
	return answered, longest.Round(time.Millisecond)
}

// attached fails if anyone was ever disconnected or refused anything.
func (k *crowd) attached() {
	k.t.Helper()
	for _, m := range k.members {
		m.mu.Lock()
		require.Empty(k.t, m.disconnected, "user %d was disconnected", m.user)
		require.Empty(k.t, m.refused, "user %d was refused", m.user)
		m.mu.Unlock()
	}
}

// kept fails if Redis holds anything else of the rooms than what was answered,
// or the backend has heard anything else.
func (k *crowd) kept() {
	k.t.Helper()
	for i, r := range k.rooms {
		seats, locked, participants := map[int]int64{}, []int{}, 0
		for _, m := range k.members {
			if m.room != i {
				continue
			}
			if m.in {
				participants++
			}
			if m.has && m.seat >= 50 {
				locked = append(locked, m.seat)
			} else if m.has {
				seats[m.seat] = m.user
			}
		}
		want := fmt.Sprint(participants, seats, locked)
		harness.Eventually(k.t, "Redis holds what was answered", func() bool {
			kept, err := snapshots.Decode([]byte(k.w.Redis.Get(k.t, "room:"+r.ID+":snapshot")))
			require.NoError(k.t, err)
			have := map[int]int64{}
			for _, s := range kept.Seats {
				have[s.Seat] = int64(s.User)
			}
			return want == fmt.Sprint(kept.Participants, have, append([]int{}, kept.Locked...))
		})
		read := k.w.Redis.Kept(k.t, r.ID)
		assert.Equal(k.t, participants, read.Participants)
		assert.Len(k.t, read.Seats, len(seats))
		assert.Len(k.t, read.Locked, len(locked))
		k.w.Laravel.HearsCount(k.t, r.ID, participants)
	}
}
