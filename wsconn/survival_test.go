package wsconn

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"audioroom/actors"
	"audioroom/actors/room"

	"github.com/stretchr/testify/require"
)

// frailBackend panics at questions for a rank as long as it is told to.
type frailBackend struct {
	actors.Backend
	well atomic.Bool
}

func (b *frailBackend) KnownRank(roomID string, user room.UserID) (room.Rank, bool) {
	if !b.well.Load() {
		panic("known rank")
	}
	return b.Backend.KnownRank(roomID, user)
}

func (b *frailBackend) Rank(cause actors.Cause, roomID string, user room.UserID, answer func(room.Rank, error)) {
	if !b.well.Load() {
		panic("rank")
	}
	b.Backend.Rank(cause, roomID, user, answer)
}

func TestGateway_survives_a_panic(t *testing.T) {
	t.Run("while_asking_for_a_rank", func(t *testing.T) {
		w := newWorld(t, Config{})
		w.Gateway.backend = &frailBackend{Backend: &w.backend}
		ada, bob := w.connect(t, 1), w.connect(t, 2)
		ada.join("42")
		bob.join("42")
		ada.next()
		require.Equal(t, refused("INTERNAL_ERROR"), ada.ask("seat:lock", atSeat("42", 1)))
		require.Equal(t, refused("INTERNAL_ERROR"), bob.ask("seat:invite", `{"roomId":"42","userId":1,"seatIndex":1}`))
		require.Equal(t, done, ada.ask("seat:take", atSeat("42", 1)))
		bob.expect(`42["seat:updated",{"seatIndex":1,"userId":1,"isMuted":false}]`)
	})

	t.Run("while_asking_for_a_rank_and_answers_what_comes_next", func(t *testing.T) {
		w := newWorld(t, Config{})
		frail := &frailBackend{Backend: &w.backend}
		w.Gateway.backend = frail
		ada := w.connect(t, 1)
		ada.join("42")
		for range 3 {
			require.Equal(t, refused("INTERNAL_ERROR"), ada.ask("seat:lock", atSeat("42", 1)))
			require.Equal(t, done, ada.ask("seat:take", atSeat("42", 1)))
		}
		frail.well.Store(true)
		lock := ada.emit("seat:lock", atSeat("42", 2))
		ada.expect(`42["seat:locked",{"seatIndex":2,"isLocked":true}]`, ackOf(lock, done))
		require.Empty(t, w.session(t, 1).underway)
	})

	t.Run("while_asking_where_a_user_is", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		w.directory.answerWith(func(context.Context, int64) (string, bool, error) { panic("where") })
		for range 3 {
			require.Equal(t, `{"roomId":null,"error":"INTERNAL_ERROR"}`, ada.ask("user:getRoom", `{"userId":7}`))
		}
		ada.tell("user:getRoom", `{"userId":7}`)
		eventually(t, func() bool { return w.panics.Load() == 4 }, "not every panic was counted")
		w.directory.answerWith(func(context.Context, int64) (string, bool, error) { return "42", true, nil })
		eventually(t, func() bool { return len(w.session(t, 1).underway) == 0 }, "requests are under way")
		require.Equal(t, `{"roomId":"42"}`, ada.ask("user:getRoom", `{"userId":7}`))
	})

	t.Run("while_asking_whether_a_token_was_revoked_and_lets_nobody_in", func(t *testing.T) {
		w := newWorld(t, Config{})
		w.revocations.answerWith(func(context.Context, string, int64, time.Time) (bool, error) { panic("revoked?") })
		client := w.dial(t, nil)
		for range 3 {
			client.present(tokenOfUser(t, 7, nil))
			client.expect(connectError("Authentication failed"))
			require.Equal(t, AuthFailed, receive(t, w.outcomes))
		}
		require.Zero(t, w.userCount())
		require.EqualValues(t, 3, w.panics.Load())
		w.revocations.answerWith(nil)
		client.enter(tokenOfUser(t, 7, nil))
	})
}
