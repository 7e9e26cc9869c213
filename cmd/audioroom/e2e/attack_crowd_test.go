package e2e_test

import (
	"bytes"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// TestAttack_Crowd measures a room while idle and hostile clients are there: the
// 99th percentile of its answers at most doubles, and afterwards the memory is
// back within a tenth. The full one takes five minutes, on a program without the
// race detector:
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
	rehearsal := newMob(t, w, idle, hostile)
	time.Sleep(min(duration/4, 10*time.Second)) // a span, not a wait
	rehearsal.leave()
	before := calm(t, w)
	alone := quantile(asking.measure(room, duration/2), 0.99)

	c := newMob(t, w, idle, hostile)
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
	harness.Eventually(t, "the crowd is gone", func() bool { return w.Server.Metric(t, `audioroom_connections{state="session"}`) == 11 })
	least, _ := w.Server.Memory(t)
	for quiet := 0; quiet < 4; quiet++ { // the server gives memory back within seconds
		time.Sleep(time.Second)
		if now, _ := w.Server.Memory(t); now < least {
			least, quiet = now, 0
		}
	}
	return least
}

// mob is clients that do nothing but answer pings, and clients that do harm
// all the time.
type mob struct {
	end  chan struct{}
	done sync.WaitGroup
}

func newMob(t *testing.T, w *harness.World, idle, hostile int) *mob {
	t.Helper()
	c := &mob{end: make(chan struct{})}
	for range idle {
		i := enter(t, w, harness.NewUser())
		c.done.Go(i.drain)
		c.done.Go(func() {
			<-c.end
			i.ws.Close()
		})
	}
	for n := range hostile {
		user := harness.NewUser()
		token := harness.Token(t, user, nil)
		c.done.Go(func() {
			for !c.over() {
				c.harm(w, token, n)
			}
		})
	}
	return c
}

func (c *mob) over() bool {
	select {
	case <-c.end:
		return true
	default:
		return false
	}
}

func (c *mob) leave() {
	close(c.end)
	c.done.Wait()
}

// harm is frames: the first, and those that a client sends after it over and over.
type harm struct{ first, again []byte }

// harms are what a hostile client does on a connection that has authenticated.
var harms = func() (all []harm) {
	for _, text := range []string{
		`42["chat:message",{"roomId":"x","content":"x"}]`, "3", "40/elsewhere,", `421["user:getRoom",{"userId":1}]`, `422["room:join",{"roomId":"crowd"}]`,
		"garbage", `42["nothing",` + strings.Repeat("[", 8000), `451-["x"]`, `42["nothing",{` + strings.Repeat(`"\u0041":1,`, 1400) + `"x":1}]`,
	} {
		all = append(all, harm{again: masked(0x80, opText, text)})
	}
	begun, parts := masked(0x00, opText, "4"), bytes.Repeat(masked(0x00, 0x0, ""), 5000)
	return append(all, harm{again: masked(0x80, opPing, "x")},
		harm{begun, parts}, harm{begun, append(parts[:len(parts):len(parts)], masked(0x80, 0xa, "")...)})
}()

// harm connects, does one thing until the server has had enough or for half a
// minute, and is gone. It reads nothing.
func (c *mob) harm(w *harness.World, token string, kind int) {
	address := strings.TrimPrefix(w.Server.URL, "http://")
	pause := func(d time.Duration) {
		select {
		case <-time.After(d):
		case <-c.end:
		}
	}
	pause(time.Duration(500+rand.IntN(1000)) * time.Millisecond)
	if kind%(len(harms)+1) == len(harms) { // half a handshake
		if conn, err := net.Dial("tcp", address); err == nil {
			_, _ = conn.Write([]byte(upgrading()))
			pause(5 * time.Second)
			conn.Close()
		}
		return
	}
	ws, response, err := websocket.DefaultDialer.Dial("ws://"+address+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		return
	}
	response.Body.Close()
	defer ws.Close()
	if ws.WriteMessage(opText, []byte(`40{"token":"`+token+`"}`)) != nil {
		return
	}
	for range 2 { // the open packet, and that it is let in
		if _, _, err := ws.ReadMessage(); err != nil {
			return
		}
	}
	harm := harms[kind%(len(harms)+1)]
	if _, err := ws.NetConn().Write(harm.first); err != nil {
		return
	}
	many := bytes.Repeat(harm.again, 1+(32<<10)/len(harm.again)) // what attackers cost is not the server's
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && !c.over(); {
		_ = ws.NetConn().SetWriteDeadline(time.Now().Add(time.Second))
		if _, err := ws.NetConn().Write(many); err != nil {
			return // also if a part of it is on its way: the next one begins anew
		}
	}
}
