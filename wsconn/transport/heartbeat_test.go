package transport_test

import (
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"audioroom/wsconn/transport"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// pipes is a listener whose connections stay in memory, so that the clock of a
// synctest bubble rules them.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// timed is a client in a bubble. What it receives is noted with the time since
// it was dialled.
type timed struct {
	t     *testing.T
	ws    *websocket.Conn
	start time.Time
	ended chan struct{} // closed when the server has closed

	mu       sync.Mutex
	received []arrival
}

type arrival struct {
	at     time.Duration
	packet string
}

// bubble runs a test against a server whose time is not real.
func bubble(t *testing.T, config transport.Config, h *handler, test func(t *testing.T, dial func() *timed)) {
	synctest.Test(t, func(t *testing.T) {
		h.opened, h.closed = make(chan *transport.Conn, 16), make(chan transport.CloseReason, 16)
		s, err := transport.New(config, h)
		require.NoError(t, err)
		listener := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		web := &http.Server{Handler: s}
		go web.Serve(listener)
		dialer := websocket.Dialer{NetDial: func(string, string) (net.Conn, error) {
			near, far := net.Pipe()
			listener.conns <- far
			return near, nil
		}}
		test(t, func() *timed {
			ws, _, err := dialer.Dial("ws://pipe"+query, nil)
			require.NoError(t, err)
			c := &timed{t: t, ws: ws, start: time.Now(), ended: make(chan struct{})}
			go c.read()
			return c
		})
		require.NoError(t, s.Shutdown(t.Context()))
		web.Close()
	})
}

func (c *timed) read() {
	defer close(c.ended)
	defer c.ws.Close()
	for {
		_, data, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		c.mu.Lock()
		c.received = append(c.received, arrival{time.Since(c.start), string(data)})
		c.mu.Unlock()
	}
}

// until passes time, until so long after the dialling.
func (c *timed) until(at time.Duration) {
	time.Sleep(at - time.Since(c.start))
	synctest.Wait()
}

func (c *timed) send(packet string) {
	c.t.Helper()
	require.NoError(c.t, c.ws.WriteMessage(websocket.TextMessage, []byte(packet)))
	synctest.Wait()
}

// pings returns when pings came, to the tenth of a second the sweeper may be
// late.
func (c *timed) pings() (at []time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.received {
		if a.packet == "2" {
			at = append(at, a.at.Truncate(200*time.Millisecond))
		}
	}
	return at
}

func TestHeartbeat(t *testing.T) {
	const s = time.Second
	t.Run("pings every interval who answers", func(t *testing.T) {
		bubble(t, transport.Config{}, newHandler(), func(t *testing.T, dial func() *timed) {
			c := dial()
			c.send("40")
			for i := range 4 {
				c.until(time.Duration(i+1)*25*s + s)
				c.send("3")
			}
			require.Equal(t, []time.Duration{25 * s, 50 * s, 75 * s, 100 * s}, c.pings())
		})
	})
	t.Run("cuts who is silent for the timeout after a ping", func(t *testing.T) {
		h := newHandler()
		bubble(t, transport.Config{}, h, func(t *testing.T, dial func() *timed) {
			c := dial()
			c.send("40")
			c.until(84 * s)
			require.Empty(t, h.closed)
			require.Equal(t, []time.Duration{25 * s}, c.pings(), "no ping while one is unanswered")
			c.until(86 * s)
			<-c.ended
			require.Equal(t, transport.ReasonPingTimeout, <-h.closed)
		})
	})
	t.Run("forgives a pong just in time", func(t *testing.T) {
		h := newHandler()
		bubble(t, transport.Config{}, h, func(t *testing.T, dial func() *timed) {
			c := dial()
			c.send("40")
			c.until(84 * s)
			c.send("3")
			c.until(100 * s)
			require.Empty(t, h.closed)
			require.Equal(t, []time.Duration{25 * s, 85 * s}, c.pings())
		})
	})
	t.Run("takes anything for an answer, and pings the talkative too", func(t *testing.T) {
		h := newHandler()
		bubble(t, transport.Config{}, h, func(t *testing.T, dial func() *timed) {
			c := dial()
			c.send("40")
			for at := s; at < 130*s; at += 3 * s {
				c.until(at)
				c.send(`42["x"]`)
			}
			require.Empty(t, h.closed)
			require.Equal(t, []time.Duration{25 * s, 50 * s, 75 * s, 100 * s, 125 * s}, c.pings())
		})
	})
	t.Run("looks after many, each at its own time", func(t *testing.T) {
		h := newHandler()
		bubble(t, transport.Config{}, h, func(t *testing.T, dial func() *timed) {
			var clients []*timed
			for range 10 {
				c := dial()
				c.send("40")
				clients = append(clients, c)
				time.Sleep(2 * s)
			}
			for i, c := range clients {
				c.until(26 * s)
				if i%2 == 0 {
					c.send("3")
				}
			}
			clients[9].until(120 * s)
			require.Len(t, h.closed, 10, "half of them at their first ping, half at their second")
			for _, c := range clients {
				require.Equal(t, 25*s, c.pings()[0])
			}
		})
	})
}

func TestConnectTimeout(t *testing.T) {
	const s = time.Second
	config := transport.Config{Namespaces: []string{"/"}}
	t.Run("cuts who never asks", func(t *testing.T) {
		h := newHandler()
		bubble(t, config, h, func(t *testing.T, dial func() *timed) {
			c := dial()
			c.until(44 * s)
			require.Empty(t, h.closed)
			c.until(46 * s)
			require.Len(t, h.closed, 1)
			<-c.ended
			require.Equal(t, transport.ReasonConnectTimeout, <-h.closed)
		})
	})
	t.Run("spares who waits for an answer", func(t *testing.T) {
		h := newHandler()
		h.connect = func(*transport.Conn, string, []byte) {}
		bubble(t, config, h, func(t *testing.T, dial func() *timed) {
			c := dial()
			c.send("40")
			c.until(60 * s)
			require.Empty(t, h.closed)
		})
	})
	t.Run("cuts who was refused", func(t *testing.T) {
		h := newHandler()
		h.connect = func(c *transport.Conn, namespace string, _ []byte) { c.Refuse(namespace, "no") }
		bubble(t, config, h, func(t *testing.T, dial func() *timed) {
			c := dial()
			c.until(10 * s)
			c.send("40")
			c.send("40/other,")
			c.until(30 * s)
			c.send("40")
			c.until(44 * s)
			require.Empty(t, h.closed)
			c.until(46 * s)
			require.Len(t, h.closed, 1)
			<-c.ended
			require.Equal(t, transport.ReasonConnectTimeout, <-h.closed)
		})
	})
	t.Run("cuts who asks all the time", func(t *testing.T) {
		h := newHandler()
		h.connect = func(c *transport.Conn, namespace string, _ []byte) {
			go func() {
				time.Sleep(900 * time.Millisecond)
				c.Refuse(namespace, "no")
			}()
		}
		bubble(t, config, h, func(t *testing.T, dial func() *timed) {
			c := dial()
			for at := s; at < 45*s; at += s {
				c.until(at)
				c.send("40")
			}
			c.until(45*s - time.Millisecond)
			require.Empty(t, h.closed)
			c.send("40") // as the time runs out
			c.until(46 * s)
			require.Len(t, h.closed, 1)
			<-c.ended
			require.Equal(t, transport.ReasonConnectTimeout, <-h.closed)
			require.Equal(t, `44{"message":"no"}`, c.received[len(c.received)-1].packet, "it hears why")
		})
	})
	t.Run("begins anew with each namespace that one was in", func(t *testing.T) {
		h := newHandler()
		h.connect = func(c *transport.Conn, namespace string, _ []byte) {
			if namespace == "/" {
				c.Accept(namespace)
				return
			}
			go func() {
				time.Sleep(10 * s)
				c.Refuse(namespace, "no")
			}()
		}
		bubble(t, transport.Config{Namespaces: []string{"/", "/other"}}, h, func(t *testing.T, dial func() *timed) {
			c := dial()
			c.send("40")
			c.until(30 * s)
			c.send("40/other,")
			c.until(35 * s)
			c.send("41")
			c.until(79 * s)
			require.Empty(t, h.closed)
			c.until(81 * s)
			require.Len(t, h.closed, 1)
			<-c.ended
			require.Equal(t, transport.ReasonConnectTimeout, <-h.closed)
		})
	})
	t.Run("cuts who left and stays away", func(t *testing.T) {
		h := newHandler()
		bubble(t, config, h, func(t *testing.T, dial func() *timed) {
			c := dial()
			c.send("40")
			c.until(20 * s)
			c.send("41")
			c.until(26 * s)
			c.send("3")
			c.until(51 * s)
			c.send("3")
			c.until(64 * s)
			require.Empty(t, h.closed)
			c.until(66 * s)
			require.Len(t, h.closed, 1)
			<-c.ended
			require.Equal(t, transport.ReasonConnectTimeout, <-h.closed)
		})
	})
}
