package wsconn

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"audioroom/actors"
	"audioroom/actors/room"

	"github.com/stretchr/testify/require"
)

func TestSession_looks_up_where_a_user_is(t *testing.T) {
	t.Run("and_answers", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		w.directory.answerWith(func(_ context.Context, user int64) (string, bool, error) {
			switch user {
			case 7:
				return `a "room"`, true, nil
			case 8:
				return "", false, nil
			}
			return "", false, errors.New("away")
		})
		require.Equal(t, `{"roomId":"a \"room\""}`, ada.ask("user:getRoom", `{"userId":7}`))
		require.Equal(t, `{"roomId":null}`, ada.ask("user:getRoom", `{"userId":8}`))
		require.Equal(t, `{"roomId":null,"error":"INTERNAL_ERROR"}`, ada.ask("user:getRoom", `{"userId":9}`))
		ada.tell("user:getRoom", `{"userId":7}`)
		ada.expectNothing("")
	})

	t.Run("without_making_others_wait_and_not_for_ever", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, Config{LookupTimeout: 2 * time.Second})
			ada := w.connect(t, 1)
			w.directory.answerWith(func(ctx context.Context, _ int64) (string, bool, error) {
				<-ctx.Done()
				return "", false, ctx.Err()
			})
			begin := time.Now()
			ack := ada.emit("user:getRoom", `{"userId":7}`)
			ada.join("42")
			require.Zero(t, time.Since(begin))
			ada.expect(ackOf(ack, `{"roomId":null,"error":"INTERNAL_ERROR"}`))
			require.Equal(t, 2*time.Second, time.Since(begin))
			synctest.Wait()
			require.Empty(t, w.session(t, 1).underway)
		})
	})

	t.Run("as_often_at_once_as_may_be_under_way", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, Config{})
			ada := w.connect(t, 1)
			gate := make(chan struct{})
			w.directory.answerWith(func(context.Context, int64) (string, bool, error) {
				<-gate
				return "42", true, nil
			})
			for range maxUnderway {
				ada.tell("user:getRoom", `{"userId":7}`)
			}
			go ada.emit("user:getRoom", `{"userId":7}`)
			synctest.Wait()
			require.Len(t, w.session(t, 1).underway, maxUnderway)
			close(gate)
			ada.expect(ackOf("430", `{"roomId":"42"}`))
		})
	})

	t.Run("for_a_client_that_is_gone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { // which waits for every goroutine
			w := newBubble(t, Config{})
			ada := w.connect(t, 1)
			s := w.session(t, 1)
			w.directory.answerWith(func(ctx context.Context, _ int64) (string, bool, error) {
				<-ctx.Done()
				return "", false, ctx.Err()
			})
			ada.tell("user:getRoom", `{"userId":7}`)
			synctest.Wait()
			ada.close()
			synctest.Wait()
			require.Zero(t, w.Connections())
			time.Sleep(2 * time.Second)
			synctest.Wait()
			require.Empty(t, s.underway)
		})
	})
}

// panickingRooms panics at the first join.
type panickingRooms struct {
	Rooms
	panicked atomic.Bool
}

func (r *panickingRooms) Join(request *actors.Request) {
	if r.panicked.CompareAndSwap(false, true) {
		panic("join")
	}
	r.Rooms.Join(request)
}

// panickingBackend panics at every question for a rank.
type panickingBackend struct{ actors.Backend }

func (panickingBackend) KnownRank(string, room.UserID) (room.Rank, bool) { panic("rank") }

func (panickingBackend) Rank(actors.Cause, string, room.UserID, func(room.Rank, error)) {
	panic("rank")
}

func TestGateway_answers_an_event_whose_handling_panicked(t *testing.T) {
	w := newWorld(t, Config{})
	w.Gateway.rooms = &panickingRooms{Rooms: w.desk}
	w.Gateway.backend = panickingBackend{w.Gateway.backend}
	ada := w.connect(t, 1)
	require.Equal(t, `{"error":"INTERNAL_ERROR"}`, ada.ask("room:join", inRoom("41")))
	bob := w.connect(t, 2)
	bob.join("42")
	require.Equal(t, refused("INTERNAL_ERROR"), bob.ask("seat:lock", atSeat("42", 1)))
	require.Equal(t, done, bob.ask("seat:take", atSeat("42", 1)))
	bob.tell("seat:lock", atSeat("42", 2))
	bob.expectNothing("")
}
