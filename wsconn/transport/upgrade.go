package transport

import (
	"bufio"
	"errors"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/olahol/melody"
)

// readBuffer is the size of gorilla's read buffer, one for each connection.
// Most messages are shorter, and those that aren't are read past it.
const readBuffer = 512

// forever is a duration that no server sees the end of.
const forever = time.Duration(math.MaxInt64)

// newMelody returns a melody that upgrades, reads and tells of the end, and
// does nothing else: pings, deadlines and everything written are ours.
func newMelody(s *Server) *melody.Melody {
	m := melody.New()
	m.Config.MaxMessageSize = int64(s.config.MaxPayload)
	m.Config.MessageBufferSize = 1 // for what mute sends
	m.Config.PingPeriod = forever
	m.Upgrader = &websocket.Upgrader{
		ReadBufferSize:  readBuffer,
		WriteBufferSize: readBuffer,
		WriteBufferPool: &sync.Pool{},
		// The origin is judged by the program, which can say so to the client.
		CheckOrigin: func(*http.Request) bool { return true },
	}
	m.HandleConnect(func(session *melody.Session) {
		session.Request = upgraded
		mute(session)
		connOf(session).open()
	})
	m.HandleMessage(func(session *melody.Session, data []byte) {
		c := connOf(session)
		if !s.guard(c, "receive", func() { c.receive(data) }) {
			c.end(ReasonInternalError)
		}
	})
	m.HandleMessageBinary(func(session *melody.Session, _ []byte) {
		connOf(session).end(ReasonBinary)
	})
	m.HandlePong(func(session *melody.Session) { connOf(session).pace() })
	m.HandleError(func(session *melody.Session, err error) {
		// The writing half may find that reading ended before it did.
		if !errors.Is(err, websocket.ErrCloseSent) && !errors.Is(err, melody.ErrWriteClosed) {
			connOf(session).end(readReason(err))
		}
	})
	// The answer to a close frame is sent by end.
	m.HandleClose(func(*melody.Session, int, string) error { return nil })
	return m
}

// mute ends melody's writing half, which would be a goroutine and a ticker for
// each connection with nothing to do: half of what an idle one costs. A close
// message is the last thing it writes. That and the closing which follows are
// swallowed by wire, and the reading half goes on. Gorilla then takes the
// session for closed and answers no more pings, so they are answered here.
func mute(session *melody.Session) {
	c := connOf(session)
	session.WebsocketConnection().SetPingHandler(func(data string) error {
		c.pace()
		c.SendNow(pongFrame(data))
		return nil
	})
	session.Close()
}

// upgraded stands in for the request of every session, so that the real one
// can be freed.
var upgraded = &http.Request{}

// connOf finds the connection below melody's session.
func connOf(session *melody.Session) *Conn {
	return (*Conn)(session.WebsocketConnection().NetConn().(*wire))
}

// readReason says why reading ended with err.
func readReason(err error) CloseReason {
	var closed *websocket.CloseError
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return ReasonMessageTooBig
	case errors.As(err, &closed):
		if closed.Code == websocket.CloseAbnormalClosure {
			return ReasonConnectionLost
		}
		return ReasonClientClose
	case strings.HasPrefix(err.Error(), "websocket: "):
		return ReasonProtocolError
	}
	return ReasonConnectionLost
}

// serve runs the connection to its end on a goroutine of its own: the one of
// net/http has grown its stack and holds buffers that would live as long. The
// frames from here to where it waits for the client take some 1,200 bytes. With
// much more the garbage collector would not give back what handling a message
// has made the stack grow by.
func (c *Conn) serve(key string) {
	request := upgradeRequest(key)
	go func() {
		defer c.served()
		_ = c.server.melody.HandleRequest(upgrade{c}, request) // checked already: it can't fail
	}()
}

// served is the end of serve, deferred.
func (c *Conn) served() {
	defer c.server.exit()
	if reason := recover(); reason != nil {
		c.server.panicked(c, "read", reason)
	}
	c.finish()
}

// upgradeRequest is the least that gorilla takes for a handshake.
func upgradeRequest(key string) *http.Request {
	return &http.Request{
		Method: http.MethodGet,
		Header: http.Header{
			"Connection":            {"Upgrade"},
			"Upgrade":               {"websocket"},
			"Sec-Websocket-Version": {"13"},
			"Sec-Websocket-Key":     {key},
		},
	}
}

// upgrade hands an already hijacked connection to gorilla.
type upgrade struct{ c *Conn }

var _ http.Hijacker = upgrade{}

// Hijack returns the connection with buffers just large enough for the
// upgrade; gorilla doesn't keep them.
func (u upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w := (*wire)(u.c)
	return w, bufio.NewReadWriter(bufio.NewReaderSize(w, 16), bufio.NewWriterSize(w, 256)), nil
}

func (u upgrade) Header() http.Header         { return nil }
func (u upgrade) Write(p []byte) (int, error) { return len(p), nil }
func (u upgrade) WriteHeader(int)             {}
