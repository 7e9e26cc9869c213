package wsconn

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"audioroom/actors/room"

	"github.com/stretchr/testify/require"
)

const tooManyJoins = `{"error":"Too many requests"}`

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
			require.Equal(t, tooManyJoins, ada.ask("room:join", roomNumber(6)))
			require.Equal(t, done, ada.ask("seat:take", atSeat("room-5", 1)), "who is refused stays where they are")
			time.Sleep(10 * time.Second)
			require.Contains(t, ada.ask("room:join", roomNumber(6)), `"participantCount":1`)
			require.Equal(t, tooManyJoins, ada.ask("room:join", roomNumber(7)))
			time.Sleep(10 * time.Minute)
			for i := range 6 {
				require.Contains(t, ada.ask("room:join", roomNumber(10+i)), `"participantCount":1`)
			}
			require.Equal(t, tooManyJoins, ada.ask("room:join", roomNumber(20)))
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
		require.Equal(t, tooManyJoins, laptop.ask("room:join", inRoom("c")))
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
		require.Equal(t, tooManyJoins, bob.ask("room:join", inRoom("another")))
	})

	t.Run("is_not_spent_on_joining_again", func(t *testing.T) {
		w := newWorld(t, Config{RoomsPerMinute: 2})
		ada := w.connect(t, 1)
		for range 5 {
			ada.join("42")
		}
		ada.join("43")
		require.Equal(t, tooManyJoins, ada.ask("room:join", inRoom("44")))
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

// Whose join is not carried out, because they are gone, has spent as much.
func TestGateway_RoomsPerMinute_of_who_is_gone_before_the_answer(t *testing.T) {
	w := newWorld(t, Config{RoomsPerMinute: 2})
	w.desk.keep()
	for i := range 2 {
		ada := w.connect(t, 1)
		ada.emit("room:join", roomNumber(i))
		receive(t, w.desk.came)
		ada.close()
	}
	eventually(t, func() bool { return w.userCount() == 0 }, "the sessions are still there")
	w.desk.letIn(-1)
	eventually(t, func() bool { return w.counted()["room:join refused"] == 2 }, "the joins are not answered")
	ada := w.connect(t, 1)
	require.Equal(t, tooManyJoins, ada.ask("room:join", roomNumber(2)))
	require.Equal(t, 1, w.counted()["room:join sprawling"])
}

func TestGateway_sessions_of_a_user(t *testing.T) {
	refuse := func(t *testing.T, w *world, user int) {
		c := w.dial(t, nil)
		c.present(tokenOfUser(t, user, nil))
		require.Equal(t, `44{"message":"Too many requests"}`, c.next())
		c.close()
		synctest.Wait()
	}
	begin := func(t *testing.T, w *world, user, times int) {
		for range times {
			w.connect(t, user).close()
			synctest.Wait()
		}
	}
	t.Run("are_1200_at_once_and_in_a_minute", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, Config{EventBudget: 100, EventRefill: 20, ConnectionsPerUser: 3})
			begin(t, w, 1, 1200)
			refuse(t, w, 1)
			refuse(t, w, 1)
			begin(t, w, 2, 1)
			require.Equal(t, 2, count(w.outcomes, AuthTooMany))
			time.Sleep(time.Second)
			begin(t, w, 1, 20)
			refuse(t, w, 1)
		})
	})
	t.Run("are_enough_for_ten_tabs_that_connect_every_five_seconds", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, Config{EventBudget: 100, EventRefill: 20, ConnectionsPerUser: 10})
			for range 36 {
				begin(t, w, 1, 10)
				time.Sleep(5 * time.Second)
			}
		})
	})
	for name, config := range map[string]Config{
		"have_no_number_without_a_budget_of_events": {ConnectionsPerUser: 10},
		"have_no_number_where_sockets_have_none":    {EventBudget: 100, EventRefill: 20},
		"are_more_where_there_are_more_sockets":     {EventBudget: 100, EventRefill: 20, ConnectionsPerUser: 30},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { begin(t, newBubble(t, config), 1, 1300) })
		})
	}
}

// count returns how many of the outcomes so far were of one kind.
func count(outcomes chan AuthOutcome, kind AuthOutcome) (n int) {
	for range len(outcomes) {
		if <-outcomes == kind {
			n++
		}
	}
	return n
}

func TestGateway_joins_of_a_user(t *testing.T) {
	budget := Config{EventBudget: 10_000, EventRefill: 1, RoomsPerMinute: 300}
	// visit joins and leaves a room that has somebody in it.
	visit := func(c *peer, times int) {
		for range times {
			require.Contains(t, c.ask("room:join", inRoom("42")), `"participantCount":2`)
			require.Equal(t, done, c.ask("room:leave", inRoom("42")))
		}
	}
	host := func(t *testing.T, w *world) {
		bob := w.connect(t, 2)
		bob.join("42")
		go func() { // who hears it all
			for {
				if _, _, err := bob.ws.ReadMessage(); err != nil {
					return
				}
			}
		}()
	}
	t.Run("are_600_at_once_and_in_a_minute", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, budget)
			host(t, w)
			phone, laptop := w.connect(t, 1), w.connect(t, 1)
			visit(phone, 400)
			visit(laptop, 200)
			require.Equal(t, tooManyJoins, phone.ask("room:join", inRoom("42")))
			require.Equal(t, 1, w.counted()["room:join throttled"])
			require.Equal(t, tooManyJoins, laptop.ask("room:join", inRoom("43")))
			time.Sleep(time.Second)
			visit(phone, 10)
			require.Equal(t, tooManyJoins, phone.ask("room:join", inRoom("42")))
			require.Zero(t, w.counted()["room:join sprawling"], "company is free")
		})
	})
	t.Run("do_not_count_where_one_is", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, budget)
			ada := w.connect(t, 1)
			for range 500 {
				ada.join("42")
			}
		})
	})
	for name, config := range map[string]Config{
		"have_no_number_without_a_budget_of_events": {RoomsPerMinute: 300},
		"have_no_number_where_rooms_have_none":      {EventBudget: 10_000, EventRefill: 1},
		"are_as_many_as_rooms":                      {EventBudget: 10_000, EventRefill: 1, RoomsPerMinute: 700},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newBubble(t, config)
				host(t, w)
				visit(w.connect(t, 1), 700)
			})
		})
	}
}

// Users are forgotten when their budget is whole again.
func TestQuota_forgets(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		q := newQuota(60)
		for user := range room.UserID(2 * leastSweep) {
			require.True(t, q.take(user))
		}
		require.Len(t, q.paid, 2*leastSweep)
		time.Sleep(time.Minute)
		for user := range room.UserID(2 * leastSweep) {
			require.True(t, q.take(user+1_000_000))
		}
		require.LessOrEqual(t, len(q.paid), 2*leastSweep+1)
		for range 100 {
			q.giveBack(1_000_000)
		}
		require.NotContains(t, q.paid, room.UserID(1))
		allowed := 0
		for q.take(1_000_000) {
			allowed++
		}
		require.Equal(t, 60, allowed, "what was given back too often is not saved up")
	})
}
