package wsconn

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// peer is a client: a raw WebSocket that counts its acks. Its methods fail the test.
type peer struct {
	t      testing.TB
	ws     *websocket.Conn
	lastID int
}

// dial opens a connection and takes the handshake.
func (w *world) dial(t testing.TB, header http.Header) *peer {
	t.Helper()
	ws, _, err := w.dialer.Dial("ws://audioroom.test/socket.io/?EIO=4&transport=websocket", header)
	require.NoError(t, err)
	t.Cleanup(func() { ws.Close() })
	c := &peer{t: t, ws: ws, lastID: -1}
	require.True(t, strings.HasPrefix(c.next(), `0{"sid":`))
	return c
}

// connect opens a connection of a user and enters the namespace.
func (w *world) connect(t testing.TB, user int) *peer {
	t.Helper()
	c := w.dial(t, nil)
	c.enter(tokenOfUser(t, user, nil))
	return c
}

// present sends a CONNECT with a token.
func (c *peer) present(token string) {
	c.t.Helper()
	auth, err := json.Marshal(map[string]string{"token": token})
	require.NoError(c.t, err)
	c.send("40" + string(auth))
}

// enter presents a token and is let in.
func (c *peer) enter(token string) {
	c.t.Helper()
	c.present(token)
	require.True(c.t, strings.HasPrefix(c.next(), `40{"sid":"`))
}

func (c *peer) send(frame string) {
	c.t.Helper()
	require.NoError(c.t, c.ws.WriteMessage(websocket.TextMessage, []byte(frame)))
}

// next returns the next frame that is no ping.
func (c *peer) next() string {
	c.t.Helper()
	for {
		require.NoError(c.t, c.ws.SetReadDeadline(time.Now().Add(patience)))
		_, frame, err := c.ws.ReadMessage()
		require.NoError(c.t, err)
		if string(frame) != "2" {
			return string(frame)
		}
		c.send("3")
	}
}

// expect takes the next frames, which have to be these.
func (c *peer) expect(frames ...string) {
	c.t.Helper()
	for _, want := range frames {
		require.Equal(c.t, want, c.next())
	}
}

// expectClose reads up to the end of the connection and returns the code of the
// close frame, 1006 if there was none.
func (c *peer) expectClose() int {
	c.t.Helper()
	require.NoError(c.t, c.ws.SetReadDeadline(time.Now().Add(patience)))
	for {
		if _, _, err := c.ws.ReadMessage(); err != nil {
			var closed *websocket.CloseError
			if errors.As(err, &closed) {
				return closed.Code
			}
			var slow net.Error
			require.False(c.t, errors.As(err, &slow) && slow.Timeout(), "the connection is still there")
			return websocket.CloseAbnormalClosure
		}
	}
}

// emit sends an event that wants an ack, and returns what comes before the body
// of that.
func (c *peer) emit(event, payload string) (ack string) {
	c.t.Helper()
	c.lastID++
	c.send("42" + strconv.Itoa(c.lastID) + eventBody(event, payload))
	return "43" + strconv.Itoa(c.lastID)
}

// tell sends an event that wants no ack.
func (c *peer) tell(event, payload string) {
	c.t.Helper()
	c.send("42" + eventBody(event, payload))
}

func eventBody(event, payload string) string {
	if payload == "" {
		return fmt.Sprintf("[%q]", event)
	}
	return fmt.Sprintf("[%q,%s]", event, payload)
}

// ask emits an event and returns the body of the ack, which has to be the next
// frame.
func (c *peer) ask(event, payload string) string {
	c.t.Helper()
	ack := c.emit(event, payload)
	frame := c.next()
	body, found := strings.CutPrefix(frame, ack+"[")
	require.True(c.t, found, frame)
	return strings.TrimSuffix(body, "]")
}

// join enters a room and takes the ack.
func (c *peer) join(roomID string) {
	c.t.Helper()
	require.Contains(c.t, c.ask("room:join", inRoom(roomID)), `"participantCount"`)
}

// expectNothing checks that nothing is waiting for the client that the gateway
// itself or the client's room sent.
func (c *peer) expectNothing(roomID string) {
	c.t.Helper()
	require.Equal(c.t, refused("UNKNOWN_EVENT"), c.ask("no:event", ""))
	if roomID != "" {
		require.Equal(c.t, refused("You are not seated"), c.ask("seat:leave", inRoom(roomID)))
	}
}

func (c *peer) close() { c.ws.Close() }

const done = `{"success":true}`

func refused(text string) string { return fmt.Sprintf(`{"success":false,"error":%q}`, text) }

func inRoom(roomID string) string { return fmt.Sprintf(`{"roomId":%q}`, roomID) }

func atSeat(roomID string, seat int) string {
	return fmt.Sprintf(`{"roomId":%q,"seatIndex":%d}`, roomID, seat)
}

// emptyRoom is the ack of a join to a room where nobody else is.
func emptyRoom(roomID string) string {
	return fmt.Sprintf(`{"roomId":%q,"participants":[],"seats":[],"lockedSeats":[],"seatCount":15,"participantCount":1}`, roomID)
}

func ackOf(ack, body string) string { return ack + "[" + body + "]" }
