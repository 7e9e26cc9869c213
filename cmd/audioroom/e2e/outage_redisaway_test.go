package e2e_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// Redis goes away under load, and nobody is disconnected, nothing that was
// answered is lost, and memory stays where it was. The full size:
//
//	AUDIOROOM_PLAIN=1 AUDIOROOM_OUTAGE_REDIS=30s AUDIOROOM_OUTAGE_SOCKETS=400 \
//	go test -timeout 10m -run '^TestOutage_RedisAway$' -v ./cmd/audioroom/e2e
func TestOutage_RedisAway(t *testing.T) {
	t.Parallel()

	in(t, "frozen", func(t *testing.T) {
		redisAway(t, func(r *harness.Redis) { r.Freeze(t) }, func(r *harness.Redis) { r.Thaw() })
	})
	in(t, "killed, and back with what it had", func(t *testing.T) {
		redisAway(t, (*harness.Redis).Kill, func(r *harness.Redis) { require.NoError(t, r.Start()) })
	})
}

// By how many MB the server's memory may grow while Redis is away, however long
// that is, 32 of them because the heap may in any case, and under the race
// detector, which multiplies everything.
const mayGrow, mayGrowWatched = 48, 128

// talker talks to themselves in the longest messages that there are, with more
// of them unanswered than the server reads of a socket.
type talker struct {
	socket *harness.Socket
	may    chan struct{} // holds as many as may be sent
}

const unanswered = 300

func newTalker(t *testing.T, w *harness.World) *talker {
	t.Helper()
	k := &talker{may: make(chan struct{}, unanswered)}
	connected := make(chan struct{})
	k.socket = w.Open(t, harness.Opening{User: harness.NewUser(), Follow: func(seen harness.Seen) {
		switch seen.Saw {
		case "connect":
			close(connected)
		case "ack":
			k.may <- struct{}{}
		}
	}})
	<-connected
	k.socket.Room = w.Room(t).ID
	k.socket.Post("room:join", P{"roomId": k.socket.Room})
	<-k.may // the answer
	return k
}

// talk goes on for a while and returns how many MB came back.
func (k *talker) talk(d time.Duration) (megabytes int) {
	content := strings.Repeat("\U0001F600", 500)
	for range unanswered {
		k.may <- struct{}{}
	}
	sent := 0
	for end := time.Now().Add(d); time.Now().Before(end); sent++ {
		<-k.may
		k.socket.Post("chat:message", P{"roomId": k.socket.Room, "content": content})
	}
	for range unanswered {
		<-k.may
	}
	return sent * len(content) >> 20
}

func redisAway(t *testing.T, away, back func(*harness.Redis)) {
	clients, length := number(t, "AUDIOROOM_OUTAGE_SOCKETS", 40), span(t, "AUDIOROOM_OUTAGE_REDIS", 5*time.Second)
	const each = 500 * time.Millisecond // between two requests of a client
	w := measured(t).World(t, harness.Setup{Env: harness.Env{"CHAT_PER_MINUTE": "0"}})
	k := newCrowd(t, w, clients)
	k.act(2*time.Second, each)
	talker := newTalker(t, w)
	talker.talk(time.Second)
	m := watchMemory(t, w.Server)
	defer m.stop()
	k.act(time.Second, each)
	before := m.peak()
	answeredBefore, longestBefore := k.tally()

	away(w.Redis)
	passed := make(chan int, 1)
	go func() { passed <- talker.talk(length) }()
	k.act(length/2, each)
	early := m.peak()
	assert.Equal(t, http.StatusServiceUnavailable, w.Server.Status("/healthz"))
	assert.Equal(t, http.StatusServiceUnavailable, w.Server.Status("/readyz"))
	assert.EqualValues(t, len(k.rooms)+1, w.Server.Metric(t, "audioroom_rooms_unsaved"), "every room says that it is not saved")
	k.act(length-length/2, each)
	megabytes := <-passed
	k.attached()
	answered, longest := k.tally()
	late := m.peak()
	back(w.Redis)
	returned := time.Now()
	harness.Eventually(t, "all is well again", func() bool { return w.Server.Status("/healthz") == http.StatusOK })
	healthy := time.Since(returned).Round(10 * time.Millisecond)
	k.act(2*time.Second, each)
	k.rest()
	k.attached()
	k.kept()
	require.Zero(t, w.Server.Metric(t, "audioroom_rooms_unsaved"))
	require.Zero(t, w.Server.Metric(t, "audioroom_rooms_lost_total"))

	t.Logf("%d clients in %d rooms, Redis away for %v: answered before %d (longest %v), meanwhile %d (longest %v), well again after %v; "+
		"memory in MB: before %d, first half %d, second half %d, after %d, with %d MB of messages passed on meanwhile",
		clients, len(k.rooms), length, answeredBefore, longestBefore, answered, longest, healthy, before, early, late, m.peak(), megabytes)
	assert.Greater(t, answered, clients, "requests were answered while Redis was away")
	assert.Less(t, longest, 5*time.Second, "an answer waits for Redis for a second at most")
	bound := before + mayGrowWatched
	if os.Getenv("AUDIOROOM_PLAIN") != "" {
		bound = before + mayGrow
	}
	assert.Less(t, max(early, late), bound, "memory is bounded")
}

// Much is said in the second in which Redis is waited for, and heard at once when
// that is over.
func TestOutage_MuchIsSaidInTheSilentSecond(t *testing.T) {
	t.Parallel()
	w := crowded(t).World(t, harness.Setup{Env: harness.Env{"CHAT_PER_MINUTE": "0"}})
	k := newCrowd(t, w, roomOf)
	k.act(time.Second, time.Second)
	k.rest()
	w.Redis.Freeze(t)
	for _, m := range k.members { // 1.5 MB together, which twelve users may say within their limits
		for range 36 {
			m.socket.Post("chat:message", P{"roomId": k.rooms[0].ID, "content": strings.Repeat("\U0001F600", 500)})
		}
	}
	time.Sleep(4 * time.Second) // the second is over, and Redis is still away
	for _, m := range k.members {
		m.mu.Lock()
		assert.Empty(t, m.disconnected, "user %d was cut", m.user)
		m.mu.Unlock()
	}
}
