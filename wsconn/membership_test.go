package wsconn

import (
	"slices"
	"strconv"
	"testing"

	"audioroom/actors"
	"audioroom/actors/room"

	"github.com/stretchr/testify/require"
)

// A re-join that is refused, for whatever reason, is not the end of the stay: the
// room still counts the session, so its end has to be told.
func TestSession_a_refused_rejoin_keeps_the_membership(t *testing.T) {
	// refuse has bob, who is in the room, join it once more and be refused.
	refuse := func(t *testing.T, w *world, bob *peer) {
		t.Helper()
		w.desk.keep()
		again := bob.emit("room:join", inRoom("42"))
		w.refuseJoin(t, 2, again)
		bob.expect(ackOf(again, `{"error":"INTERNAL_ERROR"}`))
	}
	seated := func(t *testing.T) (w *world, ada, bob *peer) {
		t.Helper()
		w = newWorld(t, Config{})
		ada, bob = w.connect(t, 1), w.connect(t, 2)
		ada.join("42")
		bob.join("42")
		ada.next()
		require.Equal(t, done, bob.ask("seat:take", atSeat("42", 3)))
		ada.expect(`42["seat:updated",{"seatIndex":3,"userId":2,"isMuted":false}]`)
		return w, ada, bob
	}

	t.Run("so_that_its_commands_still_reach_the_room", func(t *testing.T) {
		w, ada, bob := seated(t)
		refuse(t, w, bob)
		require.Equal(t, done, bob.ask("seat:take", atSeat("42", 4)))
		ada.expect(`42["seat:cleared",{"seatIndex":3}]`, `42["seat:updated",{"seatIndex":4,"userId":2,"isMuted":false}]`)
	})

	t.Run("so_that_its_end_is_told", func(t *testing.T) {
		w, ada, bob := seated(t)
		refuse(t, w, bob)
		bob.close()
		ada.expect(`42["seat:cleared",{"seatIndex":3}]`, `42["room:userLeft",{"userId":2}]`)
		ada.expectNothing("42")
		require.Equal(t, 1, w.store.participants("42"))
	})

	t.Run("so_that_it_can_leave", func(t *testing.T) {
		w, ada, bob := seated(t)
		refuse(t, w, bob)
		require.Equal(t, done, bob.ask("room:leave", inRoom("42")))
		ada.expect(`42["seat:cleared",{"seatIndex":3}]`, `42["room:userLeft",{"userId":2}]`)
		require.Equal(t, refused("Not in room"), bob.ask("seat:take", atSeat("42", 3)))
	})

	t.Run("so_that_joining_another_leaves_it", func(t *testing.T) {
		w, ada, bob := seated(t)
		refuse(t, w, bob)
		w.desk.letIn(-1)
		bob.join("43")
		ada.expect(`42["seat:cleared",{"seatIndex":3}]`, `42["room:userLeft",{"userId":2}]`)
	})

	t.Run("though_it_was_sent_before_the_first_join_was_answered", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada, bob := w.connect(t, 1), w.connect(t, 2)
		ada.join("42")
		w.desk.keep()
		first, second := bob.emit("room:join", inRoom("42")), bob.emit("room:join", inRoom("42"))
		w.desk.letIn(1)
		require.Contains(t, bob.next(), first+`[{"roomId":"42"`)
		require.Contains(t, ada.next(), `"room:userJoined",{"userId":2,`)
		w.refuseJoin(t, 2, second)
		bob.expect(ackOf(second, `{"error":"INTERNAL_ERROR"}`))
		bob.close()
		ada.expect(`42["room:userLeft",{"userId":2}]`)
	})
}

// refuseJoin refuses a user's join that the desk keeps, as the supervisor and
// the room of user 1 would.
func (w *world) refuseJoin(t testing.TB, user room.UserID, ack string) {
	t.Helper()
	host, s := w.session(t, 1), w.session(t, user)
	host.mu.Lock()
	handle := host.room
	host.mu.Unlock()
	for {
		r := receive(t, w.desk.came)
		if r.Session != s || "43"+strconv.FormatUint(r.AckID, 10) != ack {
			continue
		}
		w.desk.mu.Lock()
		w.desk.kept = slices.DeleteFunc(w.desk.kept, func(other *actors.Request) bool { return other == r })
		w.desk.mu.Unlock()
		s.Attach(handle)
		s.Reply(r, room.Reply{Err: room.ErrInternal})
		s.Flush()
		return
	}
}
