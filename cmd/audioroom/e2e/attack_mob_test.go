package e2e_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// mobVariable tells a process of this test that it is a mob: the server's address,
// how many are idle, how many hostile.
const mobVariable = "AUDIOROOM_MOB"

// mobUsers is the first user of a mob: no other test has them.
const mobUsers = 10_000_000

// gang is a mob in a process of its own, which others go before: what it costs
// would be spent on other machines.
type gang struct {
	t       *testing.T
	process *exec.Cmd
	stdin   io.Closer
	silent  chan struct{} // closed when it says no more
}

// gather starts a mob and waits until its idle clients are there.
func gather(t *testing.T, w *harness.World, idle, hostile int) *gang {
	t.Helper()
	g := &gang{t: t, silent: make(chan struct{}), process: exec.Command("nice", "-n", "19", os.Args[0], "-test.run", "^TestMob$", "-test.v")}
	g.process.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", mobVariable, w.Server.URL, idle, hostile))
	g.process.Stderr = os.Stderr
	stdin, err := g.process.StdinPipe()
	require.NoError(t, err)
	g.stdin = stdin
	stdout, err := g.process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, g.process.Start())
	t.Cleanup(func() { _ = g.process.Process.Kill() }) // unless it is over
	said := ""
	for lines := bufio.NewScanner(stdout); lines.Scan(); said += lines.Text() + "\n" {
		if lines.Text() == mobReady {
			go func() {
				defer close(g.silent)
				_, _ = io.Copy(io.Discard, stdout)
			}()
			return g
		}
	}
	require.FailNow(t, "no mob", said)
	return nil
}

// leave ends the mob.
func (g *gang) leave() {
	g.t.Helper()
	require.NoError(g.t, g.stdin.Close())
	<-g.silent
	require.NoError(g.t, g.process.Wait())
}

const mobReady = "the mob is there"

// TestMob is the process of a gang.
func TestMob(t *testing.T) {
	if os.Getenv(mobVariable) == "" {
		t.Skip("a part of TestAttack_Crowd")
	}
	w, idle, hostile := &harness.World{Server: &harness.Server{}}, 0, 0
	_, err := fmt.Sscan(os.Getenv(mobVariable), &w.Server.URL, &idle, &hostile)
	require.NoError(t, err)
	c := newMob(t, w, idle, hostile)
	fmt.Println("\n" + mobReady)
	_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started it has had enough
	c.leave()
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
	for n := range idle {
		i := enter(t, w, int64(mobUsers+hostile+n))
		c.done.Go(i.drain)
		c.done.Go(func() {
			<-c.end
			i.ws.Close()
		})
	}
	for n := range hostile {
		token := harness.Token(t, int64(mobUsers+n), nil)
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
