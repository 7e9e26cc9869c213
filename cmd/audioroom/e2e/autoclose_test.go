package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// The times of the rooms that close in these tests.
const (
	inactivity = 1000 * time.Millisecond
	grace      = 2500 * time.Millisecond
)

// hasty is a world in which rooms close soon.
func hasty(t *testing.T) *harness.World {
	t.Helper()
	return stage.World(t, harness.Setup{Env: harness.Env{
		"ROOM_INACTIVITY_TIMEOUT": inactivity.String(), "SEAT_GRACE": grace.String(), "STATUS_WINDOW": "100ms",
	}})
}

func TestAutoClose(t *testing.T) {
	t.Parallel()
	w := hasty(t)

	t.Run("cases", func(t *testing.T) { // the world lives until all are done
		in(t, "removes what was kept of the room and tells the backend", func(t *testing.T) {
			r := w.Room(t)
			owner := r.JoinOwner()
			owner.Do("seat:take", seat(1))
			owner.Do("seat:lock", seat(2))
			owner.Expect("seat:locked", locked(2, true))
			require.NotEmpty(t, r.InRedis())
			owner.Do("room:leave", P{})
			left := time.Now()

			status := w.Laravel.HearsClose(t, r.ID)
			assert.GreaterOrEqual(t, time.Since(left)+50*time.Millisecond, inactivity)
			assert.Less(t, time.Since(left), inactivity+3*time.Second)
			assert.Equal(t, P{"is_live": false, "participant_count": 0.0, "ended_at": status["ended_at"]}, status)
			assert.WithinDuration(t, time.Now(), rfc3339(t, status["ended_at"]), 5*time.Second)
			assert.Empty(t, r.InRedis())
			_, listed := w.Redis.ActiveAt(t, r.ID)
			assert.False(t, listed)
			assert.Empty(t, r.RoomOf(owner.User))
			harness.Eventually(t, "the outbox is empty", func() bool { return w.Redis.Outbox(t, r.ID) == nil })
			owner.Quiet()

			r.Without(owner)
			r.Enter(owner)
			state := r.Settled()
			assert.Empty(t, state.LockedSeats, "the next room of that name is a fresh one")
			assert.Empty(t, state.Seats)
		})

		in(t, "never closes a room with someone in it", func(t *testing.T) {
			r := w.Room(t)
			owner := r.JoinOwner()
			owner.Do("seat:lock", seat(2))
			owner.Expect("seat:locked", locked(2, true))
			time.Sleep(3 * inactivity) // nothing happens, and that is the point
			state := r.Agreed()
			assert.Equal(t, []int{2}, state.LockedSeats)
			for _, status := range w.Laravel.Reported(t, r.ID) {
				assert.Nil(t, status["ended_at"])
			}
		})

		in(t, "waits for a held seat", func(t *testing.T) {
			r := w.Room(t)
			a := r.Join()
			a.Do("seat:take", seat(1))
			cut := time.Now()
			a.Cut()
			w.Laravel.HearsClose(t, r.ID)
			assert.GreaterOrEqual(t, time.Since(cut)+50*time.Millisecond, grace)
			assert.Empty(t, r.InRedis())
		})

		in(t, "starts its time anew with a join", func(t *testing.T) {
			r := w.Room(t)
			a := r.Join()
			w.Laravel.HearsCount(t, r.ID, 1)
			for range 5 {
				a.Do("room:leave", P{})
				time.Sleep(inactivity * 3 / 10)
				a.Emit("room:join", P{"roomId": r.ID})
			}
			for _, status := range w.Laravel.Reported(t, r.ID) {
				assert.Nil(t, status["ended_at"])
			}
		})

		in(t, "racing with a join never leaves anyone in a dead room", func(t *testing.T) {
			const n = 40
			rooms := make([]*harness.Room, n)
			out := make([]*harness.Socket, n)
			for i := range rooms {
				rooms[i] = w.Room(t)
				out[i] = rooms[i].JoinOwner()
				out[i].Do("seat:lock", seat(1))
			}
			next := make([]*harness.Socket, n)
			for i := range next {
				next[i] = w.Connect(t, harness.NewUser())
			}
			for i, r := range rooms {
				out[i].Tell("room:leave", P{"roomId": r.ID})
				r.Without(out[i])
			}
			due := time.Now().Add(inactivity)
			joins := make([]*harness.Answer, n)
			for i, r := range rooms { // spread over the time at which they close
				time.Sleep(time.Until(due.Add(time.Duration(i-n/2) * 4 * time.Millisecond)))
				joins[i] = next[i].Ask("room:join", P{"roomId": r.ID})
			}
			for i, r := range rooms {
				state := next[i].State(joins[i].Wait())
				assert.Equal(t, 1, state.ParticipantCount)
				r.Enter(next[i])
				next[i].Do("seat:take", seat(0))
				assert.Equal(t, []harness.Seat{{SeatIndex: 0, UserID: next[i].User}}, r.Settled().Seats)
				assert.Equal(t, state.LockedSeats, r.Settled().LockedSeats)
				w.Laravel.HearsCount(t, r.ID, 1)
			}
		})
	})
}

// rfc3339 reads a time in UTC as the backend is told it.
func rfc3339(t *testing.T, value any) time.Time {
	t.Helper()
	text, ok := value.(string)
	require.True(t, ok, "%v is a time", value)
	assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`, text)
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at
}
