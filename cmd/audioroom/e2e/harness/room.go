package harness

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Room is a room of a world that no other test has, and who is in it as far as
// the test knows. Its methods keep everyone up to date: what a newcomer causes
// is taken from the sockets that were there.
type Room struct {
	ID    string
	Owner int64 // whom the backend calls the owner

	t       testing.TB
	world   *World
	sockets []*Socket
}

// State is a room as a joiner is told of it.
type State struct {
	RoomID           string `json:"roomId"`
	Participants     []P    `json:"participants"`
	Seats            []Seat `json:"seats"`
	LockedSeats      []int  `json:"lockedSeats"`
	SeatCount        int    `json:"seatCount"`
	ParticipantCount int    `json:"participantCount"`
}

// Seat is an occupied seat.
type Seat struct {
	SeatIndex int   `json:"seatIndex"`
	UserID    int64 `json:"userId"`
	IsMuted   bool  `json:"isMuted"`
}

// Room returns a new room. The backend knows its owner, who is not there yet.
func (w *World) Room(t testing.TB) *Room {
	r := &Room{ID: "room-" + NewID(1), Owner: NewUser(), t: t, world: w}
	w.Laravel.SetRoom(r.ID, r.Owner, 0)
	return r
}

// Join lets a new user join whom the backend knows nothing of.
func (r *Room) Join() *Socket {
	r.t.Helper()
	return r.JoinAs(NewUser())
}

// JoinOwner lets the owner join.
func (r *Room) JoinOwner() *Socket {
	r.t.Helper()
	return r.JoinAs(r.Owner)
}

// JoinRole lets a new user join who has a role here.
func (r *Room) JoinRole(role string) *Socket {
	r.t.Helper()
	user := NewUser()
	r.world.Laravel.SetRole(r.ID, user, role)
	return r.JoinAs(user)
}

// JoinAs lets a user join by a new socket.
func (r *Room) JoinAs(user int64) *Socket {
	r.t.Helper()
	s := r.world.Connect(r.t, user)
	r.Enter(s)
	return s
}

// Enter lets a socket join. Those who are there hear of a new participant.
func (r *Room) Enter(s *Socket) State {
	r.t.Helper()
	there := slices.ContainsFunc(r.sockets, func(o *Socket) bool { return o.User == s.User })
	s.Room = r.ID
	state := s.state()
	if !there {
		for _, o := range r.sockets {
			o.Expect("room:userJoined", P{"userId": s.User, "user": Public(s.User)})
		}
	}
	r.sockets = append(r.sockets, s)
	return state
}

// Public is what others get to see of a user of whom the token tells only the
// name.
func Public(user int64) P {
	return P{
		"id": user, "name": "Ada", "signature": nil, "avatar": nil, "frame": nil,
		"gender": nil, "country": nil, "wealth_xp": nil, "charm_xp": nil, "isSpeaker": nil,
	}
}

// With tells that sockets are in the room, of whom the others have heard.
func (r *Room) With(there ...*Socket) {
	for _, s := range there {
		s.Room = r.ID
		r.sockets = append(r.sockets, s)
	}
}

// Without tells that sockets are not in the room any more.
func (r *Room) Without(gone ...*Socket) {
	r.sockets = slices.DeleteFunc(r.sockets, func(s *Socket) bool { return slices.Contains(gone, s) })
}

// Others returns who is in the room but for one socket.
func (r *Room) Others(than *Socket) []*Socket {
	return slices.DeleteFunc(slices.Clone(r.sockets), func(s *Socket) bool { return s == than })
}

// state joins again, or for the first time, and returns the answer. For a socket
// that is in the room that changes nothing, and when the answer is here, so is
// all that the room said before.
func (s *Socket) state() State {
	s.t.Helper()
	return s.State(s.Ask("room:join", P{"roomId": s.Room}).Wait())
}

// State reads a room's state from an ack, which must have all its fields and no
// other.
func (s *Socket) State(ack Seen) State {
	s.t.Helper()
	require.Len(s.t, ack.Args, 1)
	fields, ok := ack.Args[0].(P)
	require.True(s.t, ok, "%v: the ack of room:join is an object", s)
	text, err := json.Marshal(fields)
	require.NoError(s.t, err)
	var state State
	require.NoError(s.t, json.Unmarshal(text, &state), "%s", text)
	s.same(state, fields, "the ack of room:join has exactly the fields of a room's state")
	return state
}

// Settled fails if someone in the room heard something that the test did not
// take, or if the sockets and Redis differ about the room's state. It returns
// the state, with all participants.
func (r *Room) Settled() State {
	r.t.Helper()
	state := r.Agreed()
	if state.ParticipantCount > 0 {
		r.SameInRedis(state)
	}
	for _, p := range state.Participants {
		require.Equal(r.t, r.ID, r.RoomOf(int64(p["id"].(float64))))
	}
	return state
}

// Agreed is Settled without a look at Redis.
func (r *Room) Agreed() State {
	r.t.Helper()
	var all State
	for i, s := range r.sockets {
		state := s.state()
		if unheard := s.Unheard(); len(unheard) > 0 {
			r.t.Fatalf("%v heard what it should not have: %v", s, unheard)
		}
		state.Participants = append(state.Participants, P{"id": float64(s.User)})
		slices.SortFunc(state.Participants, func(a, b P) int { return int(a["id"].(float64) - b["id"].(float64)) })
		for i, p := range state.Participants {
			state.Participants[i] = P{"id": p["id"]}
		}
		if i == 0 {
			all = state
		}
		require.Equal(r.t, all, state, "%v and %v are told the same of the room", r.sockets[0], s)
		require.Len(r.t, state.Participants, state.ParticipantCount)
	}
	return all
}

// SameInRedis fails if the keys for other readers tell something else.
func (r *Room) SameInRedis(state State) {
	r.t.Helper()
	kept := r.world.Redis.Kept(r.t, r.ID)
	seats := make(map[int]P)
	for _, seat := range state.Seats {
		seats[seat.SeatIndex] = P{"userId": float64(seat.UserID), "muted": seat.IsMuted}
	}
	slices.Sort(kept.Locked)
	require.Equal(r.t, Kept{Seats: seats, Locked: state.LockedSeats, Participants: state.ParticipantCount}, kept,
		"Redis tells of the room what its participants are told")
	activity, err := strconv.ParseInt(r.world.Redis.Get(r.t, "room:"+r.ID+":activity"), 10, 64)
	require.NoError(r.t, err)
	at, listed := r.world.Redis.ActiveAt(r.t, r.ID)
	require.True(r.t, listed, "rooms:active has the room")
	require.Equal(r.t, activity, at, "rooms:active and the room's activity agree")
}

// InRedis returns every key that is about the room.
func (r *Room) InRedis() []string { return r.world.Redis.Keys(r.t, "room:"+r.ID+":*") }

// UserKey names the key that says where a user is.
func UserKey(user int64) string { return fmt.Sprintf("user:%d:room", user) }

// RoomOf returns what is kept of where a user is, "" if nowhere.
func (r *Room) RoomOf(user int64) string { return r.world.Redis.Get(r.t, UserKey(user)) }
