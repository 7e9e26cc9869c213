package transport

import "audioroom/wsconn/socketio"

// Handler is the program on top of Socket.IO. Every method is called from the
// reading goroutine of its connection, one at a time; different connections
// call at once. What they are given may be kept: no buffer is used again.
//
// A callback that panics is logged and the connection goes on after Event,
// Disconnect and Closed; after Open and Connect it is closed, for then nobody
// would ever answer the client.
type Handler interface {
	// Open is told of a new connection, before anything was read from it. An
	// error closes the connection (ReasonRefused); Closed follows all the same.
	Open(c *Conn) error
	// Connect asks whether the client may enter a namespace. It must lead to
	// exactly one c.Accept or c.Refuse with that namespace, now or later and
	// from any goroutine. The auth is the raw JSON object the client sent, nil
	// if it sent none.
	Connect(c *Conn, namespace string, auth []byte)
	// Event delivers an event of a namespace that was accepted.
	Event(c *Conn, e Event)
	// Disconnect tells that the client left a namespace; the connection is
	// still there. It is not called when the connection ends.
	Disconnect(c *Conn, namespace string)
	// Closed tells that the connection ended. It is called once for each Open,
	// after every other callback, whatever ended the connection.
	Closed(c *Conn, reason CloseReason)
}

// Panicker may be implemented by a Handler that wants to answer an event whose
// callback panicked. It is called on the same goroutine, after the recovery.
type Panicker interface {
	Panicked(c *Conn, e Event)
}

// Event is an event from a client.
type Event struct {
	Namespace string
	Name      string
	// Args are the raw arguments, known to be valid JSON.
	Args socketio.Args
	// Ack says whether the client wants an answer, and under which id.
	Ack Ack
}

// Ack names an answer that a client waits for. Ids start at 0, so Wanted says
// whether there is one.
type Ack struct {
	ID     uint64
	Wanted bool
}

// EngineHandler is a program on top of Engine.IO alone. Its methods are called
// like those of Handler.
type EngineHandler interface {
	// Open is told of a new connection; an error closes it.
	Open(c *Conn) error
	// Message delivers the data of a message packet, without the type byte.
	Message(c *Conn, data []byte)
	// Closed is called once for each Open, last.
	Closed(c *Conn, reason CloseReason)
}
