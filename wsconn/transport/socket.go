package transport

import (
	"errors"
	"slices"

	"audioroom/wsconn/socketio"
)

// space is a namespace the client is in, or has asked to be let into.
type space struct {
	name     string
	accepted bool
}

// socketIO is the protocol of namespaces, events and acks.
type socketIO struct {
	server     *Server
	handler    Handler
	namespaces map[string]bool
}

var _ protocol = (*socketIO)(nil)

func newSocketIO(s *Server, handler Handler) *socketIO {
	p := &socketIO{server: s, handler: handler, namespaces: make(map[string]bool)}
	for _, name := range s.config.Namespaces {
		p.namespaces[name] = true
	}
	return p
}

func (p *socketIO) open(c *Conn) error {
	c.apart = p.server.now()
	c.alone.Store(c.apart)
	return p.handler.Open(c)
}

func (p *socketIO) closed(c *Conn, reason CloseReason) { p.handler.Closed(c, reason) }

// message takes one Socket.IO packet. A packet that is malformed or that the
// state of its namespace doesn't allow ends the connection, as the reference
// server does.
func (p *socketIO) message(c *Conn, data []byte) {
	packet, err := socketio.Decode(data)
	switch {
	case errors.Is(err, socketio.ErrBinary):
		c.end(ReasonBinary)
	case err != nil:
		c.end(ReasonParseError)
	case packet.Type == socketio.Connect:
		p.connect(c, packet)
	case !c.isIn(packet.Namespace):
		c.end(ReasonParseError)
	case packet.Type == socketio.Event:
		p.event(c, packet)
	case packet.Type == socketio.Disconnect:
		c.leave(packet.Namespace)
		p.server.door.pass(func() {
			p.server.guard(c, "Disconnect", func() { p.handler.Disconnect(c, packet.Namespace) })
		})
	case packet.Type == socketio.Ack:
		// The server asks for no acks, so there is nobody to give it to.
	default:
		c.end(ReasonParseError)
	}
}

func (p *socketIO) connect(c *Conn, packet socketio.Packet) {
	if !p.namespaces[packet.Namespace] {
		c.refuse(packet.Namespace, "Invalid namespace")
		return
	}
	if !c.ask(packet.Namespace) {
		c.end(ReasonParseError)
		return
	}
	ok := p.server.guard(c, "Connect", func() { p.handler.Connect(c, packet.Namespace, packet.Data) })
	if !ok {
		c.end(ReasonInternalError)
	}
}

func (p *socketIO) event(c *Conn, packet socketio.Packet) {
	name, args, err := socketio.SplitEvent(packet.Data)
	if err != nil {
		c.end(ReasonParseError)
		return
	}
	e := Event{
		Namespace: packet.Namespace,
		Name:      string(name),
		Args:      args,
		Ack:       Ack{ID: packet.ID, Wanted: packet.HasID},
	}
	if p.server.guard(c, "Event", func() { p.handler.Event(c, e) }) {
		return
	}
	if h, ok := p.handler.(Panicker); ok {
		p.server.guard(c, "Panicked", func() { h.Panicked(c, e) })
	}
}

// Accept lets the client into a namespace it asked for, and returns the session
// id it was told, which is not the secret one of Engine.IO. It reports false,
// and does nothing, if the client isn't waiting for that namespace or has gone.
func (c *Conn) Accept(namespace string) (sid string, ok bool) {
	c.spacesMu.Lock()
	i := c.find(namespace)
	if c.Closed() || i < 0 || c.spaces[i].accepted {
		c.spacesMu.Unlock()
		return "", false
	}
	sid = newSID()
	// Before the namespace counts as accepted, so that no event overtakes it.
	c.Send(SealFrame(socketio.AppendConnect(newBuffer(64), namespace, sid)))
	c.spaces[i].accepted = true
	c.spacesMu.Unlock()
	c.Flush()
	return sid, true
}

// Refuse tells the client that it may not enter a namespace it asked for, and
// why. The connection stays, and the client may ask again for as long as
// Config.ConnectTimeout allows, which goes on from before it asked. It reports
// false, and does nothing, if the client isn't waiting for that namespace or has
// gone.
func (c *Conn) Refuse(namespace, message string) bool {
	c.spacesMu.Lock()
	i := c.find(namespace)
	waiting := !c.Closed() && i >= 0 && !c.spaces[i].accepted
	if waiting {
		c.forget(i)
	}
	c.spacesMu.Unlock()
	if waiting {
		c.refuse(namespace, message)
		// The sweeper may come by whenever the client has just asked again.
		if alone := c.alone.Load(); alone != 0 && c.server.now() >= alone+int64(c.server.config.ConnectTimeout) {
			c.end(ReasonConnectTimeout)
		}
	}
	return waiting
}

// Kick sends a DISCONNECT for each namespace the client is in, which keeps it
// from connecting again by itself, and closes the connection after all that is
// waiting. The reason is ReasonKicked, ReasonExpired or another that doesn't
// cut at once.
func (c *Conn) Kick(reason CloseReason) {
	var farewell []Frame
	c.spacesMu.Lock()
	for _, s := range c.spaces {
		if s.accepted {
			farewell = append(farewell, SealFrame(socketio.AppendDisconnect(newBuffer(32), s.name)))
		}
	}
	c.spacesMu.Unlock()
	c.end(reason, farewell...)
}

func (c *Conn) refuse(namespace, message string) {
	buf := newBuffer(len(namespace) + len(message) + 16)
	c.SendNow(SealFrame(socketio.AppendConnectError(buf, namespace, message)))
}

// ask notes that the client waits for a namespace, false if it does already or
// is in it.
func (c *Conn) ask(namespace string) bool {
	c.spacesMu.Lock()
	defer c.spacesMu.Unlock()
	if c.find(namespace) >= 0 {
		return false
	}
	c.spaces = append(c.spaces, space{name: namespace})
	c.alone.Store(0)
	return true
}

// isIn says whether the client was accepted into the namespace.
func (c *Conn) isIn(namespace string) bool {
	c.spacesMu.Lock()
	defer c.spacesMu.Unlock()
	i := c.find(namespace)
	return i >= 0 && c.spaces[i].accepted
}

func (c *Conn) leave(namespace string) {
	c.spacesMu.Lock()
	defer c.spacesMu.Unlock()
	if i := c.find(namespace); i >= 0 {
		c.forget(i)
	}
}

// find and forget are for holders of spacesMu.
func (c *Conn) find(namespace string) int {
	return slices.IndexFunc(c.spaces, func(s space) bool { return s.name == namespace })
}

func (c *Conn) forget(i int) {
	if c.spaces[i].accepted {
		c.apart = c.server.now()
	}
	c.spaces = slices.Delete(c.spaces, i, i+1)
	if len(c.spaces) == 0 {
		c.alone.Store(c.apart)
	}
}
