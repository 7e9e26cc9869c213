package socketio

import (
	"bytes"
	"errors"
)

// Engine.IO packet types, the first byte of every text frame.
const (
	EngineOpen    byte = '0'
	EngineClose   byte = '1'
	EnginePing    byte = '2'
	EnginePong    byte = '3'
	EngineMessage byte = '4'
	EngineUpgrade byte = '5'
	EngineNoop    byte = '6'
)

// Type is the type of a Socket.IO packet.
type Type uint8

// The packet types of Socket.IO v5, in the order of their digits on the wire.
const (
	Connect Type = iota
	Disconnect
	Event
	Ack
	ConnectError
	BinaryEvent
	BinaryAck
)

// String returns the name of the type as the protocol spells it.
func (t Type) String() string {
	switch t {
	case Connect:
		return "CONNECT"
	case Disconnect:
		return "DISCONNECT"
	case Event:
		return "EVENT"
	case Ack:
		return "ACK"
	case ConnectError:
		return "CONNECT_ERROR"
	case BinaryEvent:
		return "BINARY_EVENT"
	case BinaryAck:
		return "BINARY_ACK"
	}
	return "UNKNOWN"
}

const (
	// Root is the main namespace, the one a packet without a namespace is for.
	Root = "/"
	// MaxAckID is the largest ack id taken, the largest integer a JavaScript
	// client can count to.
	MaxAckID = 1<<53 - 1
	// MaxNamespace is the longest namespace taken, in bytes, slash included.
	MaxNamespace = 128
	// MaxDepth is how deep arrays and objects may nest in a packet's data.
	MaxDepth = 64

	maxAckDigits = 16
)

// Why a packet was refused. Every error of this package is one of these.
var (
	ErrEmpty     = errors.New("socketio: empty packet")
	ErrType      = errors.New("socketio: unknown packet type")
	ErrBinary    = errors.New("socketio: binary packets are not supported")
	ErrNamespace = errors.New("socketio: namespace too long")
	ErrAckID     = errors.New("socketio: bad ack id")
	ErrJSON      = errors.New("socketio: malformed JSON")
	ErrPayload   = errors.New("socketio: payload does not fit the packet type")
	ErrReserved  = errors.New("socketio: reserved event name")
)

// Packet is a decoded Socket.IO packet.
type Packet struct {
	// Type is never BinaryEvent or BinaryAck in a packet that Decode returned.
	Type Type
	// Namespace is "/" if the packet named none.
	Namespace string
	// ID is the ack id. Ids start at 0, so HasID says whether there is one.
	ID    uint64
	HasID bool
	// Data is the JSON behind the header, nil if there is none. It aliases the
	// decoded bytes. It is an object in Connect and an array in Ack, both
	// validated; in Event it is not yet looked at, SplitEvent does that.
	Data []byte
}

// Decode reads one Socket.IO packet, without the Engine.IO byte before it. It
// allocates only for a namespace other than "/".
func Decode(packet []byte) (Packet, error) {
	if len(packet) == 0 {
		return Packet{}, ErrEmpty
	}
	p := Packet{Type: Type(packet[0] - '0'), Namespace: Root}
	if packet[0] < '0' || p.Type > BinaryAck {
		return Packet{}, ErrType
	}
	if p.Type >= BinaryEvent {
		return Packet{}, ErrBinary
	}
	rest := packet[1:]
	if len(rest) > 0 && rest[0] == '/' {
		name := rest
		if comma := bytes.IndexByte(rest, ','); comma >= 0 {
			name, rest = rest[:comma], rest[comma+1:]
		} else {
			rest = nil
		}
		if len(name) > MaxNamespace {
			return Packet{}, ErrNamespace
		}
		if len(name) > 1 {
			p.Namespace = string(name)
		}
	}
	digits := 0
	for digits < len(rest) && rest[digits]-'0' <= 9 {
		if digits == maxAckDigits {
			return Packet{}, ErrAckID
		}
		p.ID = p.ID*10 + uint64(rest[digits]-'0')
		digits++
	}
	if p.ID > MaxAckID {
		return Packet{}, ErrAckID
	}
	p.HasID = digits > 0
	if digits < len(rest) {
		p.Data = rest[digits:]
	}
	return p, p.check()
}

// check holds the data against what the type allows. The JSON of an event is
// left to SplitEvent, which has to walk through it anyway.
func (p *Packet) check() error {
	switch p.Type {
	case Connect:
		if p.Data == nil {
			return nil
		}
		return p.checkJSON('{')
	case Disconnect:
		if p.Data != nil {
			return ErrPayload
		}
	case Event:
		if p.Data == nil {
			return ErrPayload
		}
	case Ack:
		if !p.HasID {
			return ErrAckID
		}
		return p.checkJSON('[')
	case ConnectError:
		if p.Data != nil && !validJSON(p.Data) {
			return ErrJSON
		}
	}
	return nil
}

func (p *Packet) checkJSON(first byte) error {
	if !validJSON(p.Data) {
		return ErrJSON
	}
	if p.Data[skipSpace(p.Data, 0)] != first {
		return ErrPayload
	}
	return nil
}
