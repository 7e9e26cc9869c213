package transport_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"audioroom/wsconn/transport"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

func TestConn_close_reasons(t *testing.T) {
	h := newHandler()
	f := serve(t, transport.Config{ConnectTimeout: time.Hour, MaxPayload: 64}, h)
	cases := map[string]struct {
		act    func(c client)
		reason transport.CloseReason
		code   int
	}{
		"packet 1":      {func(c client) { c.send("1") }, transport.ReasonClientClose, websocket.CloseNormalClosure},
		"invalid UTF-8": {func(c client) { c.send("42[\"a\xff\"]") }, transport.ReasonInvalidUTF8, websocket.CloseInvalidFramePayloadData},
		"too big":       {func(c client) { c.send("42" + strings.Repeat(" ", 63)) }, transport.ReasonMessageTooBig, websocket.CloseMessageTooBig},
		"too big in fragments": {func(c client) {
			w, err := c.ws.NextWriter(websocket.TextMessage)
			require.NoError(c.t, err)
			for range 5000 { // more than one of gorilla's write buffers
				io.WriteString(w, "42")
			}
			w.Close()
		}, transport.ReasonMessageTooBig, websocket.CloseMessageTooBig},
		"binary": {func(c client) {
			require.NoError(c.t, c.ws.WriteMessage(websocket.BinaryMessage, []byte{4}))
		}, transport.ReasonBinary, websocket.CloseUnsupportedData},
		"attachments": {func(c client) { c.send(`451-["a"]`) }, transport.ReasonBinary, websocket.CloseUnsupportedData},
		"garbage":     {func(c client) { c.send("garbage") }, transport.ReasonParseError, websocket.CloseProtocolError},
		"an unmasked frame": {func(c client) {
			_, err := c.ws.NetConn().Write([]byte{0x81, 1, '3'})
			require.NoError(c.t, err)
		}, transport.ReasonProtocolError, websocket.CloseProtocolError},
		"a reserved bit": {func(c client) {
			_, err := c.ws.NetConn().Write([]byte{0xc1, 0x81, 0, 0, 0, 0, '3'})
			require.NoError(c.t, err)
		}, transport.ReasonProtocolError, websocket.CloseProtocolError},
		"a close frame": {func(c client) {
			bye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
			require.NoError(c.t, c.ws.WriteMessage(websocket.CloseMessage, bye))
		}, transport.ReasonClientClose, websocket.CloseNormalClosure},
		"a lost connection": {func(c client) {
			require.NoError(c.t, c.ws.NetConn().(*net.TCPConn).CloseWrite())
		}, transport.ReasonConnectionLost, websocket.CloseAbnormalClosure},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ws := f.join(t)
			conn := h.conn(t)
			require.False(t, conn.Closed())
			c.act(ws)
			code, _ := ws.expectClose()
			require.Equal(t, c.code, code)
			require.Equal(t, c.reason, h.ended(t))
			require.True(t, conn.Closed())
			require.Equal(t, c.reason, conn.Reason())
		})
	}
}

func TestConn_Close_first_reason_stands(t *testing.T) {
	h := newHandler()
	f := serve(t, transport.Config{}, h)
	ws := f.join(t)
	c := h.conn(t)
	var closers sync.WaitGroup
	for range 8 {
		closers.Go(func() { c.Close(transport.ReasonExpired) })
		closers.Go(func() { c.Kick(transport.ReasonKicked) })
		closers.Go(func() { c.SendNow(transport.EventFrame("/", "x", nil)) })
	}
	closers.Wait()
	reason := c.Reason()
	ws.expectClose()
	require.Equal(t, reason, h.ended(t))
	c.SendNow(transport.EventFrame("/", "late", nil))
	c.Close(transport.ReasonSlowReader)
	require.Equal(t, reason, c.Reason())
	require.Empty(t, h.closed)
}

func TestConn_Kick(t *testing.T) {
	h := newHandler()
	f := serve(t, transport.Config{Namespaces: []string{"/", "/custom"}}, h)
	ws := f.join(t)
	ws.send("40/custom,")
	ws.receive()
	c := h.conn(t)
	c.Send(transport.EventFrame("/", "auth:expired", []byte("{}")))
	c.Kick(transport.ReasonExpired)
	code, before := ws.expectClose()
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, []string{`42["auth:expired",{}]`, "41", "41/custom,"}, before)
	require.Equal(t, transport.ReasonExpired, h.ended(t))
}

func TestConn_answers_websocket_pings(t *testing.T) {
	h := newHandler()
	h.event = func(c *transport.Conn, e transport.Event) { c.SendNow(transport.EventFrame("/", e.Name, nil)) }
	f := serve(t, transport.Config{}, h)
	ws := f.join(t)
	var pongs []string
	ws.ws.SetPongHandler(func(data string) error { pongs = append(pongs, data); return nil })
	for i := range 5 {
		require.NoError(t, ws.ws.WriteControl(websocket.PingMessage, []byte("hi"), time.Now().Add(patience)))
		ws.send(`42["next"]`)
		ws.expect(`42["next"]`)
		require.Len(t, pongs, i+1, "the pong goes out before what came after the ping")
	}
}

func TestConn_Send_keeps_the_order(t *testing.T) {
	h := newHandler()
	f := serve(t, transport.Config{OutboxLimit: 64 << 20}, h)
	ws := f.join(t)
	c := h.conn(t)
	const frames = 20000
	go func() {
		random := rand.New(rand.NewPCG(1, 2))
		for i := range frames {
			padding := strings.Repeat("x", random.IntN(1000))
			c.Send(transport.EventFrame("/", "n", fmt.Appendf(nil, `%d,"%s"`, i, padding)))
			if random.IntN(10) == 0 {
				c.Flush()
			}
		}
		c.Flush()
	}()
	for i := range frames {
		got := ws.receive()
		require.True(t, strings.HasPrefix(got, fmt.Sprintf(`42["n",%d,"`, i)), "frame %d: %.30s", i, got)
		if i%5000 == 0 {
			runtime.Gosched()
		}
	}
}

// What is flushed soon arrives by itself, and before the end of the connection.
func TestConn_FlushSoon(t *testing.T) {
	h := newHandler()
	f := serve(t, transport.Config{}, h)
	ws := f.join(t)
	c := h.conn(t)
	for range 20 {
		c.Send(transport.EventFrame("/", "a", nil))
		c.FlushSoon()
		ws.expect(`42["a"]`)
	}
	c.Send(transport.EventFrame("/", "last", nil))
	c.FlushSoon()
	c.Close(transport.ReasonShutdown)
	_, before := ws.expectClose()
	require.Equal(t, []string{`42["last"]`}, before)
}

func TestConn_frames_of_every_length_arrive(t *testing.T) {
	h := newHandler()
	f := serve(t, transport.Config{}, h)
	ws := f.join(t)
	c := h.conn(t)
	for _, size := range []int{1, 124, 125, 126, 127, 65534, 65535, 65536, 65537, 300000} {
		payload := "4" + strings.Repeat("y", size-1)
		frame := transport.NewFrame([]byte(payload))
		require.Equal(t, payload, string(frame.Payload()))
		c.SendNow(frame)
		require.Equal(t, payload, ws.receive())
	}
	require.Nil(t, transport.Frame{}.Payload())
	c.SendNow(transport.Frame{})
	c.SendNow(transport.AckFrame("/", 3, nil))
	ws.expect("433[]")
}

// stalled is a client that enters the main namespace and reads no more.
func stalled(t *testing.T, f fixture) *net.TCPConn {
	t.Helper()
	ws := f.join(t)
	conn := ws.ws.NetConn().(*net.TCPConn)
	require.NoError(t, conn.SetReadBuffer(4096))
	return conn
}

func TestConn_slow_reader_is_cut(t *testing.T) {
	h := newHandler()
	f := serve(t, transport.Config{OutboxLimit: 256 << 10}, h)
	stalled(t, f)
	slow := h.conn(t)
	ws := f.join(t)
	quick := h.conn(t)
	frame := transport.NewFrame([]byte("4" + strings.Repeat("z", 16<<10)))
	sent := 0
	for ; !slow.Closed(); sent++ {
		require.Less(t, sent, 10000, "the outbox has no bound")
		start := time.Now()
		slow.SendNow(frame)
		require.Less(t, time.Since(start), time.Second, "Send must not wait for the reader")
		quick.SendNow(frame)
		ws.receive() // nobody else feels it
	}
	require.Equal(t, transport.ReasonSlowReader, h.ended(t))
	require.False(t, quick.Closed())
	slow.SendNow(frame)
}

func TestConn_stuck_write_is_cut(t *testing.T) {
	h := newHandler()
	f := serve(t, transport.Config{OutboxLimit: 64 << 20, WriteTimeout: 100 * time.Millisecond}, h)
	stalled(t, f)
	c := h.conn(t)
	frame := transport.NewFrame([]byte("4" + strings.Repeat("z", 1<<20)))
	for range 16 {
		c.SendNow(frame)
	}
	require.Equal(t, transport.ReasonWriteTimeout, h.ended(t))
}

// A reader that takes long for its backlog but keeps on reading loses nothing.
func TestConn_slow_but_steady_reader_gets_everything(t *testing.T) {
	h := newHandler()
	f := serve(t, transport.Config{OutboxLimit: 64 << 20, WriteTimeout: 2 * time.Second}, h)
	ws := f.join(t)
	c := h.conn(t)
	frame := transport.NewFrame([]byte("4" + strings.Repeat("z", 1<<20)))
	for range 24 {
		c.SendNow(frame)
	}
	for range 24 {
		require.Len(t, ws.receive(), 1<<20+1)
	}
	c.SendNow(transport.EventFrame("/", "after", nil))
	ws.expect(`42["after"]`)
	require.False(t, c.Closed())
}

func TestConn_Kick_of_a_stalled_client_is_bounded(t *testing.T) {
	h := newHandler()
	f := serve(t, transport.Config{CloseGrace: 50 * time.Millisecond, OutboxLimit: 64 << 20}, h)
	stalled(t, f)
	c := h.conn(t)
	frame := transport.NewFrame([]byte("4" + strings.Repeat("z", 1<<20)))
	for range 16 {
		c.SendNow(frame)
	}
	c.Kick(transport.ReasonKicked)
	require.Equal(t, transport.ReasonKicked, h.ended(t))
	require.NoError(t, f.Shutdown(t.Context()))
}

// TestConn_storm has everything happen at once; the race detector and goleak
// judge it.
func TestConn_storm(t *testing.T) {
	h := newHandler()
	h.event = func(c *transport.Conn, e transport.Event) {
		c.SendNow(transport.AckFrame(e.Namespace, e.Ack.ID, e.Args))
	}
	f := serve(t, transport.Config{PingInterval: 5 * time.Millisecond, PingTimeout: 5 * time.Second, OutboxLimit: 64 << 10}, h)
	const clients = 60
	var all sync.WaitGroup
	stop := make(chan struct{})
	for i := range clients {
		all.Go(func() {
			ws, _, err := websocket.DefaultDialer.Dial("ws://"+f.addr+query, nil)
			if err != nil {
				return
			}
			defer ws.Close()
			ws.WriteMessage(websocket.TextMessage, []byte("40"))
			for n := 0; ; n++ {
				ws.SetReadDeadline(time.Now().Add(patience))
				_, data, err := ws.ReadMessage()
				if err != nil {
					return
				}
				answer := `42` + fmt.Sprint(n) + `["x",{}]`
				switch {
				case string(data) == "2":
					answer = "3"
				case n > 40 && i%5 == 0:
					answer = "garbage"
				case n > 40 && i%5 == 1:
					return
				}
				ws.WriteMessage(websocket.TextMessage, []byte(answer))
			}
		})
	}
	all.Go(func() {
		frame := transport.EventFrame("/", "tick", []byte(`{"n":1}`))
		for {
			select {
			case <-stop:
				return
			default:
			}
			for c := range f.Conns() {
				c.Send(frame)
				if rand.IntN(2000) == 0 {
					c.Close(transport.ReasonExpired)
				}
			}
			for c := range f.Conns() {
				[]func(){c.Flush, c.FlushLate, c.FlushSoon}[rand.IntN(3)]()
			}
			runtime.Gosched()
		}
	})
	time.AfterFunc(500*time.Millisecond, func() {
		close(stop)
		f.Shutdown(t.Context())
	})
	all.Wait()
	require.NoError(t, f.Shutdown(t.Context()))
	require.Equal(t, len(h.opened), len(h.closed))
}
