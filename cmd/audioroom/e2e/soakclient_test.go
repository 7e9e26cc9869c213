package e2e_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"audioroom/cmd/audioroom/e2e/harness"
)

// soakClient is a client that believes what it is told: it builds its picture of
// the room from the ack of its join and from what it hears and is answered
// afterwards.
type soakClient struct {
	t    *testing.T
	user int64

	// These belong to the goroutine that plays.
	socket *harness.Socket
	wants  string // the room that it was last told to join, "" after a leave

	mu      sync.Mutex
	online  bool
	over    bool // the connection ended, or was refused
	asked   map[int]question
	refused map[string]int // refusals by their text
	probed  map[int]string // answers to probes: the error
	latest  int            // the number of the last join or leave that was answered
	room    string         // the room of the picture, "" if in none
	out     bool           // it was told that it is in none
	picture *replay
	faults  []string
	tail    []string // what it saw last
}

// question is a request that is not answered yet.
type question struct {
	event   string
	payload P
	at      time.Time
	probe   bool
}

// open connects anew.
func (c *soakClient) open(w *harness.World) {
	c.mu.Lock()
	c.online, c.over, c.room, c.picture, c.out, c.latest = false, false, "", nil, true, 0
	c.asked = map[int]question{}
	c.socket = nil // a late word of the connection before is none of this one
	c.tail = append(c.tail, "--- new connection")
	c.mu.Unlock()
	c.wants = ""
	var mine *harness.Socket
	ready := make(chan struct{})
	mine = w.Open(c.t, harness.Opening{User: c.user, Follow: func(seen harness.Seen) {
		<-ready
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.socket == mine { // else a late word of the connection before
			c.see(seen)
		}
	}})
	c.mu.Lock()
	c.socket = mine
	c.mu.Unlock()
	close(ready)
}

// end ends the connection, politely or not. One that is not there yet is given
// up, of which the client says nothing.
func (c *soakClient) end(politely bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if politely || !c.online {
		c.socket.Part()
		c.online, c.over, c.room, c.picture, c.asked = false, true, "", nil, nil
	} else {
		c.socket.Cut()
	}
}

// ask sends a request.
func (c *soakClient) ask(event string, payload P) { c.post(question{event: event, payload: payload}) }

func (c *soakClient) post(q question) int {
	q.at = time.Now()
	c.mu.Lock() // the answer can't come before the question is noted
	defer c.mu.Unlock()
	n := c.socket.Post(q.event, q.payload)
	c.asked[n] = q
	return n
}

// see takes in what the socket saw. The lock is held.
func (c *soakClient) see(seen harness.Seen) {
	c.tail = append(c.tail, seen.String())
	if len(c.tail) > 120 {
		c.tail = append(c.tail[:0], c.tail[60:]...)
	}
	if c.over {
		return
	}
	switch seen.Saw {
	case "connect":
		c.online = true
	case "connect_error", "disconnect":
		c.online, c.over, c.room, c.picture, c.asked = false, true, "", nil, nil
	case "error":
		c.fault("%s", seen.Message)
	case "ack":
		q, asked := c.asked[seen.Ack]
		if !asked {
			c.fault("an answer to nothing: %v", seen)
			return
		}
		delete(c.asked, seen.Ack)
		c.answered(seen, q)
	case "event":
		c.hear(seen)
	}
}

func (c *soakClient) hear(e harness.Seen) {
	switch {
	case e.Event == "seat:invite:received" || relayedToUsers[e.Event]:
	case e.Event == "room:closed":
		if closed := e.Args[0].(P)["roomId"]; closed == c.room {
			c.room, c.picture, c.out = "", nil, true
		}
	case c.picture == nil:
		if c.out && !c.joining() {
			c.fault("heard a room although it is in none: %v", e)
		}
	default:
		if err := c.picture.apply(e); err != nil {
			c.fault("in %s: %v", c.room, err)
		}
	}
}

// joining reports whether a join is not answered yet.
func (c *soakClient) joining() bool {
	for _, q := range c.asked {
		if q.event == "room:join" {
			return true
		}
	}
	return false
}

// answered takes in an answer. What the sender of an event is not told by a
// broadcast it learns here.
func (c *soakClient) answered(seen harness.Seen, q question) {
	value, ok := seen.Args[0].(P)
	if !ok {
		c.fault("no object: %v", seen)
		return
	}
	because, refused := value["error"].(string)
	if refused {
		c.refused[because]++
	}
	if q.probe {
		c.probed[seen.Ack] = because
		return
	}
	if because == "INTERNAL_ERROR" {
		c.refused[fmt.Sprintf("INTERNAL_ERROR of %s after %v at %s", q.event, time.Since(q.at).Round(time.Millisecond), time.Now().Format("15:04:05"))]++
	}
	there, _ := q.payload["roomId"].(string)
	switch {
	case q.event == "room:join":
		if seen.Ack < c.latest {
			return // it went on to another room meanwhile
		}
		c.latest = seen.Ack
		c.room, c.picture, c.out = "", nil, false
		if !refused {
			c.enter(there, value)
		}
	case q.event == "room:leave":
		if seen.Ack > c.latest && there == c.room {
			c.latest = seen.Ack
			c.room, c.picture, c.out = "", nil, true
		}
	case c.picture == nil || there != c.room:
	case because == "Not in room": // it was put out
		c.room, c.picture, c.out = "", nil, false
	case refused:
	case q.event == "seat:take":
		index := q.payload["seatIndex"].(int)
		from, seated := c.picture.seatOf(c.user)
		if isMuted := c.picture.muted[c.user]; !seated || from != index {
			if sitting, taken := c.picture.seats[index]; taken || c.picture.locked[index] {
				c.fault("took seat %d of %s, which is locked or has user %d", index, c.room, sitting)
			}
			if seated {
				c.picture.clear(from)
			}
			c.picture.sit(index, c.user, isMuted)
		}
	case q.event == "seat:leave":
		if from, seated := c.picture.seatOf(c.user); seated {
			c.picture.clear(from)
		} else {
			c.fault("left a seat of %s without having had one", c.room)
		}
	}
}

// enter begins a picture with the ack of a join.
func (c *soakClient) enter(roomID string, value P) {
	var state harness.State
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	if err != nil || state.RoomID != roomID {
		c.fault("joined %s and was told %s (%v)", roomID, text, err)
		return
	}
	c.room, c.picture = roomID, newReplay(c.t, state)
	c.picture.users[c.user] = true
	if len(c.picture.users) != state.ParticipantCount {
		c.fault("joined %s and was told of %d participants and these: %v", roomID, state.ParticipantCount, c.picture.users)
	}
}

func (c *soakClient) fault(format string, args ...any) {
	if len(c.faults) < 3 {
		fault := fmt.Sprintf("user %d: "+format, append([]any{c.user}, args...)...)
		for _, line := range c.tail[max(0, len(c.tail)-40):] {
			fault += "\n    " + line
		}
		c.faults = append(c.faults, fault)
	}
}

// relayedToUsers are the events of the backend that the soak publishes.
var relayedToUsers = map[string]bool{
	"room.member_kicked": true, "room.member_blocked": true, "room.member_role_changed": true,
	"balance.updated": true, "room.level_up": true, "config:invalidate": true,
}
