package wsconn

import (
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"audioroom/wsconn/transport"

	"github.com/stretchr/testify/require"
)

func TestSession_budget(t *testing.T) {
	tooMany := refused("Too many requests")

	t.Run("is_refused_beyond_in_the_style_of_each_event", func(t *testing.T) {
		w := newWorld(t, Config{EventBudget: 3})
		ada := w.connect(t, 1)
		ada.join("42")
		require.Equal(t, done, ada.ask("seat:take", atSeat("42", 1)))
		require.Equal(t, refused("UNKNOWN_EVENT"), ada.ask("no:event", ""))
		require.Equal(t, tooMany, ada.ask("seat:take", atSeat("42", 2)))
		require.Equal(t, tooMany, ada.ask("seat:lock", atSeat("42", 2)))
		require.Equal(t, tooMany, ada.ask("no:event", ""))
		require.Equal(t, `{"error":"Too many requests"}`, ada.ask("room:join", inRoom("42")))
		require.Equal(t, `{"roomId":null,"error":"Too many requests"}`, ada.ask("user:getRoom", `{"userId":1}`))
		ada.tell("seat:take", atSeat("42", 3)) // no ack, no answer
		require.Equal(t, tooMany, ada.ask("seat:leave", inRoom("43")), "the budget is checked before the membership")
		require.Equal(t, refused("INVALID_PAYLOAD"), ada.ask("seat:take", `{}`), "and after the payload")
	})

	t.Run("does_not_keep_anyone_from_leaving", func(t *testing.T) {
		w := newWorld(t, Config{EventBudget: 2})
		ada, bob := w.connect(t, 1), w.connect(t, 2)
		ada.join("42")
		bob.join("42")
		ada.next()
		for range 5 {
			bob.ask("no:event", "")
		}
		require.Equal(t, done, bob.ask("room:leave", inRoom("42")))
		ada.expect(`42["room:userLeft",{"userId":2}]`)
		require.Equal(t, done, bob.ask("room:leave", inRoom("42")))
	})

	t.Run("is_not_refilled_by_leaving_the_namespace_and_entering_it_again", func(t *testing.T) {
		w := newWorld(t, Config{EventBudget: 2})
		ada := w.connect(t, 1)
		ada.ask("no:event", "")
		ada.ask("no:event", "")
		ada.send("41")
		eventually(t, func() bool { return w.sessionsOf(1) == 0 }, "the old session is still there")
		ada.enter(tokenOfUser(t, 1, nil))
		require.Equal(t, tooMany, ada.ask("no:event", ""))
	})

	t.Run("is_each_session's_own", func(t *testing.T) {
		w := newWorld(t, Config{EventBudget: 1})
		phone, laptop := w.connect(t, 1), w.connect(t, 1)
		require.Equal(t, refused("UNKNOWN_EVENT"), phone.ask("no:event", ""))
		require.Equal(t, tooMany, phone.ask("no:event", ""))
		require.Equal(t, refused("UNKNOWN_EVENT"), laptop.ask("no:event", ""))
	})

	t.Run("is_refilled_as_time_goes_by", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, Config{EventBudget: 3, EventRefill: 2})
			ada := w.connect(t, 1)
			send := func(allowed int) {
				for range allowed {
					require.Equal(t, refused("UNKNOWN_EVENT"), ada.ask("no:event", ""))
				}
				require.Equal(t, tooMany, ada.ask("no:event", ""))
			}
			send(3)
			time.Sleep(500 * time.Millisecond)
			send(1)
			time.Sleep(time.Second)
			send(2)
			time.Sleep(time.Minute)
			send(3)
		})
	})

	t.Run("of_0_has_no_end", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		for range 500 {
			require.Equal(t, refused("UNKNOWN_EVENT"), ada.ask("no:event", ""))
		}
	})
}

// Frames of any kind have a budget beside that of events, and it is no smaller for
// those who may send few events.
func TestGateway_frames(t *testing.T) {
	for name, c := range map[string]struct {
		budget, refill, frames int
		took                   time.Duration
	}{
		"as usual":                    {100, 20, 900, 0},
		"of a small budget of events": {1, 1, 900, 0},
		"beyond":                      {1, 1, 1200, 200 * time.Second / leastFrameRefill},
		"of no budget":                {0, 0, 20_000, 0},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newBubble(t, Config{EventBudget: c.budget, EventRefill: c.refill})
				ada := w.connect(t, 1)
				start := time.Now()
				for range c.frames {
					ada.send("3")
				}
				ada.ask("no:event", "")
				require.InDelta(t, c.took, time.Since(start), float64(time.Second/2))
			})
		})
	}
}

func TestSession_answers_unknown_events_only_if_asked_to(t *testing.T) {
	w := newWorld(t, Config{})
	ada := w.connect(t, 1)
	for _, name := range []string{"seat:unlocked", "room:closed", "auth:expired", "Room:join", "", "__proto__", "room:join "} {
		ada.tell(name, `{"roomId":"42"}`)
		require.Equal(t, refused("UNKNOWN_EVENT"), ada.ask(name, `{"roomId":"42"}`))
	}
}

func TestSession_answers_invalid_payloads_in_the_style_of_each_event(t *testing.T) {
	w := newWorld(t, Config{})
	ada := w.connect(t, 1)
	for name, e := range events {
		if e.silent {
			continue
		}
		want := map[errorStyle]string{
			plainError: refused("INVALID_PAYLOAD"), joinError: `{"error":"INVALID_PAYLOAD"}`, lookupError: `{"roomId":null,"error":"INVALID_PAYLOAD"}`,
		}[e.style]
		for _, payload := range []string{``, `null`, `[]`, `7`, `"x"`, `{}`, `{"roomId":"","userId":0}`} {
			ada.tell(name, payload)
			require.Equal(t, want, ada.ask(name, payload), "%s with %s", name, payload)
		}
	}
}

// pauses counts how often a connection was not read for a want of answers.
type pauses struct {
	transport.NopObserver
	n atomic.Int32
}

// Limited implements transport.Observer.
func (p *pauses) Limited(limit transport.Limit) {
	if limit.String() == "underway" {
		p.n.Add(1)
	}
}

// Beyond 256 requests under way nothing more is read, until one is answered.
func TestSession_reads_no_more_than_it_has_answers_for(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := new(pauses)
		w := newBubble(t, Config{Transport: transport.Config{Observer: seen}})
		ada := w.connect(t, 1)
		s := w.session(t, 1)
		w.desk.keep()
		ada.emit("room:join", inRoom("42"))
		for range maxUnderway - 1 {
			ada.emit("seat:leave", inRoom("42"))
		}
		synctest.Wait()
		require.Len(t, s.underway, maxUnderway)
		require.Zero(t, seen.n.Load())
		var sent []bool
		go func() {
			for range 20 {
				ada.emit("seat:leave", inRoom("42"))
				sent = append(sent, true)
			}
		}()
		synctest.Wait()
		require.Less(t, len(sent), 3, "the connection is still read")
		require.EqualValues(t, 1, seen.n.Load())
		require.Len(t, s.parkedCommands(), maxUnderway-1)

		w.desk.letIn(1)
		ada.expect("430[" + emptyRoom("42") + "]")
		for id := 1; id < maxUnderway+20; id++ {
			ada.expect(ackOf("43"+strconv.Itoa(id), refused("You are not seated")))
		}
		synctest.Wait()
		require.Empty(t, s.underway)
		require.Equal(t, done, ada.ask("seat:take", atSeat("42", 1)))
	})
}

func TestSession_the_end_of_a_connection_that_is_not_read_leaves_nothing_behind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which waits for every goroutine
		w := newBubble(t, Config{})
		ada := w.connect(t, 1)
		s := w.session(t, 1)
		w.desk.keep()
		ada.emit("room:join", inRoom("42"))
		for range maxUnderway {
			ada.emit("seat:leave", inRoom("42"))
		}
		synctest.Wait()
		require.Equal(t, 1, w.Connections())
		s.Cut()
		synctest.Wait()
		require.Equal(t, []string{"*room.Drop"}, s.parkedCommands()[maxUnderway-1:])
		require.Zero(t, w.userCount())
		w.desk.letIn(1)
		synctest.Wait()
		require.Empty(t, s.underway)
	})
}
