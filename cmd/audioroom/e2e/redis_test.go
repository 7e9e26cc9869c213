package e2e_test

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestCrash(t *testing.T) {
	t.Parallel()

	in(t, "keeps what was acknowledged, and nobody is a participant", func(t *testing.T) {
		w := stage.World(t, harness.Setup{Env: harness.Env{"SEAT_GRACE": "8s"}})
		r := w.Room(t)
		owner := w.Connect(t, r.Owner)
		owner.Emit("room:join", P{"roomId": r.ID, "seatCount": 8})
		owner.Room = r.ID
		a, b := r.Join(), r.Join()
		owner.Do("seat:lock", seat(5))
		owner.Do("seat:lock", seat(2))
		owner.Do("seat:lock", seat(3))
		a.Do("seat:take", seat(1))
		owner.Do("seat:unlock", seat(3))
		b.Do("seat:take", seat(7))

		w.Crash(t)
		r.Without(a, b)
		w.Restart(t, nil)

		harness.Eventually(t, "nobody is a participant", func() bool {
			kept := w.Redis.Kept(t, r.ID)
			return kept.Participants == 0 && len(kept.Seats) == 0 && r.RoomOf(a.User) == "" && r.RoomOf(b.User) == ""
		})
		c := w.Connect(t, harness.NewUser())
		assert.Equal(t, harness.State{
			RoomID: r.ID, Participants: []P{}, Seats: []harness.Seat{}, LockedSeats: []int{2, 5}, SeatCount: 8, ParticipantCount: 1,
		}, c.State(c.Ask("room:join", P{"roomId": r.ID}).Wait()))
		r.Enter(c)
		r.Settled()
		w.Laravel.HearsCount(t, r.ID, 1)
		assert.Equal(t, P{"success": false, "error": "Seat is already taken", "occupant": nil},
			c.Emit("seat:take", P{"roomId": r.ID, "seatIndex": 1}))
		c.Refused("seat:take", seat(2), "Seat is locked")

		r.JoinAs(a.User)
		c.Expect("seat:updated", updated(1, a.User))
		assert.Equal(t, []harness.Seat{{SeatIndex: 1, UserID: a.User}}, r.Settled().Seats)
		harness.Eventually(t, "the hold on the other seat ends", func() bool {
			return c.Ask("seat:take", P{"roomId": r.ID, "seatIndex": 7}).Succeeded()
		})
	})

	in(t, "lets a room to which nobody returns close", func(t *testing.T) {
		w := hasty(t)
		r := w.Room(t)
		owner := r.JoinOwner()
		owner.Do("seat:take", seat(1))
		owner.Do("seat:lock", seat(2))
		w.Laravel.HearsCount(t, r.ID, 1)
		w.Crash(t)
		w.Restart(t, nil)
		w.Laravel.HearsClose(t, r.ID)
		assert.Empty(t, r.InRedis())
		_, listed := w.Redis.ActiveAt(t, r.ID)
		assert.False(t, listed)
	})

	in(t, "in the middle of work loses nothing of what was acknowledged", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		r := w.Room(t)
		owner := w.Connect(t, r.Owner)
		owner.Emit("room:join", P{"roomId": r.ID, "seatCount": 100})
		owner.Room = r.ID
		owner.Do("seat:lock", seat(0)) // from here on the rank is known
		requests := make([]harness.Request, 99)
		for i := range requests {
			requests[i] = harness.Request{By: owner, Event: "seat:lock", Payload: seat(i + 1)}
		}
		locks := harness.AtOnce(requests...)
		locks[20].Wait()
		w.Crash(t)
		owner.Disconnected()

		w.Restart(t, nil)
		c := r.Join()
		state := r.Settled()
		c.Quiet()
		for i, lock := range locks {
			if lock.Came() && lock.Succeeded() {
				assert.Contains(t, state.LockedSeats, i+1)
			}
		}
		assert.GreaterOrEqual(t, len(state.LockedSeats), 21)
	})
}

func TestRedis_Frozen(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{})
	r := w.Room(t)
	owner, a, b := r.JoinOwner(), r.Join(), r.Join()
	owner.Do("seat:lock", seat(9))
	for _, s := range []*harness.Socket{owner, a, b} {
		s.Expect("seat:locked", locked(9, true))
	}
	r.Settled()
	require.Equal(t, http.StatusOK, w.Server.Status("/healthz"))

	w.Redis.Freeze(t)
	start := time.Now()
	a.Do("seat:take", seat(1))
	waited := time.Since(start)
	assert.Greater(t, waited, 800*time.Millisecond, "an ack waits for its commit as long as the commit timeout")
	assert.Less(t, waited, 4*time.Second)
	for _, s := range []*harness.Socket{owner, b} {
		s.Expect("seat:updated", updated(1, a.User))
	}
	assert.Equal(t, http.StatusServiceUnavailable, w.Server.Status("/healthz"))
	assert.Equal(t, 1.0, w.Server.Metric(t, "audioroom_rooms_unsaved"))
	assert.Equal(t, P{"roomId": nil, "error": "INTERNAL_ERROR"}, a.Emit("user:getRoom", P{"userId": a.User}))

	owner.Do("seat:unlock", seat(9))
	owner.Do("seat:lock", seat(2))
	for _, s := range []*harness.Socket{owner, a, b} {
		s.Expect("seat:locked", locked(9, false))
		s.Expect("seat:locked", locked(2, true))
	}
	b.Do("room:leave", P{})
	r.Without(b)
	for _, s := range []*harness.Socket{owner, a} {
		s.Expect("room:userLeft", P{"userId": b.User})
	}
	state := r.Agreed()
	assert.Equal(t, []harness.Seat{{SeatIndex: 1, UserID: a.User}}, state.Seats)
	assert.Equal(t, []int{2}, state.LockedSeats)
	assert.Equal(t, 2, state.ParticipantCount)
	assert.Equal(t, "Authentication failed", w.Open(t, harness.Opening{User: harness.NewUser()}).ConnectError())

	w.Redis.Thaw()
	harness.Eventually(t, "all is well again", func() bool { return w.Server.Status("/healthz") == http.StatusOK })
	harness.Eventually(t, "the room is saved", func() bool {
		kept := w.Redis.Kept(t, r.ID)
		return len(kept.Seats) == 1 && len(kept.Locked) == 1 && kept.Locked[0] == 2 && kept.Participants == 2
	})
	assert.Equal(t, state, r.Settled())
	assert.Empty(t, r.RoomOf(b.User))
	assert.Zero(t, w.Server.Metric(t, "audioroom_rooms_unsaved"))

	// Saved is saved.
	w.Crash(t)
	w.Restart(t, nil)
	r.Without(owner, a)
	r.JoinAs(a.User)
	again := r.Settled()
	assert.Equal(t, state.Seats, again.Seats)
	assert.Equal(t, state.LockedSeats, again.LockedSeats)
}

func TestCommit_ComesBeforeAckAndBroadcast(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"COMMIT_TIMEOUT": "30s"}})
	r := w.Room(t)
	a, b := r.Join(), r.Join()
	r.Settled()
	w.Redis.Freeze(t)
	take := a.Ask("seat:take", P{"roomId": r.ID, "seatIndex": 3})
	for range 100 { // time enough for the room to have applied it
		a.Poke()
		b.Poke()
	}
	assert.False(t, take.Came())
	assert.Empty(t, b.Unheard())
	w.Redis.Thaw()
	assert.True(t, take.Succeeded())
	b.Expect("seat:updated", updated(3, a.User))
	r.Settled()
}

func TestTwoServers_OnlyTheLastToClaimARoomWrites(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{})
	r := w.Room(t)
	a := w.Open(t, harness.Opening{User: harness.NewUser()}).Connected()
	r.Enter(a)
	a.Do("seat:take", seat(1))

	env := w.Env()
	env["LISTEN"] = "127.0.0.1:0"
	server, err := harness.Serve(stage.Program, env)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Stop()) })
	require.NoError(t, server.Ready()) // it has restored the room by now
	next := &harness.World{Stage: stage, Server: server}
	b := next.Connect(t, harness.NewUser())
	b.Room = r.ID
	b.Emit("room:join", P{"roomId": r.ID})
	b.Do("seat:take", seat(2))

	late := a.Ask("seat:take", P{"roomId": r.ID, "seatIndex": 5})
	assert.NotEqual(t, "io server disconnect", a.Disconnected().Reason, "the client is to come back")
	assert.False(t, late.Came(), "what could not be written is not acknowledged")
	state := b.State(b.Ask("room:join", P{"roomId": r.ID}).Wait())
	assert.Equal(t, []harness.Seat{{SeatIndex: 2, UserID: b.User}}, state.Seats)
	r.SameInRedis(state)
}

func TestRedis_DownForAWhile(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{})
	r := w.Room(t)
	a, b := r.Join(), r.Join()
	r.Settled()

	w.Redis.Stop()
	a.Do("seat:take", seat(1))
	b.Expect("seat:updated", updated(1, a.User))
	assert.Equal(t, http.StatusServiceUnavailable, w.Server.Status("/healthz"))
	require.NoError(t, w.Redis.Start())
	harness.Eventually(t, "all is well again", func() bool { return w.Server.Status("/healthz") == http.StatusOK })
	harness.Eventually(t, "the room is saved", func() bool { return len(w.Redis.Kept(t, r.ID).Seats) == 1 })
	r.Settled()
}

func TestRedis_DownAtStart(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{RedisDown: true})
	assert.Equal(t, http.StatusServiceUnavailable, w.Server.Status("/readyz"))
	assert.Equal(t, http.StatusServiceUnavailable, w.Server.Status("/healthz"))
	record, err := w.Server.Logged("not ready")
	require.NoError(t, err)
	assert.Equal(t, "redis", record["missing"])
	port := regexp.MustCompile(`:\d+$`).FindString(w.Redis.URL())
	for _, path := range []string{"/readyz", "/healthz"} {
		answer, err := http.Get(w.Server.URL + path)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answer.Body.Close()
		assert.Contains(t, string(body), `"redis":`)
		assert.NotContains(t, string(body), port, "where it is concerns nobody who may ask this")
	}
	assert.Equal(t, "Authentication failed", w.Open(t, harness.Opening{User: harness.NewUser()}).ConnectError())

	require.NoError(t, w.Redis.Start())
	require.NoError(t, w.Server.Ready())
	assert.Equal(t, http.StatusOK, w.Server.Status("/healthz"))
	r := w.Room(t)
	owner := r.JoinOwner()
	owner.Do("seat:lock", seat(1))
	owner.Expect("seat:locked", locked(1, true))
	r.Settled()
}

func TestRedis_ManyRoomsAtOnce(t *testing.T) {
	t.Parallel()
	const n = 60
	w := shared(t)
	rooms := make([]*harness.Room, n)
	requests := make([]harness.Request, n)
	for i := range rooms {
		rooms[i] = w.Room(t)
		s := w.Connect(t, harness.NewUser())
		requests[i] = harness.Request{By: s, Event: "room:join", Payload: P{"roomId": rooms[i].ID, "seatCount": i + 1}}
	}
	for i, answer := range harness.AtOnce(requests...) {
		s := requests[i].By
		assert.Equal(t, i+1, s.State(answer.Wait()).SeatCount)
		requests[i].Event, requests[i].Payload = "seat:take", P{"roomId": rooms[i].ID, "seatIndex": i}
	}
	for i, answer := range harness.AtOnce(requests...) {
		assert.True(t, answer.Succeeded())
		s, key := requests[i].By, "room:"+rooms[i].ID+":seat:"+strconv.Itoa(i)
		assert.Contains(t, w.Redis.Get(t, key), strconv.FormatInt(s.User, 10))
		rooms[i].Enter(s)
		rooms[i].Settled()
	}
}
