// Package socketio is the wire format of Engine.IO v4 and Socket.IO v5 text
// packets: bytes in, bytes out.
//
// A WebSocket text frame holds one Engine.IO packet: a type byte and its data.
// The data of [EngineMessage] is one Socket.IO packet, which [Decode] reads and
// the Append functions write:
//
//	4 2 /custom, 17 ["seat:take",{"seatIndex":3}]
//	│ │ │        │  └ Packet.Data, see SplitEvent
//	│ │ │        └ Packet.ID, asks for an ack
//	│ │ └ Packet.Namespace, "/" is not written
//	│ └ Packet.Type
//	└ EngineMessage
//
// Nothing here blocks, keeps state or holds on to its input, so every function
// may be called from any goroutine. What a decoder returns aliases its input.
// Input from a client is never trusted: it can make a decoder return an error,
// not panic, and not allocate by a size the input merely claims. Packets with
// binary attachments are refused with [ErrBinary].
package socketio
