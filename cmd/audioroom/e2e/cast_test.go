package e2e_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// cast is a room with someone of every rank in it, and someone outside.
type cast struct {
	*harness.Room
	t                               *testing.T
	owner, admin, peer, member, any *harness.Socket
	outside                         *harness.Socket
}

// castOf fills a fresh room of a world. any is a participant of whom the
// backend knows nothing, outside is connected and in no room.
func castOf(t *testing.T, w *harness.World) *cast {
	t.Helper()
	r := w.Room(t)
	c := &cast{
		Room: r, t: t,
		owner: r.JoinOwner(), admin: r.JoinRole("admin"), peer: r.JoinRole("admin"), member: r.JoinRole("member"), any: r.Join(),
		outside: w.Connect(t, harness.NewUser()),
	}
	c.outside.Room = r.ID
	return c
}

// named returns everyone by rank, in the room or not.
func (c *cast) named() map[string]*harness.Socket {
	return map[string]*harness.Socket{
		"owner": c.owner, "admin": c.admin, "peer": c.peer, "member": c.member, "any": c.any, "outside": c.outside,
	}
}

// manages tells who is a manager.
func (c *cast) manages(s *harness.Socket) bool { return s == c.owner || s == c.admin || s == c.peer }

// mayModerate tells on whom a manager may act.
func (c *cast) mayModerate(by, on *harness.Socket) bool {
	return by == on || by == c.owner || on != c.owner && !c.manages(on)
}

// sit seats someone who is not seated, and takes note of it.
func (c *cast) sit(s *harness.Socket, index int) {
	c.t.Helper()
	s.Do("seat:take", seat(index))
	hear(c.Others(s), says{"seat:updated", updated(index, s.User)})
}

// stand ends what sit began.
func (c *cast) stand(s *harness.Socket, index int) {
	c.t.Helper()
	s.Do("seat:leave", P{})
	hear(c.Others(s), says{"seat:cleared", seat(index)})
}

// does has someone do what succeeds and tells the whole room, the sender before
// the ack.
func (c *cast) does(by *harness.Socket, event string, payload P, all ...says) {
	c.t.Helper()
	ack := by.Do(event, payload)
	for _, say := range all {
		heard := by.Expect(say.event, say.payload)
		assert.Less(c.t, heard.N, ack.N, "%s: the sender hears %s before the ack", event, say.event)
	}
	hear(c.Others(by), all...)
}

// says is an event and its payload.
type says struct {
	event   string
	payload P
}

// hear takes the next events from each of the sockets.
func hear(sockets []*harness.Socket, all ...says) {
	for _, s := range sockets {
		for _, say := range all {
			s.Expect(say.event, say.payload)
		}
	}
}

func muted(user int64, is bool) P { return P{"userId": user, "isMuted": is} }

func sitting(index int, user int64, isMuted bool) P {
	return P{"seatIndex": index, "userId": user, "isMuted": isMuted}
}

// on is a payload about a user, at about a user and a seat.
func on(user int64) P { return P{"userId": user} }

func at(user int64, index int) P { return P{"userId": user, "seatIndex": index} }

func pending(index int, user int64) P {
	return P{"seatIndex": index, "isPending": true, "invitedUserId": user}
}

func notPending(index int) P { return P{"seatIndex": index, "isPending": false} }

func mustJSON(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return text
}
