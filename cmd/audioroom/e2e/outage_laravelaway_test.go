package e2e_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
	"audioroom/laravel/standin"
)

// resident is a client who comes to their own room and goes again.
type resident struct {
	socket *harness.Socket
	room   string

	mu        sync.Mutex
	connected bool
	over      string // why the connection ended, if it did
	asked     bool   // an answer is waited for
	in        bool   // as answered, or as asked for
	answered  int
}

func newResident(t *testing.T, w *harness.World, roomID string) *resident {
	t.Helper()
	r := &resident{room: roomID}
	r.socket = w.Open(t, harness.Opening{User: harness.NewUser(), Follow: r.see})
	return r
}

func (r *resident) see(seen harness.Seen) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch seen.Saw {
	case "connect":
		r.connected = true
	case "disconnect", "connect_error", "error":
		r.over = seen.String()
	case "ack":
		r.asked = false
		r.answered++
	}
}

// toggle comes or goes, if the last was answered.
func (r *resident) toggle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked {
		return
	}
	r.asked, r.in = true, !r.in
	event := "room:leave"
	if r.in {
		event = "room:join"
	}
	r.socket.Post(event, P{"roomId": r.room})
}

func (r *resident) is(connected, answered bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.connected == connected && r.asked != answered && r.over == ""
}

// residents are many, each in a room of their own.
func residents(t *testing.T, w *harness.World, n int) []*resident {
	t.Helper()
	all := make([]*resident, n)
	for i := range all {
		all[i] = newResident(t, w, w.Room(t).ID)
	}
	for _, r := range all {
		harness.Eventually(t, "everyone is connected", func() bool { return r.is(true, true) })
	}
	return all
}

// toggleAll has everyone come or go once, spread over the time.
func toggleAll(all []*resident, over time.Duration) {
	begin := time.Now()
	for i, r := range all {
		time.Sleep(time.Until(begin.Add(over * time.Duration(i) / time.Duration(len(all)))))
		r.toggle()
	}
}

// counts returns the participants that the backend was told, by room, in the
// order in which it accepted them.
func counts(t *testing.T, calls []standin.Call) map[string][]int {
	t.Helper()
	told := map[string][]int{}
	for _, call := range calls {
		if !call.Accepted() {
			continue
		}
		var status struct {
			Count *int `json:"participant_count"`
		}
		require.NoError(t, json.Unmarshal(call.Body, &status))
		told[call.Room] = append(told[call.Room], *status.Count)
	}
	return told
}

// exact waits until the backend knows how many are in each room, and nothing
// waits to be told.
func exact(t *testing.T, w *harness.World, all []*resident) {
	t.Helper()
	for _, r := range all {
		harness.Eventually(t, "everyone is answered", func() bool { return r.is(true, true) })
	}
	for late := time.Now().Add(90 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		wrong, told := "", counts(t, w.Laravel.Calls(standin.Status))
		for _, r := range all {
			want := 0
			if r.in {
				want = 1
			}
			if last := told[r.room]; len(last) == 0 || last[len(last)-1] != want {
				wrong = r.room
				break
			}
		}
		if wrong == "" && len(w.Redis.Fields(t, "laravel:outbox")) == 0 {
			break
		}
		require.True(t, time.Now().Before(late), "the backend was not told of room %q; the outbox has %v", wrong, w.Redis.Fields(t, "laravel:outbox"))
	}
	harness.Eventually(t, "nothing is pending", func() bool { return w.Server.Metric(t, "audioroom_statuses_pending") == 0 })
}

// The backend goes away while many rooms change, and is told all of it when it
// is back, without being stormed. The full size:
//
//	AUDIOROOM_PLAIN=1 AUDIOROOM_OUTAGE_LARAVEL=60s AUDIOROOM_OUTAGE_ROOMS=1000 \
//	go test -timeout 10m -run '^TestOutage_LaravelAway$' -v ./cmd/audioroom/e2e
func TestOutage_LaravelAway(t *testing.T) {
	t.Parallel()
	const (
		reports    = 16 // statuses on their way at once, laravel.DefaultReports
		retryAfter = 2 * time.Second
		growing    = 10
	)
	rooms, length := number(t, "AUDIOROOM_OUTAGE_ROOMS", 200), span(t, "AUDIOROOM_OUTAGE_LARAVEL", 6*time.Second)
	round := 2 * time.Second * time.Duration(1+rooms/500) // everyone comes or goes once
	w := measured(t).World(t, harness.Setup{})
	all := residents(t, w, rooms)
	crowded := w.Room(t).ID // where more and more come, and nobody goes
	var comers []*resident
	for range growing {
		comers = append(comers, newResident(t, w, crowded))
	}
	for _, r := range comers {
		harness.Eventually(t, "everyone is connected", func() bool { return r.is(true, true) })
	}
	toggleAll(all, round)
	exact(t, w, all)
	m := watchMemory(t, w.Server)
	defer m.stop()

	w.Laravel.Close()
	rounds, changes := max(2, int(length/round)), 0
	for i := range rounds {
		toggleAll(all, round)
		changes += len(all)
		if i < growing-2 {
			comers[i].toggle()
		}
		outbox := w.Redis.Fields(t, "laravel:outbox")
		assert.LessOrEqual(t, len(outbox), rooms+1, "one status waits for each room at most")
		assert.LessOrEqual(t, w.Server.Metric(t, "audioroom_statuses_pending"), float64(rooms+1))
	}
	before := w.Laravel.Count(standin.Status)
	w.Laravel.Fail(standin.Status, standin.Fault{Times: 2, Status: 429, RetryAfter: "2"})
	w.Laravel.Fail(standin.Status, standin.Fault{Delay: 30 * time.Millisecond}) // about what a PHP worker takes
	require.NoError(t, w.Laravel.Start())
	back := time.Now()
	for _, r := range comers {
		if !r.in {
			r.toggle()
		}
	}
	exact(t, w, all)
	took := time.Since(back)
	harness.Eventually(t, "everyone who came is known", func() bool {
		told := counts(t, w.Laravel.Calls(standin.Status))[crowded]
		return told[len(told)-1] == growing
	})

	calls := w.Laravel.Calls(standin.Status)[before:]
	assert.LessOrEqual(t, w.Laravel.Peak(standin.Status), reports, "at the same time")
	assert.Greater(t, w.Laravel.Peak(standin.Status), reports/2, "and not one after the other")
	assert.LessOrEqual(t, len(calls), rooms+growing+10, "each room's latest, and the attempts in vain")
	var throttled []standin.Call
	busiest := 0 // calls within a tenth of a second
	for i, call := range calls {
		assert.Equal(t, 1, call.RoomCalls, "one call at a time for each room")
		for _, refused := range throttled {
			assert.GreaterOrEqual(t, call.At.Sub(refused.Ended)+50*time.Millisecond, retryAfter, "Retry-After is honoured")
		}
		if call.Answer == 429 {
			throttled = append(throttled, call)
		}
		within := 0
		for _, next := range calls[i:] {
			if next.At.Sub(call.At) < 100*time.Millisecond {
				within++
			}
		}
		busiest = max(busiest, within)
	}
	assert.Len(t, throttled, 2)
	told := counts(t, w.Laravel.Calls(standin.Status))[crowded]
	assert.IsIncreasing(t, told, "never an older status after a newer one")
	for _, r := range append(all, comers...) {
		assert.Empty(t, r.over)
	}
	t.Logf("%d rooms, %d changes while the backend was away for %v; all exact %v after it was back (2 answers of 429 with Retry-After 2 among that), "+
		"by %d calls, %d within a tenth of a second, %d at once; memory at most %d MB",
		rooms, changes, (time.Duration(rounds) * round), took.Round(10*time.Millisecond), len(calls), busiest, w.Laravel.Peak(standin.Status), m.peak())
}

// Both go away: the server is killed while the backend is away.
func TestOutage_LaravelAwayAndTheServerKilled(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"SEAT_GRACE": "1s", "STATUS_WINDOW": "100ms"}})
	all := residents(t, w, 40)
	toggleAll(all, time.Second)
	exact(t, w, all)
	w.Laravel.Close()
	toggleAll(all[:20], time.Second/2)
	for _, r := range all {
		harness.Eventually(t, "everyone is answered", func() bool { return r.is(true, true) })
	}
	w.Crash(t)
	assert.Len(t, w.Redis.Fields(t, "laravel:outbox"), 20, "those who left")
	w.Rise(t, nil)
	_, err := w.Server.Logged("not ready") // the backend has to have been reached
	require.NoError(t, err)
	require.NoError(t, w.Laravel.Start())
	require.NoError(t, w.Server.Ready())
	for _, r := range all { // nobody comes back
		r.in, r.over = false, ""
	}
	exact(t, w, all)
	for room, told := range counts(t, w.Laravel.Calls(standin.Status)) {
		assert.Equal(t, []int{1, 0}, told, "room %s", room)
	}
}
