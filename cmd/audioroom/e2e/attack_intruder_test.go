package e2e_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// patience bounds every wait of an intruder.
const patience = 20 * time.Second

// intruder is a client that keeps to no rules: it writes what bytes it likes. It
// reads like any other.
type intruder struct {
	t  *testing.T
	ws *websocket.Conn
}

// line opens a bare TCP connection to the server.
func line(t *testing.T, w *harness.World) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(w.Server.URL, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return c
}

// intrude opens a WebSocket and takes the open packet.
func intrude(t *testing.T, w *harness.World) *intruder {
	t.Helper()
	ws, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.Server.URL, "http")+"/socket.io/?EIO=4&transport=websocket", nil)
	require.NoError(t, err)
	response.Body.Close()
	t.Cleanup(func() { ws.Close() })
	i := &intruder{t, ws}
	require.Contains(t, i.next(), `"maxPayload":16384`)
	return i
}

// enter opens a WebSocket and authenticates as a user.
func enter(t *testing.T, w *harness.World, user int64) *intruder {
	t.Helper()
	i := intrude(t, w)
	i.say(`40{"token":"` + harness.Token(t, user, nil) + `"}`)
	require.Contains(t, i.next(), `40{"sid":`)
	return i
}

// join opens a WebSocket as a user and joins a room.
func (i *intruder) join(roomID string) *intruder {
	i.t.Helper()
	id, err := json.Marshal(roomID)
	require.NoError(i.t, err)
	i.say(`420["room:join",{"roomId":` + string(id) + `}]`)
	require.Contains(i.t, i.next(), `430[{"roomId":`)
	return i
}

// say sends a text frame.
func (i *intruder) say(text string) {
	i.t.Helper()
	require.NoError(i.t, i.ws.WriteMessage(websocket.TextMessage, []byte(text)))
}

// push sends text frames until the server takes no more, or all are sent, and
// returns how many were.
func (i *intruder) push(frame []byte, times int) (sent int) {
	i.t.Helper()
	many := make([]byte, 0, 64<<10)
	count := 0
	require.NoError(i.t, i.ws.NetConn().SetWriteDeadline(time.Now().Add(2*time.Second)))
	for sent < times {
		many, count = many[:0], 0
		for len(many) < 32<<10 && sent+count < times {
			many = append(many, frame...)
			count++
		}
		if _, err := i.ws.NetConn().Write(many); err != nil {
			return sent
		}
		sent += count
	}
	return sent
}

// raw writes bytes past the WebSocket. The server may have closed already.
func (i *intruder) raw(bytes ...byte) { _, _ = i.ws.NetConn().Write(bytes) }

// next returns the next text frame that is no ping.
func (i *intruder) next() string {
	i.t.Helper()
	for {
		require.NoError(i.t, i.ws.SetReadDeadline(time.Now().Add(patience)))
		_, frame, err := i.ws.ReadMessage()
		require.NoError(i.t, err)
		if string(frame) != "2" {
			return string(frame)
		}
		i.say("3")
	}
}

// closed reads up to the end of the connection and returns the code that the
// server closed it with, 1006 if it was cut.
func (i *intruder) closed() int {
	i.t.Helper()
	require.NoError(i.t, i.ws.SetReadDeadline(time.Now().Add(patience)))
	for {
		if _, _, err := i.ws.ReadMessage(); err != nil {
			var closed *websocket.CloseError
			if errors.As(err, &closed) {
				return closed.Code
			}
			var late net.Error
			require.False(i.t, errors.As(err, &late) && late.Timeout(), "the connection is still there")
			return websocket.CloseAbnormalClosure
		}
	}
}

// WebSocket opcodes.
const (
	opText = 0x1
	opPing = 0x9
)

// masked is a frame as a client sends it, with a mask of zeros. flags are the
// upper half of its first byte, such as 0x80 for the last of a message.
func masked(flags, opcode byte, payload string) []byte {
	frame := []byte{flags | opcode}
	switch n := len(payload); {
	case n < 126:
		frame = append(frame, 0x80|byte(n))
	case n < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 0x80|127), uint64(n))
	}
	return append(append(frame, 0, 0, 0, 0), payload...)
}
