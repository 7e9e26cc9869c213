package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
	"audioroom/laravel/standin"
)

// pair is two servers on one Redis.
func pair(t *testing.T, env harness.Env) (first, second *harness.World) {
	t.Helper()
	first = stage.World(t, harness.Setup{Env: env})
	second = first.Second(t, nil)
	t.Cleanup(func() { assert.NoError(t, second.Server.Stop()) })
	return first, second
}

func TestTakeover(t *testing.T) {
	t.Parallel()

	in(t, "of a server that is gone comes without anyone's asking", func(t *testing.T) {
		first, second := pair(t, nil)
		r := first.Room(t)
		owner, a := r.JoinOwner(), r.Join()
		a.Do("seat:take", seat(1))
		owner.Expect("seat:updated", updated(1, a.User))
		owner.Do("seat:lock", seat(2))
		first.Crash(t)
		_, err := second.Server.Logged("rooms of a server that is gone were taken over")
		require.NoError(t, err)
		harness.Eventually(t, "the room is there", func() bool { return second.Server.Metric(t, "audioroom_rooms") == 1 })
		assert.Empty(t, r.RoomOf(a.User), "nobody is in it")
		b := second.Connect(t, a.User)
		b.Room = r.ID
		state := b.State(b.Ask("room:join", P{"roomId": r.ID}).Wait())
		assert.Equal(t, []harness.Seat{{SeatIndex: 1, UserID: a.User}}, state.Seats)
		assert.Equal(t, []int{2}, state.LockedSeats)
	})

	in(t, "of a frozen server's room leaves that server nothing to say when it wakes up", func(t *testing.T) {
		first, second := pair(t, nil)
		r := first.Room(t)
		a := r.Join()
		a.Do("seat:take", seat(1))
		first.Server.Freeze(t)
		late := a.Ask("seat:take", P{"roomId": r.ID, "seatIndex": 5})
		b := second.Connect(t, harness.NewUser())
		b.Room = r.ID
		b.Emit("room:join", P{"roomId": r.ID})
		b.Do("seat:take", seat(5))
		first.Server.Thaw()
		assert.NotEqual(t, "io server disconnect", a.Disconnected().Reason, "the client is to come back")
		assert.False(t, late.Came(), "what could not be written is not acknowledged")
		state := b.State(b.Ask("room:join", P{"roomId": r.ID}).Wait())
		assert.Equal(t, []harness.Seat{{SeatIndex: 5, UserID: b.User}}, state.Seats)
		r.SameInRedis(state)
		harness.Eventually(t, "the first server lets go", func() bool { return first.Server.Metric(t, "audioroom_rooms") == 0 })
		assert.Equal(t, 1.0, first.Server.Metric(t, "audioroom_rooms_lost_total"), "which AudioroomRoomsContended watches")
	})

	in(t, "that its server does not hear of ends with what it tries to write", func(t *testing.T) {
		first, second := pair(t, nil)
		r := first.Room(t)
		a := r.Join()
		a.Do("seat:take", seat(1))
		b := second.Connect(t, harness.NewUser())
		first.Redis.Do(t, "ACL", "SETUSER", "default", "-subscribe")
		first.Redis.Do(t, "CLIENT", "KILL", "TYPE", "pubsub")
		b.Room = r.ID
		b.Emit("room:join", P{"roomId": r.ID})
		b.Do("seat:take", seat(2))
		a.Poke() // it is connected still
		late := a.Ask("seat:take", P{"roomId": r.ID, "seatIndex": 5})
		assert.NotEqual(t, "io server disconnect", a.Disconnected().Reason, "the client is to come back")
		assert.False(t, late.Came(), "what could not be written is not acknowledged")
		state := b.State(b.Ask("room:join", P{"roomId": r.ID}).Wait())
		assert.Equal(t, []harness.Seat{{SeatIndex: 2, UserID: b.User}}, state.Seats)
		r.SameInRedis(state)
		first.Redis.Do(t, "ACL", "SETUSER", "default", "+subscribe")
	})

	in(t, "back and forth loses nothing that either server acknowledged", func(t *testing.T) {
		first, second := pair(t, nil)
		r := first.Room(t)
		type side struct {
			w *harness.World
			s *harness.Socket
		}
		sides := []*side{{w: first}, {w: second}}
		var acknowledged []int
		moves := 0
		for lock := range 60 {
			at := sides[lock/3%2] // each has a few goes in a row
			if at.s == nil || lock%3 == 0 {
				at.s = at.w.Connect(t, r.Owner) // whoever was here was cut
				at.s.Emit("room:join", P{"roomId": r.ID, "seatCount": 100})
				moves++
			}
			other := sides[1-lock/3%2]
			requests := []harness.Request{{By: at.s, Event: "seat:lock", Payload: P{"roomId": r.ID, "seatIndex": lock}}}
			if other.s != nil { // who may have heard nothing of it yet
				requests = append(requests, harness.Request{By: other.s, Event: "seat:lock", Payload: P{"roomId": r.ID, "seatIndex": 99 - lock}})
			}
			answers := harness.AtOnce(requests...)
			if answers[0].Succeeded() {
				acknowledged = append(acknowledged, lock)
			}
			if len(answers) == 2 && answers[1].Came() && answers[1].Succeeded() {
				acknowledged = append(acknowledged, 99-lock)
			}
		}
		kept := first.Redis.Kept(t, r.ID).Locked
		for _, lock := range acknowledged {
			assert.Contains(t, kept, lock, "it was acknowledged")
		}
		assert.GreaterOrEqual(t, len(acknowledged), 60)
		assert.EqualValues(t, moves-1, first.Server.Metric(t, "audioroom_rooms_lost_total")+second.Server.Metric(t, "audioroom_rooms_lost_total"))
	})

	in(t, "of a room that both opened while Redis was away leaves it to one of them", func(t *testing.T) {
		first, second := pair(t, nil)
		r := first.Room(t)
		a, b := first.Connect(t, harness.NewUser()), second.Connect(t, harness.NewUser())
		first.Redis.Freeze(t)
		for _, s := range []*harness.Socket{a, b} {
			s.Room = r.ID
			s.Emit("room:join", P{"roomId": r.ID})
			s.Do("seat:take", seat(3))
		}
		first.Redis.Thaw()
		harness.Eventually(t, "all is well again", func() bool {
			return first.Server.Status("/healthz") == http.StatusOK && second.Server.Status("/healthz") == http.StatusOK
		})
		harness.Eventually(t, "the room is open at one of them", func() bool {
			return first.Server.Metric(t, "audioroom_rooms")+second.Server.Metric(t, "audioroom_rooms") == 1
		})
		c := second.Connect(t, harness.NewUser())
		c.Room = r.ID
		state := c.State(c.Ask("room:join", P{"roomId": r.ID}).Wait())
		r.SameInRedis(state)
	})

	for how, away := range map[string]func(t *testing.T, r *harness.Redis){
		"frozen": func(t *testing.T, r *harness.Redis) {
			r.Freeze(t)
			time.Sleep(5 * time.Second) // longer than anything that is waited for
			r.Thaw()
		},
		"killed": func(t *testing.T, r *harness.Redis) {
			r.Kill()
			time.Sleep(3 * time.Second)
			require.NoError(t, r.Start())
		},
	} {
		in(t, "does not come from a Redis that was "+how, func(t *testing.T) {
			first, second := pair(t, nil)
			rooms := []*harness.Room{first.Room(t), second.Room(t)}
			for _, r := range rooms {
				r.JoinOwner().Do("seat:take", seat(1))
			}
			away(t, first.Redis)
			time.Sleep(5 * time.Second) // the servers look for each other every two
			for i, w := range []*harness.World{first, second} {
				rooms[i].Others(nil)[0].Do("seat:take", seat(2))
				assert.Len(t, rooms[i].Settled().Seats, 1)
				assert.Equal(t, 1.0, w.Server.Metric(t, "audioroom_rooms"))
				assert.Zero(t, w.Server.Metric(t, "audioroom_rooms_lost_total"))
			}
		})
	}

	in(t, "while the backend is away tells it what is true in the end", func(t *testing.T) {
		first, second := pair(t, harness.Env{"STATUS_WINDOW": "100ms"})
		first.Laravel.Close()
		rooms := waitingRooms(t, first, 6)
		for _, r := range rooms {
			r.Join()
			s := second.Connect(t, harness.NewUser())
			s.Emit("room:join", P{"roomId": r.ID})
		}
		require.NoError(t, first.Laravel.Start())
		lastTold(t, rooms, 1, first, second)
	})
}

// A second server that starts while the backend is away leaves it to the first
// to tell of the first's rooms.
func TestTwoServers_BackendAway(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"STATUS_WINDOW": "100ms"}})
	w.Laravel.Close()
	rooms := waitingRooms(t, w, 12)
	second := &harness.World{Stage: w.Stage, Redis: w.Redis, Laravel: w.Laravel}
	env := w.Env()
	env["LISTEN"] = "127.0.0.1:0"
	var err error
	second.Server, err = harness.Serve(w.Program, env)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, second.Server.Stop()) })
	_, err = second.Server.Logged("not ready") // the backend is still to be reached
	require.NoError(t, err)
	for _, r := range rooms {
		r.Join()
	}
	require.NoError(t, w.Laravel.Start())
	lastTold(t, rooms, 2, w, second)
}

// waitingRooms makes rooms with one user in each, of which nobody can tell the
// backend.
func waitingRooms(t *testing.T, w *harness.World, n int) []*harness.Room {
	rooms := make([]*harness.Room, n)
	for i := range rooms {
		rooms[i] = w.Room(t)
		rooms[i].Join()
	}
	return rooms
}

// lastTold waits until no server has anything to tell and fails if the backend
// believes anything else of the rooms, or was told that before the end.
func lastTold(t *testing.T, rooms []*harness.Room, want int, servers ...*harness.World) {
	t.Helper()
	for _, w := range servers {
		harness.Eventually(t, "nothing is pending", func() bool { return w.Server.Metric(t, "audioroom_statuses_pending") == 0 })
	}
	told := counts(t, servers[0].Laravel.Calls(standin.Status))
	for _, r := range rooms {
		assert.Equal(t, want, told[r.ID][len(told[r.ID])-1], "%v", told[r.ID])
	}
}
