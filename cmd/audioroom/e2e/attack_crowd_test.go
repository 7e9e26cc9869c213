package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// TestAttack_Crowd measures a room while idle and hostile clients are there: the
// 99th percentile of its answers at most doubles, and afterwards the memory is
// back within a tenth. The clients have the lowest priority of all, because they
// would have machines of their own. The full one takes five minutes, on a program
// without the race detector:
//
//	AUDIOROOM_PLAIN=1 AUDIOROOM_CROWD_IDLE=2000 AUDIOROOM_CROWD_HOSTILE=200 AUDIOROOM_CROWD_DURATION=2m \
//	go test -timeout 10m -run '^TestAttack_Crowd$' -v ./cmd/audioroom/e2e
//
// The short one runs beside other tests, so it is held to what no neighbour can
// spoil: answers within a second, memory within a half.
func TestAttack_Crowd(t *testing.T) {
	besieged(t)
	t.Parallel()
	idle, hostile := number(t, "AUDIOROOM_CROWD_IDLE", 200), number(t, "AUDIOROOM_CROWD_HOSTILE", 20)
	duration := span(t, "AUDIOROOM_CROWD_DURATION", 4*time.Second)
	full := duration >= time.Minute
	w := measured(t).World(t, harness.Setup{Env: harness.Env{
		"EVENT_BUDGET": "100", "EVENT_REFILL": "20", "ROOMS_PER_MINUTE": "60", "ROOM_INACTIVITY_TIMEOUT": "3s", "SEAT_GRACE": "1s",
	}})
	room := "room-" + harness.NewID(1)
	asking := enter(t, w, harness.NewUser()).join(room)
	for range 10 {
		i := enter(t, w, harness.NewUser()).join(room)
		go i.drain()
	}
	// What the first crowd makes the runtime keep is no leak: it comes once before.
	rehearsal := gather(t, w, idle, hostile)
	time.Sleep(min(duration/4, 10*time.Second)) // a span, not a wait
	rehearsal.leave()
	before := calm(t, w)
	alone := quantile(asking.measure(room, duration/2), 0.99)

	c := gather(t, w, idle, hostile)
	beside := quantile(asking.measure(room, duration), 0.99)
	_, most := w.Server.Memory(t)
	c.leave()
	after := calm(t, w)
	t.Logf("%d idle, %d hostile, %v: p99 alone %v, beside them %v; memory %.1f MB before, %.1f MB at most, %.1f MB after",
		idle, hostile, duration, alone, beside, float64(before)/1e6, float64(most)/1e6, float64(after)/1e6)
	if full {
		assert.LessOrEqual(t, beside, 2*alone)
		assert.LessOrEqual(t, float64(after), 1.1*float64(before))
	} else {
		assert.Less(t, beside, time.Second)
		assert.LessOrEqual(t, float64(after), 1.5*float64(before))
	}
}

// drain reads and answers pings until the end of the connection.
func (i *intruder) drain() {
	_ = i.ws.SetReadDeadline(time.Time{}) // what next has left
	for {
		_, frame, err := i.ws.ReadMessage()
		if err != nil {
			return
		}
		if string(frame) == "2" && i.ws.WriteMessage(opText, []byte("3")) != nil {
			return
		}
	}
}

// measure takes and leaves a seat ten times a second for a while and returns how
// long each answer took.
func (i *intruder) measure(room string, duration time.Duration) []time.Duration {
	i.t.Helper()
	var took []time.Duration
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(duration); time.Now().Before(end); <-ticker.C {
		for id, event := range []string{"seat:take", "seat:leave"} {
			start := time.Now()
			require.Equal(i.t, `{"success":true}`, i.ask(id, event, `{"roomId":"`+room+`","seatIndex":1}`))
			took = append(took, time.Since(start))
		}
	}
	return took
}

func quantile(times []time.Duration, q float64) time.Duration {
	slices.Sort(times)
	return times[int(q*float64(len(times)-1))]
}

// calm waits until the memory of a server that has nobody but the room is at
// rest, and returns it.
func calm(t *testing.T, w *harness.World) int64 {
	t.Helper()
	// A client that floods is not read for up to ten seconds, nor is its end seen.
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		here := w.Server.Metric(t, `audioroom_connections{state="session"}`)
		if here == 11 {
			break
		}
		require.Less(t, time.Since(begin), 30*time.Second, "%v are still there, 11 should be", here)
	}
	least, _ := w.Server.Memory(t)
	for quiet := 0; quiet < 4; quiet++ { // the server gives memory back within seconds
		time.Sleep(time.Second)
		if now, _ := w.Server.Memory(t); now < least {
			least, quiet = now, 0
		}
	}
	return least
}
