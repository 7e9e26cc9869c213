package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
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

// patience bounds every wait of these tests.
const patience = 5 * time.Second

// serve starts the suites on a free port and returns their base URL.
func serve(t *testing.T) string {
	t.Helper()
	suites, err := newSuites(config())
	require.NoError(t, err)
	server := httptest.NewServer(suites)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, suites.shutdown(ctx))
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return server.URL
}

// client is a raw WebSocket. Its methods fail the test.
type client struct {
	t  *testing.T
	ws *websocket.Conn
}

func dial(t *testing.T, base, pathAndQuery string) client {
	t.Helper()
	ws, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(base, "http")+pathAndQuery, nil)
	require.NoError(t, err)
	response.Body.Close()
	t.Cleanup(func() { ws.Close() })
	require.NoError(t, ws.SetReadDeadline(time.Now().Add(patience)))
	return client{t, ws}
}

func (c client) send(packets ...string) {
	c.t.Helper()
	for _, p := range packets {
		require.NoError(c.t, c.ws.WriteMessage(websocket.TextMessage, []byte(p)))
	}
}

func (c client) receive() string {
	c.t.Helper()
	kind, data, err := c.ws.ReadMessage()
	require.NoError(c.t, err)
	require.Equal(c.t, websocket.TextMessage, kind)
	return string(data)
}

// expect reads the packets given, pings aside.
func (c client) expect(packets ...string) {
	c.t.Helper()
	for _, want := range packets {
		got := c.receive()
		for got == "2" && want != "2" {
			got = c.receive()
		}
		require.Equal(c.t, want, got)
	}
}

// expectClose reads until the server closes and returns the close code, 1006
// if it was cut.
func (c client) expectClose() int {
	c.t.Helper()
	for {
		_, _, err := c.ws.ReadMessage()
		if err == nil {
			continue
		}
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			return closed.Code
		}
		require.NotContains(c.t, err.Error(), "timeout")
		return websocket.CloseAbnormalClosure
	}
}

// connected is a client that is in the main namespace.
func connected(t *testing.T, base string) client {
	t.Helper()
	c := dial(t, base, "/socket.io/?EIO=4&transport=websocket")
	c.handshake()
	c.send("40")
	c.expectSID("40")
	c.expect(`42["auth",{}]`)
	return c
}

func (c client) handshake() {
	c.t.Helper()
	require.Equal(c.t, byte('0'), c.receive()[0])
}

func (c client) expectSID(prefix string) string {
	c.t.Helper()
	packet := c.receive()
	for packet == "2" {
		packet = c.receive()
	}
	require.True(c.t, strings.HasPrefix(packet, prefix), packet)
	var answer map[string]string
	require.NoError(c.t, json.Unmarshal([]byte(packet[len(prefix):]), &answer))
	require.Len(c.t, answer, 1)
	require.Len(c.t, answer["sid"], 20)
	return answer["sid"]
}

func TestEngineIO_handshake(t *testing.T) {
	base := serve(t)
	for _, path := range []string{"/engine.io/", "/socket.io/"} {
		t.Run("opens a session at "+path, func(t *testing.T) {
			c := dial(t, base, path+"?EIO=4&transport=websocket")
			packet := c.receive()
			require.Equal(t, byte('0'), packet[0])
			var open map[string]any
			require.NoError(t, json.Unmarshal([]byte(packet[1:]), &open))
			require.Len(t, open, 5)
			require.Len(t, open["sid"], 20)
			require.Equal(t, []any{}, open["upgrades"])
			require.EqualValues(t, 300, open["pingInterval"])
			require.EqualValues(t, 200, open["pingTimeout"])
			require.EqualValues(t, 1000000, open["maxPayload"])
		})
		refused := map[string]struct {
			query, body string
		}{
			"without EIO":           {"transport=websocket", `{"code":5,"message":"Unsupported protocol version"}`},
			"with EIO=abc":          {"EIO=abc&transport=websocket", `{"code":5,"message":"Unsupported protocol version"}`},
			"with EIO=3":            {"EIO=3&transport=websocket", `{"code":5,"message":"Unsupported protocol version"}`},
			"without transport":     {"EIO=4", `{"code":0,"message":"Transport unknown"}`},
			"with transport=abc":    {"EIO=4&transport=abc", `{"code":0,"message":"Transport unknown"}`},
			"with an unknown sid":   {"EIO=4&transport=websocket&sid=abc", `{"code":1,"message":"Session ID unknown"}`},
			"with polling, upgrade": {"EIO=4&transport=polling", `{"code":0,"message":"Transport unknown"}`},
		}
		for name, c := range refused {
			t.Run("is refused "+name+" at "+path, func(t *testing.T) {
				_, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(base, "http")+path+"?"+c.query, nil)
				require.ErrorIs(t, err, websocket.ErrBadHandshake)
				body, err := io.ReadAll(response.Body)
				require.NoError(t, err)
				require.Equal(t, http.StatusBadRequest, response.StatusCode)
				require.Equal(t, c.body, string(body))
			})
		}
	}
	plain := map[string]struct {
		method, query, body string
	}{
		"polling":           {http.MethodGet, "EIO=4&transport=polling", `{"code":0,"message":"Transport unknown"}`},
		"polling, no EIO":   {http.MethodGet, "transport=polling", `{"code":0,"message":"Transport unknown"}`},
		"no transport":      {http.MethodGet, "EIO=4", `{"code":0,"message":"Transport unknown"}`},
		"not upgraded":      {http.MethodGet, "EIO=4&transport=websocket", `{"code":3,"message":"Bad request"}`},
		"posted":            {http.MethodPost, "EIO=4&transport=websocket", `{"code":2,"message":"Bad handshake method"}`},
		"put":               {http.MethodPut, "EIO=4&transport=websocket", `{"code":2,"message":"Bad handshake method"}`},
		"posted to polling": {http.MethodPost, "EIO=4&transport=polling", `{"code":0,"message":"Transport unknown"}`},
	}
	for name, c := range plain {
		t.Run("is refused by HTTP: "+name, func(t *testing.T) {
			request, err := http.NewRequest(c.method, base+"/socket.io/?"+c.query, nil)
			require.NoError(t, err)
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.Equal(t, http.StatusBadRequest, response.StatusCode)
			require.Equal(t, "application/json", response.Header.Get("Content-Type"))
			require.Equal(t, c.body, string(body))
		})
	}
}

func TestEngineIO_message(t *testing.T) {
	base := serve(t)
	t.Run("is echoed", func(t *testing.T) {
		c := dial(t, base, "/engine.io/?EIO=4&transport=websocket")
		c.handshake()
		c.send("4hello", "4", "4ü")
		c.expect("4hello", "4", "4ü")
	})
	for name, packet := range map[string]string{
		"of an unknown type": "abc", "that is empty": "", "with a type too high": "7", "that is a ping": "2", "that is a probe": "2probe",
	} {
		t.Run("closes the session if it is a packet "+name, func(t *testing.T) {
			c := dial(t, base, "/engine.io/?EIO=4&transport=websocket")
			c.handshake()
			c.send(packet)
			require.Equal(t, websocket.CloseProtocolError, c.expectClose())
		})
	}
	t.Run("of binary data closes the session", func(t *testing.T) {
		c := dial(t, base, "/engine.io/?EIO=4&transport=websocket")
		c.handshake()
		require.NoError(t, c.ws.WriteMessage(websocket.BinaryMessage, []byte{1, 2, 3, 4}))
		require.Equal(t, websocket.CloseUnsupportedData, c.expectClose())
	})
	t.Run("is not disturbed by packets that mean nothing here", func(t *testing.T) {
		c := dial(t, base, "/engine.io/?EIO=4&transport=websocket")
		c.handshake()
		c.send("6", "5", "3", "4hello")
		c.expect("4hello")
	})
}

func TestEngineIO_heartbeat(t *testing.T) {
	base := serve(t)
	for _, path := range []string{"/engine.io/", "/socket.io/"} {
		t.Run("pings at "+path, func(t *testing.T) {
			t.Parallel()
			c := dial(t, base, path+"?EIO=4&transport=websocket")
			c.handshake()
			for range 3 {
				require.Equal(t, "2", c.receive())
				c.send("3")
			}
		})
		t.Run("closes the session of who doesn't answer at "+path, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			c := dial(t, base, path+"?EIO=4&transport=websocket")
			c.handshake()
			require.Equal(t, websocket.CloseAbnormalClosure, c.expectClose())
			require.GreaterOrEqual(t, time.Since(start), 500*time.Millisecond)
		})
	}
}

func TestEngineIO_close(t *testing.T) {
	base := serve(t)
	for _, path := range []string{"/engine.io/", "/socket.io/"} {
		t.Run("by packet at "+path, func(t *testing.T) {
			c := dial(t, base, path+"?EIO=4&transport=websocket")
			c.handshake()
			c.send("1")
			require.Equal(t, websocket.CloseNormalClosure, c.expectClose())
		})
		t.Run("by WebSocket at "+path, func(t *testing.T) {
			c := dial(t, base, path+"?EIO=4&transport=websocket")
			c.handshake()
			bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
			require.NoError(t, c.ws.WriteMessage(websocket.CloseMessage, bye))
			require.Equal(t, websocket.CloseNormalClosure, c.expectClose())
		})
	}
}

func TestSocketIO_connect(t *testing.T) {
	base := serve(t)
	cases := map[string]struct{ send, prefix, auth string }{
		"to the main namespace":               {`40`, `40`, `42["auth",{}]`},
		"to the main namespace with a token":  {`40{"token":"123"}`, `40`, `42["auth",{"token":"123"}]`},
		"to a custom namespace":               {`40/custom,`, `40/custom,`, `42/custom,["auth",{}]`},
		"to a custom namespace with a token":  {`40/custom,{"token":"abc"}`, `40/custom,`, `42/custom,["auth",{"token":"abc"}]`},
		"to a custom namespace without comma": {`40/custom`, `40/custom,`, `42/custom,["auth",{}]`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ws := dial(t, base, "/socket.io/?EIO=4&transport=websocket")
			open := ws.receive()
			ws.send(c.send)
			sid := ws.expectSID(c.prefix)
			require.NotContains(t, open, sid, "the Engine.IO session id is secret")
			ws.expect(c.auth)
		})
	}
	t.Run("to an unknown namespace is refused, and another may follow", func(t *testing.T) {
		ws := dial(t, base, "/socket.io/?EIO=4&transport=websocket")
		ws.handshake()
		ws.send("40/random")
		ws.expect(`44/random,{"message":"Invalid namespace"}`)
		ws.send("40/custom")
		ws.expectSID("40/custom,")
	})
	for name, packet := range map[string]string{
		"malformed": "4abc", "with a string for auth": `40"token"`, "with an array for auth": `40["token"]`, "with half an object": `40{"token":`,
	} {
		t.Run(name+" closes the connection", func(t *testing.T) {
			ws := dial(t, base, "/socket.io/?EIO=4&transport=websocket")
			ws.handshake()
			ws.send(packet)
			require.Equal(t, websocket.CloseProtocolError, ws.expectClose())
		})
	}
	t.Run("twice to one namespace closes the connection", func(t *testing.T) {
		ws := connected(t, base)
		ws.send("40")
		require.Equal(t, websocket.CloseProtocolError, ws.expectClose())
	})
	t.Run("missing closes the connection", func(t *testing.T) {
		ws := dial(t, base, "/socket.io/?EIO=4&transport=websocket")
		ws.handshake()
		for {
			kind, data, err := ws.ws.ReadMessage()
			if err != nil {
				require.True(t, websocket.IsCloseError(err, websocket.ClosePolicyViolation), err)
				return
			}
			require.Equal(t, websocket.TextMessage, kind)
			require.Equal(t, "2", string(data))
			ws.send("3")
		}
	})
}

func TestSocketIO_disconnect(t *testing.T) {
	base := serve(t)
	t.Run("from the main namespace leaves the connection open", func(t *testing.T) {
		c := connected(t, base)
		c.send("41")
		require.Equal(t, "2", c.receive())
		c.send("3", "40")
		c.expectSID("40")
	})
	t.Run("from a custom namespace leaves the main one", func(t *testing.T) {
		c := connected(t, base)
		c.send("40/custom")
		c.expectSID("40/custom,")
		c.expect(`42/custom,["auth",{}]`)
		c.send("41/custom", `42["message","message to main namespace"]`)
		c.expect(`42["message-back","message to main namespace"]`)
	})
	t.Run("ends what the namespace may send", func(t *testing.T) {
		c := connected(t, base)
		c.send("40/custom,", "41/custom,", `42/custom,["message"]`)
		require.Equal(t, websocket.CloseProtocolError, c.expectClose())
	})
}

func TestSocketIO_message(t *testing.T) {
	base := serve(t)
	echoed := map[string]struct{ send, want string }{
		"an event":               {`42["message",1,"2",{"3":[true]}]`, `42["message-back",1,"2",{"3":[true]}]`},
		"an event without args":  {`42["message"]`, `42["message-back"]`},
		"an ack":                 {`42456["message-with-ack",1,"2",{"3":[false]}]`, `43456[1,"2",{"3":[false]}]`},
		"an ack with id 0":       {`420["message-with-ack",1]`, `430[1]`},
		"an ack with id 789":     {`42789["message-with-ack"]`, `43789[]`},
		"what acks come unasked": {`4312["x"]`, ``},
	}
	for name, c := range echoed {
		t.Run("gives back "+name, func(t *testing.T) {
			ws := connected(t, base)
			ws.send(c.send, `42["message","end"]`)
			if c.want != "" {
				ws.expect(c.want)
			}
			ws.expect(`42["message-back","end"]`)
		})
	}
	t.Run("reaches its own namespace", func(t *testing.T) {
		c := connected(t, base)
		c.send("40/custom,")
		c.expectSID("40/custom,")
		c.expect(`42/custom,["auth",{}]`)
		c.send(`42/custom,7["message-with-ack","x"]`, `42/custom,["message","y"]`)
		c.expect(`43/custom,7["x"]`, `42/custom,["message-back","y"]`)
	})
	closes := map[string]struct {
		send string
		code int
	}{
		"of an unknown type":               {`4abc`, websocket.CloseProtocolError},
		"with an object for payload":       {`42{}`, websocket.CloseProtocolError},
		"with a string for payload":        {`42"string"`, websocket.CloseProtocolError},
		"with an empty array":              {`42[]`, websocket.CloseProtocolError},
		"without payload":                  {`42`, websocket.CloseProtocolError},
		"with a bad ack id":                {`42abc["message-with-ack",1,"2",{"3":[false]}]`, websocket.CloseProtocolError},
		"with an absurd ack id":            {`42999999999999999999["message-with-ack"]`, websocket.CloseProtocolError},
		"cut off":                          {`42["message",1`, websocket.CloseProtocolError},
		"with a number for a name":         {`42[1,"x"]`, websocket.CloseProtocolError},
		"with a reserved name":             {`42["connect"]`, websocket.CloseProtocolError},
		"for a namespace not connected":    {`42/custom,["message"]`, websocket.CloseProtocolError},
		"for a namespace that isn't there": {`42/random,["message"]`, websocket.CloseProtocolError},
		"that only a server sends":         {`44{"message":"x"}`, websocket.CloseProtocolError},
		"with an ack that has no id":       {`43["x"]`, websocket.CloseProtocolError},
		"with attachments to come":         {`451-["message",{"_placeholder":true,"num":0}]`, websocket.CloseUnsupportedData},
		"with attachments without end":     {`4599999999999999999999-["message"]`, websocket.CloseUnsupportedData},
	}
	for name, c := range closes {
		t.Run("closes the connection if it is a packet "+name, func(t *testing.T) {
			ws := connected(t, base)
			ws.send(c.send)
			require.Equal(t, c.code, ws.expectClose())
		})
	}
	t.Run("closes the connection before CONNECT", func(t *testing.T) {
		c := dial(t, base, "/socket.io/?EIO=4&transport=websocket")
		c.handshake()
		c.send(`42["message"]`)
		require.Equal(t, websocket.CloseProtocolError, c.expectClose())
	})
}
