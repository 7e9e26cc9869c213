package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestGrace(t *testing.T) {
	t.Parallel()

	in(t, "gives the seat back with its mute, also to another socket of the user", func(t *testing.T) {
		for _, again := range []bool{false, true} {
			c := castOf(t, shared(t))
			c.sit(c.any, 3)
			c.does(c.admin, "seat:mute", on(c.any.User), says{"seat:userMuted", muted(c.any.User, true)})
			for range 2 { // it may happen again
				c.any.Cut()
				c.Without(c.any)
				hear(c.Others(nil), says{"seat:cleared", seat(3)}, says{"room:userLeft", on(c.any.User)})
				c.any = c.JoinAs(c.any.User)
				hear(c.Others(c.any), says{"seat:updated", sitting(3, c.any.User, true)})
				assert.Equal(t, []harness.Seat{{SeatIndex: 3, UserID: c.any.User, IsMuted: true}}, c.Settled().Seats)
			}
			if again {
				second := c.JoinAs(c.any.User)
				c.any.Cut()
				c.Without(c.any)
				c.any.Disconnected()
				assert.Len(t, c.Settled().Seats, 1, "%v is still there", second)
			}
		}
	})

	in(t, "lets the user retake the seat, or take another", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		c.sit(c.any, 3)
		c.does(c.admin, "seat:mute", on(c.any.User), says{"seat:userMuted", muted(c.any.User, true)})
		for _, index := range []int{3, 6} {
			c.any.Cut()
			c.Without(c.any)
			hear(c.Others(nil), says{"seat:cleared", seat(3)}, says{"room:userLeft", on(c.any.User)})
			back := w.Connect(t, c.any.User)
			back.Room = c.ID
			answers := harness.AtOnce(
				harness.Request{By: back, Event: "room:join", Payload: P{}},
				harness.Request{By: back, Event: "seat:take", Payload: seat(index)})
			require.True(t, answers[1].Succeeded())
			for _, s := range c.Others(nil) {
				require.Equal(t, "room:userJoined", s.Next().Event)
				s.Expect("seat:updated", sitting(3, back.User, true))
				if index != 3 {
					s.Expect("seat:cleared", seat(3))
					s.Expect("seat:updated", sitting(index, back.User, true))
				}
			}
			c.any = back
			c.With(back)
			assert.Equal(t, []harness.Seat{{SeatIndex: index, UserID: back.User, IsMuted: true}}, c.Settled().Seats)
		}
	})
}

// Where exactly the grace ends is the server's to know: it began between the cut
// and the moment at which others were told. What was answered before the first
// possible end has to find the seat held, what was asked after the last possible
// one has to find it free.
func TestGrace_LastMoment(t *testing.T) {
	t.Parallel()
	const grace = 1200 * time.Millisecond
	w := stage.World(t, harness.Setup{Env: harness.Env{"SEAT_GRACE": grace.String()}})
	t.Run("cases", func(t *testing.T) {
		for name, offset := range map[string]time.Duration{
			"well before": -400 * time.Millisecond, "just before": -30 * time.Millisecond, "about then": -2 * time.Millisecond,
			"just after": 3 * time.Millisecond, "well after": 400 * time.Millisecond,
		} {
			// vacated lets a muted user vanish; it returns at the offset from the end.
			vacated := func(t *testing.T) (c *cast, earliest, latest time.Time) {
				c = castOf(t, w)
				c.sit(c.any, 3)
				c.does(c.owner, "seat:mute", on(c.any.User), says{"seat:userMuted", muted(c.any.User, true)})
				earliest = time.Now().Add(grace)
				c.any.Cut()
				c.Without(c.any)
				hear(c.Others(nil), says{"seat:cleared", seat(3)}, says{"room:userLeft", on(c.any.User)})
				latest = time.Now().Add(grace)
				time.Sleep(time.Until(latest.Add(offset))) // time is what is tested
				return c, earliest, latest
			}
			in(t, name+" its end, the user comes back", func(t *testing.T) {
				c, earliest, latest := vacated(t)
				back := w.Connect(t, c.any.User)
				asked := time.Now()
				state := back.State(back.Ask("room:join", P{"roomId": c.ID}).Wait())
				answered := time.Now()
				kept := len(state.Seats) > 0
				switch {
				case answered.Before(earliest):
					assert.True(t, kept, "the grace was not over")
				case asked.After(latest):
					assert.False(t, kept, "the grace was over")
				}
				for _, s := range c.Others(nil) {
					require.Equal(t, "room:userJoined", s.Next().Event)
					if kept {
						s.Expect("seat:updated", sitting(3, back.User, true))
					}
				}
				c.With(back)
				assert.Equal(t, state.Seats, c.Settled().Seats)
			})
			in(t, name+" its end, someone else wants the seat", func(t *testing.T) {
				c, earliest, latest := vacated(t)
				asked := time.Now()
				took := c.member.Ask("seat:take", P{"roomId": c.ID, "seatIndex": 3}).Succeeded()
				answered := time.Now()
				switch {
				case answered.Before(earliest):
					assert.False(t, took, "the grace was not over")
				case asked.After(latest):
					assert.True(t, took, "the grace was over")
				}
				if took {
					hear(c.Others(c.member), says{"seat:updated", updated(3, c.member.User)})
				}
				c.Settled()
			})
		}
	})
}
