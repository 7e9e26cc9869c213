package transport

import (
	"unicode/utf8"

	"audioroom/wsconn/socketio"
)

// open starts the Engine.IO session: the open packet, the handler, the
// heartbeat.
func (c *Conn) open() {
	s := c.server
	now := s.now()
	c.seen.Store(now)
	c.SendNow(SealFrame(socketio.AppendOpen(make([]byte, Headroom, 256), socketio.Handshake{
		SID:          newSID(),
		PingInterval: s.config.PingInterval,
		PingTimeout:  s.config.PingTimeout,
		MaxPayload:   s.config.MaxPayload,
	})))
	c.opened = true
	s.config.Observer.Opened()
	ok := s.guard(c, "Open", func() {
		if err := s.protocol.open(c); err != nil {
			c.end(ReasonRefused)
		}
	})
	if !ok {
		c.end(ReasonInternalError)
	}
	s.sweeper.add(c, now)
	if s.stopping.Load() { // Shutdown may have looked before the sweeper knew of it
		c.end(ReasonShutdown)
	}
}

// receive takes one text frame. Whatever it holds, the client is alive.
func (c *Conn) receive(data []byte) {
	if c.Closed() {
		return
	}
	c.pace()
	if c.Closed() { // while it was not read
		return
	}
	c.seen.Store(c.server.now())
	c.server.config.Observer.Received(len(data))
	if !utf8.Valid(data) {
		c.end(ReasonInvalidUTF8)
		return
	}
	if len(data) == 0 {
		c.end(ReasonParseError)
		return
	}
	switch data[0] {
	case socketio.EngineMessage:
		c.server.protocol.message(c, data[1:])
	case socketio.EnginePong, socketio.EngineOpen, socketio.EngineUpgrade, socketio.EngineNoop:
		// A pong has done its work; the others mean nothing on a WebSocket.
	case socketio.EngineClose:
		c.end(ReasonClientClose)
	default:
		// Pings too: in v4 they come from the server alone.
		c.end(ReasonParseError)
	}
}

// engineIO is the protocol that hands messages over as they are.
type engineIO struct{ handler EngineHandler }

var _ protocol = engineIO{}

func (e engineIO) open(c *Conn) error { return e.handler.Open(c) }

func (e engineIO) message(c *Conn, data []byte) {
	c.server.guard(c, "Message", func() { e.handler.Message(c, data) })
}

func (e engineIO) closed(c *Conn, reason CloseReason) { e.handler.Closed(c, reason) }
