package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// deployment is two servers on one Redis, the old one first, and clients who come
// by a balancer and reconnect by themselves.
type deployment struct {
	*harness.World  // as the clients see it
	older, newer    *harness.World
	rooms           []*harness.Room
	people          [][]*harness.Socket // of each room, the owner first
	locked, mutedAt int
	moves           []int // how often the people of each room have reconnected
}

// deployed starts both servers and fills rooms on the old one.
func deployed(t *testing.T, rooms, people int) *deployment {
	t.Helper()
	env := harness.Env{"ADMIN_LISTEN": "127.0.0.1:0", "STATUS_WINDOW": "50ms"}
	d := &deployment{older: stage.World(t, harness.Setup{Env: env}), locked: 9, mutedAt: 2, moves: make([]int, rooms)}
	d.newer = d.older.Second(t, nil)
	d.World = harness.NewBalancer(t, d.older.Server, d.newer.Server).Before(d.older)
	for range rooms {
		r := d.Room(t)
		users := []int64{r.Owner}
		for len(users) < people {
			users = append(users, harness.NewUser())
		}
		var there []*harness.Socket
		for i, user := range users {
			s := d.Open(t, harness.Opening{User: user, Reconnect: true}).Connected()
			s.Room = r.ID
			s.Emit("room:join", P{"roomId": r.ID})
			s.Do("seat:take", seat(i))
			there = append(there, s)
		}
		there[0].Do("seat:lock", seat(d.locked))
		there[0].Do("seat:mute", P{"userId": users[d.mutedAt]})
		r.With(there...)
		d.rooms, d.people = append(d.rooms, r), append(d.people, there)
		d.Laravel.HearsCount(t, r.ID, people)
	}
	d.settled(t)
	return d
}

// again has everybody of a room join once more, who were all disconnected, at the
// same time.
func (d *deployment) again(room int) {
	d.moves[room]++
	requests := make([]harness.Request, len(d.people[room]))
	for i, s := range d.people[room] {
		s.ReconnectedTimes(d.moves[room])
		requests[i] = harness.Request{By: s, Event: "room:join", Payload: P{}}
	}
	for _, joined := range harness.AtOnce(requests...) {
		joined.Wait()
	}
}

// settled fails unless every room is as it was filled: to those who are in it, in
// Redis, and to the backend.
func (d *deployment) settled(t *testing.T) {
	t.Helper()
	for i, r := range d.rooms {
		for _, s := range d.people[i] {
			s.Emit("room:join", P{"roomId": r.ID}) // has heard then what was before
			s.Unheard()
		}
		state := r.Settled()
		var seats []harness.Seat
		for index, s := range d.people[i] {
			seats = append(seats, harness.Seat{SeatIndex: index, UserID: s.User, IsMuted: index == d.mutedAt})
		}
		assert.Equal(t, seats, state.Seats, r.ID)
		assert.Equal(t, []int{d.locked}, state.LockedSeats, r.ID)
		assert.Equal(t, len(seats), state.ParticipantCount, r.ID)
		d.Laravel.HearsCount(t, r.ID, len(seats))
		for _, status := range d.Laravel.Reported(t, r.ID) {
			assert.Equal(t, true, status["is_live"], "the room lives on: %v", status)
			assert.NotContains(t, status, "ended_at")
			assert.LessOrEqual(t, status["participant_count"], float64(len(seats)), "nobody is counted twice")
		}
	}
}

func TestRollingDeploy(t *testing.T) {
	t.Parallel()

	in(t, "the old server drains, everybody moves, nothing is lost and nobody counted twice", func(t *testing.T) {
		d := deployed(t, 3, 5)
		status, state := d.older.Server.Admin(t, "POST", "/drain", "")
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, true, state["draining"])
		assert.EqualValues(t, 15, state["connections"], "who is there stays")
		assert.Equal(t, http.StatusServiceUnavailable, d.older.Server.Status("/readyz"))
		newcomer := d.Connect(t, harness.NewUser())
		newcomer.Emit("room:join", P{"roomId": "room-" + harness.NewID(1)})
		assert.Equal(t, 1.0, d.newer.Server.Metric(t, "audioroom_participants"), "a newcomer is sent to the new server")
		d.settled(t)

		d.older.Server.Terminate()
		for i := range d.rooms {
			d.again(i)
		}
		assert.Equal(t, 0, d.older.Server.Wait(t, 10*time.Second))
		d.settled(t)
		assert.Equal(t, 16.0, d.newer.Server.Metric(t, "audioroom_participants"))
		assert.Equal(t, 4.0, d.newer.Server.Metric(t, "audioroom_rooms"))
		assert.Zero(t, d.newer.Server.Metric(t, "audioroom_rooms_lost_total"))
		for _, there := range d.people { // and it goes on
			there[0].Do("seat:unlock", seat(d.locked))
			there[0].Do("seat:lock", seat(d.locked))
			there[0].Do("seat:unmute", P{"userId": there[d.mutedAt].User})
			there[0].Do("seat:mute", P{"userId": there[d.mutedAt].User})
		}
		d.settled(t)
	})

	in(t, "a room whose clients are split moves whole", func(t *testing.T) {
		d := deployed(t, 2, 4)
		d.older.Server.Admin(t, "POST", "/drain", "")
		moved := d.people[0][1]
		moved.Cut() // its connection breaks while the old server drains
		moved.Reconnected()
		moved.Emit("room:join", P{"roomId": moved.Room})
		d.again(0) // the others were cut because the room is elsewhere now
		d.settled(t)
		assert.Equal(t, 4.0, d.newer.Server.Metric(t, "audioroom_participants"))
		assert.Equal(t, 4.0, d.older.Server.Metric(t, "audioroom_participants"), "the other room is where it was")

		d.older.Server.Admin(t, "POST", "/undrain", "")
		assert.Equal(t, http.StatusOK, d.older.Server.Status("/readyz"))
		d.older.Connect(t, harness.NewUser())
	})

	in(t, "one server after another, while people take and leave seats", func(t *testing.T) {
		d := deployed(t, 1, 4)
		owner := d.people[0][0]
		for round, servers := range [][2]*harness.World{{d.older, d.newer}, {d.newer, d.older}} {
			old, next := servers[0], servers[1]
			if round > 0 {
				next.Restart(t, nil)
			}
			for i := range 20 { // those behind the end of the server come too late, and that is told
				owner.Ask("seat:lock", P{"roomId": owner.Room, "seatIndex": 10 + i%2})
				owner.Ask("seat:unlock", P{"roomId": owner.Room, "seatIndex": 10 + i%2})
			}
			old.Server.Terminate()
			require.Equal(t, 0, old.Server.Wait(t, 10*time.Second), "round %d", round)
			d.again(0)
			for _, i := range []int{10, 11} {
				owner.Emit("seat:unlock", P{"roomId": owner.Room, "seatIndex": i})
			}
			d.settled(t)
		}
	})
}
