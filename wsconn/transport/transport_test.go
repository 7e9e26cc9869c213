package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"audioroom/wsconn/transport"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of these tests.
const patience = 10 * time.Second

// handler is a Handler made of functions; those left nil let everyone in and
// ignore the rest. What happened to connections can be waited for.
type handler struct {
	open       func(*transport.Conn) error
	connect    func(c *transport.Conn, namespace string, auth []byte)
	event      func(*transport.Conn, transport.Event)
	disconnect func(c *transport.Conn, namespace string)
	panicked   func(*transport.Conn, transport.Event)

	opened chan *transport.Conn
	closed chan transport.CloseReason
}

var (
	_ transport.Handler  = (*handler)(nil)
	_ transport.Panicker = (*handler)(nil)
)

func newHandler() *handler {
	return &handler{opened: make(chan *transport.Conn, 4096), closed: make(chan transport.CloseReason, 4096)}
}

func (h *handler) Open(c *transport.Conn) error {
	h.opened <- c
	if h.open != nil {
		return h.open(c)
	}
	return nil
}

func (h *handler) Connect(c *transport.Conn, namespace string, auth []byte) {
	if h.connect != nil {
		h.connect(c, namespace, auth)
		return
	}
	c.Accept(namespace)
}

func (h *handler) Event(c *transport.Conn, e transport.Event) {
	if h.event != nil {
		h.event(c, e)
	}
}

func (h *handler) Disconnect(c *transport.Conn, namespace string) {
	if h.disconnect != nil {
		h.disconnect(c, namespace)
	}
}

func (h *handler) Panicked(c *transport.Conn, e transport.Event) {
	if h.panicked != nil {
		h.panicked(c, e)
	}
}

func (h *handler) Closed(_ *transport.Conn, reason transport.CloseReason) { h.closed <- reason }

// conn waits for the next connection to open.
func (h *handler) conn(t testing.TB) *transport.Conn { return receive(t, h.opened) }

// ended waits for the next connection to end.
func (h *handler) ended(t testing.TB) transport.CloseReason { return receive(t, h.closed) }

func receive[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

// fixture is a server on a free port.
type fixture struct {
	*transport.Server
	addr string
}

func serve(t testing.TB, config transport.Config, h transport.Handler) fixture {
	t.Helper()
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := transport.New(config, h)
	require.NoError(t, err)
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, s.Shutdown(ctx))
		web.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return fixture{s, web.Listener.Addr().String()}
}

const query = "/socket.io/?EIO=4&transport=websocket"

// client is a raw WebSocket. Its methods fail the test.
type client struct {
	t  testing.TB
	ws *websocket.Conn
}

func (f fixture) dial(t testing.TB, header http.Header) client {
	t.Helper()
	ws, response, err := websocket.DefaultDialer.Dial("ws://"+f.addr+query, header)
	require.NoError(t, err)
	response.Body.Close()
	t.Cleanup(func() { ws.Close() })
	require.NoError(t, ws.SetReadDeadline(time.Now().Add(patience)))
	c := client{t, ws}
	require.Equal(t, byte('0'), c.receive()[0])
	return c
}

// join dials and enters the main namespace.
func (f fixture) join(t testing.TB) client {
	t.Helper()
	c := f.dial(t, nil)
	c.send("40")
	require.True(t, strings.HasPrefix(c.receive(), `40{"sid":`))
	return c
}

func (c client) send(packets ...string) {
	c.t.Helper()
	for _, p := range packets {
		require.NoError(c.t, c.ws.WriteMessage(websocket.TextMessage, []byte(p)))
	}
}

func (c client) receive() string {
	c.t.Helper()
	_, data, err := c.ws.ReadMessage()
	require.NoError(c.t, err)
	return string(data)
}

func (c client) expect(packets ...string) {
	c.t.Helper()
	for _, want := range packets {
		require.Equal(c.t, want, c.receive())
	}
}

// expectClose reads until the server closes and returns the close code, 1006
// if it was cut, and what came before.
func (c client) expectClose() (code int, before []string) {
	c.t.Helper()
	for {
		_, data, err := c.ws.ReadMessage()
		if err == nil {
			before = append(before, string(data))
			continue
		}
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			return closed.Code, before
		}
		require.False(c.t, errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "timeout"), err)
		return websocket.CloseAbnormalClosure, before
	}
}

func TestServer_handshake(t *testing.T) {
	t.Run("asks Admit first", func(t *testing.T) {
		h := newHandler()
		f := serve(t, transport.Config{Admit: func(r *http.Request) (int, bool) {
			return http.StatusTooManyRequests, r.Header.Get("Origin") != "http://greedy"
		}}, h)
		_, response, err := websocket.DefaultDialer.Dial("ws://"+f.addr+query, http.Header{"Origin": {"http://greedy"}})
		require.ErrorIs(t, err, websocket.ErrBadHandshake)
		require.Equal(t, http.StatusTooManyRequests, response.StatusCode)
		body, _ := io.ReadAll(response.Body)
		require.JSONEq(t, `{"code":4,"message":"Too Many Requests"}`, string(body))
		f.dial(t, http.Header{"Origin": {"http://modest"}})
	})
	t.Run("remembers what the program needs", func(t *testing.T) {
		h := newHandler()
		seen := make(chan transport.Request, 1)
		h.open = func(c *transport.Conn) error {
			seen <- *c.Request()
			c.Request().Authorization = ""
			return nil
		}
		f := serve(t, transport.Config{}, h)
		ws := f.dial(t, http.Header{
			"Origin": {"http://o"}, "Authorization": {"Bearer x"}, "X-Forwarded-For": {"10.0.0.1"}, "User-Agent": {"test"},
		})
		require.Equal(t, transport.Request{
			Origin: "http://o", Authorization: "Bearer x", ForwardedFor: "10.0.0.1", RemoteAddr: ws.ws.LocalAddr().String(),
		}, receive(t, seen))
	})
	t.Run("refuses what gorilla would", func(t *testing.T) {
		f := serve(t, transport.Config{}, newHandler())
		for _, header := range []string{"Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short"} {
			conn, err := net.Dial("tcp", f.addr)
			require.NoError(t, err)
			defer conn.Close()
			fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n%s\r\n\r\n", query, header)
			answer := make([]byte, 12)
			conn.SetReadDeadline(time.Now().Add(patience))
			_, err = io.ReadFull(conn, answer)
			require.NoError(t, err)
			require.Equal(t, "HTTP/1.1 400", string(answer))
		}
	})
	t.Run("has no patience for data before its answer", func(t *testing.T) {
		h := newHandler()
		f := serve(t, transport.Config{}, h)
		conn, err := net.Dial("tcp", f.addr)
		require.NoError(t, err)
		defer conn.Close()
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\x81\x81....", query)
		conn.SetReadDeadline(time.Now().Add(patience))
		rest, _ := io.ReadAll(conn)
		require.Empty(t, rest)
		require.Empty(t, h.opened)
	})
	t.Run("gives every session its own secret", func(t *testing.T) {
		f := serve(t, transport.Config{}, newHandler())
		sids := map[string]bool{}
		for range 20 {
			ws, _, err := websocket.DefaultDialer.Dial("ws://"+f.addr+query, nil)
			require.NoError(t, err)
			defer ws.Close()
			_, data, err := ws.ReadMessage()
			require.NoError(t, err)
			var open struct{ SID string }
			require.NoError(t, json.Unmarshal(data[1:], &open))
			sids[open.SID] = true
		}
		require.Len(t, sids, 20)
	})
}

func TestConfig_Validate(t *testing.T) {
	require.NoError(t, transport.Config{}.Validate())
	err := transport.Config{Namespaces: []string{"custom", "/a,b"}, PingInterval: -1, MaxPayload: -1, OutboxLimit: 1}.Validate()
	for _, fault := range []string{`"custom"`, `"/a,b"`, "ping interval", "payload", "outbox"} {
		require.ErrorContains(t, err, fault)
	}
	_, err = transport.New(transport.Config{OutboxLimit: 1}, newHandler())
	require.Error(t, err)
	_, err = transport.NewEngine(transport.Config{OutboxLimit: 1}, nil)
	require.Error(t, err)
}

func TestServer_over_TLS(t *testing.T) {
	h := newHandler()
	h.event = func(c *transport.Conn, e transport.Event) {
		c.SendNow(transport.AckFrame("/", e.Ack.ID, e.Args))
	}
	s, err := transport.New(transport.Config{OutboxLimit: 256 << 10}, h)
	require.NoError(t, err)
	web := httptest.NewTLSServer(s)
	defer web.Close()
	dialer := websocket.Dialer{TLSClientConfig: web.Client().Transport.(*http.Transport).TLSClientConfig}
	dial := func() client {
		ws, _, err := dialer.Dial("wss"+strings.TrimPrefix(web.URL, "https")+query, nil)
		require.NoError(t, err)
		t.Cleanup(func() { ws.Close() })
		require.NoError(t, ws.SetReadDeadline(time.Now().Add(patience)))
		c := client{t, ws}
		c.receive()
		c.send("40")
		c.receive()
		return c
	}
	ws := dial()
	big := `"` + strings.Repeat("b", 10000) + `"`
	for i := range 20 {
		ws.send(fmt.Sprintf(`42%d["x",%s]`, i, big))
		ws.expect(fmt.Sprintf(`43%d[%s]`, i, big))
	}
	h.conn(t).Kick(transport.ReasonKicked)
	code, before := ws.expectClose()
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, []string{"41"}, before)
	require.Equal(t, transport.ReasonKicked, h.ended(t))

	dial() // and reads no more
	slow := h.conn(t)
	frame := transport.NewFrame([]byte(big))
	for sent := 0; !slow.Closed(); sent++ {
		require.Less(t, sent, 10000, "the outbox has no bound")
		slow.SendNow(frame)
	}
	require.Equal(t, transport.ReasonSlowReader, h.ended(t))
	require.NoError(t, s.Shutdown(t.Context()))
}

func TestServer_Shutdown(t *testing.T) {
	t.Run("closes without DISCONNECT, after what is waiting", func(t *testing.T) {
		h := newHandler()
		f := serve(t, transport.Config{}, h)
		ws := f.join(t)
		c := h.conn(t)
		require.Equal(t, 1, f.Len())
		c.Send(transport.EventFrame("/", "last", nil))
		ended := make(chan error)
		go func() { ended <- f.Shutdown(t.Context()) }()
		code, before := ws.expectClose()
		require.Equal(t, websocket.CloseServiceRestart, code)
		require.Equal(t, []string{`42["last"]`}, before)
		ws.ws.Close()
		require.NoError(t, receive(t, ended))
		require.Equal(t, transport.ReasonShutdown, h.ended(t))
		require.Zero(t, f.Len())
	})
	t.Run("refuses new handshakes", func(t *testing.T) {
		h := newHandler()
		f := serve(t, transport.Config{}, h)
		ws := f.join(t)
		f.Refuse()
		_, response, err := websocket.DefaultDialer.Dial("ws://"+f.addr+query, nil)
		require.ErrorIs(t, err, websocket.ErrBadHandshake)
		require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
		h.conn(t).SendNow(transport.EventFrame("/", "still", nil))
		ws.expect(`42["still"]`)
	})
	t.Run("doesn't wait longer than its context for a client that won't close", func(t *testing.T) {
		h := newHandler()
		f := serve(t, transport.Config{CloseGrace: time.Hour}, h)
		f.join(t)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, f.Shutdown(ctx), context.DeadlineExceeded)
		require.Equal(t, transport.ReasonShutdown, h.ended(t))
	})
	t.Run("loses nobody who is just connecting", func(t *testing.T) {
		h := newHandler()
		f := serve(t, transport.Config{CloseGrace: 100 * time.Millisecond}, h)
		var dialers sync.WaitGroup
		for range 50 {
			dialers.Go(func() {
				if ws, _, err := websocket.DefaultDialer.Dial("ws://"+f.addr+query, nil); err == nil {
					defer ws.Close()
					for err == nil {
						_, _, err = ws.ReadMessage()
					}
				}
			})
		}
		require.NoError(t, f.Shutdown(t.Context()))
		dialers.Wait()
		require.Equal(t, len(h.opened), len(h.closed))
	})
}

// counter is an Observer that counts.
type counter struct {
	transport.NopObserver
	opened, closed, frames, bytes, received, panics, refused atomic.Int64
}

func (o *counter) Refused(int)                  { o.refused.Add(1) }
func (o *counter) Opened()                      { o.opened.Add(1) }
func (o *counter) Closed(transport.CloseReason) { o.closed.Add(1) }
func (o *counter) Received(bytes int)           { o.received.Add(int64(bytes)) }
func (o *counter) Panicked()                    { o.panics.Add(1) }
func (o *counter) Written(frames, bytes int) {
	o.frames.Add(int64(frames))
	o.bytes.Add(int64(bytes))
}

func TestObserver_hears_all_that_can_be_counted(t *testing.T) {
	o := &counter{}
	h := newHandler()
	f := serve(t, transport.Config{Observer: o}, h)
	ws := f.join(t)
	c := h.conn(t)
	frame := transport.EventFrame("/", "a", nil)
	for range 10 {
		c.Send(frame)
	}
	c.Flush()
	for range 10 {
		ws.expect(`42["a"]`)
	}
	const before = 3 // the upgrade, the open packet, the answer to CONNECT
	require.Eventually(t, func() bool { return o.frames.Load() == before+10 }, patience, time.Millisecond)
	require.EqualValues(t, len("40"), o.received.Load())
	response, err := http.Get("http://" + f.addr + "/socket.io/")
	require.NoError(t, err)
	response.Body.Close()
	require.EqualValues(t, 1, o.refused.Load())
	ws.ws.Close()
	h.ended(t)
	require.Eventually(t, func() bool { return o.closed.Load() == 1 && o.opened.Load() == 1 }, patience, time.Millisecond)
}

func TestCloseReason_labels_are_distinct(t *testing.T) {
	labels := map[string]bool{"unknown": true, "open": true}
	for _, r := range transport.CloseReasons() {
		require.False(t, labels[r.String()], r.String())
		labels[r.String()] = true
	}
	require.Equal(t, "unknown", transport.CloseReason(200).String())
	require.Equal(t, "open", transport.CloseReason(0).String())
}
