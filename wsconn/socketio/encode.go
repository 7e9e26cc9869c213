package socketio

import (
	"strconv"
	"time"
)

// Handshake is what the Engine.IO open packet tells a client.
type Handshake struct {
	// SID is the Engine.IO session id. It is secret: who knows it could take
	// over a session, so it is told to nobody but the client.
	SID string
	// PingInterval and PingTimeout are told in whole milliseconds.
	PingInterval time.Duration
	PingTimeout  time.Duration
	// MaxPayload is the largest message the server takes, in bytes.
	MaxPayload int
}

// AppendOpen appends the Engine.IO open packet, its type byte included.
func AppendOpen(dst []byte, h Handshake) []byte {
	dst = append(dst, EngineOpen)
	dst = append(dst, `{"sid":`...)
	dst = AppendString(dst, h.SID)
	dst = append(dst, `,"upgrades":[],"pingInterval":`...)
	dst = strconv.AppendInt(dst, h.PingInterval.Milliseconds(), 10)
	dst = append(dst, `,"pingTimeout":`...)
	dst = strconv.AppendInt(dst, h.PingTimeout.Milliseconds(), 10)
	dst = append(dst, `,"maxPayload":`...)
	dst = strconv.AppendInt(dst, int64(h.MaxPayload), 10)
	return append(dst, '}')
}

// AppendConnect appends the server's answer to a CONNECT it accepts.
func AppendConnect(dst []byte, namespace, sid string) []byte {
	dst = appendHeader(dst, Connect, namespace)
	dst = append(dst, `{"sid":`...)
	dst = AppendString(dst, sid)
	return append(dst, '}')
}

// AppendConnectError appends the server's answer to a CONNECT it refuses.
func AppendConnectError(dst []byte, namespace, message string) []byte {
	dst = appendHeader(dst, ConnectError, namespace)
	dst = append(dst, `{"message":`...)
	dst = AppendString(dst, message)
	return append(dst, '}')
}

// AppendDisconnect appends a packet that takes the client out of a namespace.
// A client that receives it doesn't reconnect by itself.
func AppendDisconnect(dst []byte, namespace string) []byte {
	return appendHeader(dst, Disconnect, namespace)
}

// AppendEvent appends an event that asks for no ack. The args are valid JSON
// values with commas between them, as in Args; empty is none.
func AppendEvent(dst []byte, namespace, name string, args []byte) []byte {
	dst = appendHeader(dst, Event, namespace)
	dst = append(dst, '[')
	dst = AppendString(dst, name)
	if len(args) > 0 {
		dst = append(dst, ',')
		dst = append(dst, args...)
	}
	return append(dst, ']')
}

// AppendAck appends the answer to the event that carried the id, with args as
// in AppendEvent.
func AppendAck(dst []byte, namespace string, id uint64, args []byte) []byte {
	dst = appendHeader(dst, Ack, namespace)
	dst = strconv.AppendUint(dst, id, 10)
	dst = append(dst, '[')
	dst = append(dst, args...)
	return append(dst, ']')
}

func appendHeader(dst []byte, t Type, namespace string) []byte {
	dst = append(dst, '0'+byte(t))
	if namespace != Root {
		dst = append(dst, namespace...)
		dst = append(dst, ',')
	}
	return dst
}

const hex = "0123456789abcdef"

// AppendString appends s as a JSON string. What isn't UTF-8 in s stays so.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		if c < ' ' {
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		} else {
			dst = append(dst, '\\', c)
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
