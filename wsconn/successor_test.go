package wsconn

import (
	"strings"
	"testing"

	"audioroom/actors/room"

	"github.com/stretchr/testify/require"
)

// A connection may be given a new session: its client leaves the namespace and
// enters it again, maybe as somebody else. What was meant for the old session
// must not reach the new one, whose ack ids begin anew.
func TestSession_its_successor_on_the_connection(t *testing.T) {
	// reborn has bob's client leave the namespace and enter it as cid.
	reborn := func(t *testing.T, w *world, bob *peer) {
		t.Helper()
		bob.send("41")
		eventually(t, func() bool { return len(w.users.of(2)) == 0 }, "the old session is still there")
		bob.enter(tokenOfUser(t, 3, nil))
	}
	together := func(t *testing.T) (w *world, ada, bob *peer) {
		t.Helper()
		w = newWorld(t, Config{})
		ada, bob = w.connect(t, 1), w.connect(t, 2)
		ada.join("42")
		bob.join("42")
		ada.next()
		return w, ada, bob
	}

	t.Run("hears_nothing_of_the_room_that_the_old_one_was_in", func(t *testing.T) {
		w, ada, bob := together(t)
		w.store.hold()
		take := ada.emit("seat:take", atSeat("42", 1))
		talk := ada.emit("chat:message", `{"roomId":"42","content":"hi"}`)
		ada.expectNothing("")
		reborn(t, w, bob)
		w.store.confirm()
		ada.expect(ackOf(take, done))
		require.Contains(t, ada.next(), `42["chat:message",`)
		ada.expect(ackOf(talk, done), `42["room:userLeft",{"userId":2}]`)
		bob.expectNothing("")
		require.Equal(t, done, ada.ask("seat:take", atSeat("42", 2)))
		bob.expectNothing("")
	})

	t.Run("gets_no_ack_of_what_the_old_one_asked_its_room", func(t *testing.T) {
		w, _, bob := together(t)
		w.store.hold()
		bob.emit("seat:take", atSeat("42", 3))
		bob.emit("seat:take", atSeat("42", 99))
		bob.emit("room:join", inRoom("42"))
		bob.expectNothing("")
		reborn(t, w, bob)
		w.store.confirm()
		old := w.session(t, 3)
		bob.expectNothing("")
		require.Equal(t, emptyRoom("43"), bob.ask("room:join", inRoom("43")))
		require.Same(t, old, w.session(t, 3))
	})

	t.Run("gets_no_ack_of_a_join_that_was_under_way", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada, bob := w.connect(t, 1), w.connect(t, 2)
		ada.join("42")
		w.desk.keep()
		bob.emit("room:join", inRoom("42"))
		reborn(t, w, bob)
		w.desk.letIn(-1)
		require.Equal(t, done, ada.ask("seat:take", atSeat("42", 1)))
		bob.expectNothing("")
		require.Equal(t, refused("Not in room"), bob.ask("seat:take", atSeat("42", 2)))
	})

	t.Run("gets_no_ack_of_a_command_that_waited_for_a_rank", func(t *testing.T) {
		w, ada, bob := together(t)
		w.slowDown()
		bob.emit("seat:lock", atSeat("42", 3))
		bob.emit("seat:unlock", atSeat("42", 3))
		q := receive(t, w.asked)
		reborn(t, w, bob)
		ada.expect(`42["room:userLeft",{"userId":2}]`)
		q.answer(room.RankOwner, nil)
		bob.expectNothing("")
		ada.expectNothing("42")
	})

	t.Run("is_not_invited_as_the_old_one", func(t *testing.T) {
		w, ada, bob := together(t)
		w.store.hold()
		invite := ada.emit("seat:invite", `{"roomId":"42","userId":2,"seatIndex":1}`)
		ada.expectNothing("")
		reborn(t, w, bob)
		w.store.confirm()
		ada.expect(`42["seat:invite:pending",{"seatIndex":1,"isPending":true,"invitedUserId":2}]`, ackOf(invite, done))
		bob.expectNothing("")
	})

	t.Run("may_be_the_same_user_and_still_hears_nothing", func(t *testing.T) {
		w, ada, bob := together(t)
		w.store.hold()
		ada.emit("seat:take", atSeat("42", 1))
		ada.expectNothing("")
		before := w.session(t, 2)
		bob.send("41")
		eventually(t, func() bool { return len(w.users.of(2)) == 0 }, "the old session is still there")
		bob.enter(tokenOfUser(t, 2, nil))
		w.store.confirm()
		bob.expectNothing("")
		require.NotEqual(t, before.ID(), w.session(t, 2).ID())
		state := bob.ask("room:join", inRoom("42"))
		require.True(t, strings.Contains(state, `"seats":[{"seatIndex":1,"userId":1,"isMuted":false}]`), state)
	})
}
