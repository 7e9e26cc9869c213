package linear_test

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"audioroom/actors/room"
	"audioroom/cmd/audioroom/e2e/harness"
)

// history is all that befell one room. Clients add to it from many goroutines;
// once it is finished it is not altered any more.
type history struct {
	room     string
	users    []int64
	ranks    map[int64]room.Rank
	profiles map[int64][]byte
	// panics says that requests may panic, which then did not happen.
	panics bool
	// deaf leaves out of account what was heard: the acks alone count.
	deaf bool

	begun time.Time

	mu         sync.Mutex // guards what follows until the history is finished
	operations []porcupine.Operation
	sessions   []*session
}

// session is one connection of a user.
type session struct {
	user int64
	// server counts the servers that had the room before the one that the session
	// is with.
	server int
	heard  []string
	// pending says that the session made a request that was not answered.
	pending bool
	// lost says that the connection was lost, and with it the last things that the
	// session was told.
	lost bool
}

func newHistory(roomID string, panics bool) *history {
	return &history{
		room: roomID, panics: panics, begun: time.Now(),
		ranks: make(map[int64]room.Rank), profiles: make(map[int64][]byte),
	}
}

// enrol adds a user of that rank, before there is a session.
func (h *history) enrol(user int64, rank room.Rank) {
	h.users = append(h.users, user)
	h.ranks[user] = rank
	h.profiles[user] = []byte(encode(harness.Public(user)))
}

// enter adds a session and returns its index.
func (h *history) enter(user int64, server int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions = append(h.sessions, &session{user: user, server: server})
	return len(h.sessions) - 1
}

// time is the time as operations have it.
func (h *history) time() int64 { return int64(time.Since(h.begun)) }

// open says that an operation has no known end.
const open = -1

// add notes an operation.
func (h *history) add(c *call, called int64, a answer, returned int64) {
	client := 0
	if c.session >= 0 {
		client = c.session + 1
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.session >= 0 && c.verb != drop && a.unknown() {
		h.sessions[c.session].pending = true
	}
	h.operations = append(h.operations, porcupine.Operation{
		ClientId: client, Input: c, Call: called, Output: a, Return: returned,
	})
}

// heard notes all that a session heard, and whether its connection was lost.
func (h *history) heard(index int, seen []harness.Seen, lost bool) {
	texts := make([]string, len(seen))
	for i, s := range seen {
		texts[i] = s.Event + " " + canonical(s.Args)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions[index].heard, h.sessions[index].lost = texts, lost
}

// finish ends the history, at a time after all that happened. What has no known
// end can have happened until the end of the server that it was asked of.
func (h *history) finish(last int64) {
	h.add(&call{verb: end, session: -1}, last, answer{}, last+1)
	h.mu.Lock()
	defer h.mu.Unlock()
	var crashes []int64
	for _, o := range h.operations {
		if o.Input.(*call).verb == crash {
			crashes = append(crashes, o.Return)
		}
	}
	for i := range h.operations {
		if o := &h.operations[i]; o.Return == open {
			o.Return = last
			if server := h.sessions[o.Input.(*call).session].server; server < len(crashes) {
				o.Return = max(o.Call, crashes[server])
			}
		}
	}
}

func isInternalError(text string) bool { return strings.Contains(text, internalError) }

// deed is what the history adds to that of a play.
func (h *history) deed() deed {
	d := deed{rooms: 1}
	for _, o := range h.operations {
		switch o.Input.(*call).verb {
		case drop, crash, end:
		default:
			d.requests++
			a := o.Output.(answer)
			if a.unknown() {
				d.unknown++
			}
			if isInternalError(a.text) { // a panic
				d.faults++
			}
		}
	}
	return d
}

// describe tells an operation to people.
func (h *history) describe(c *call, a answer) string {
	if c.session < 0 {
		return c.String()
	}
	user := h.sessions[c.session].user
	text := fmt.Sprintf("%v %d/%d: %v", h.ranks[user], user, c.session, c)
	switch {
	case c.verb == drop:
		return text
	case a.unknown():
		return text + " → ?"
	}
	return fmt.Sprintf("%s → %s after %d", text, a.text, a.heard)
}
