package e2e_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// accepts of an invite meet what else may happen to the seat, in every order.
// After each round the acks, what a watcher heard, Redis and a fresh joiner have
// to agree.
func TestAcceptRacing(t *testing.T) {
	t.Parallel()

	for what, rival := range map[string]func(c *cast, second *harness.Socket, index int) harness.Request{
		"a take": func(c *cast, _ *harness.Socket, index int) harness.Request {
			return harness.Request{By: c.member, Event: "seat:take", Payload: seat(index)}
		},
		"a lock": func(c *cast, _ *harness.Socket, index int) harness.Request {
			return harness.Request{By: c.owner, Event: "seat:lock", Payload: seat(index)}
		},
		"another accept": func(_ *cast, second *harness.Socket, index int) harness.Request {
			return harness.Request{By: second, Event: "seat:invite:accept", Payload: seat(index)}
		},
		"a decline": func(_ *cast, second *harness.Socket, index int) harness.Request {
			return harness.Request{By: second, Event: "seat:invite:decline", Payload: seat(index)}
		},
		"an assignment": func(c *cast, _ *harness.Socket, index int) harness.Request {
			return harness.Request{By: c.owner, Event: "seat:assign", Payload: at(c.member.User, index)}
		},
	} {
		in(t, what, func(t *testing.T) {
			const rounds = 120
			c := castOf(t, shared(t))
			second := c.JoinAs(c.any.User)
			watcher := c.Join()
			view := newReplay(t, c.Settled())
			told := func() harness.State {
				t.Helper()
				state := watcher.State(watcher.Ask("room:join", P{"roomId": c.ID}).Wait())
				view.hear(watcher.Unheard())
				view.same(state)
				return state
			}
			for round := range rounds {
				index := round % 15
				if round%3 == 0 && what != "a lock" {
					c.owner.Do("seat:lock", seat(index)) // accepting unlocks
				}
				c.owner.Do("seat:invite", at(c.any.User, index))
				requests := []harness.Request{{By: c.any, Event: "seat:invite:accept", Payload: seat(index)}, rival(c, second, index)}
				swapped := rand.IntN(2) == 1
				if swapped {
					slices.Reverse(requests)
				}
				answers := harness.AtOnce(requests...)
				accepted, rivalled := answers[0].Succeeded(), answers[1].Succeeded()
				if swapped {
					accepted, rivalled = rivalled, accepted
				}
				state := told()
				on := int64(0)
				for _, s := range state.Seats {
					if s.SeatIndex == index {
						on = s.UserID
					}
				}
				isLocked := slices.Contains(state.LockedSeats, index)
				switch what {
				case "a take", "an assignment":
					require.False(t, accepted && rivalled, "one seat for two")
					require.Equal(t, accepted, on == c.any.User)
					require.Equal(t, rivalled, on == c.member.User)
					require.True(t, accepted || rivalled)
				case "a lock":
					require.True(t, accepted, "whether the lock came before or after")
					require.True(t, rivalled)
					require.Equal(t, isLocked, on == 0, "locked and empty, or neither")
				case "another accept", "a decline":
					require.NotEqual(t, accepted, rivalled, "one answer to one invite")
					require.Equal(t, accepted || what == "another accept", on == c.any.User)
				}
				if round%20 == 19 {
					c.SameInRedis(withSelf(state, watcher))
					fresh := shared(t).Connect(t, harness.NewUser())
					joined := fresh.State(fresh.Ask("room:join", P{"roomId": c.ID}).Wait())
					require.Equal(t, state.Seats, joined.Seats, "as a fresh joiner sees it")
					require.Equal(t, state.LockedSeats, joined.LockedSeats, "as a fresh joiner sees it")
					fresh.Disconnect()
				}
				second.Ask("seat:invite:decline", P{"roomId": c.ID}).Wait() // if it still stands
				for _, user := range []int64{c.any.User, c.member.User} {
					c.owner.Ask("seat:remove", P{"roomId": c.ID, "userId": user}).Wait()
				}
				c.owner.Ask("seat:unlock", P{"roomId": c.ID, "seatIndex": index}).Wait()
			}
			state := told()
			require.Empty(t, state.Seats)
			require.Empty(t, state.LockedSeats)
			require.Empty(t, view.offered)
		})
	}
}
