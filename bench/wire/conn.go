package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// Handler is what happens to a connection. The loop calls it from its goroutine;
// data is good until the call returns.
type Handler interface {
	// Connected is called once the server has let the client in.
	Connected()
	// Event brings an event: the array of its name and its arguments.
	Event(data []byte)
	// Ack brings the array of an answer's arguments.
	Ack(id uint64, data []byte)
	// Closed is called once at the end, unless the client closed by itself.
	Closed(err error)
}

// state is how far a connection has come.
type state uint8

const (
	connecting state = iota // TCP
	upgrading               // HTTP
	opening                 // Engine.IO
	entering                // Socket.IO
	ready
	closed
)

// stateNames says what a connection was waiting for, for errors.
var stateNames = [...]string{"connecting", "waiting for the upgrade", "waiting for the open packet", "waiting to be let in", "connected", "closed"}

// Conn is one client's connection.
type Conn struct {
	loop    *Loop
	handler Handler
	token   string
	stream  stream
	state   state
	dirty   bool
	out     []byte // not yet taken by the stream
	rest    []byte // the beginning of a frame
}

// stream is the way of a connection's bytes.
type stream interface {
	// write takes what it can and returns how much that was.
	write(data []byte) (int, error)
	// blocked says that not all was taken: the loop is to try again when there
	// is room.
	blocked(yes bool)
	// close ends it; abrupt without what is under way.
	close(abrupt bool)
}

// Ready says whether the server has let the client in.
func (c *Conn) Ready() bool { return c.state == ready }

// Request sends an event that asks for an ack. The payload is JSON.
func (c *Conn) Request(id uint64, event, payload string) {
	var digits [20]byte
	number := strconv.AppendUint(digits[:0], id, 10)
	c.out = appendFrame(c.out, opText, len(`42["",]`)+len(number)+len(event)+len(payload))
	c.out = append(c.out, '4', '2')
	c.out = append(c.out, number...)
	c.out = append(c.out, '[', '"')
	c.out = append(c.out, event...)
	c.out = append(c.out, '"', ',')
	c.out = append(c.out, payload...)
	c.out = append(c.out, ']')
	c.mark()
}

// Close ends the connection. Abruptly it is reset, as when a phone dies; else the
// client says goodbye and closes in order. The handler hears no more.
func (c *Conn) Close(abrupt bool) {
	if c.state == closed {
		return
	}
	if !abrupt && c.state == ready {
		c.text("41")
		c.out = append(appendFrame(c.out, opClose, 2), 0x03, 0xE8)
		_, _ = c.stream.write(c.out) // it is over either way
	}
	c.end(abrupt)
}

func (c *Conn) end(abrupt bool) {
	if c.state == closed {
		return
	}
	c.state = closed
	c.out, c.rest = nil, nil
	c.loop.open--
	c.stream.close(abrupt)
}

// fail ends the connection and tells the handler.
func (c *Conn) fail(err error) {
	if c.state == closed {
		return
	}
	at := c.state
	c.end(true)
	if at != ready {
		err = fmt.Errorf("%s: %w", stateNames[at], err)
	}
	c.handler.Closed(err)
}

func (c *Conn) text(packet string) {
	c.out = append(appendFrame(c.out, opText, len(packet)), packet...)
	c.mark()
}

// mark has the loop flush the connection.
func (c *Conn) mark() {
	if !c.dirty {
		c.dirty = true
		c.loop.dirty = append(c.loop.dirty, c)
	}
}

// flush writes what waits.
func (c *Conn) flush() {
	c.dirty = false
	if c.state == closed || c.state == connecting || len(c.out) == 0 {
		return
	}
	n, err := c.stream.write(c.out)
	if err != nil {
		c.fail(err)
		return
	}
	rest := copy(c.out, c.out[n:])
	c.out = c.out[:rest]
	c.stream.blocked(rest > 0)
	if rest == 0 && cap(c.out) > keptBuffer {
		c.out = nil
	}
}

// keptBuffer is the largest write buffer that a connection keeps while it has
// nothing to write, in bytes.
const keptBuffer = 64 << 10

// opened goes on when TCP is connected.
func (c *Conn) opened() {
	c.state = upgrading
	c.out = append(c.out, c.loop.upgrade...)
	c.mark()
}

// receive takes bytes of the server and returns how many it used up.
func (c *Conn) receive(data []byte) (used int, err error) {
	if c.state == upgrading {
		end := bytes.Index(data, []byte("\r\n\r\n"))
		if end < 0 {
			return 0, nil
		}
		if err := checkUpgrade(data[:end]); err != nil {
			return 0, err
		}
		c.state = opening
		used = end + 4
	}
	for c.state != closed {
		f, size, err := cutFrame(data[used:])
		if err != nil {
			return used, err
		}
		if size == 0 {
			break
		}
		used += size
		c.loop.frames++
		if err := c.take(f); err != nil {
			return used, err
		}
	}
	return used, nil
}

// The challenge of every upgrade and its answer.
const (
	challenge = "dGhlIHNhbXBsZSBub25jZQ=="
	response  = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

func checkUpgrade(answer []byte) error {
	line, _, _ := bytes.Cut(answer, []byte("\r\n"))
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 101")) {
		return fmt.Errorf("the server answered %q", line)
	}
	if !bytes.Contains(answer, []byte(response)) {
		return errors.New("the server answered a wrong Sec-WebSocket-Accept")
	}
	return nil
}

// take handles one frame.
func (c *Conn) take(f frame) error {
	switch f.opcode {
	case opText:
		if len(f.payload) == 0 {
			return errFrameShort
		}
		return c.packet(f.payload)
	case opPing:
		c.out = append(appendFrame(c.out, opPong, len(f.payload)), f.payload...)
		c.mark()
	case opClose:
		return errors.New("the server closed the connection")
	}
	return nil
}

// packet handles one Engine.IO packet.
func (c *Conn) packet(p []byte) error {
	switch {
	case p[0] == '4' && len(p) > 1:
		return c.message(p[1], p[2:])
	case p[0] == '2':
		c.text("3")
	case p[0] == '0' && c.state == opening:
		c.state = entering
		c.text(`40{"token":"` + c.token + `"}`)
	case p[0] == '1':
		return errors.New("the server closed the session")
	case p[0] == '6':
	default:
		return fmt.Errorf("the server sent the packet %q", clip(p))
	}
	return nil
}

// message handles one Socket.IO packet.
func (c *Conn) message(kind byte, data []byte) error {
	switch {
	case c.state == entering && kind == '0':
		c.state = ready
		c.handler.Connected()
		return nil
	case c.state == entering && kind == '4':
		return fmt.Errorf("refused: %s", clip(data))
	case c.state == ready && (kind == '2' || kind == '3'):
		id, digits := uint64(0), 0
		for digits < len(data) && data[digits]-'0' <= 9 {
			id = id*10 + uint64(data[digits]-'0')
			digits++
		}
		if data = data[digits:]; len(data) < 2 || data[0] != '[' || data[len(data)-1] != ']' {
			break
		}
		if kind == '2' {
			c.handler.Event(data)
			return nil
		}
		if digits == 0 {
			break
		}
		c.handler.Ack(id, data)
		return nil
	case kind == '1':
		return errors.New("the server disconnected the client")
	}
	return fmt.Errorf("the server sent the packet %q while %s", clip(data), stateNames[c.state])
}

// clip shortens what is quoted in an error.
func clip(data []byte) []byte {
	const most = 200
	if len(data) > most {
		return append(data[:most:most], "…"...)
	}
	return data
}
