package linear_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"audioroom/actors/room"
	"audioroom/cmd/audioroom/e2e/harness"
)

// patience is how long an answer is waited for.
const patience = 20 * time.Second

// client is one client of a room: it makes one call after the other. It belongs
// to its goroutine.
type client struct {
	play *play
	h    *history
	user int64
	rank room.Rank
	rng  *rand.Rand
	s    *socket // nil if it is to be opened
	in   bool    // the room, as far as it was answered
	// shared says that the user has another client.
	shared bool
}

// socket is a connection of a client.
type socket struct {
	*harness.Socket
	session int // index
	server  int // the session's
	acks    chan arrival
	opened  chan error
	lost    chan struct{} // closed once the connection has ended

	mu    sync.Mutex
	heard []harness.Seen
}

// arrival is an ack, with how many broadcasts came before it.
type arrival struct {
	seen  harness.Seen
	heard int
	at    int64
}

// follow takes what the socket sees, on the bridge's goroutine.
func (s *socket) follow(h *history) func(harness.Seen) {
	var once sync.Once
	return func(seen harness.Seen) {
		switch seen.Saw {
		case "event":
			s.mu.Lock()
			s.heard = append(s.heard, seen)
			s.mu.Unlock()
		case "ack":
			s.acks <- arrival{seen, len(s.heard), h.time()} // one at a time is asked for
		case "connect":
			s.opened <- nil
		case "connect_error":
			s.opened <- errors.New(seen.Message)
		case "disconnect":
			once.Do(func() { close(s.lost) })
		case "error":
			select {
			case s.opened <- errors.New(seen.Message):
			default:
			}
		}
	}
}

// open opens the client's socket; as long as Redis is away nobody is let in.
func (c *client) open() error {
	for late := time.Now().Add(patience); ; {
		err := c.tryOpen()
		if err == nil || time.Now().After(late) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (c *client) tryOpen() error {
	p := c.play
	p.gate.RLock() // so that the server is the same when the socket is open
	defer p.gate.RUnlock()
	s := &socket{acks: make(chan arrival, 1), opened: make(chan error, 2), lost: make(chan struct{}), server: p.server}
	s.Socket = p.w.Open(p.t, harness.Opening{User: c.user, Follow: s.follow(c.h)})
	select {
	case err := <-s.opened:
		if err != nil {
			return err
		}
	case <-time.After(patience):
		return fmt.Errorf("user %d is not let in", c.user)
	}
	s.session = c.h.enter(c.user, s.server)
	c.s, c.in = s, false
	return nil
}

// act makes one call of its choice.
func (c *client) act() error {
	if c.s == nil {
		if err := c.open(); err != nil {
			return err
		}
	}
	call := c.choose()
	_, err := c.ask(call, c.mayCut(call) && c.rng.IntN(100) == 0)
	return err
}

// does makes one call about seat 0.
func (c *client) does(v verb) error {
	if c.s == nil {
		if err := c.open(); err != nil {
			return err
		}
	}
	_, err := c.ask(&call{verb: v, session: c.s.session}, false)
	return err
}

// mayCut reports whether the client may cut its connection while it waits for an
// answer. That is for those whose loss the others hear of, because the checker
// has to look at every moment at which it may have come.
func (c *client) mayCut(call *call) bool { return !c.shared && c.in && call.verb != leave }

// ask makes a call and waits for its answer, or doesn't and cuts the connection.
func (c *client) ask(call *call, cut bool) (answer, error) {
	s, called := c.s, c.h.time()
	number := s.Post(string(call.verb), call.payload(c.h.room))
	if cut {
		c.h.add(call, called, answer{}, open)
		c.cut()
		return answer{}, nil
	}
	var came arrival
	select {
	case came = <-s.acks:
	case <-s.lost:
		select {
		case came = <-s.acks:
		default:
			c.h.add(call, called, answer{}, open)
			return answer{}, c.bereft()
		}
	case <-time.After(patience):
		return answer{}, fmt.Errorf("user %d waited in vain for the answer to %v", c.user, call)
	}
	if came.seen.Ack != number {
		return answer{}, fmt.Errorf("user %d was answered %v when it asked for %d", c.user, came.seen, number)
	}
	a := answer{text: canonical(came.seen.Args), heard: came.heard}
	c.h.add(call, called, a, came.at)
	if !isInternalError(a.text) {
		c.in = c.in && call.verb != leave || call.verb == join
	}
	return a, nil
}

// cut ends the connection without a word to the server.
func (c *client) cut() {
	c.h.add(&call{verb: drop, session: c.s.session}, c.h.time(), answer{}, open)
	c.s.Cut()
	c.lose()
}

// bereft goes on without the connection, which the server must have ended by its
// own end.
func (c *client) bereft() error {
	s := c.s
	c.lose()
	c.play.gate.RLock()
	defer c.play.gate.RUnlock()
	if s.server == c.play.server {
		return fmt.Errorf("the server hung up on user %d", c.user)
	}
	return nil
}

// lose lets go of a connection that is lost.
func (c *client) lose() {
	<-c.s.lost
	c.note(true)
	c.s, c.in = nil, false
}

// note keeps what the connection heard.
func (c *client) note(lost bool) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.h.heard(c.s.session, c.s.heard, lost)
}

// alive reports whether the client has a connection.
func (c *client) alive() bool {
	if c.s == nil {
		return false
	}
	select {
	case <-c.s.lost:
		return false
	default:
		return true
	}
}

// wish is how often a client calls something, compared to others.
type wish struct {
	verb   verb
	weight int
}

// wishes is what clients call while they are in the room, by their rank.
var wishes = map[room.Rank][]wish{
	room.RankMember: {
		{join, 8}, {leave, 8}, {take, 40}, {stand, 20},
		{lock, 1}, {unlock, 1}, {mute, 1}, {unmute, 1}, {assign, 1}, {remove, 1},
	},
	room.RankAdmin: {
		{join, 6}, {leave, 5}, {take, 20}, {stand, 6},
		{lock, 12}, {unlock, 14}, {mute, 10}, {unmute, 6}, {assign, 1}, {remove, 4},
	},
	room.RankOwner: {
		{join, 6}, {leave, 4}, {take, 8}, {stand, 4},
		{lock, 12}, {unlock, 12}, {mute, 8}, {unmute, 4}, {assign, 20}, {remove, 3},
	},
}

// choose returns what the client calls next.
func (c *client) choose() *call {
	call := &call{verb: join, session: c.s.session, seat: c.rng.IntN(seats), target: c.h.users[c.rng.IntN(len(c.h.users))]}
	if c.rng.IntN(40) == 0 {
		call.seat = seats // there is none
	}
	if !c.in && c.rng.IntN(8) > 0 {
		return call
	}
	all := wishes[c.rank]
	total := 0
	for _, w := range all {
		total += w.weight
	}
	at := c.rng.IntN(total)
	for _, w := range all {
		if at -= w.weight; at < 0 {
			call.verb = w.verb
			break
		}
	}
	return call
}
