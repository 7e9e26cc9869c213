package transport_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"audioroom/wsconn/transport"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// limits counts what clients came up against.
type limits struct {
	transport.NopObserver
	connections, frames, unavailable atomic.Int32
}

func (l *limits) Limited(limit transport.Limit) {
	switch limit {
	case transport.LimitConnections:
		l.connections.Add(1)
	case transport.LimitFrames:
		l.frames.Add(1)
	}
}

func (l *limits) Refused(status int) {
	if status == http.StatusServiceUnavailable {
		l.unavailable.Add(1)
	}
}

func TestServer_MaxConnections(t *testing.T) {
	h, seen := newHandler(), new(limits)
	f := serve(t, transport.Config{MaxConnections: 2, Observer: seen}, h)
	refused := func() {
		t.Helper()
		_, response, err := websocket.DefaultDialer.Dial("ws://"+f.addr+query, nil)
		require.ErrorIs(t, err, websocket.ErrBadHandshake)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
		require.Equal(t, `{"code":4,"message":"Service Unavailable"}`, string(body))
	}
	first, second := f.join(t), f.dial(t, nil)
	refused()
	refused()
	require.EqualValues(t, 2, seen.connections.Load())
	require.EqualValues(t, 2, seen.unavailable.Load())
	second.send("40")
	require.Contains(t, second.receive(), `40{"sid":`)
	first.ws.Close()
	h.ended(t)
	require.Eventually(t, func() bool { // its goroutine has yet to end
		ws, _, err := websocket.DefaultDialer.Dial("ws://"+f.addr+query, nil)
		if err == nil {
			t.Cleanup(func() { ws.Close() })
		}
		return err == nil
	}, patience, 5*time.Millisecond)
	refused()
	// What fails before the upgrade takes no place.
	response, err := http.Get("http://" + f.addr + query)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
}

func TestConn_is_read_no_faster_than_its_frame_budget(t *testing.T) {
	const budget, refill = 50, 100
	for name, send := range map[string]func(c client){
		"events":          func(c client) { c.send(`42["x"]`) },
		"pongs":           func(c client) { c.send("3") },
		"bad namespaces":  func(c client) { c.send("40/elsewhere,") },
		"WebSocket pings": func(c client) { require.NoError(c.t, c.ws.WriteMessage(websocket.PingMessage, nil)) },
		"WebSocket pongs": func(c client) { require.NoError(c.t, c.ws.WriteMessage(websocket.PongMessage, nil)) },
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			h, seen := newHandler(), new(limits)
			last := make(chan *transport.Conn, 2)
			h.event = func(c *transport.Conn, e transport.Event) {
				if e.Name == "last" {
					last <- c
				}
			}
			f := serve(t, transport.Config{FrameBudget: budget, FrameRefill: refill, Observer: seen}, h)
			c, other := f.join(t), f.join(t)
			paced, free := h.conn(t), h.conn(t)
			start := time.Now()
			for range budget + 30 {
				send(c)
			}
			c.send(`42["last"]`)
			other.send(`42["last"]`)
			require.Same(t, free, receive(t, last), "who keeps to the budget waits for nobody")
			require.Same(t, paced, receive(t, last))
			require.GreaterOrEqual(t, time.Since(start), 30*time.Second/refill)
			require.Positive(t, seen.frames.Load())
			require.LessOrEqual(t, seen.frames.Load(), int32(10), "it pauses for many frames at once")
		})
	}
}

func TestConn_ends_while_it_is_not_read(t *testing.T) {
	h, seen := newHandler(), new(limits)
	f := serve(t, transport.Config{FrameBudget: 3, FrameRefill: 1, Observer: seen}, h)
	c := f.join(t)
	conn := h.conn(t)
	for range 10 {
		c.send("3")
	}
	require.Eventually(t, func() bool { return seen.frames.Load() == 1 }, patience, time.Millisecond)
	conn.Kick(transport.ReasonKicked)
	require.Equal(t, transport.ReasonKicked, h.ended(t))
}

// What a client has sent before it closed is not read for as long as the budget
// would take.
func TestConn_floods_and_is_cut(t *testing.T) {
	t.Parallel()
	h, seen := newHandler(), new(limits)
	f := serve(t, transport.Config{FrameBudget: 10, FrameRefill: 1, Observer: seen}, h)
	c := f.join(t)
	start := time.Now()
	for range 100 {
		c.send("3")
	}
	c.ws.NetConn().(*net.TCPConn).CloseWrite()
	require.Equal(t, transport.ReasonFlooding, receiveWithin(t, h.closed, 20*time.Second))
	require.GreaterOrEqual(t, time.Since(start), 9*time.Second)
}

func receiveWithin[T any](t *testing.T, from <-chan T, d time.Duration) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(d):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

// A client that is told to go and sends on is not read for the rest of the grace.
func TestConn_that_has_ended_is_not_read_without_end(t *testing.T) {
	h := newHandler()
	f := serve(t, transport.Config{CloseGrace: time.Minute}, h)
	c := f.join(t)
	c.send("garbage")
	require.Equal(t, transport.ReasonParseError, h.ended(t))
	require.NoError(t, c.ws.NetConn().SetWriteDeadline(time.Now().Add(patience)))
	var err error
	for sent := 0; err == nil && sent < 64<<20; sent += 64 << 10 {
		_, err = c.ws.NetConn().Write(make([]byte, 64<<10))
	}
	require.Error(t, err)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
}

// part is a frame of a message of many, masked with zeros. The first one has the
// opcode of text, others that of a continuation.
func part(first, final byte, payload string) []byte {
	return append([]byte{first | final<<7, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
}

const (
	begins, goesOn = 0x1, 0x0
	more, last     = 0, 1
)

// A message may come in any parts that have something in them.
func TestConn_takes_a_message_in_parts(t *testing.T) {
	h := newHandler()
	h.event = func(c *transport.Conn, e transport.Event) { c.SendNow(transport.EventFrame("/", e.Name, nil)) }
	f := serve(t, transport.Config{}, h)
	c := f.join(t)
	text := `42["long"` + strings.Repeat(" ", transport.DefaultMaxPayload-10) + "]"
	require.Len(t, text, transport.DefaultMaxPayload)
	parts := part(begins, more, text[:1])
	for _, letter := range text[1:] {
		parts = append(parts, part(goesOn, more, string(letter))...)
	}
	_, err := c.ws.NetConn().Write(append(parts, part(goesOn, last, "")...))
	require.NoError(t, err)
	c.expect(`42["long"]`)
}

func TestConn_reads_no_message_without_end(t *testing.T) {
	h := newHandler()
	f := serve(t, transport.Config{FrameBudget: 1000}, h)
	c := f.join(t)
	_, err := c.ws.NetConn().Write(part(begins, more, "4"))
	require.NoError(t, err)
	empty := bytes.Repeat(part(goesOn, more, ""), 1000)
	for sent := 0; err == nil; sent += len(empty) {
		require.Less(t, sent, 64<<20, "it is read on and on")
		_, err = c.ws.NetConn().Write(empty)
	}
	require.Equal(t, transport.ReasonProtocolError, h.ended(t))
}

// What has no end costs what it takes on the wire, whatever comes in between.
func TestConn_pays_for_bytes(t *testing.T) {
	t.Parallel()
	empty := bytes.Repeat(part(goesOn, more, ""), 30<<10/6)
	pong := []byte{0x8a, 0x80, 0, 0, 0, 0}
	for name, c := range map[string]struct{ first, again []byte }{
		"of a message without end": {part(begins, more, "4"), append(empty, pong...)},
		"of long messages":         {nil, append([]byte{0x81, 0xfe, 10_000 >> 8, 10_000 & 0xff, 0, 0, 0, 0}, strings.Repeat("3", 10_000)...)},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			h, seen := newHandler(), new(limits)
			f := serve(t, transport.Config{FrameBudget: 100, FrameRefill: 100, Observer: seen}, h)
			line := f.join(t).ws.NetConn()
			start := time.Now()
			_, err := line.Write(c.first)
			for range 20 { // 200 KB and more: twice what may come at once
				require.NoError(t, err)
				_, err = line.Write(c.again)
			}
			require.NoError(t, err)
			require.NoError(t, line.(*net.TCPConn).CloseWrite())
			require.Equal(t, transport.ReasonConnectionLost, receiveWithin(t, h.closed, 30*time.Second))
			require.GreaterOrEqual(t, time.Since(start), 700*time.Millisecond)
			require.Positive(t, seen.frames.Load())
		})
	}
}

// What came while a connection was told to go is not carried out any more.
func TestConn_that_floods_is_heard_no_more(t *testing.T) {
	t.Parallel()
	h, seen := newHandler(), new(limits)
	var heard atomic.Int32
	h.event = func(c *transport.Conn, _ transport.Event) {
		if c.Closed() {
			heard.Add(1)
		}
	}
	f := serve(t, transport.Config{FrameBudget: 10, FrameRefill: 1, Observer: seen}, h)
	c := f.join(t)
	conn := h.conn(t)
	for range 20 {
		c.send(`42["x"]`)
	}
	require.Eventually(t, func() bool { return seen.frames.Load() > 0 }, patience, time.Millisecond)
	conn.Kick(transport.ReasonKicked)
	require.Equal(t, transport.ReasonKicked, h.ended(t))
	require.Zero(t, heard.Load())
}
