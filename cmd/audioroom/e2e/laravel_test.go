package e2e_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
	"audioroom/laravel/standin"
)

func TestStatus(t *testing.T) {
	t.Parallel()

	in(t, "tells how many are there, and since when there are any", func(t *testing.T) {
		w, r := shared(t), room(t)
		opened := time.Now()
		r.Join()
		status := w.Laravel.HearsCount(t, r.ID, 1)
		assert.Equal(t, P{"is_live": true, "participant_count": 1.0, "started_at": status["started_at"]}, status)
		assert.WithinDuration(t, opened, rfc3339(t, status["started_at"]), 5*time.Second)
		a := r.Join()
		again := w.Laravel.HearsCount(t, r.ID, 2)
		assert.Equal(t, status["started_at"], again["started_at"])
		a.Cut()
		w.Laravel.HearsCount(t, r.ID, 1)
		harness.Eventually(t, "the outbox is empty", func() bool { return w.Redis.Outbox(t, r.ID) == nil })
	})

	in(t, "is not told of a second socket", func(t *testing.T) {
		w, r := shared(t), room(t)
		a := r.Join()
		w.Laravel.HearsCount(t, r.ID, 1)
		a2 := r.JoinAs(a.User)
		a2.Do("room:leave", P{})
		r.Without(a2)
		b := r.Join()
		w.Laravel.HearsCount(t, r.ID, 2)
		b.Quiet()
		assert.Len(t, w.Laravel.Statuses(r.ID), 2)
	})

	in(t, "goes out at once, then once in a window with the latest", func(t *testing.T) {
		const window = 2 * time.Second
		w := stage.World(t, harness.Setup{Env: harness.Env{"STATUS_WINDOW": window.String()}})
		r := w.Room(t)
		first := time.Now()
		r.Join()
		w.Laravel.HearsCount(t, r.ID, 1)
		assert.Less(t, time.Since(first), window, "the first is at once")
		for range 4 {
			s := r.Join()
			s.Do("room:leave", P{})
			r.Without(s)
			for _, o := range r.Others(s) {
				o.Expect("room:userLeft", P{"userId": s.User})
			}
			r.Join()
		}
		w.Laravel.HearsCount(t, r.ID, 5)
		calls := w.Laravel.Statuses(r.ID)
		for i, call := range calls {
			assert.Equal(t, 1, call.RoomCalls, "one call at a time")
			assert.True(t, call.Accepted(), "with the right X-Internal-Key")
			if i > 0 {
				assert.GreaterOrEqual(t, call.At.Sub(calls[i-1].At)+50*time.Millisecond, window)
			}
		}
		elapsed := time.Since(first)
		assert.LessOrEqual(t, len(calls), 2+int(elapsed/window))
	})

	in(t, "of a close goes out at once, and nothing after it", func(t *testing.T) {
		w := stage.World(t, harness.Setup{Env: harness.Env{
			"STATUS_WINDOW": "6s", "ROOM_INACTIVITY_TIMEOUT": "700ms",
		}})
		r := w.Room(t)
		a := r.Join()
		w.Laravel.HearsCount(t, r.ID, 1)
		first := time.Now()
		a.Do("room:leave", P{})
		w.Laravel.HearsClose(t, r.ID)
		assert.Less(t, time.Since(first), 5*time.Second, "it does not wait for the window")
		calls := w.Laravel.Statuses(r.ID)
		assert.Len(t, calls, 2, "what waited is cancelled")
		time.Sleep(time.Until(first.Add(7 * time.Second))) // beyond the window nothing may follow
		assert.Len(t, w.Laravel.Statuses(r.ID), len(calls))
	})

	in(t, "is tried again until it is accepted, and kept until then", func(t *testing.T) {
		w := stage.World(t, harness.Setup{Env: harness.Env{"STATUS_WINDOW": "100ms"}})
		r := w.Room(t)
		w.Laravel.Fail(standin.Status, standin.Fault{Times: 2, Status: 503})
		w.Laravel.Fail(standin.Status, standin.Fault{Times: 1, Drop: true})
		w.Laravel.Fail(standin.Status, standin.Fault{Times: 1, Status: 429, RetryAfter: "1"})
		r.Join()
		kept := w.Redis.Outbox(t, r.ID)
		assert.Equal(t, 1.0, kept["participant_count"])
		w.Laravel.HearsCount(t, r.ID, 1)
		harness.Eventually(t, "the outbox is empty", func() bool { return w.Redis.Outbox(t, r.ID) == nil })
		calls := w.Laravel.Statuses(r.ID)
		require.Len(t, calls, 5)
		assert.GreaterOrEqual(t, calls[4].At.Sub(calls[3].At), time.Second, "Retry-After is honoured")
	})

	in(t, "that the backend will never accept is not tried again", func(t *testing.T) {
		w := stage.World(t, harness.Setup{Env: harness.Env{"STATUS_WINDOW": "100ms"}})
		r := w.Room(t)
		w.Laravel.Fail(standin.Status, standin.Fault{Times: 1, Status: 422})
		r.Join()
		w.Laravel.Awaits(t, "a status", func() bool { return len(w.Laravel.Statuses(r.ID)) == 1 })
		r.Join()
		w.Laravel.HearsCount(t, r.ID, 2)
		assert.Len(t, w.Laravel.Statuses(r.ID), 2)
	})

	in(t, "makes nobody wait", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		w.Laravel.Fail(standin.Status, standin.Fault{Hang: true})
		w.Laravel.Fail(standin.Room, standin.Fault{Hang: true})
		r := w.Room(t)
		start := time.Now()
		a := r.Join()
		a.Do("seat:take", seat(1))
		a.Do("room:leave", P{})
		assert.Less(t, time.Since(start), 5*time.Second)
		w.Laravel.Heal()
		w.Laravel.HearsCount(t, r.ID, 0)
	})
}

func TestLaravel_DownAtStart(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{LaravelDown: true})
	record, err := w.Server.Logged("not ready")
	require.NoError(t, err)
	assert.Equal(t, "laravel", record["missing"])
	assert.Equal(t, http.StatusServiceUnavailable, w.Server.Status("/readyz"))
	r := w.Room(t)
	a := r.Join()
	a.Do("seat:take", seat(1)) // it serves all the same
	require.NoError(t, w.Laravel.Start())
	require.NoError(t, w.Server.Ready())
	w.Laravel.HearsCount(t, r.ID, 1)
	harness.Eventually(t, "all is well", func() bool { return w.Server.Status("/healthz") == http.StatusOK })
}

func TestOutbox(t *testing.T) {
	t.Parallel()

	in(t, "keeps the latest status while the backend is down", func(t *testing.T) {
		w := stage.World(t, harness.Setup{LaravelDown: true, Env: harness.Env{"STATUS_WINDOW": "100ms"}})
		r := w.Room(t)
		r.Join()
		b := r.Join()
		b.Do("room:leave", P{})
		kept := w.Redis.Outbox(t, r.ID)
		assert.Equal(t, P{"is_live": true, "participant_count": 1.0, "started_at": kept["started_at"]}, kept)
		require.NoError(t, w.Laravel.Start())
		w.Laravel.HearsCount(t, r.ID, 1)
		harness.Eventually(t, "the outbox is empty", func() bool { return w.Redis.Outbox(t, r.ID) == nil })
		assert.Empty(t, w.Redis.Keys(t, "laravel:outbox"))
	})

	in(t, "is sent by the next server", func(t *testing.T) {
		w := stage.World(t, harness.Setup{LaravelDown: true, Env: harness.Env{"STATUS_WINDOW": "100ms"}})
		r := w.Room(t)
		a := r.Join()
		a.Do("room:leave", P{})
		w.Crash(t)
		assert.Equal(t, 0.0, w.Redis.Outbox(t, r.ID)["participant_count"])
		require.NoError(t, w.Laravel.Start())
		w.Restart(t, nil)
		w.Laravel.HearsCount(t, r.ID, 0)
		harness.Eventually(t, "the outbox is empty", func() bool { return w.Redis.Outbox(t, r.ID) == nil })
	})

	in(t, "keeps the end of a room that is gone", func(t *testing.T) {
		w := hasty(t)
		w.Laravel.Close()
		r := w.Room(t)
		a := r.Join()
		a.Do("room:leave", P{})
		harness.Eventually(t, "the room is gone", func() bool { return len(r.InRedis()) == 0 })
		kept := w.Redis.Outbox(t, r.ID)
		assert.Equal(t, P{"is_live": false, "participant_count": 0.0, "ended_at": kept["ended_at"]}, kept)
		w.Crash(t)
		require.NoError(t, w.Laravel.Start())
		w.Restart(t, nil)
		text, err := json.Marshal(kept)
		require.NoError(t, err)
		w.Laravel.HearsClose(t, r.ID)
		assert.JSONEq(t, string(text), w.Laravel.Accepted(r.ID)[0])
	})
}

func TestRank(t *testing.T) {
	t.Parallel()

	in(t, "is asked once for many requests", func(t *testing.T) {
		w, r := shared(t), room(t)
		admin := r.JoinRole("admin")
		for i := range 5 {
			admin.Do("seat:lock", seat(i))
			admin.Do("seat:unlock", seat(i))
		}
		var asked int
		for _, call := range w.Laravel.Calls(standin.Role) {
			if call.Room == r.ID {
				asked++
				assert.Equal(t, admin.User, call.User)
			}
		}
		assert.Equal(t, 1, asked)
		for _, call := range w.Laravel.Calls(standin.Room) {
			if call.Room == r.ID {
				asked++
			}
		}
		assert.LessOrEqual(t, asked, 2, "the room was asked about once")
	})

	in(t, "of the owner is not asked for, who may have none", func(t *testing.T) {
		w, r := shared(t), room(t)
		owner := r.JoinOwner()
		owner.Do("seat:lock", seat(1))
		for _, call := range w.Laravel.Calls(standin.Role) {
			assert.NotEqual(t, r.ID, call.Room)
		}
	})

	in(t, "that the backend refuses to tell refuses the action, and is asked again next time", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		r := w.Room(t)
		admin := r.JoinRole("admin")
		w.Laravel.Fail(standin.Role, standin.Fault{Status: 500})
		admin.Refused("seat:lock", seat(1), "INTERNAL_ERROR")
		assert.Empty(t, r.Settled().LockedSeats)
		w.Laravel.Heal()
		admin.Do("seat:lock", seat(1))
		admin.Expect("seat:locked", locked(1, true))
		assert.Equal(t, []int{1}, r.Settled().LockedSeats)
	})

	in(t, "that can't be asked for refuses the action", func(t *testing.T) {
		w := stage.World(t, harness.Setup{LaravelDown: true})
		r := w.Room(t)
		owner, a := r.JoinOwner(), r.Join()
		for _, s := range []*harness.Socket{owner, a} {
			s.Refused("seat:lock", seat(1), "INTERNAL_ERROR")
			s.Refused("seat:unlock", seat(1), "INTERNAL_ERROR")
		}
		a.Do("seat:take", seat(1))
		owner.Expect("seat:updated", updated(1, a.User))
		r.Settled()
		require.NoError(t, w.Laravel.Start())
		a.Refused("seat:lock", seat(2), "Not room manager")
		owner.Do("seat:lock", seat(2))
	})

	in(t, "that is long in coming holds up nobody else", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		r, other := w.Room(t), w.Room(t)
		admin, a, b := r.JoinRole("admin"), r.Join(), other.Join()
		w.Laravel.Fail(standin.Role, standin.Fault{Hang: true})
		lock := admin.Ask("seat:lock", P{"roomId": r.ID, "seatIndex": 1})
		w.Laravel.Awaits(t, "a question", func() bool { return w.Laravel.Flying(standin.Role) == 1 })

		start := time.Now()
		a.Do("seat:take", seat(2))
		b.Do("seat:take", seat(2))
		admin.Do("seat:take", seat(3)) // not even the same socket's next request
		admin.Expect("seat:updated", updated(2, a.User))
		a.Expect("seat:updated", updated(3, admin.User))
		r.Join()
		assert.Less(t, time.Since(start), 4*time.Second)
		assert.False(t, lock.Came())

		w.Laravel.Heal()
		assert.True(t, lock.Succeeded())
	})

	in(t, "that hangs for good refuses the action in the end", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		r := w.Room(t)
		admin := r.JoinRole("admin")
		w.Laravel.Fail(standin.Role, standin.Fault{Hang: true})
		start := time.Now()
		admin.Refused("seat:lock", seat(1), "INTERNAL_ERROR")
		assert.Greater(t, time.Since(start), 9*time.Second, "the backend has ten seconds to answer")
		assert.Empty(t, r.Settled().LockedSeats)
	})

	in(t, "is nobody's in a room that the backend does not know", func(t *testing.T) {
		w, r := shared(t), room(t)
		w.Laravel.RemoveRoom(r.ID)
		a := r.Join()
		a.Refused("seat:lock", seat(1), "Not room manager")
		a.Do("seat:take", seat(1))
	})
}
