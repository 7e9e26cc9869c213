package e2e_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// move is one thing that may be done, as often as its weight says.
type move struct {
	weight int
	name   string
}

// What people do in a room, what managers do besides, and what the backend does.
var (
	anyones = []move{
		{24, "seat:take"}, {6, "seat:leave"}, {3, "room:leave"}, {8, "switch"}, {2, "join again"}, {5, "cut"}, {2, "disconnect"},
		{10, "seat:invite:accept"}, {5, "seat:invite:decline"}, {8, "chat:message"}, {2, "user:getRoom"}, {2, "seat:lock"}, {2, "seat:mute"},
	}
	managers = []move{
		{8, "seat:lock"}, {8, "seat:unlock"}, {6, "seat:assign"}, {6, "seat:remove"}, {6, "seat:mute"}, {4, "seat:unmute"},
		{14, "seat:invite"},
	}
	backends = []move{
		{8, "kick"}, {3, "block"}, {4, "unblock"}, {4, "role"}, {4, "seats"}, {1, "close"}, {2, "force_disconnect"},
		{3, "repeat"}, {4, "relay"}, {1, "relay to all"},
	}
)

func pick(moves []move, draw int) string {
	total := 0
	for _, m := range moves {
		total += m.weight
	}
	draw %= total
	for _, m := range moves {
		if draw -= m.weight; draw < 0 {
			return m.name
		}
	}
	panic("unreachable")
}

// step does one thing.
func (k *soak) step(draw [4]int) {
	c := k.clients[draw[0]%len(k.clients)]
	c.mu.Lock()
	over := c.over
	c.mu.Unlock()
	switch {
	case over:
		k.did["open"]++
		c.open(k.w)
		k.join(c, draw[2])
	case draw[1]%100 < 2:
		k.backendDoes(pick(backends, draw[1]/100), c, draw)
	case c.wants == "":
		k.join(c, draw[2])
	case k.manages(c) && draw[1]%2 == 0:
		k.does(pick(managers, draw[1]/100), c, draw)
	default:
		k.does(pick(anyones, draw[1]/100), c, draw)
	}
}

func (k *soak) join(c *soakClient, draw int) {
	k.did["join"]++
	r := k.rooms[draw%len(k.rooms)]
	c.wants = r.ID
	c.ask("room:join", P{"roomId": r.ID})
}

// manages guesses whether the client's user is a manager. Roles change; whoever
// is none any more is refused.
func (k *soak) manages(c *soakClient) bool {
	for i, user := range k.people {
		if user == c.user {
			return i%5 == 4 || i < len(k.rooms)
		}
	}
	return false
}

// neighbour returns a user who wants to be in the same room, maybe the client's own.
func (k *soak) neighbour(c *soakClient, draw int) int64 {
	for i := range k.clients {
		if other := k.clients[(draw+i)%len(k.clients)]; other.wants == c.wants {
			return other.user
		}
	}
	return c.user
}

func (k *soak) does(what string, c *soakClient, draw [4]int) {
	k.did[what]++
	index, there := draw[3]%15, P{"roomId": c.wants}
	with := func(more P) P {
		for name, value := range there {
			more[name] = value
		}
		return more
	}
	switch what {
	case "switch":
		k.join(c, draw[2])
	case "join again":
		c.ask("room:join", there)
	case "cut":
		c.end(false)
	case "disconnect":
		c.end(true)
	case "room:leave":
		c.ask("room:leave", there)
		c.wants = ""
	case "user:getRoom":
		c.ask("user:getRoom", on(k.neighbour(c, draw[2])))
	case "seat:leave", "seat:invite:accept", "seat:invite:decline":
		c.ask(what, there)
	case "seat:take", "seat:lock", "seat:unlock":
		c.ask(what, with(seat(index)))
	case "seat:remove", "seat:mute", "seat:unmute":
		c.ask(what, with(on(k.neighbour(c, draw[2]))))
	case "seat:assign":
		c.ask(what, with(at(k.neighbour(c, draw[2]), index)))
	case "seat:invite":
		user := k.neighbour(c, draw[2])
		if draw[2]%5 == 0 { // someone who may be elsewhere
			user = k.people[draw[2]/5%len(k.people)]
		}
		c.ask(what, with(at(user, index)))
	case "chat:message":
		c.ask(what, with(P{"content": fmt.Sprint("word ", draw[3])}))
	}
}

func (k *soak) backendDoes(what string, c *soakClient, draw [4]int) {
	k.did["backend: "+what]++
	number := draw[2] % len(k.rooms)
	r := k.rooms[number]
	user := c.user
	here := P{"room_id": r.ID, "user_id": user}
	with := func(payload P) P {
		over := P{"payload": payload}
		for name, value := range here {
			over[name] = value
		}
		return over
	}
	tell := func(event string, over P) {
		text, err := json.Marshal(harness.Envelope(event, over))
		require.NoError(k.t, err)
		k.published = append(k.published, string(text))
		k.announce(string(text))
	}
	switch what {
	case "kick":
		if c.wants != "" {
			here["room_id"] = c.wants
		}
		tell("room.member_kicked", here)
	case "block":
		k.blocked[[2]int64{int64(number), user}] = true
		tell("room.member_blocked", with(P{"remaining_seconds": 2}))
	case "unblock":
		delete(k.blocked, [2]int64{int64(number), user})
		tell("room.user_unblocked", here)
	case "role":
		k.w.Laravel.SetRole(r.ID, user, []string{"admin", "member", ""}[draw[3]%3])
		tell("room.member_role_changed", here)
	case "seats":
		seats := 8 + draw[3]%12
		k.w.Laravel.SetRoom(r.ID, r.Owner, seats)
		delete(here, "user_id")
		tell("room.updated", with(P{"max_seats": seats}))
	case "close":
		tell("room.force_close", P{"room_id": r.ID})
	case "force_disconnect":
		tell("auth.force_disconnect", P{"user_id": user})
	case "repeat":
		if len(k.published) > 0 {
			last := k.published[max(0, len(k.published)-20):]
			k.announce(last[draw[3]%len(last)])
		}
	case "relay":
		delete(here, "user_id")
		tell("room.level_up", with(P{"level": draw[3] % 100}))
		tell("balance.updated", P{"user_id": user, "payload": P{"coins": draw[3]}})
	case "relay to all":
		tell("config:invalidate", P{"payload": P{"at": time.Now().Unix()}})
	}
}
