package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hearer keeps what happens to a connection.
type hearer struct {
	connected bool
	events    []string
	acks      map[uint64]string
	err       error
}

func (h *hearer) Connected()        { h.connected = true }
func (h *hearer) Event(data []byte) { h.events = append(h.events, string(data)) }
func (h *hearer) Closed(err error)  { h.err = err }
func (h *hearer) Ack(id uint64, data []byte) {
	if h.acks == nil {
		h.acks = make(map[uint64]string)
	}
	h.acks[id] = string(data)
}

// script is what a server does with a connection once it has been upgraded.
type script func(ws *websocket.Conn)

// serve starts a server that lets in everybody and then follows a script.
func serve(t *testing.T, then script) string {
	t.Helper()
	return serveRaw(t, func(ws *websocket.Conn) {
		write(ws, `0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`)
		if read(ws) == `40{"token":"the token"}` {
			write(ws, `40{"sid":"y"}`)
			then(ws)
		}
	})
}

func serveRaw(t *testing.T, then script) string {
	t.Helper()
	upgrader := websocket.Upgrader{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("EIO") != "4" || r.URL.Query().Get("transport") != "websocket" {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		then(ws)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func write(ws *websocket.Conn, packet string) {
	_ = ws.WriteMessage(websocket.TextMessage, []byte(packet)) // the client may be gone
}

func read(ws *websocket.Conn) string {
	_, data, err := ws.ReadMessage()
	if err != nil {
		return ""
	}
	return string(data)
}

// pollers runs a test with each way of driving connections.
func pollers(t *testing.T, url string, test func(t *testing.T, l *Loop)) {
	for name, make := range map[string]func(*Loop) poller{"usual": nil, "relay": func(l *Loop) poller { return newRelay(l) }} {
		t.Run(name, func(t *testing.T) {
			l, err := New(url, nil)
			require.NoError(t, err)
			if make != nil {
				l.poller.close()
				l.poller = make(l)
			}
			defer l.Close()
			test(t, l)
		})
	}
}

func until(t *testing.T, l *Loop, done func() bool) {
	t.Helper()
	require.NoError(t, l.Until(context.Background(), 5*time.Second, done))
}

func TestConn_speaks_the_protocol(t *testing.T) {
	long := strings.Repeat("x", 300_000)
	url := serve(t, func(ws *websocket.Conn) {
		for {
			switch packet := read(ws); {
			case packet == "":
				return
			case strings.HasPrefix(packet, `427["ask"`):
				write(ws, "2")
				if read(ws) != "3" { // before anything else
					return
				}
				_ = ws.WriteControl(websocket.PingMessage, []byte("p"), time.Now().Add(time.Second))
				write(ws, "6")
				write(ws, `42["told",{"n":1}]`)
				write(ws, `42["told","`+long+`"]`)
				write(ws, `437[{"success":true}]`)
			case strings.HasPrefix(packet, `428["long"`):
				write(ws, "438["+packet[len(`428["long",`):])
			}
		}
	})
	pollers(t, url, func(t *testing.T, l *Loop) {
		h := new(hearer)
		c := l.Dial(h, "the token")
		until(t, l, func() bool { return h.connected })
		require.True(t, c.Ready())
		c.Request(7, "ask", `{"a":1}`)
		until(t, l, func() bool { return h.acks[7] != "" })
		require.Equal(t, []string{`["told",{"n":1}]`, `["told","` + long + `"]`}, h.events)
		require.Equal(t, `[{"success":true}]`, h.acks[7])
		for _, size := range []int{100, 130, 70_000} {
			text := `"` + strings.Repeat("y", size) + `"`
			c.Request(8, "long", text)
			until(t, l, func() bool { return h.acks[8] != "" })
			require.Equal(t, "["+text+"]", h.acks[8])
			delete(h.acks, 8)
		}
		require.NoError(t, h.err)
		c.Close(false)
		require.Zero(t, l.Open())
		require.NoError(t, h.err, "a handler hears nothing of its own closing")
	})
}

func TestConn_tells_why_it_ended(t *testing.T) {
	for name, c := range map[string]struct {
		url  string
		says string
	}{
		"not let in":   {serveRaw(t, func(ws *websocket.Conn) { write(ws, "0{}"); read(ws); write(ws, `44{"message":"No"}`); read(ws) }), `refused: {"message":"No"}`},
		"disconnected": {serve(t, func(ws *websocket.Conn) { write(ws, "41"); read(ws) }), "disconnected"},
		"closed": {serve(t, func(ws *websocket.Conn) {
			_ = ws.WriteControl(websocket.CloseMessage, nil, time.Now().Add(time.Second))
			read(ws)
		}), "closed"},
		"cut off":       {serve(t, func(*websocket.Conn) {}), "EOF"},
		"nonsense":      {serve(t, func(ws *websocket.Conn) { write(ws, "9"); read(ws) }), `the packet "9"`},
		"no array":      {serve(t, func(ws *websocket.Conn) { write(ws, `42{"a":1}`); read(ws) }), "packet"},
		"no id":         {serve(t, func(ws *websocket.Conn) { write(ws, `43[1]`); read(ws) }), "packet"},
		"no WebSocket":  {serveNothing(t), "404"},
		"nobody at all": {"http://127.0.0.1:1", "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			pollers(t, c.url, func(t *testing.T, l *Loop) {
				h := new(hearer)
				l.Dial(h, "the token")
				until(t, l, func() bool { return h.err != nil })
				require.ErrorContains(t, h.err, c.says)
				require.Zero(t, l.Open())
			})
		})
	}
}

func serveNothing(t *testing.T) string {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return server.URL
}

func TestNew_says_what_is_wrong_with_an_address(t *testing.T) {
	for _, url := range []string{"", "there", "ftp://there", "http://", "http://[::1"} {
		_, err := New(url, nil)
		require.Error(t, err, url)
	}
}

func TestLoop_calls_in_time(t *testing.T) {
	l, err := New("http://127.0.0.1:1", nil)
	require.NoError(t, err)
	defer l.Close()
	var called []int
	l.After(20*time.Millisecond, func() { called = append(called, 2) })
	l.After(10*time.Millisecond, func() { called = append(called, 1) })
	l.After(time.Hour, func() { called = append(called, 3) })
	begin := time.Now()
	until(t, l, func() bool { return len(called) == 2 })
	require.Equal(t, []int{1, 2}, called)
	require.GreaterOrEqual(t, time.Since(begin), 20*time.Millisecond)

	require.ErrorIs(t, l.Until(context.Background(), time.Millisecond, func() bool { return false }), ErrTimeout)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, l.Until(ctx, time.Minute, func() bool { return false }), context.Canceled)
}

func TestCutFrame(t *testing.T) {
	frameOf := func(size int) []byte {
		head := []byte{0x81, byte(size)}
		switch {
		case size > 0xffff:
			head = binary.BigEndian.AppendUint64([]byte{0x81, 127}, uint64(size))
		case size > 125:
			head = binary.BigEndian.AppendUint16([]byte{0x81, 126}, uint16(size))
		}
		return append(head, bytes.Repeat([]byte{'x'}, size)...)
	}
	for _, size := range []int{0, 1, 125, 126, 0xffff, 0x10000} {
		whole := frameOf(size)
		for _, part := range []int{0, 1, 2, 3, 9, len(whole) - 1} {
			if part < len(whole) {
				_, used, err := cutFrame(whole[:part])
				require.NoError(t, err)
				require.Zero(t, used)
			}
		}
		f, used, err := cutFrame(append(whole, 0x81))
		require.NoError(t, err)
		require.Equal(t, len(whole), used)
		require.Len(t, f.payload, size)
	}
	for _, bad := range [][]byte{
		{0x01, 1, 'x'}, {0x80, 1, 'x'}, {0xC1, 1, 'x'}, {0x81, 0x81, 0, 0, 0, 0, 'x'}, {0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0},
	} {
		_, _, err := cutFrame(bad)
		require.Error(t, err, "% x", bad)
	}
}
