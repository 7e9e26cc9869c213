package e2e_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	snapshots "audioroom/actors/room"
	"audioroom/cmd/audioroom/e2e/harness"
	"audioroom/laravel/standin"
)

// place is a seat that is taken or held.
type place struct {
	user        int64
	muted, held bool
}

// troupe is the people of one row, in a room of their own, and what they may
// believe of it: all that was answered, and nothing else.
type troupe struct {
	*harness.Room
	*steps
	t                      *testing.T
	w                      *harness.World
	op                     *operation
	owner, guest, outsider *harness.Socket

	users   map[int64]bool
	seats   map[int]place
	locked  map[int]bool
	invites map[int]int64
}

// newTroupe fills a room and has happen there what comes before the operation.
func newTroupe(t *testing.T, w *harness.World, op *operation, steps *steps) *troupe {
	t.Helper()
	c := &troupe{
		Room: w.Room(t), steps: steps, t: t, w: w, op: op,
		users: map[int64]bool{}, seats: map[int]place{}, locked: map[int]bool{}, invites: map[int]int64{},
	}
	c.owner, c.guest, c.outsider = c.JoinOwner(), c.Join(), w.Connect(t, harness.NewUser())
	c.outsider.Room = c.ID
	c.users[c.owner.User], c.users[c.guest.User] = true, true
	for _, name := range op.after {
		c.happens(named(name))
	}
	return c
}

// operates has the row's operation happen, with success.
func (c *troupe) operates() {
	c.t.Helper()
	c.happens(c.op)
}

func (c *troupe) happens(op *operation) {
	c.t.Helper()
	if op.do != nil {
		op.do(c)
	} else {
		by := op.by(c)
		ack := by.Ask(op.event, c.payload(op)).Wait()
		if op.event == "room:join" {
			state := by.State(ack)
			require.Equal(c.t, len(c.users)+1, state.ParticipantCount)
		} else {
			require.Equal(c.t, []any{P{"success": true}}, ack.Args, "%v: %s", by, op.event)
		}
	}
	c.hears(op)
	op.then(c)
}

func (c *troupe) payload(op *operation) P {
	p := P{"roomId": c.ID}
	for name, value := range op.payload(c) {
		p[name] = value
	}
	return p
}

// hears takes what the room hears of an operation from everyone who is to hear
// it.
func (c *troupe) hears(op *operation) {
	c.t.Helper()
	listeners := c.Others(nil)
	switch {
	case op.do != nil:
		listeners = c.Others(c.guest)
	case !op.toAll:
		listeners = c.Others(op.by(c))
	}
	for _, s := range listeners {
		for _, say := range op.heard(c) {
			if say.payload != nil {
				s.Expect(say.event, say.payload)
				continue
			}
			heard := s.Next() // a message: its id and time are the server's
			require.Equal(c.t, say.event, heard.Event)
			require.Equal(c.t, "hello", heard.Args[0].(P)["content"])
		}
	}
}

// refusedInternally has the row's operation asked for and refused, and nobody
// hears of it.
func (c *troupe) refusedInternally() {
	c.t.Helper()
	by := c.op.by(c)
	want := P{"success": false, "error": "INTERNAL_ERROR"}
	if c.op.event == "room:join" {
		want = P{"error": "INTERNAL_ERROR"}
	}
	require.Equal(c.t, want, by.Emit(c.op.event, c.payload(c.op)))
}

// chats lets everyone in the room hear the owner.
func (c *troupe) chats() {
	c.t.Helper()
	c.owner.Do("chat:message", P{"content": "still here"})
	for _, s := range c.Others(nil) {
		require.Equal(c.t, "still here", s.Next().Args[0].(P)["content"])
	}
}

func (c *troupe) enters(s *harness.Socket) {
	c.users[s.User] = true
	c.With(s)
}

func (c *troupe) leaves(s *harness.Socket) {
	delete(c.users, s.User)
	c.Without(s)
}

func (c *troupe) expectEqual(want, got any) {
	c.t.Helper()
	require.Equal(c.t, want, got)
}

// kept waits until Redis holds exactly what the troupe believes: the snapshot,
// and the keys for other readers.
func (c *troupe) kept() {
	c.t.Helper()
	if c.op.closes {
		return
	}
	var differs string
	defer func() {
		if differs != "" {
			c.t.Log(differs)
		}
	}()
	harness.Eventually(c.t, "Redis holds what was answered", func() bool {
		differs = c.differsInRedis()
		return differs == ""
	})
}

func (c *troupe) differsInRedis() string {
	text := c.w.Redis.Get(c.t, "room:"+c.ID+":snapshot")
	if text == "" {
		return "there is no snapshot"
	}
	snapshot, err := snapshots.Decode([]byte(text))
	require.NoError(c.t, err)
	seats, lockedSeats, invites := map[int]place{}, map[int]bool{}, map[int]int64{}
	for _, s := range snapshot.Seats {
		seats[s.Seat] = place{int64(s.User), s.Muted, s.HeldUntil != 0}
	}
	for _, i := range snapshot.Locked {
		lockedSeats[i] = true
	}
	for _, v := range snapshot.Invites {
		invites[v.Seat] = int64(v.User)
	}
	want := fmt.Sprint(len(c.users), c.seats, c.locked, c.invites)
	if got := fmt.Sprint(snapshot.Participants, seats, lockedSeats, invites); got != want {
		return "the snapshot says " + got + " in place of " + want
	}
	read := c.w.Redis.Kept(c.t, c.ID)
	others := map[int]P{}
	for i, p := range c.seats {
		if !p.held {
			others[i] = P{"userId": float64(p.user), "muted": p.muted}
		}
	}
	want, lockedSeats = fmt.Sprint(len(c.users), others, c.locked), map[int]bool{}
	for _, i := range read.Locked {
		lockedSeats[i] = true
	}
	if got := fmt.Sprint(read.Participants, read.Seats, lockedSeats); got != want {
		return "the keys for others say " + got + " in place of " + want
	}
	for _, s := range []*harness.Socket{c.owner, c.guest, c.outsider} {
		in := ""
		if c.users[s.User] {
			in = c.ID
		}
		if at := c.RoomOf(s.User); at != in {
			return "user " + strconv.FormatInt(s.User, 10) + " is in " + strconv.Quote(at)
		}
	}
	return ""
}

// settled fails if anyone heard what they should not have, or if what the room
// tells differs from what the troupe believes.
func (c *troupe) settled() {
	c.t.Helper()
	if c.op.closes {
		return
	}
	state := c.Settled()
	assert.Equal(c.t, len(c.users), state.ParticipantCount)
	c.asBelieved(state)
}

func (c *troupe) asBelieved(state harness.State) {
	c.t.Helper()
	seats, lockedSeats := map[int]place{}, map[int]bool{}
	for _, s := range state.Seats {
		seats[s.SeatIndex] = place{s.UserID, s.IsMuted, false}
	}
	for _, i := range state.LockedSeats {
		lockedSeats[i] = true
	}
	taken := map[int]place{}
	for i, p := range c.seats {
		if !p.held {
			taken[i] = p
		}
	}
	assert.Equal(c.t, taken, seats)
	assert.Equal(c.t, c.locked, lockedSeats)
}

// returns is what is true after a restart: nobody is in the room, every seat is
// held for its user, all else is as it was. A stranger sees that; who comes back
// has their seat again, mute and all, and may accept what they were offered.
func (c *troupe) returns(w *harness.World) {
	c.t.Helper()
	if c.op.closes {
		return
	}
	c.w = w
	c.Without(c.Others(nil)...)
	clear(c.users)
	for i, p := range c.seats {
		p.held = true
		c.seats[i] = p
	}
	come := func(user int64) (*harness.Socket, harness.State) {
		s := w.Connect(c.t, user)
		state := c.Enter(s)
		c.users[user] = true
		return s, state
	}
	stranger, state := come(harness.NewUser())
	assert.Equal(c.t, 1, state.ParticipantCount)
	c.asBelieved(state)
	for i := range c.locked {
		stranger.Refused("seat:take", seat(i), "Seat is locked")
	}
	for i, p := range c.seats {
		assert.Equal(c.t, P{"success": false, "error": "Seat is already taken", "occupant": nil},
			stranger.Emit("seat:take", P{"roomId": c.ID, "seatIndex": i}), "the seat is held")
		_, state := come(p.user)
		p.held = false
		c.seats[i] = p
		c.asBelieved(state)
		hear([]*harness.Socket{stranger}, says{"seat:updated", sitting(i, p.user, p.muted)})
	}
	for i, user := range c.invites {
		invited, _ := come(user)
		invited.Do("seat:invite:accept", P{})
		hear(c.Others(nil), says{"seat:invite:pending", notPending(i)}, says{"seat:updated", updated(i, user)})
		delete(c.invites, i)
		c.seats[i] = place{user: user}
	}
	c.settled()
}

// told waits until the backend has heard how many are in the room, or of its
// end, and nothing waits to be told. One call at a time told it.
func (c *troupe) told() {
	c.t.Helper()
	c.hearsOfIt()
	harness.Eventually(c.t, "the outbox is empty", func() bool { return c.w.Redis.Outbox(c.t, c.ID) == nil })
}

// hearsOfIt is told without a look at the outbox.
func (c *troupe) hearsOfIt() {
	c.t.Helper()
	if c.op.closes {
		c.w.Laravel.HearsClose(c.t, c.ID)
		assert.Empty(c.t, c.InRedis())
		_, listed := c.w.Redis.ActiveAt(c.t, c.ID)
		assert.False(c.t, listed)
	} else {
		c.w.Laravel.HearsCount(c.t, c.ID, len(c.users))
	}
	for _, call := range c.w.Laravel.Statuses(c.ID) {
		assert.Equal(c.t, 1, call.RoomCalls, "one call at a time")
	}
}

// backendHangs keeps the backend from hearing any status until it is healed.
func (c *troupe) backendHangs() { c.w.Laravel.Fail(standin.Status, standin.Fault{Hang: true}) }
