package wsconn

import (
	"errors"
	"testing"

	"audioroom/actors/room"

	"github.com/stretchr/testify/require"
)

func TestSession_asks_for_a_rank(t *testing.T) {
	errAway := errors.New("the backend is away")

	t.Run("once_for_all_commands_that_wait_and_keeps_their_order", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		ada.join("42")
		w.slowDown()
		lock := ada.emit("seat:lock", atSeat("42", 1))
		twice := ada.emit("seat:lock", atSeat("42", 1))
		unlock := ada.emit("seat:unlock", atSeat("42", 1))
		other := ada.emit("seat:unlock", atSeat("42", 2))
		q := receive(t, w.asked)
		require.Equal(t, "42", q.roomID)
		require.EqualValues(t, 1, q.user)
		ada.expectNothing("42")
		q.answer(room.RankAdmin, nil)
		ada.expect(`42["seat:locked",{"seatIndex":1,"isLocked":true}]`, ackOf(lock, done), ackOf(twice, refused("Already locked")),
			`42["seat:locked",{"seatIndex":1,"isLocked":false}]`, ackOf(unlock, done), ackOf(other, refused("Not locked")))
		require.Empty(t, w.asked)
	})

	t.Run("in_one_room_and_another_room_does_not_wait_for_it", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		ada.join("silent")
		w.slowDown()
		silent := ada.emit("seat:lock", atSeat("silent", 1))
		q := receive(t, w.asked)
		ada.join("42")
		lock := ada.emit("seat:lock", atSeat("42", 1))
		receive(t, w.asked).answer(room.RankOwner, nil)
		ada.expect(`42["seat:locked",{"seatIndex":1,"isLocked":true}]`, ackOf(lock, done))
		q.answer(room.RankOwner, nil)
		ada.expect(ackOf(silent, refused("Not in room")))
	})

	t.Run("and_lets_commands_pass_that_need_none", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		ada.join("42")
		w.slowDown()
		lock := ada.emit("seat:lock", atSeat("42", 1))
		require.Equal(t, done, ada.ask("seat:take", atSeat("42", 1)))
		require.Equal(t, done, ada.ask("seat:leave", inRoom("42")))
		receive(t, w.asked).answer(room.RankOwner, nil)
		ada.expect(`42["seat:locked",{"seatIndex":1,"isLocked":true}]`, ackOf(lock, done))
	})

	t.Run("anew_once_nothing_waits", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		ada.join("42")
		w.slowDown()
		first := ada.emit("seat:lock", atSeat("42", 1))
		receive(t, w.asked).answer(room.RankMember, nil)
		ada.expect(ackOf(first, refused("Not room manager")))
		second := ada.emit("seat:lock", atSeat("42", 1))
		receive(t, w.asked).answer(room.RankAdmin, nil)
		ada.expect(`42["seat:locked",{"seatIndex":1,"isLocked":true}]`, ackOf(second, done))
	})

	t.Run("and_answers_all_that_waited_if_the_backend_can't", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		ada.join("42")
		w.slowDown()
		acks := []string{ada.emit("seat:lock", atSeat("42", 1)), ada.emit("seat:unlock", atSeat("42", 1)), ada.emit("seat:lock", atSeat("42", 2))}
		q := receive(t, w.asked)
		ada.expectNothing("42") // all of them wait
		q.answer(room.RankUnknown, errAway)
		for _, ack := range acks {
			ada.expect(ackOf(ack, refused("INTERNAL_ERROR")))
		}
		eventually(t, func() bool { return len(w.session(t, 1).underway) == 0 }, "requests are under way")
		next := ada.emit("seat:lock", atSeat("42", 1))
		receive(t, w.asked).answer(room.RankAdmin, nil)
		ada.expect(`42["seat:locked",{"seatIndex":1,"isLocked":true}]`, ackOf(next, done))
	})

	t.Run("for_nothing_if_the_session_left_meanwhile", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		ada.join("42")
		w.slowDown()
		lock := ada.emit("seat:lock", atSeat("42", 1))
		require.Equal(t, done, ada.ask("room:leave", inRoom("42")))
		receive(t, w.asked).answer(room.RankAdmin, nil)
		ada.expect(ackOf(lock, refused("Not in room")))
	})

	t.Run("in_each_room_by_itself", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		ada.join("A")
		w.slowDown()
		inA := ada.emit("seat:lock", atSeat("A", 1))
		ada.join("B")
		inB := ada.emit("seat:lock", atSeat("B", 2))
		more := ada.emit("seat:unlock", atSeat("B", 3))
		ada.expectNothing("B")
		q := receive(t, w.asked)
		require.Equal(t, "A", q.roomID)
		q.answer(room.RankOwner, nil)
		ada.expect(ackOf(inA, refused("Not in room")))
		q = receive(t, w.asked)
		require.Equal(t, "B", q.roomID)
		q.answer(room.RankMember, nil)
		ada.expect(ackOf(inB, refused("Not room manager")), ackOf(more, refused("Not room manager")))
	})

	t.Run("while_the_room_is_still_unknown", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		w.slowDown()
		w.desk.keep()
		join := ada.emit("room:join", inRoom("42"))
		lock := ada.emit("seat:lock", atSeat("42", 1))
		receive(t, w.asked).answer(room.RankAdmin, nil)
		w.desk.letIn(-1)
		ada.expect(ackOf(join, emptyRoom("42")), `42["seat:locked",{"seatIndex":1,"isLocked":true}]`, ackOf(lock, done))
	})

	t.Run("that_comes_after_the_end_of_the_connection", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		ada.join("42")
		s := w.session(t, 1)
		w.slowDown()
		ada.tell("seat:lock", atSeat("42", 1))
		ada.tell("seat:lock", atSeat("42", 2))
		q := receive(t, w.asked)
		ada.expectNothing("42")
		ada.close()
		eventually(t, func() bool { return w.Connections() == 0 }, "the connection is still there")
		q.answer(room.RankAdmin, nil)
		eventually(t, func() bool { return len(s.underway) == 0 }, "requests are under way")
		require.Empty(t, w.asked)
	})
}
