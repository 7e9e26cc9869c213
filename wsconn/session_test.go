package wsconn

import (
	"strings"
	"testing"

	"audioroom/actors/room"

	"github.com/stretchr/testify/require"
)

func TestSession_Join(t *testing.T) {
	w := newWorld(t, Config{})

	t.Run("answers_the_state_and_tells_the_others", func(t *testing.T) {
		ada, bob := w.connect(t, 1), w.connect(t, 2)
		require.Equal(t, emptyRoom("joins"), ada.ask("room:join", inRoom("joins")))
		state := bob.ask("room:join", inRoom("joins"))
		require.Contains(t, state, `"participants":[{"id":1,"name":"Ada",`)
		require.Contains(t, state, `"participantCount":2`)
		joined := ada.next()
		require.True(t, strings.HasPrefix(joined, `42["room:userJoined",{"userId":2,"user":{"id":2,"name":"Ada",`), joined)
		bob.expectNothing("joins")
	})

	t.Run("twice_answers_the_state_and_changes_nothing", func(t *testing.T) {
		ada, bob := w.connect(t, 3), w.connect(t, 4)
		ada.join("twice")
		bob.join("twice")
		ada.next()
		require.Equal(t, done, bob.ask("seat:take", atSeat("twice", 3)))
		ada.expect(`42["seat:updated",{"seatIndex":3,"userId":4,"isMuted":false}]`)
		require.Contains(t, bob.ask("room:join", inRoom("twice")), `"seats":[{"seatIndex":3,"userId":4,"isMuted":false}]`)
		require.Equal(t, done, bob.ask("seat:leave", inRoom("twice")))
		ada.expect(`42["seat:cleared",{"seatIndex":3}]`)
	})

	t.Run("of_another_room_leaves_the_first", func(t *testing.T) {
		ada, bob := w.connect(t, 5), w.connect(t, 6)
		ada.join("first")
		bob.join("first")
		ada.next()
		require.Equal(t, done, bob.ask("seat:take", atSeat("first", 0)))
		bob.join("second")
		ada.expect(`42["seat:updated",{"seatIndex":0,"userId":6,"isMuted":false}]`, `42["seat:cleared",{"seatIndex":0}]`, `42["room:userLeft",{"userId":6}]`)
		require.Equal(t, refused("Not in room"), bob.ask("seat:take", atSeat("first", 1)))
		require.Equal(t, done, bob.ask("seat:take", atSeat("second", 1)))
	})

	t.Run("without_an_ack_is_carried_out", func(t *testing.T) {
		ada := w.connect(t, 7)
		ada.tell("room:join", inRoom("silent"))
		require.Equal(t, done, ada.ask("seat:take", atSeat("silent", 1)))
	})

	t.Run("asks_for_a_number_of_seats", func(t *testing.T) {
		ada := w.connect(t, 8)
		require.Contains(t, ada.ask("room:join", `{"roomId":"small","seatCount":2,"ownerId":8}`), `"seatCount":2`)
		require.Equal(t, refused("Invalid seat index"), ada.ask("seat:take", atSeat("small", 2)))
	})
}

func TestSession_parks_commands_until_the_room_is_known(t *testing.T) {
	w := newWorld(t, Config{})

	t.Run("and_sends_them_in_their_order", func(t *testing.T) {
		ada := w.connect(t, 1)
		w.desk.keep()
		defer w.desk.letIn(-1)
		join := ada.emit("room:join", inRoom("parked"))
		lock := ada.emit("seat:lock", atSeat("parked", 5))
		take := ada.emit("seat:take", atSeat("parked", 3))
		move := ada.emit("seat:take", atSeat("parked", 5))
		leave := ada.emit("seat:leave", inRoom("parked"))
		ada.expectNothing("")
		w.desk.letIn(1)
		ada.expect(ackOf(join, emptyRoom("parked")), `42["seat:locked",{"seatIndex":5,"isLocked":true}]`, ackOf(lock, done),
			ackOf(take, done), ackOf(move, refused("Seat is locked")), ackOf(leave, done))
	})

	t.Run("each_in_the_room_it_was_meant_for", func(t *testing.T) {
		ada, inA, inB := w.connect(t, 2), w.connect(t, 3), w.connect(t, 4)
		inA.join("A")
		inB.join("B")
		w.desk.keep()
		defer w.desk.letIn(-1)
		joinA := ada.emit("room:join", inRoom("A"))
		takeA := ada.emit("seat:take", atSeat("A", 1))
		joinB := ada.emit("room:join", inRoom("B"))
		strange := ada.emit("seat:take", atSeat("A", 2))
		takeB := ada.emit("seat:take", atSeat("B", 3))
		back := ada.emit("room:join", inRoom("A"))
		again := ada.emit("seat:take", atSeat("A", 4))
		ada.expect(ackOf(strange, refused("Not in room")))

		w.desk.letIn(1)
		require.Contains(t, ada.next(), joinA+`[{"roomId":"A","participants":[{"id":3,`)
		ada.expect(ackOf(takeA, done))
		require.Contains(t, inA.next(), `"room:userJoined",{"userId":2,`)
		inA.expect(`42["seat:updated",{"seatIndex":1,"userId":2,"isMuted":false}]`, `42["seat:cleared",{"seatIndex":1}]`, `42["room:userLeft",{"userId":2}]`)
		ada.expectNothing("")

		w.desk.letIn(1)
		require.Contains(t, ada.next(), joinB+`[{"roomId":"B","participants":[{"id":4,`)
		ada.expect(ackOf(takeB, done))
		require.Contains(t, inB.next(), `"room:userJoined",{"userId":2,`)
		inB.expect(`42["seat:updated",{"seatIndex":3,"userId":2,"isMuted":false}]`, `42["seat:cleared",{"seatIndex":3}]`, `42["room:userLeft",{"userId":2}]`)
		ada.expectNothing("")

		w.desk.letIn(1)
		require.Contains(t, ada.next(), back+`[{"roomId":"A","participants":[{"id":3,`)
		ada.expect(ackOf(again, done))
		require.Contains(t, inA.next(), `"room:userJoined",{"userId":2,`)
		inA.expect(`42["seat:updated",{"seatIndex":4,"userId":2,"isMuted":false}]`)
		inA.expectNothing("A")
		inB.expectNothing("B")
	})

	t.Run("a_leave_too", func(t *testing.T) {
		ada, bob := w.connect(t, 5), w.connect(t, 6)
		bob.join("brief")
		w.desk.keep()
		defer w.desk.letIn(-1)
		join := ada.emit("room:join", inRoom("brief"))
		take := ada.emit("seat:take", atSeat("brief", 1))
		leave := ada.emit("room:leave", inRoom("brief"))
		late := ada.emit("seat:take", atSeat("brief", 2))
		ada.expect(ackOf(late, refused("Not in room")))
		w.desk.letIn(1)
		require.Contains(t, ada.next(), join+`[{"roomId":"brief"`)
		ada.expect(ackOf(take, done), ackOf(leave, done))
		require.Contains(t, bob.next(), `"room:userJoined",{"userId":5,`)
		bob.expect(`42["seat:updated",{"seatIndex":1,"userId":5,"isMuted":false}]`, `42["seat:cleared",{"seatIndex":1}]`, `42["room:userLeft",{"userId":5}]`)
		require.Equal(t, done, bob.ask("seat:take", atSeat("brief", 1)), "a left seat is free")
		ada.expectNothing("")
	})

	t.Run("joining_again_while_joining", func(t *testing.T) {
		ada := w.connect(t, 7)
		w.desk.keep()
		defer w.desk.letIn(-1)
		first := ada.emit("room:join", inRoom("again"))
		take := ada.emit("seat:take", atSeat("again", 1))
		second := ada.emit("room:join", inRoom("again"))
		leave := ada.emit("seat:leave", inRoom("again"))
		w.desk.letIn(1)
		ada.expect(ackOf(first, emptyRoom("again")), ackOf(take, done))
		ada.expectNothing("")
		w.desk.letIn(1)
		require.Contains(t, ada.next(), second+`[{"roomId":"again","participants":[],"seats":[{"seatIndex":1,"userId":7,`)
		ada.expect(ackOf(leave, done))
	})
}

func TestSession_Leave(t *testing.T) {
	w := newWorld(t, Config{})

	t.Run("frees_the_seat_before_it_tells_the_others", func(t *testing.T) {
		ada, bob := w.connect(t, 1), w.connect(t, 2)
		ada.join("left")
		bob.join("left")
		ada.next()
		require.Equal(t, done, bob.ask("seat:take", atSeat("left", 3)))
		require.Equal(t, done, bob.ask("room:leave", inRoom("left")))
		ada.expect(`42["seat:updated",{"seatIndex":3,"userId":2,"isMuted":false}]`, `42["seat:cleared",{"seatIndex":3}]`, `42["room:userLeft",{"userId":2}]`)
		require.Equal(t, refused("Not in room"), bob.ask("seat:take", atSeat("left", 3)))
		bob.close()
		ada.expectNothing("left")
		require.Equal(t, done, ada.ask("seat:take", atSeat("left", 3)), "no seat is held")
	})

	t.Run("of_a_room_one_is_not_in_succeeds_and_changes_nothing", func(t *testing.T) {
		ada := w.connect(t, 3)
		require.Equal(t, done, ada.ask("room:leave", inRoom("elsewhere")))
		ada.join("here")
		require.Equal(t, done, ada.ask("room:leave", inRoom("elsewhere")))
		require.Equal(t, done, ada.ask("seat:take", atSeat("here", 1)))
		require.Equal(t, done, ada.ask("room:leave", inRoom("here")))
		require.Equal(t, done, ada.ask("room:leave", inRoom("here")))
	})

	t.Run("ignores_an_invalid_payload", func(t *testing.T) {
		ada := w.connect(t, 4)
		ada.join("42")
		for _, payload := range []string{``, `null`, `"42"`, `{"roomId":42}`, `{"roomId":""}`, `{}`} {
			ada.emit("room:leave", payload)
		}
		require.Equal(t, done, ada.ask("seat:take", atSeat("42", 1)))
	})

	t.Run("without_an_ack_is_carried_out", func(t *testing.T) {
		ada := w.connect(t, 5)
		ada.join("unsaid")
		ada.tell("room:leave", inRoom("unsaid"))
		require.Equal(t, refused("Not in room"), ada.ask("seat:take", atSeat("unsaid", 1)))
	})
}

func TestSession_Left_forgets_the_room(t *testing.T) {
	w := newWorld(t, Config{})
	ada := w.connect(t, 1)
	ada.join("closing")
	s := w.session(t, 1)
	s.Left("another")
	require.Equal(t, done, ada.ask("seat:take", atSeat("closing", 1)))
	s.Left("closing")
	require.Equal(t, refused("Not in room"), ada.ask("seat:take", atSeat("closing", 2)))
}

func TestSession_a_refused_join_leaves_it_in_no_room(t *testing.T) {
	w := newWorld(t, Config{})
	ada := w.connect(t, 1)
	s := w.session(t, 1)
	w.desk.keep()
	defer w.desk.letIn(-1)
	refusedJoin := ada.emit("room:join", inRoom("refused"))
	r := receive(t, w.desk.came)
	s.Reply(r, room.Reply{Err: room.ErrInternal})
	s.Flush()
	ada.expect(ackOf(refusedJoin, `{"error":"INTERNAL_ERROR"}`))
	require.Equal(t, refused("Not in room"), ada.ask("seat:take", atSeat("refused", 1)))
	w.desk.mu.Lock()
	w.desk.kept = nil
	w.desk.mu.Unlock()
}

func TestSession_Reply_to_an_older_join_leaves_the_newer_alone(t *testing.T) {
	w := newWorld(t, Config{})
	ada := w.connect(t, 1)
	s := w.session(t, 1)
	w.desk.keep()
	defer w.desk.letIn(-1)
	older := ada.emit("room:join", inRoom("older"))
	newer := ada.emit("room:join", inRoom("newer"))
	r := receive(t, w.desk.came)
	s.Reply(r, room.Reply{Err: room.ErrInternal})
	s.Flush()
	ada.expect(ackOf(older, `{"error":"INTERNAL_ERROR"}`))
	s.underway <- struct{}{} // the room will answer it once more
	w.desk.letIn(-1)
	seen := []string{ada.next(), ada.next()}
	require.Contains(t, seen, ackOf(newer, emptyRoom("newer")))
	require.Equal(t, done, ada.ask("seat:take", atSeat("newer", 1)))
}

func TestSession_Cut_has_the_client_connect_anew(t *testing.T) {
	w := newWorld(t, Config{})
	ada := w.connect(t, 1)
	s := w.session(t, 1)
	require.True(t, s.Alive())
	s.Cut()
	require.Equal(t, 1012, ada.expectClose())
	require.False(t, s.Alive())
}

func TestSession_a_leave_said_twice_is_answered_when_the_first_is_committed(t *testing.T) {
	w := newWorld(t, Config{})
	ada := w.connect(t, 1)
	ada.join("42")
	w.store.hold()
	first, second := ada.emit("room:leave", inRoom("42")), ada.emit("room:leave", inRoom("42"))
	ada.expectNothing("")
	w.store.confirm()
	ada.expect(ackOf(first, done), ackOf(second, done))
}
