package wsconn

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// parkedCommands returns what waits for the room of a session, by type.
func (s *Session) parkedCommands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var commands []string
	for _, p := range s.parked {
		commands = append(commands, fmt.Sprintf("%T", p.request.Command))
	}
	return commands
}

// userCount returns how many users have a session.
func (w *world) userCount() int {
	w.users.mu.RLock()
	defer w.users.mu.RUnlock()
	return len(w.users.sessions)
}

func TestSession_Drop(t *testing.T) {
	t.Run("holds_the_seat_of_whose_connection_ended", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada, bob := w.connect(t, 1), w.connect(t, 2)
		ada.join("42")
		bob.join("42")
		ada.next()
		require.Equal(t, done, bob.ask("seat:take", atSeat("42", 3)))
		bob.close()
		ada.expect(`42["seat:updated",{"seatIndex":3,"userId":2,"isMuted":false}]`, `42["seat:cleared",{"seatIndex":3}]`, `42["room:userLeft",{"userId":2}]`)
		require.Equal(t, `{"success":false,"error":"Seat is already taken","occupant":null}`, ada.ask("seat:take", atSeat("42", 3)))
		ada.expectNothing("42")
		again := w.connect(t, 2)
		require.Contains(t, again.ask("room:join", inRoom("42")), `"seats":[{"seatIndex":3,"userId":2,"isMuted":false}]`)
	})

	t.Run("of_one_socket_of_several_changes_nothing", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada, phone, laptop := w.connect(t, 1), w.connect(t, 2), w.connect(t, 2)
		ada.join("42")
		phone.join("42")
		laptop.join("42")
		ada.next()
		require.Equal(t, done, laptop.ask("seat:take", atSeat("42", 3)))
		ada.next()
		phone.close()
		eventually(t, func() bool { return w.Connections() == 2 }, "the phone is still there")
		ada.expectNothing("42")
		laptop.close()
		ada.expect(`42["seat:cleared",{"seatIndex":3}]`, `42["room:userLeft",{"userId":2}]`)
	})

	t.Run("while_joining_is_sent_behind_what_is_parked_and_the_join_not_carried_out", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada, bob := w.connect(t, 1), w.connect(t, 2)
		ada.join("42")
		s := w.session(t, 2)
		w.desk.keep()
		bob.tell("room:join", inRoom("42"))
		bob.tell("seat:take", atSeat("42", 3))
		eventually(t, func() bool { return len(s.parkedCommands()) == 1 }, "nothing is parked")
		bob.close()
		eventually(t, func() bool { return w.Connections() == 1 && w.userCount() == 1 }, "the session is still there")
		require.Equal(t, []string{"*room.TakeSeat", "*room.Drop"}, s.parkedCommands())
		require.False(t, s.Alive())
		w.desk.letIn(-1)
		eventually(t, func() bool { return len(s.underway) == 0 && s.parkedCommands() == nil }, "not all was answered")
		ada.expectNothing("42")
		require.Equal(t, 1, w.store.participants("42"))
	})

	t.Run("is_sent_once_by_a_DISCONNECT_that_the_end_follows", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		s := w.session(t, 1)
		w.desk.keep()
		ada.tell("room:join", inRoom("42"))
		ada.send("41")
		eventually(t, func() bool { return w.userCount() == 0 }, "the session is still there")
		require.Equal(t, []string{"*room.Drop"}, s.parkedCommands())
		ada.close()
		eventually(t, func() bool { return w.Connections() == 0 }, "the connection is still there")
		require.Equal(t, []string{"*room.Drop"}, s.parkedCommands())
	})

	t.Run("is_not_sent_after_a_leave", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		s := w.session(t, 1)
		w.desk.keep()
		ada.tell("room:join", inRoom("42"))
		ada.tell("room:leave", inRoom("42"))
		ada.expectNothing("")
		ada.close()
		eventually(t, func() bool { return w.Connections() == 0 && w.userCount() == 0 }, "the session is still there")
		require.Equal(t, []string{"*room.Leave"}, s.parkedCommands())
	})

	t.Run("is_not_sent_by_who_is_in_no_room", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		s := w.session(t, 1)
		ada.close()
		eventually(t, func() bool { return w.Connections() == 0 && w.userCount() == 0 }, "the session is still there")
		require.Empty(t, s.parkedCommands())
	})
}

func TestSession_a_client_may_leave_the_namespace_and_come_back(t *testing.T) {
	w := newWorld(t, Config{})
	ada, bob := w.connect(t, 1), w.connect(t, 2)
	ada.join("42")
	bob.join("42")
	ada.next()
	require.Equal(t, done, bob.ask("seat:take", atSeat("42", 3)))
	before := w.session(t, 2)
	bob.send("41")
	ada.expect(`42["seat:updated",{"seatIndex":3,"userId":2,"isMuted":false}]`, `42["seat:cleared",{"seatIndex":3}]`, `42["room:userLeft",{"userId":2}]`)

	bob.enter(tokenOfUser(t, 2, nil))
	after := w.session(t, 2)
	require.NotEqual(t, before.ID(), after.ID())
	require.False(t, before.Alive())
	require.True(t, after.Alive())
	require.Equal(t, refused("Not in room"), bob.ask("seat:take", atSeat("42", 4)))
	require.Contains(t, bob.ask("room:join", inRoom("42")), `"seats":[{"seatIndex":3,"userId":2,"isMuted":false}]`)
	require.Contains(t, ada.next(), `"room:userJoined",{"userId":2,`)
	ada.expect(`42["seat:updated",{"seatIndex":3,"userId":2,"isMuted":false}]`)

	bob.send("41")
	ada.expect(`42["seat:cleared",{"seatIndex":3}]`, `42["room:userLeft",{"userId":2}]`)
	bob.enter(tokenOfUser(t, 3, nil)) // as somebody else
	require.Equal(t, 2, w.userCount())
	bob.join("42")
	require.Contains(t, ada.next(), `"room:userJoined",{"userId":3,`)
}
