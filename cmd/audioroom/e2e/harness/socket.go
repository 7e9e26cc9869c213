package harness

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// P is a payload.
type P = map[string]any

// patience is how long a socket is waited for before the test fails. It is
// never waited out by a test that passes.
const patience = 20 * time.Second

// Socket is one client. It fails the test that opened it.
type Socket struct {
	// User is the user in the socket's token, 0 if that is not known.
	User int64
	// Room is the room that Do and Refused speak of unless told otherwise.
	Room string

	t      testing.TB
	bridge *Bridge
	number int
	follow func(Seen) // takes what is seen, which is not kept then

	mu    sync.Mutex
	seen  []Seen
	grown chan struct{} // closed and replaced with everything that is seen
	heard int           // how much of seen the test took note of
	asked int           // the last ack that was asked for
}

func (b *Bridge) newSocket(t testing.TB, how Opening) *Socket {
	s := &Socket{User: how.User, t: t, bridge: b, grown: make(chan struct{}), follow: how.Follow}
	b.add(s)
	return s
}

func (s *Socket) add(seen Seen) {
	if s.follow != nil {
		s.follow(seen)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, seen)
	close(s.grown)
	s.grown = make(chan struct{})
}

func (s *Socket) carry(o order) {
	s.t.Helper()
	o.Socket = s.number
	require.NoError(s.t, s.bridge.carry(o))
}

// await returns the first thing from number from on that the socket saw, or
// comes to see, and that is the one looked for. What it can't be waited for, a
// report of the harness's own trouble, fails the test.
func (s *Socket) await(from int, what string, is func(Seen) bool) (int, Seen) {
	s.t.Helper()
	late := time.After(patience)
	for i := from; ; {
		s.mu.Lock()
		seen, grown := s.seen, s.grown
		s.mu.Unlock()
		for ; i < len(seen); i++ {
			if seen[i].Saw == "error" {
				s.t.Fatalf("%v: %s", s, seen[i].Message)
			}
			if is(seen[i]) {
				return i, seen[i]
			}
		}
		select {
		case <-grown:
		case <-late:
			s.t.Fatalf("%v waited in vain for %s; it saw:\n%s", s, what, s.Log())
		}
	}
}

// Log tells all that the socket saw, a line each.
func (s *Socket) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for i, seen := range s.seen {
		if skip := len(s.seen) - 60; i < skip {
			continue
		}
		fmt.Fprintf(&b, "  %v\n", seen)
	}
	return b.String()
}

func (s *Socket) String() string { return fmt.Sprintf("socket %d of user %d", s.number, s.User) }

// Answer is an ack to come.
type Answer struct {
	s   *Socket
	ack int
	of  string
}

// asking notes a request that wants an ack and returns its order.
func (s *Socket) asking(event string, args ...any) (order, *Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return order{Do: "emit", Socket: s.number, Ack: s.asked, Event: event, Args: args}, &Answer{s: s, ack: s.asked, of: event}
}

// Ask emits an event that wants an ack.
func (s *Socket) Ask(event string, args ...any) *Answer {
	s.t.Helper()
	o, a := s.asking(event, args...)
	s.carry(o)
	return a
}

// Post emits an event that wants an ack and returns the ack's number, for those
// who follow the socket.
func (s *Socket) Post(event string, payload P) int {
	s.t.Helper()
	o, a := s.asking(event, payload)
	s.carry(o)
	return a.ack
}

// Part ends the connection politely and waits for nothing.
func (s *Socket) Part() {
	s.t.Helper()
	s.carry(order{Do: "disconnect"})
}

// Tell emits an event that wants no ack.
func (s *Socket) Tell(event string, args ...any) {
	s.t.Helper()
	s.carry(order{Do: "emit", Event: event, Args: args})
}

// Request is what one socket is to ask for.
type Request struct {
	By      *Socket
	Event   string
	Payload any
}

// AtOnce sends requests in one go, as close to each other as the sockets can.
func AtOnce(requests ...Request) []*Answer {
	if len(requests) == 0 {
		return nil
	}
	orders := make([]order, len(requests))
	answers := make([]*Answer, len(requests))
	for i, r := range requests {
		if p, ok := r.Payload.(P); ok {
			r.Payload = r.By.in(p)
		}
		orders[i], answers[i] = r.By.asking(r.Event, r.Payload)
	}
	first := requests[0].By
	require.NoError(first.t, first.bridge.carry(orders...))
	return answers
}

// Wait waits for the ack.
func (a *Answer) Wait() Seen {
	a.s.t.Helper()
	_, seen := a.s.await(0, "the ack of "+a.of, a.is)
	return seen
}

// Value waits for the ack and returns its one argument.
func (a *Answer) Value() any {
	a.s.t.Helper()
	seen := a.Wait()
	require.Len(a.s.t, seen.Args, 1, "%v: the ack of %s has one argument", a.s, a.of)
	return seen.Args[0]
}

// Succeeded waits for the ack and reports whether it is a success. Anything but
// a success or a plain refusal fails the test.
func (a *Answer) Succeeded() bool {
	a.s.t.Helper()
	value, ok := a.Value().(P)
	require.True(a.s.t, ok, "%v: the ack of %s is an object", a.s, a.of)
	success, ok := value["success"].(bool)
	require.True(a.s.t, ok, "%v: the ack of %s says whether it succeeded: %v", a.s, a.of, value)
	return success
}

// Came reports whether the ack is here already.
func (a *Answer) Came() bool {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	for _, seen := range a.s.seen {
		if a.is(seen) {
			return true
		}
	}
	return false
}

func (a *Answer) is(seen Seen) bool { return seen.Saw == "ack" && seen.Ack == a.ack }

// Emit emits an event and returns what its ack says.
func (s *Socket) Emit(event string, args ...any) any {
	s.t.Helper()
	return s.Ask(event, args...).Value()
}

// Do asks for something in the socket's room and expects it to succeed. It
// returns the ack.
func (s *Socket) Do(event string, p P) Seen {
	s.t.Helper()
	seen := s.Ask(event, s.in(p)).Wait()
	s.same([]any{P{"success": true}}, seen.Args, "the ack of "+event)
	return seen
}

// Refused asks for something in the socket's room and expects exactly this
// refusal.
func (s *Socket) Refused(event string, p P, because string) {
	s.t.Helper()
	seen := s.Ask(event, s.in(p)).Wait()
	s.same([]any{P{"success": false, "error": because}}, seen.Args, "the ack of "+event)
}

// in puts the socket's room into a payload that names none.
func (s *Socket) in(p P) P {
	if _, ok := p["roomId"]; ok {
		return p
	}
	q := P{"roomId": s.Room}
	maps.Copy(q, p)
	return q
}

// Expect takes the next event, which must be this one with exactly this payload.
func (s *Socket) Expect(event string, payload P) Seen {
	s.t.Helper()
	seen := s.Next()
	if seen.Event != event {
		s.t.Fatalf("%v heard %v where %s %v was due; it saw:\n%s", s, seen, event, payload, s.Log())
	}
	s.same([]any{payload}, seen.Args, event)
	return seen
}

// Next takes the next event.
func (s *Socket) Next() Seen {
	s.t.Helper()
	i, seen := s.await(s.heard, "an event", func(seen Seen) bool { return seen.Saw == "event" })
	s.heard = i + 1
	return seen
}

// Unheard takes the events that are here and that the test did not take yet.
func (s *Socket) Unheard() []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	var events []Seen
	for _, seen := range s.seen[s.heard:] {
		if seen.Saw == "event" {
			events = append(events, seen)
		}
	}
	s.heard = len(s.seen)
	return events
}

// Quiet fails if the socket, which need not be in a room, heard anything that
// the test did not take.
func (s *Socket) Quiet() {
	s.t.Helper()
	s.Emit("user:getRoom", P{"userId": 1})
	if unheard := s.Unheard(); len(unheard) > 0 {
		s.t.Fatalf("%v heard what it should not have: %v", s, unheard)
	}
}

// Connected waits until the server has let the socket in.
func (s *Socket) Connected() *Socket {
	s.t.Helper()
	_, seen := s.await(0, "its connection", func(seen Seen) bool { return seen.Saw == "connect" || seen.Saw == "connect_error" })
	if seen.Saw != "connect" {
		s.t.Fatalf("%v was not let in: %v", s, seen)
	}
	return s
}

// ConnectError waits until the server has turned the socket away and returns
// why.
func (s *Socket) ConnectError() string {
	s.t.Helper()
	_, seen := s.await(0, "an answer to its connection", func(seen Seen) bool { return seen.Saw == "connect" || seen.Saw == "connect_error" })
	if seen.Saw == "connect" {
		s.t.Fatalf("%v was let in", s)
	}
	return seen.Message
}

// Disconnected waits until the socket is disconnected and returns the report.
func (s *Socket) Disconnected() Seen {
	s.t.Helper()
	_, seen := s.await(0, "the end of its connection", func(seen Seen) bool { return seen.Saw == "disconnect" })
	return seen
}

// Reconnected waits until the socket is connected again after a disconnect.
func (s *Socket) Reconnected() {
	s.t.Helper()
	i, _ := s.await(0, "the end of its connection", func(seen Seen) bool { return seen.Saw == "disconnect" })
	s.await(i, "its next connection", func(seen Seen) bool { return seen.Saw == "connect" })
}

// Disconnect ends the connection politely.
func (s *Socket) Disconnect() {
	s.t.Helper()
	s.carry(order{Do: "disconnect"})
	s.Disconnected()
}

// Cut ends the connection without a word to the server.
func (s *Socket) Cut() {
	s.t.Helper()
	s.carry(order{Do: "cut"})
}

// FallSilent stops reading: the connection stays, but no ping is answered.
func (s *Socket) FallSilent() {
	s.t.Helper()
	s.carry(order{Do: "pause"})
}

// Poke asks for something that no room and no Redis has a part in, and waits
// for the answer: what was on its way to the socket is there then.
func (s *Socket) Poke() {
	s.t.Helper()
	s.same([]any{P{"success": false, "error": "UNKNOWN_EVENT"}}, s.Ask("nothing").Wait().Args, "the ack of an unknown event")
}

// Send writes a text frame past the client.
func (s *Socket) Send(text string) {
	s.t.Helper()
	s.carry(order{Do: "send", Text: text})
}

// same compares values as they are in JSON.
func (s *Socket) same(want, got any, what string) {
	s.t.Helper()
	require.Equal(s.t, Plain(s.t, want), Plain(s.t, got), "%v: %s", s, what)
}

// Plain returns a value as JSON would give it back.
func Plain(t testing.TB, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	var plain any
	require.NoError(t, json.Unmarshal(text, &plain))
	return plain
}
