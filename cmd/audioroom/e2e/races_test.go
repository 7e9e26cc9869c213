package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestFiftyUsersTakeOneSeatAtOnce(t *testing.T) {
	t.Parallel()
	const n = 50
	w, r := shared(t), room(t)
	watcher := r.Join()
	requests := make([]harness.Request, n)
	for i := range requests {
		s := w.Connect(t, harness.NewUser())
		s.Room = r.ID
		s.Emit("room:join", P{"roomId": r.ID})
		requests[i] = harness.Request{By: s, Event: "seat:take", Payload: seat(7)}
	}
	for range n {
		assert.Equal(t, "room:userJoined", watcher.Next().Event)
	}

	var winner *harness.Socket
	var refusals []any
	for i, answer := range harness.AtOnce(requests...) {
		if answer.Succeeded() {
			require.Nil(t, winner, "one wins")
			winner = requests[i].By
		} else {
			refusals = append(refusals, answer.Value())
		}
	}
	require.NotNil(t, winner, "one wins")
	assert.Len(t, refusals, n-1)
	for _, refusal := range refusals {
		assert.Equal(t, harness.Plain(t, P{
			"success": false, "error": "Seat is already taken",
			"occupant": P{"seatIndex": 7, "userId": winner.User, "isMuted": false},
		}), refusal)
	}
	watcher.Expect("seat:updated", updated(7, winner.User))
	assert.Equal(t, []harness.Seat{{SeatIndex: 7, UserID: winner.User}}, r.Settled().Seats)
	r.Join()
	r.Settled()
}

func TestLockAndTakeRacing(t *testing.T) {
	t.Parallel()
	const rounds = 500
	w, r := shared(t), room(t)
	owner, a, b := r.JoinOwner(), r.Join(), r.Join()
	watcher := r.Join()
	view := newReplay(t, r.Settled())
	// told is what the watcher is told when it asks.
	told := func() harness.State {
		state := watcher.State(watcher.Ask("room:join", P{"roomId": r.ID}).Wait())
		view.hear(watcher.Unheard())
		view.same(state)
		return state
	}
	for round := range rounds {
		index := round % 15
		requests := []harness.Request{
			{By: owner, Event: "seat:lock", Payload: seat(index)},
			{By: a, Event: "seat:take", Payload: seat(index)},
			{By: b, Event: "seat:take", Payload: seat(index)},
		}
		rand.Shuffle(len(requests), func(i, j int) { requests[i], requests[j] = requests[j], requests[i] })
		answers := harness.AtOnce(requests...)
		taken := 0
		for i, answer := range answers {
			success := answer.Succeeded()
			switch {
			case requests[i].By == owner:
				require.True(t, success, "the seat was not locked before")
			case success:
				taken++
			}
		}
		require.LessOrEqual(t, taken, 1, "only one can have had the seat")

		state := told()
		require.Contains(t, state.LockedSeats, index)
		for _, s := range state.Seats {
			require.NotContains(t, state.LockedSeats, s.SeatIndex, "a locked seat with someone in it")
		}
		if round%25 == 24 {
			r.SameInRedis(withSelf(state, watcher))
			fresh := w.Connect(t, harness.NewUser())
			fresh.Room = r.ID
			joined := fresh.State(fresh.Ask("room:join", P{"roomId": r.ID}).Wait())
			require.Equal(t, state.Seats, joined.Seats, "as a fresh joiner sees it")
			require.Equal(t, state.LockedSeats, joined.LockedSeats, "as a fresh joiner sees it")
			fresh.Do("room:leave", P{})
		}
		owner.Do("seat:unlock", seat(index))
	}
	told()
	for _, s := range []*harness.Socket{owner, a, b} {
		s.Unheard()
	}
	r.Settled()
}

// withSelf adds who was told a state to its participants.
func withSelf(state harness.State, s *harness.Socket) harness.State {
	state.Participants = append(state.Participants, P{"id": float64(s.User)})
	return state
}

func TestJoinThenCut(t *testing.T) {
	t.Parallel()
	const cuts, batch = 1000, 50
	w := hasty(t)
	watched, unwatched := w.Room(t), w.Room(t)
	watcher := watched.Join()
	view := newReplay(t, watched.Settled())
	for done := 0; done < cuts; done += batch {
		sockets := make([]*harness.Socket, batch)
		requests := make([]harness.Request, 0, 2*batch)
		for i := range sockets {
			sockets[i] = w.Open(t, harness.Opening{User: harness.NewUser()})
		}
		for i, s := range sockets {
			s.Connected()
			s.Room = watched.ID
			if i%5 == 4 {
				s.Room = unwatched.ID
			}
			requests = append(requests,
				harness.Request{By: s, Event: "room:join", Payload: P{}},
				harness.Request{By: s, Event: "seat:take", Payload: seat(i % 15)})
		}
		answers := harness.AtOnce(requests...)
		for i, s := range sockets {
			switch i % 3 {
			case 0: // while the join is on its way
				s.Cut()
			case 1: // as soon as it is answered
				answers[2*i].Wait()
				s.Cut()
			case 2: // politely, with the seat's answer
				answers[2*i+1].Wait()
				s.Disconnect()
			}
		}
		for _, s := range sockets {
			s.Disconnected()
		}
	}

	harness.Eventually(t, "nobody is left behind", func() bool {
		state := watcher.State(watcher.Ask("room:join", P{"roomId": watched.ID}).Wait())
		view.hear(watcher.Unheard())
		view.same(state)
		return state.ParticipantCount == 1
	})
	assert.Equal(t, 1, watched.Settled().ParticipantCount)
	w.Laravel.HearsCount(t, watched.ID, 1)
	w.Laravel.HearsClose(t, unwatched.ID)
	assert.Empty(t, unwatched.InRedis())

	watcher.Do("room:leave", P{})
	w.Laravel.HearsClose(t, watched.ID)
	assert.Empty(t, watched.InRedis())
	harness.Eventually(t, "no room is left", func() bool {
		return len(w.Redis.Keys(t, "room:*")) == 0 && len(w.Redis.Keys(t, "rooms:active")) == 0 && len(w.Redis.Keys(t, "user:*")) == 0
	})
}

func TestEverySocketHearsTheSameInTheSameOrder(t *testing.T) {
	t.Parallel()
	const actors, watchers, requests = 10, 4, 40
	w, r := shared(t), room(t)
	owner := r.JoinOwner()
	acting := []*harness.Socket{owner}
	for range actors {
		acting = append(acting, r.Join())
	}
	var watching []*harness.Socket
	for range watchers {
		watching = append(watching, r.Join())
	}
	view := newReplay(t, r.Settled())
	var all []harness.Request
	for range requests {
		for _, s := range acting {
			q := harness.Request{By: s, Event: "seat:take", Payload: seat(rand.IntN(15))}
			switch n := rand.IntN(8); {
			case s == owner && n < 3:
				q.Event = "seat:lock"
			case s == owner:
				q.Event = "seat:unlock"
			case n == 0:
				q.Event, q.Payload = "seat:leave", P{}
			case n == 1:
				q.Event, q.Payload = "room:leave", P{}
			case n < 4:
				q.Event, q.Payload = "room:join", P{}
			}
			all = append(all, q)
		}
	}
	for _, answer := range harness.AtOnce(all...) {
		answer.Wait()
	}
	var first []string
	for i, s := range watching {
		state := s.State(s.Ask("room:join", P{"roomId": r.ID}).Wait())
		heard := s.Unheard()
		told := make([]string, len(heard))
		for j, e := range heard {
			told[j] = e.Event + " " + fmt.Sprint(e.Args)
		}
		if i == 0 {
			first = told
			view.hear(heard)
			view.same(state)
			r.SameInRedis(withSelf(state, s))
		}
		require.Equal(t, first, told, "%v and %v heard the same", watching[0], s)
	}
	assert.NotEmpty(t, first)
	assert.Empty(t, w.Server.Trouble())
}

func TestHurryingBetweenRooms(t *testing.T) {
	t.Parallel()
	const people, hops = 12, 25
	w := shared(t)
	rooms := []*harness.Room{w.Room(t), w.Room(t), w.Room(t)}
	watchers := make([]*harness.Socket, len(rooms))
	views := make([]*replay, len(rooms))
	for i, r := range rooms {
		watchers[i] = r.Join()
		views[i] = newReplay(t, r.Settled())
	}
	sockets := make([]*harness.Socket, people)
	for i := range sockets { // two sockets each, so that users are in two rooms at a time
		if i%2 == 0 {
			sockets[i] = w.Connect(t, harness.NewUser())
		} else {
			sockets[i] = w.Connect(t, sockets[i-1].User)
		}
	}
	var requests []harness.Request
	for range hops {
		for _, s := range sockets {
			id := rooms[rand.IntN(len(rooms))].ID
			requests = append(requests,
				harness.Request{By: s, Event: "room:join", Payload: P{"roomId": id}},
				harness.Request{By: s, Event: "seat:take", Payload: P{"roomId": id, "seatIndex": rand.IntN(15)}})
			if rand.IntN(4) == 0 {
				requests = append(requests, harness.Request{By: s, Event: "room:leave", Payload: P{"roomId": id}})
			}
		}
	}
	for i, answer := range harness.AtOnce(requests...) {
		value := answer.Value().(P)
		assert.NotEqual(t, "INTERNAL_ERROR", value["error"], "%v", requests[i])
		assert.NotEqual(t, "Not in room", value["error"], "%v", requests[i])
	}
	for i, r := range rooms {
		state := watchers[i].State(watchers[i].Ask("room:join", P{"roomId": r.ID}).Wait())
		views[i].hear(watchers[i].Unheard())
		views[i].same(state)
		r.SameInRedis(r.Agreed())
	}
	for _, s := range sockets {
		s.Disconnect()
	}
	for i, r := range rooms {
		harness.Eventually(t, fmt.Sprintf("room %d is empty", i), func() bool {
			state := watchers[i].State(watchers[i].Ask("room:join", P{"roomId": r.ID}).Wait())
			views[i].hear(watchers[i].Unheard())
			views[i].same(state)
			return state.ParticipantCount == 1
		})
		r.Settled()
	}
	for _, s := range sockets {
		assert.Empty(t, w.Redis.Get(t, harness.UserKey(s.User)))
	}
}
