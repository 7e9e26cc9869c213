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

	in(t, "does not wait for a Redis that hangs", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		r := w.Room(t)
		a := r.Join()
		w.Redis.Freeze(t)
		a.Do("seat:take", seat(1))
		w.Server.Terminate()
		w.Server.Wait(t, 10*time.Second)
		require.NoError(t, w.Server.Trouble())
		w.Redis.Thaw()
		w.Restart(t, nil)
	})
}
