package transport

import (
	"encoding/binary"

	"audioroom/wsconn/socketio"

	"github.com/gorilla/websocket"
)

// Headroom is how many bytes a buffer for SealFrame leaves free in front, room
// for the longest header of a server frame.
const Headroom = 10

const (
	finalText  = 0x80 | websocket.TextMessage
	finalClose = 0x80 | websocket.CloseMessage
	finalPong  = 0x80 | websocket.PongMessage

	len16 = 126 // the length follows in 2 bytes
	len64 = 127 // the length follows in 8 bytes
)

// Frame is a ready WebSocket text frame of the server, header included. It
// never changes, so one frame may be sent to any number of connections from
// any goroutines. The zero Frame is empty; sending it does nothing.
type Frame struct{ wire []byte }

// NewFrame builds a frame around a copy of the payload, which starts with the
// Engine.IO packet type.
func NewFrame(payload []byte) Frame {
	return SealFrame(append(make([]byte, Headroom, Headroom+len(payload)), payload...))
}

// SealFrame turns a buffer into a frame without copying: Headroom free bytes,
// then the payload. The buffer belongs to the frame from then on.
//
//	buf := append(make([]byte, transport.Headroom, 256), socketio.EngineMessage)
//	frame := transport.SealFrame(socketio.AppendEvent(buf, "/", "seat:cleared", args))
func SealFrame(buf []byte) Frame {
	size := len(buf) - Headroom
	var start int
	switch {
	case size < len16:
		start = Headroom - 2
		buf[start+1] = byte(size)
	case size <= 0xffff:
		start = Headroom - 4
		buf[start+1] = len16
		binary.BigEndian.PutUint16(buf[start+2:], uint16(size))
	default:
		start = Headroom - 10
		buf[start+1] = len64
		binary.BigEndian.PutUint64(buf[start+2:], uint64(size))
	}
	buf[start] = finalText
	return Frame{wire: buf[start:len(buf):len(buf)]}
}

// EventFrame builds the frame of an event. The args are raw JSON values with
// commas between them, usually just one; empty is none.
func EventFrame(namespace, name string, args []byte) Frame {
	const syntax = 8 // 42/,["",]
	buf := newBuffer(len(namespace) + len(name) + len(args) + syntax)
	return SealFrame(socketio.AppendEvent(buf, namespace, name, args))
}

// AckFrame builds the frame of the answer to an event that carried the id,
// with args as in EventFrame.
func AckFrame(namespace string, id uint64, args []byte) Frame {
	const syntax = 20 // 43/,[] and the digits
	buf := newBuffer(len(namespace) + len(args) + syntax)
	return SealFrame(socketio.AppendAck(buf, namespace, id, args))
}

// Len returns the bytes the frame takes on the wire, header included.
func (f Frame) Len() int { return len(f.wire) }

// Payload returns what the frame carries. It must not be altered.
func (f Frame) Payload() []byte {
	if len(f.wire) == 0 {
		return nil
	}
	switch f.wire[1] {
	case len16:
		return f.wire[4:]
	case len64:
		return f.wire[10:]
	}
	return f.wire[2:]
}

// newBuffer returns a buffer for SealFrame that holds an Engine.IO message with
// room for size bytes of data.
func newBuffer(size int) []byte {
	return append(make([]byte, Headroom, Headroom+1+size), socketio.EngineMessage)
}

// closeFrame and pongFrame are control frames, which carry up to 125 bytes and
// so have two bytes of header.
func closeFrame(code int) Frame {
	return Frame{wire: []byte{finalClose, 2, byte(code >> 8), byte(code)}}
}

func pongFrame(data string) Frame {
	return Frame{wire: append([]byte{finalPong, byte(len(data))}, data...)}
}

var pingFrame = NewFrame([]byte{socketio.EnginePing})
