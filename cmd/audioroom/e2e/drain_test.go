package e2e_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
	"audioroom/laravel/standin"
)

func TestDrain(t *testing.T) {
	t.Parallel()

	in(t, "leaves everything where the next server finds it, and the clients come back", func(t *testing.T) {
		w := stage.World(t, harness.Setup{Env: harness.Env{"STATUS_WINDOW": "10s"}})
		r := w.Room(t)
		owner, b := r.JoinOwner(), r.Join()
		a := w.Open(t, harness.Opening{User: harness.NewUser(), Reconnect: true}).Connected()
		r.Enter(a)
		a.Do("seat:take", seat(1))
		owner.Do("seat:lock", seat(2))
		a.Expect("seat:locked", locked(2, true))

		w.Server.Terminate()
		assert.Equal(t, 0, w.Server.Wait(t, 10*time.Second))
		require.NoError(t, w.Server.Trouble())
		for _, s := range []*harness.Socket{owner, a, b} {
			assert.NotEqual(t, "io server disconnect", s.Disconnected().Reason, "after which no client would reconnect")
		}
		assert.True(t, a.Disconnected().Active, "the client will reconnect")
		assert.NotEmpty(t, w.Redis.Get(t, "room:"+r.ID+":snapshot"))
		reported := w.Laravel.Reported(t, r.ID)
		if kept := w.Redis.Outbox(t, r.ID); kept != nil {
			reported = append(reported, kept)
		}
		require.NotEmpty(t, reported)

		w.Restart(t, nil)
		a.Reconnected()
		r.Without(owner, b, a)
		r.Enter(a)
		state := r.Agreed()
		assert.Equal(t, []harness.Seat{{SeatIndex: 1, UserID: a.User}}, state.Seats)
		assert.Equal(t, []int{2}, state.LockedSeats)
		assert.Equal(t, 1, state.ParticipantCount)
		r.SameInRedis(state)
		w.Laravel.HearsCount(t, r.ID, 1)
	})

	in(t, "answers what was under way", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		r := w.Room(t)
		owner := w.Connect(t, r.Owner)
		owner.Emit("room:join", P{"roomId": r.ID, "seatCount": 100})
		owner.Room = r.ID
		owner.Do("seat:lock", seat(0))
		requests := make([]harness.Request, 99)
		for i := range requests {
			requests[i] = harness.Request{By: owner, Event: "seat:lock", Payload: seat(i + 1)}
		}
		locks := harness.AtOnce(requests...)
		locks[5].Wait()
		w.Server.Terminate()
		assert.Equal(t, 0, w.Server.Wait(t, 10*time.Second))
		owner.Disconnected()
		w.Restart(t, nil)
		r.Join()
		state := r.Settled()
		for i, lock := range locks {
			if lock.Came() && lock.Succeeded() {
				assert.Contains(t, state.LockedSeats, i+1)
			}
		}
	})

	in(t, "takes no new sessions", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		w.Laravel.Fail(standin.Status, standin.Fault{Hang: true}) // so that it takes its time
		r := w.Room(t)
		r.Join()
		w.Laravel.Awaits(t, "a status", func() bool { return w.Laravel.Flying(standin.Status) == 1 })
		w.Server.Terminate()
		_, err := w.Server.Logged("draining")
		require.NoError(t, err)
		w.Open(t, harness.Opening{User: harness.NewUser()}).ConnectError()
		assert.NotEqual(t, http.StatusOK, w.Server.Status("/readyz"))
		assert.Equal(t, 0, w.Server.Wait(t, 10*time.Second))
	})

	in(t, "does not wait for a backend that hangs", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		w.Laravel.Fail(standin.Status, standin.Fault{Hang: true})
		w.Laravel.Fail(standin.Role, standin.Fault{Hang: true})
		r := w.Room(t)
		admin := r.JoinRole("admin")
		admin.Ask("seat:lock", P{"roomId": r.ID, "seatIndex": 1})
		w.Laravel.Awaits(t, "a question and a status", func() bool {
			return w.Laravel.Flying(standin.Role) == 1 && w.Laravel.Flying(standin.Status) == 1
		})
		w.Server.Terminate()
		assert.Equal(t, 0, w.Server.Wait(t, 10*time.Second))
		assert.NotNil(t, w.Redis.Outbox(t, r.ID), "what the backend did not accept is kept")
		w.Laravel.Heal()
		w.Restart(t, nil)
		w.Laravel.HearsCount(t, r.ID, 1)
	})

	in(t, "says what a Redis that hangs made it leave, and is over in time", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		r := w.Room(t)
		a := r.Join()
		w.Redis.Freeze(t)
		a.Do("seat:take", seat(1))
		told := time.Now()
		w.Server.Terminate()
		assert.Equal(t, 1, w.Server.Wait(t, 10*time.Second))
		assert.Greater(t, time.Since(told), 3*time.Second, "Redis is given some time")
		require.NoError(t, w.Server.Trouble())
		assert.NotEqual(t, "io server disconnect", a.Disconnected().Reason, "after which no client would reconnect")
		assert.True(t, w.Server.Said("stopped with work left undone"), w.Server.Log())
		assert.True(t, w.Server.Said("1 rooms"), w.Server.Log())
		w.Redis.Thaw()
		w.Restart(t, nil)
	})

	in(t, "waits for a Redis that is back in time", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		r := w.Room(t)
		a := r.Join()
		w.Redis.Freeze(t)
		a.Do("seat:take", seat(1))
		w.Server.Terminate()
		_, err := w.Server.Logged("draining")
		require.NoError(t, err)
		w.Redis.Thaw()
		assert.Equal(t, 0, w.Server.Wait(t, 10*time.Second))
		assert.Len(t, w.Redis.Kept(t, r.ID).Seats, 1, "it is saved")
	})

	in(t, "is over at once when there is nothing to do", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		told := time.Now()
		w.Server.Terminate()
		assert.Equal(t, 0, w.Server.Wait(t, 10*time.Second))
		assert.Less(t, time.Since(told), 3*time.Second)
		require.NoError(t, w.Server.Trouble())
		assert.Len(t, w.Server.Records("stopped"), 1)
	})

	in(t, "is cut short by a second signal, and says what it left", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		r := w.Room(t)
		a := r.Join()
		w.Redis.Freeze(t)
		a.Do("seat:take", seat(1))
		w.Server.Terminate()
		_, err := w.Server.Logged("draining")
		require.NoError(t, err)
		told := time.Now()
		w.Server.Terminate()
		assert.Equal(t, 1, w.Server.Wait(t, 10*time.Second))
		assert.Less(t, time.Since(told), 2*time.Second)
		assert.True(t, w.Server.Said("second signal, exiting at once"), w.Server.Log())
		assert.True(t, w.Server.Said("1 not saved, 1 connections"), w.Server.Log())
		assert.NotEqual(t, "io server disconnect", a.Disconnected().Reason)
	})

	in(t, "under load keeps all that was answered", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		k := newCrowd(t, w, 2*roomOf)
		k.act(2*time.Second, 500*time.Millisecond)
		for _, m := range k.members {
			m.next(k.rooms)
		}
		told := time.Now()
		w.Server.Terminate()
		assert.Equal(t, 0, w.Server.Wait(t, 10*time.Second))
		t.Logf("drained in %v", time.Since(told).Round(time.Millisecond))
		require.NoError(t, w.Server.Trouble())
		k.wait("everyone is cut", func(m *member) bool { return m.disconnected != "" })
		for _, m := range k.members {
			assert.NotContains(t, m.disconnected, "io server disconnect", "after which no client would reconnect")
			assert.Contains(t, m.disconnected, `"active":`)
			if m.asked != 0 {
				continue // it may have happened or not
			}
			r := k.rooms[m.room]
			kept := w.Redis.Kept(t, r.ID)
			assert.Equal(t, m.in, r.RoomOf(m.user) == r.ID, "user %d", m.user)
			if m.seat < 50 {
				assert.Equal(t, m.has, kept.Seats[m.seat] != nil, "user %d", m.user)
			} else {
				assert.Equal(t, m.has, slices.Contains(kept.Locked, m.seat), "user %d", m.user)
			}
		}
	})
}
