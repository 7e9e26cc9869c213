package wsconn

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"audioroom/actors/room"

	"github.com/stretchr/testify/require"
)

const tooManyRooms = `{"error":"Too many requests"}`

// roomNumber is the id of one of many rooms.
func roomNumber(i int) string { return inRoom("room-" + strconv.Itoa(i)) }

func TestGateway_RoomsPerMinute(t *testing.T) {
	t.Run("is_refused_beyond_and_comes_back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, Config{RoomsPerMinute: 6})
			ada := w.connect(t, 1)
			for i := range 6 {
				require.Contains(t, ada.ask("room:join", roomNumber(i)), `"participantCount":1`)
			}
			require.Equal(t, tooManyRooms, ada.ask("room:join", roomNumber(6)))
			require.Equal(t, done, ada.ask("seat:take", atSeat("room-5", 1)), "who is refused stays where they are")
			time.Sleep(10 * time.Second)
			require.Contains(t, ada.ask("room:join", roomNumber(6)), `"participantCount":1`)
			require.Equal(t, tooManyRooms, ada.ask("room:join", roomNumber(7)))
			time.Sleep(10 * time.Minute)
			for i := range 6 {
				require.Contains(t, ada.ask("room:join", roomNumber(10+i)), `"participantCount":1`)
			}
			require.Equal(t, tooManyRooms, ada.ask("room:join", roomNumber(20)))
			require.Equal(t, 2+1, w.counted()["room:join sprawling"])
		})
	})

	t.Run("is_the_user's_whatever_their_sockets", func(t *testing.T) {
		w := newWorld(t, Config{RoomsPerMinute: 2})
		phone := w.connect(t, 1)
		phone.join("a")
		phone.close()
		laptop, bob := w.connect(t, 1), w.connect(t, 2)
		laptop.join("b")
		require.Equal(t, tooManyRooms, laptop.ask("room:join", inRoom("c")))
		bob.join("c")
	})

	t.Run("is_not_spent_on_rooms_with_somebody_in_them", func(t *testing.T) {
		w := newWorld(t, Config{RoomsPerMinute: 1})
		for i := range 5 {
			w.connect(t, 10+i).join("room-" + strconv.Itoa(i))
		}
		bob := w.connect(t, 1)
		for range 2 {
			for i := range 5 {
				require.Contains(t, bob.ask("room:join", roomNumber(i)), `"participantCount":2`)
				require.Contains(t, bob.ask("room:join", roomNumber(i)), `"participantCount":2`, "and again")
			}
		}
		bob.join("of-their-own")
		require.Equal(t, tooManyRooms, bob.ask("room:join", inRoom("another")))
	})

	t.Run("is_not_spent_on_joining_again", func(t *testing.T) {
		w := newWorld(t, Config{RoomsPerMinute: 2})
		ada := w.connect(t, 1)
		for range 5 {
			ada.join("42")
		}
		ada.join("43")
		require.Equal(t, tooManyRooms, ada.ask("room:join", inRoom("44")))
	})

	t.Run("is_not_got_round_by_asking_before_the_answer", func(t *testing.T) {
		w := newWorld(t, Config{RoomsPerMinute: 3})
		ada := w.connect(t, 1)
		for i := range 10 {
			ada.emit("room:join", roomNumber(i))
			ada.emit("room:join", roomNumber(i))
		}
		for range 20 {
			ada.next()
		}
		require.Contains(t, []int{2, 3}, w.store.rooms(), "what is given back may come too late")
	})
}

// Users are forgotten when their budget is whole again.
func TestOpenings_forgets(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		o := newOpenings(60)
		for user := range room.UserID(2 * leastSweep) {
			require.True(t, o.take(user))
		}
		require.Len(t, o.paid, 2*leastSweep)
		time.Sleep(time.Minute)
		for user := range room.UserID(2 * leastSweep) {
			require.True(t, o.take(user+1_000_000))
		}
		require.LessOrEqual(t, len(o.paid), 2*leastSweep+1)
		for range 100 {
			o.giveBack(1_000_000)
		}
		require.NotContains(t, o.paid, room.UserID(1))
		allowed := 0
		for o.take(1_000_000) {
			allowed++
		}
		require.Equal(t, 60, allowed, "what was given back too often is not saved up")
	})
}
