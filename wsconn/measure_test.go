package wsconn

import (
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/wsconn/transport"

	"github.com/stretchr/testify/require"
)

// counted is how many events were answered, by "name result".
func (w *world) counted() map[string]int {
	w.measuring.Lock()
	defer w.measuring.Unlock()
	return maps.Clone(w.events)
}

// Event implements Observer.
func (w *world) Event(_ uint64, event EventCode, result EventResult, took time.Duration) {
	w.measuring.Lock()
	defer w.measuring.Unlock()
	if w.events == nil {
		w.events, w.slowest = make(map[string]int), make(map[string]time.Duration)
	}
	name := EventNames()[event]
	w.events[name+" "+result.String()]++
	w.slowest[name] = max(w.slowest[name], took)
}

// endings is a trace that notes how it ended.
type endings []EventResult

// Reached implements actors.Trace.
func (*endings) Reached(actors.Step) {}

// End implements Trace.
func (e *endings) End(result EventResult) { *e = append(*e, result) }

func TestGateway_measures_events(t *testing.T) {
	t.Run("each_once_by_its_result", func(t *testing.T) {
		w := newWorld(t, Config{EventBudget: 13})
		w.directory.answerWith(nil)
		ada := w.connect(t, 1)
		ada.ask("seat:take", atSeat("42", 1)) // not in the room
		ada.join("42")
		ada.ask("seat:take", atSeat("42", 1))
		ada.expectNothing("") // an event that there is not
		ada.ask("seat:take", atSeat("42", 1000))
		ada.tell("seat:leave", inRoom("42")) // no ack, counted all the same
		ada.ask("seat:take", `{}`)
		ada.ask("user:getRoom", `{"userId":7}`)
		ada.tell("room:leave", `{}`)
		w.slowDown()
		ada.emit("seat:lock", atSeat("42", 1))
		receive(t, w.asked).answer(room.RankUnknown, errors.New("the backend is away"))
		ada.next()
		ada.ask("room:leave", inRoom("42"))
		ada.ask("room:leave", inRoom("42"))
		ada.ask("chat:message", `{"roomId":"42","content":"hello"}`)
		ada.ask("chat:message", `{"roomId":"42","content":"hello"}`)
		want := map[string]int{
			"seat:take refused": 1, "room:join ok": 1, "seat:take ok": 1, "unknown refused": 1, "seat:take invalid": 2, "seat:leave ok": 1,
			"user:getRoom ok": 1, "room:leave invalid": 1, "seat:lock failed": 1, "room:leave ok": 2,
			"chat:message refused": 1, "chat:message throttled": 1,
		}
		eventually(t, func() bool { return maps.Equal(w.counted(), want) }, "the last event is counted")
		require.Equal(t, want, w.counted())
	})

	t.Run("that_are_never_answered", func(t *testing.T) {
		w := newWorld(t, Config{})
		ada := w.connect(t, 1)
		ada.join("42")
		s := w.session(t, 1)
		ended := new(endings)
		require.True(t, s.begin())
		s.Abandon(&actors.Request{Session: s, Event: uint8(events["seat:take"].code), Trace: ended})
		s.Abandon(&actors.Request{Session: s, Internal: true}) // nobody waits for it
		require.Equal(t, endings{ResultAbandoned}, *ended)
		require.Empty(t, s.underway)

		ada.close()
		eventually(t, s.gone.Load, "the session is over")
		s.mark.event = events["room:join"].code
		s.join(payload{roomID: []byte("42")}, transport.Ack{})
		require.Empty(t, s.underway)
		require.Equal(t, map[string]int{"room:join ok": 1, "seat:take abandoned": 1, "room:join abandoned": 1}, w.counted())
	})

	t.Run("from_the_time_they_come_to_their_answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, Config{})
			ada := w.connect(t, 1)
			ada.join("42")
			w.slowDown()
			ada.emit("seat:lock", atSeat("42", 1))
			q := receive(t, w.asked)
			time.Sleep(3 * time.Second)
			q.answer(room.RankAdmin, nil)
			ada.next()
			ada.next()
			synctest.Wait()
			w.measuring.Lock()
			defer w.measuring.Unlock()
			require.Equal(t, 3*time.Second, w.slowest["seat:lock"])
			require.Zero(t, w.slowest["room:join"])
		})
	})
}

func TestGateway_counts_sessions(t *testing.T) {
	w := newWorld(t, Config{})
	stranger := w.dial(t, nil)
	require.Zero(t, w.Sessions(), "a connection is no session yet")
	ada := w.connect(t, 1)
	require.Equal(t, 1, w.Sessions())
	stranger.enter(tokenOfUser(t, 2, nil))
	require.Equal(t, 2, w.Sessions())
	ada.close()
	stranger.send("41")
	eventually(t, func() bool { return w.Sessions() == 0 }, "both are counted out")
	require.Equal(t, 1, w.Connections(), "the namespace was left, the connection stays")
}

// BenchmarkSession_observe is what measuring costs each event beside the counting:
// one reading of the clock and a call.
func BenchmarkSession_observe(b *testing.B) {
	w := newWorld(b, Config{})
	w.connect(b, 1)
	s := w.session(b, 1)
	w.Gateway.config.Observer = nobody{}
	b.ReportAllocs()
	for b.Loop() {
		s.observe(mark{event: 3}, ResultOK)
	}
}
