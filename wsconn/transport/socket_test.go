package transport_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"audioroom/wsconn/transport"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

func TestHandler_Connect(t *testing.T) {
	t.Run("may be answered later, from anywhere", func(t *testing.T) {
		h := newHandler()
		answer := make(chan func())
		h.connect = func(c *transport.Conn, namespace string, auth []byte) {
			require.Equal(t, `{"token":"x"}`, string(auth))
			go func() {
				(<-answer)()
				sid, ok := c.Accept(namespace)
				require.True(t, ok)
				require.Len(t, sid, 20)
				_, ok = c.Accept(namespace)
				require.False(t, ok, "once only")
				require.False(t, c.Refuse(namespace, "no"), "once only")
				c.SendNow(transport.EventFrame("/", "welcome", nil))
			}()
		}
		f := serve(t, transport.Config{}, h)
		ws := f.dial(t, nil)
		ws.send(`40{"token":"x"}`)
		answer <- func() {}
		require.True(t, strings.HasPrefix(ws.receive(), `40{"sid":`))
		ws.expect(`42["welcome"]`)
	})
	t.Run("may refuse, and be asked again", func(t *testing.T) {
		h := newHandler()
		h.connect = func(c *transport.Conn, namespace string, auth []byte) {
			if auth == nil {
				require.True(t, c.Refuse(namespace, "Authentication required"))
				_, ok := c.Accept(namespace)
				require.False(t, ok)
				return
			}
			c.Accept(namespace)
		}
		f := serve(t, transport.Config{}, h)
		ws := f.dial(t, nil)
		ws.send("40")
		ws.expect(`44{"message":"Authentication required"}`)
		ws.send("40{}")
		require.True(t, strings.HasPrefix(ws.receive(), `40{"sid":`))
	})
	t.Run("is not asked of a namespace that isn't served", func(t *testing.T) {
		h := newHandler()
		h.connect = func(*transport.Conn, string, []byte) { panic("asked") }
		f := serve(t, transport.Config{}, h)
		ws := f.dial(t, nil)
		ws.send("40/admin,{}")
		ws.expect(`44/admin,{"message":"Invalid namespace"}`)
		require.False(t, h.conn(t).Closed())
	})
	t.Run("delivers no event before it is accepted", func(t *testing.T) {
		h := newHandler()
		h.connect = func(*transport.Conn, string, []byte) {}
		h.event = func(*transport.Conn, transport.Event) { panic("delivered") }
		f := serve(t, transport.Config{}, h)
		ws := f.dial(t, nil)
		ws.send("40", `42["early"]`)
		ws.expectClose()
		require.Equal(t, transport.ReasonParseError, h.ended(t))
	})
	t.Run("answered after the end does nothing", func(t *testing.T) {
		h := newHandler()
		h.connect = func(*transport.Conn, string, []byte) {}
		f := serve(t, transport.Config{}, h)
		ws := f.dial(t, nil)
		ws.send("40")
		c := h.conn(t)
		ws.send("1")
		h.ended(t)
		_, ok := c.Accept("/")
		require.False(t, ok)
		require.False(t, c.Refuse("/", "no"))
	})
}

func TestHandler_Event_gets_it_all(t *testing.T) {
	h := newHandler()
	events := make(chan transport.Event, 1)
	h.event = func(_ *transport.Conn, e transport.Event) { events <- e }
	left := make(chan string, 1)
	h.disconnect = func(_ *transport.Conn, namespace string) { left <- namespace }
	f := serve(t, transport.Config{}, h)
	ws := f.join(t)
	ws.send(`42["seat:take",{"seatIndex":3}]`)
	require.Equal(t, transport.Event{Namespace: "/", Name: "seat:take", Args: []byte(`{"seatIndex":3}`)}, receive(t, events))
	ws.send(`420["seat:take",1,2]`)
	require.Equal(t, transport.Event{Namespace: "/", Name: "seat:take", Args: []byte(`1,2`), Ack: transport.Ack{Wanted: true}}, receive(t, events))
	ws.send("41")
	require.Equal(t, "/", receive(t, left))
	require.Empty(t, h.closed, "the connection is still there")
	ws.send("40")
	require.True(t, strings.HasPrefix(ws.receive(), `40{"sid":`))
}

func TestHandler_Open_may_refuse(t *testing.T) {
	h := newHandler()
	h.open = func(*transport.Conn) error { return errors.New("full") }
	f := serve(t, transport.Config{}, h)
	ws := f.dial(t, nil)
	code, _ := ws.expectClose()
	require.Equal(t, websocket.CloseTryAgainLater, code)
	require.Equal(t, transport.ReasonRefused, h.ended(t))
}

// safeBuffer is a bytes.Buffer for a logger and a test.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestHandler_that_panics(t *testing.T) {
	log := &safeBuffer{}
	o := &counter{}
	config := transport.Config{Logger: slog.New(slog.NewTextHandler(log, nil)), Observer: o}
	t.Run("in Event answers and goes on", func(t *testing.T) {
		h := newHandler()
		h.event = func(c *transport.Conn, e transport.Event) {
			if e.Name == "bad" {
				panic("event fell over")
			}
			c.SendNow(transport.AckFrame("/", e.Ack.ID, e.Args))
		}
		h.panicked = func(c *transport.Conn, e transport.Event) {
			c.SendNow(transport.AckFrame("/", e.Ack.ID, []byte(`{"error":"INTERNAL_ERROR"}`)))
		}
		f := serve(t, config, h)
		ws := f.join(t)
		ws.send(`421["bad"]`, `422["good",1]`)
		ws.expect(`431[{"error":"INTERNAL_ERROR"}]`, `432[1]`)
		require.Contains(t, log.String(), "event fell over")
		require.Contains(t, log.String(), "socket_test.go", "the stack says where")
		require.EqualValues(t, 1, o.panics.Load())
	})
	t.Run("in Panicked too goes on", func(t *testing.T) {
		h := newHandler()
		h.event = func(c *transport.Conn, e transport.Event) { panic(nil) }
		h.panicked = func(c *transport.Conn, e transport.Event) { panic("again") }
		f := serve(t, config, h)
		ws := f.join(t)
		ws.send(`42["bad"]`, "41", "40")
		require.True(t, strings.HasPrefix(ws.receive(), `40{"sid":`))
	})
	t.Run("in Connect closes", func(t *testing.T) {
		h := newHandler()
		h.connect = func(*transport.Conn, string, []byte) { panic("connect fell over") }
		f := serve(t, config, h)
		ws := f.dial(t, nil)
		ws.send("40")
		code, _ := ws.expectClose()
		require.Equal(t, websocket.CloseInternalServerErr, code)
		require.Equal(t, transport.ReasonInternalError, h.ended(t))
	})
	t.Run("in Open closes", func(t *testing.T) {
		h := newHandler()
		h.open = func(*transport.Conn) error { panic("open fell over") }
		f := serve(t, config, h)
		ws := f.dial(t, nil)
		code, _ := ws.expectClose()
		require.Equal(t, websocket.CloseInternalServerErr, code)
		require.Equal(t, transport.ReasonInternalError, h.ended(t))
	})
	t.Run("in Disconnect goes on", func(t *testing.T) {
		h := newHandler()
		h.disconnect = func(*transport.Conn, string) { panic("disconnect fell over") }
		f := serve(t, config, h)
		ws := f.join(t)
		ws.send("41", "40")
		require.True(t, strings.HasPrefix(ws.receive(), `40{"sid":`))
	})
	t.Run("in Closed leaves nothing behind", func(t *testing.T) {
		f := serve(t, config, closedPanics{newHandler()})
		ws := f.join(t)
		ws.send("1")
		ws.expectClose()
		ws.ws.Close()
		require.NoError(t, f.Shutdown(t.Context()))
		require.Zero(t, f.Len())
	})
}

type closedPanics struct{ *handler }

func (closedPanics) Closed(*transport.Conn, transport.CloseReason) { panic("closed fell over") }
