package linear_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"audioroom/actors/room"
	"audioroom/cmd/audioroom/e2e/harness"
)

// play is a server with rooms in which clients act. Its methods belong to the
// test's goroutine, which also disturbs.
type play struct {
	t    *testing.T
	w    *harness.World
	rng  *rand.Rand // of the faults; each client has its own
	seed uint64     // of theirs
	deed deed
	// prefix begins the ids of its rooms.
	prefix string
	// panics says that requests panic now and then.
	panics bool

	// gate is held for reading where a socket is opened, for writing while there
	// is no server.
	gate   sync.RWMutex
	server int // counts the servers that have ended since the cast was made; guarded by gate

	casts     [][]*client // of the rooms that are played now
	histories []*history  // the same rooms'
	did       atomic.Int64
	clients   atomic.Uint64
	moved     chan struct{} // has something after a call
	over      chan struct{} // closed once the clients have come to the end of their calls
}

// deed is what came of a play.
type deed struct{ rooms, requests, unknown, faults int }

func (d *deed) add(o deed) {
	d.rooms, d.requests, d.unknown, d.faults = d.rooms+o.rooms, d.requests+o.requests, d.unknown+o.unknown, d.faults+o.faults
}

func (d deed) String() string {
	return fmt.Sprintf("%d requests in %d rooms, %d of unknown outcome, %d faults", d.requests, d.rooms, d.unknown, d.faults)
}

// The size of a play of several rooms at a time.
const (
	together = 4   // rooms
	perRoom  = 200 // requests
)

// usual is the configuration under which time changes nothing in the rooms.
func usual(over harness.Env) harness.Env {
	env := harness.Env{
		"DEFAULT_SEAT_COUNT": fmt.Sprint(seats), "SEAT_GRACE": "24h", "ROOM_INACTIVITY_TIMEOUT": "48h", "INVITE_TTL": "1000h",
		"EVENT_BUDGET": "0", "CONNECTIONS_PER_USER": "0",
	}
	for name, value := range over {
		env[name] = value
	}
	return env
}

// rooms plays rooms, so many at a time, until about so many requests were made,
// and checks each. disturb is called in each round, while clients act.
func (p *play) rooms(requests int, disturb func()) {
	for left := requests; left > 0 && !p.t.Failed(); left -= together * perRoom {
		p.round(min(perRoom, max(left/together, 50)), disturb)
		p.check()
	}
}

// check fails the test if one of the histories can't be put in an order.
func (p *play) check() {
	var checks errgroup.Group
	checks.SetLimit(runtime.GOMAXPROCS(0))
	for _, h := range p.histories {
		checks.Go(func() error { h.check(p.t); return nil })
	}
	_ = checks.Wait() // they fail the test by themselves
}

// round plays new rooms with so many requests each, to their end.
func (p *play) round(each int, disturb func()) {
	p.cast()
	p.act(each, disturb)
	p.end()
}

// cast makes new rooms with their clients.
func (p *play) cast() {
	p.casts, p.histories, p.server = nil, nil, 0
	for range together {
		c := p.troupe()
		p.casts, p.histories = append(p.casts, c), append(p.histories, c[0].h)
	}
}

// act has the clients of each room make so many requests, while disturb runs.
func (p *play) act(each int, disturb func()) {
	p.moved, p.over = make(chan struct{}, 1), make(chan struct{})
	p.did.Store(0)
	var all errgroup.Group
	for _, cast := range p.casts {
		var left atomic.Int64
		left.Store(int64(each))
		for _, c := range cast {
			all.Go(func() error {
				for left.Add(-1) >= 0 {
					if err := c.act(); err != nil {
						left.Store(0)
						return err
					}
					p.did.Add(1)
					select {
					case p.moved <- struct{}{}:
					default:
					}
				}
				return nil
			})
		}
	}
	var failed error
	go func() { // ends with the clients, each of which ends after its calls
		failed = all.Wait()
		close(p.over)
	}()
	if disturb != nil {
		disturb()
	}
	<-p.over
	require.NoError(p.t, failed)
}

// end brings the histories to their end.
func (p *play) end() {
	var ends errgroup.Group
	for _, cast := range p.casts {
		ends.Go(func() error { return p.conclude(cast) })
	}
	require.NoError(p.t, ends.Wait())
	for _, h := range p.histories {
		p.deed.add(h.deed())
	}
}

// reaches waits until so many requests were made, and reports false if there
// will not be as many.
func (p *play) reaches(requests int) bool {
	for p.did.Load() < int64(requests) {
		select {
		case <-p.moved:
		case <-p.over:
			return false
		}
	}
	return true
}

// troupe makes a room and its clients: an owner, two admins and three members, of
// whom an admin and a member have two clients each.
func (p *play) troupe() []*client {
	h := newHistory(p.prefix+harness.NewID(1), p.panics)
	var clients []*client
	for _, rank := range []room.Rank{
		room.RankOwner, room.RankAdmin, room.RankAdmin, room.RankMember, room.RankMember, room.RankMember,
	} {
		user := harness.NewUser()
		h.enrol(user, rank)
		switch rank {
		case room.RankOwner:
			p.w.Laravel.SetRoom(h.room, user, 0)
		case room.RankAdmin:
			p.w.Laravel.SetRole(h.room, user, "admin")
		}
		clients = append(clients, p.client(h, user))
	}
	for _, i := range []int{2, 4} {
		second := p.client(h, h.users[i])
		clients[i].shared, second.shared = true, true
		clients = append(clients, second)
	}
	return clients
}

func (p *play) client(h *history, user int64) *client {
	return &client{play: p, h: h, user: user, rank: h.ranks[user], rng: rand.New(rand.NewPCG(p.seed, p.clients.Add(1)))}
}

// conclude brings a history to its end: whoever was lost has left by now, and
// everybody has heard all that there was.
func (p *play) conclude(clients []*client) error {
	h := clients[0].h
	there := make(map[int64]bool)
	for _, c := range clients {
		if c.s != nil && !c.alive() {
			if err := c.bereft(); err != nil {
				return err
			}
		}
		there[c.user] = there[c.user] || c.in
	}
	last := p.client(h, h.users[len(h.users)-1])
	if err := last.open(); err != nil {
		return err
	}
	clients = append(clients, last)
	there[last.user] = true
	for late := time.Now().Add(5 * time.Second); ; {
		a, err := last.ask(&call{verb: join, session: last.s.session}, false)
		if err != nil {
			return err
		}
		if sameUsers(a.text, last.user, there) || time.Now().After(late) { // the model knows better
			break
		}
	}
	// The answer to a join that changes nothing comes after all that was told before.
	for range 2 {
		for _, c := range clients {
			for c.alive() {
				a, err := c.ask(&call{verb: join, session: c.s.session}, false)
				if err != nil {
					return err
				}
				if !isInternalError(a.text) {
					break
				}
			}
		}
	}
	for _, c := range clients {
		if c.s != nil && !c.alive() {
			return errors.New("a connection was lost after the play")
		}
		if c.s != nil {
			c.note(false)
		}
	}
	h.finish(h.time())
	for _, c := range clients { // of which those who are there still would hear
		if c.s != nil {
			c.s.Part()
		}
	}
	return nil
}

// sameUsers reports whether the state that a user got by joining names these
// users, the joiner among them.
func sameUsers(state string, joiner int64, users map[int64]bool) bool {
	var listed []int64
	for user, in := range users {
		if in && user != joiner {
			listed = append(listed, user)
		}
	}
	return strings.Count(state, `"name":`) == len(listed) &&
		!slices.ContainsFunc(listed, func(user int64) bool { return !strings.Contains(state, fmt.Sprintf(`"id":%d,`, user)) })
}
