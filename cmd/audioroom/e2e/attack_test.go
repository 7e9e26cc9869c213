package e2e_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// siege is a server that is attacked in many ways at once, with the limits of
// production but for the times, which are short. Each attack has a room of
// honest clients beside it.
type siege struct {
	*harness.World
	goroutines, heap float64 // before the first attack
}

// attack is one way to do harm. The room has two honest clients in it.
type attack func(t *testing.T, s *siege, r *harness.Room)

// attacks are all there are; SECURITY.md has the table.
var attacks = map[string]attack{
	"a slow handshake":                   slowHandshake,
	"a half-open socket":                 halfOpen,
	"a socket that never connects":       neverConnects,
	"a client that never reads":          neverReads,
	"pings without pongs":                pingsWithoutPongs,
	"a flood of frames":                  floodOfFrames,
	"junk in place of HTTP":              junkHTTP,
	"junk in place of WebSocket":         junkWebSocket,
	"junk in place of Engine.IO":         junkEngine,
	"junk in place of Socket.IO":         junkSocket,
	"compressed messages":                compressed,
	"invalid UTF-8":                      invalidUTF8,
	"a flood of ack ids":                 floodOfAcks,
	"binary attachments":                 attachments,
	"names of JavaScript's own":          prototypes,
	"huge numbers":                       hugeNumbers,
	"deep JSON":                          deepJSON,
	"room ids that look like keys":       roomIDs,
	"room ids that look like paths":      roomPaths,
	"rights that a client gives itself":  selfMade,
	"a flood of connections of one user": manyConnections,
	"a flood of rooms":                   manyRooms,
	"a flood of tokens":                  manyTokens,
}

// besieged skips a test unless AUDIOROOM_ATTACKS is set: it takes the whole machine,
// and other tests beside it would wait in vain.
func besieged(t *testing.T) {
	t.Helper()
	if os.Getenv("AUDIOROOM_ATTACKS") == "" {
		t.Skip("it needs the machine for itself: AUDIOROOM_ATTACKS=1 go test -race -run TestAttack ./cmd/audioroom/e2e")
	}
}

// TestAttack carries out all attacks at once: the server lives, honest clients
// beside them notice nothing, and in the end the memory is back.
func TestAttack(t *testing.T) {
	besieged(t)
	t.Parallel()
	s := &siege{World: stage.World(t, harness.Setup{Env: harness.Env{
		"EVENT_BUDGET": "100", "EVENT_REFILL": "20", "ROOMS_PER_MINUTE": "60",
		"PING_INTERVAL": "3s", "PING_TIMEOUT": "6s", "CONNECT_TIMEOUT": "3s", "ADMIN_LISTEN": "127.0.0.1:0",
		"ROOM_INACTIVITY_TIMEOUT": "2s", "SEAT_GRACE": "1s",
	}})}
	s.Connect(t, harness.NewUser()).Disconnect() // what the first one needs is there
	s.goroutines, s.heap = s.settled(t)
	t.Run("by", func(t *testing.T) {
		for name, attack := range attacks {
			in(t, name, func(t *testing.T) {
				r := s.Room(t)
				a, b := r.Join(), r.Join()
				s.unharmed(t, r)
				attack(t, s, r)
				s.unharmed(t, r)
				a.Disconnect()
				b.Disconnect()
			})
		}
	})
	harness.Eventually(t, "every connection is gone", func() bool {
		return s.Server.Metric(t, `audioroom_connections{state="session"}`)+s.Server.Metric(t, `audioroom_connections{state="unauthenticated"}`) == 0
	})
	harness.Eventually(t, "every room is closed", func() bool { return s.Server.Metric(t, "audioroom_rooms") == 0 })
	var goroutines, heap float64
	defer func() {
		t.Logf("goroutines %v → %v, heap %.1f → %.1f MB", s.goroutines, goroutines, s.heap/1e6, heap/1e6)
	}()
	harness.Eventually(t, "the memory is back", func() bool {
		goroutines, heap = s.settled(t)
		// What the first need of it has made stays: remembered correlation ids, 64
		// idle workers at most, connections to the backend, compressors of /metrics.
		// The attackers have some hundred connections.
		return goroutines <= s.goroutines+64+20 && heap <= 1.1*s.heap+6<<20
	})
	for _, where := range []string{"room", "connection"} {
		assert.Zero(t, s.Server.Metric(t, `audioroom_panics_total{where="`+where+`"}`))
	}
}

// settled returns the server's goroutines and the bytes of its heap that are in
// use after a collection.
func (s *siege) settled(t *testing.T) (goroutines, heap float64) {
	t.Helper()
	response, err := http.Get("http://" + s.Server.AdminAddr(t) + "/debug/pprof/heap?gc=1")
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	return s.Server.Metric(t, "go_goroutines"), s.Server.Metric(t, "go_memstats_heap_alloc_bytes")
}

// unharmed has the honest clients of a room do what they do.
func (s *siege) unharmed(t *testing.T, r *harness.Room) {
	t.Helper()
	there := r.Others(nil)
	require.Len(t, there, 2)
	a, b := there[0], there[1]
	a.Do("seat:take", seat(1))
	b.Expect("seat:updated", updated(1, a.User))
	b.Do("seat:take", seat(2))
	a.Expect("seat:updated", updated(2, b.User))
	a.Do("seat:leave", P{})
	b.Expect("seat:cleared", seat(1))
	b.Do("seat:leave", P{})
	a.Expect("seat:cleared", seat(2))
	state := r.Settled()
	assert.Equal(t, 2, state.ParticipantCount)
	assert.Empty(t, state.Seats)
}

// grown returns a function that tells by how much a metric has grown since.
func (s *siege) grown(t *testing.T, metric string) func() float64 {
	t.Helper()
	before := s.Server.Metric(t, metric)
	return func() float64 { return s.Server.Metric(t, metric) - before }
}

// ended returns the metric of connections that ended for a reason.
func ended(reason string) string {
	return `audioroom_connections_closed_total{reason="` + reason + `"}`
}

// spent returns the metric of a limit.
func spent(budget string) string { return `audioroom_budget_refusals_total{budget="` + budget + `"}` }

// answer reads the status of an HTTP answer.
func answer(t *testing.T, r io.Reader) int {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(r), nil)
	require.NoError(t, err)
	response.Body.Close()
	return response.StatusCode
}

// upgrading is a good handshake, without the empty line at its end.
func upgrading(more ...string) string {
	return "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + strings.Join(more, "")
}

// slowHandshake sends handshakes a byte at a time, stops amidst one, and sends a
// body that never ends: each has ten seconds.
func slowHandshake(t *testing.T, s *siege, _ *harness.Room) {
	start := time.Now()
	drip, stuck, body := line(t, s.World), line(t, s.World), line(t, s.World)
	_, err := stuck.Write([]byte(upgrading()))
	require.NoError(t, err)
	_, err = body.Write([]byte("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx"))
	require.NoError(t, err)
	text := upgrading("X-Padding: " + strings.Repeat("x", 1000) + "\r\n")
	for i := 0; ; i++ {
		if _, err := drip.Write([]byte{text[i]}); err != nil {
			break // the server has closed it
		}
		require.Less(t, time.Since(start), 15*time.Second)
		time.Sleep(50 * time.Millisecond) // what is to be seen is a client that is slow
	}
	for _, c := range []io.Reader{stuck, body} {
		_, err := io.Copy(io.Discard, c)
		assertEnded(t, err)
	}
	assert.Less(t, time.Since(start), 15*time.Second)
}

// assertEnded checks that reading ended because the server closed.
func assertEnded(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		assert.NotContains(t, err.Error(), "timeout")
	}
}

// halfOpen takes the other end away without a word: nothing is answered any
// more, which is all that the server sees of it.
func halfOpen(t *testing.T, s *siege, r *harness.Room) {
	timeouts := s.grown(t, ended("ping_timeout"))
	user := harness.NewUser()
	enter(t, s.World, user).join(r.ID)
	for _, o := range r.Others(nil) {
		o.Expect("room:userJoined", P{"userId": user, "user": harness.Public(user)})
	}
	for _, o := range r.Others(nil) {
		o.Expect("room:userLeft", P{"userId": user})
	}
	assert.Positive(t, timeouts())
}

// neverConnects upgrades and says nothing, or everything but CONNECT, or asks again
// and again with a token that is no good.
func neverConnects(t *testing.T, s *siege, _ *harness.Room) {
	timeouts := s.grown(t, ended("connect_timeout"))
	silent, chatty, asking := intrude(t, s.World), intrude(t, s.World), intrude(t, s.World)
	var talk sync.WaitGroup
	say := func(i *intruder, text string, every time.Duration) {
		talk.Go(func() {
			for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(every) { // as a client that wants to seem alive
				if i.ws.WriteMessage(opText, []byte(text)) != nil {
					return
				}
			}
		})
	}
	say(chatty, "3", 50*time.Millisecond)
	say(asking, `40{"token":"a.b.c"}`, time.Second)
	start := time.Now()
	assert.Equal(t, 1008, silent.closed())
	assert.Equal(t, 1008, chatty.closed())
	assert.Equal(t, 1008, asking.closed())
	assert.Less(t, time.Since(start), 8*time.Second)
	chatty.ws.Close()
	asking.ws.Close()
	talk.Wait()
	assert.GreaterOrEqual(t, timeouts(), 3.0)
}
