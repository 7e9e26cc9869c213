package harness

import (
	"bytes"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Proxy stands between a server and Redis and can lose replies on their way.
type Proxy struct {
	listener net.Listener
	all      sync.WaitGroup

	mu     sync.Mutex
	target string
	conns  map[net.Conn]bool // nil once it is closed
	armed  string
	cuts   int
	delay  time.Duration
	deaf   bool
}

// NewProxy starts a proxy, which ends with the test. Setup.Proxy puts it where
// it belongs.
func NewProxy(t testing.TB) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &Proxy{listener: listener, conns: make(map[net.Conn]bool)}
	p.all.Go(p.accept)
	t.Cleanup(func() {
		listener.Close()
		p.mu.Lock()
		for conn := range p.conns {
			conn.Close()
		}
		p.conns = nil
		p.mu.Unlock()
		p.all.Wait()
	})
	return p
}

// before puts the proxy before a Redis and returns its own URL.
func (p *Proxy) before(target string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
	return "redis://" + p.listener.Addr().String()
}

// CutAfter has the next request that contains the text carried out, and the
// connection cut in the middle of the reply.
func (p *Proxy) CutAfter(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = text
}

// Slow has each request wait for so long before Redis gets it.
func (p *Proxy) Slow(delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = delay
}

// Cut breaks every connection. Redis does not get what waits.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.Close()
	}
	clear(p.conns)
}

// Cuts is how many replies were cut.
func (p *Proxy) Cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// Swallow has whatever is asked from now on get lost on its way to Redis, or no
// more.
func (p *Proxy) Swallow(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deaf = on
}

// Sever cuts all connections.
func (p *Proxy) Sever() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.Close()
		delete(p.conns, conn)
	}
}

func (p *Proxy) swallows() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.deaf
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		target := p.target
		p.mu.Unlock()
		server, err := net.Dial("tcp", target)
		if err != nil {
			client.Close()
			continue
		}
		l := &line{proxy: p, client: client, server: server}
		if !p.keep(l) {
			return
		}
		p.all.Go(l.requests)
		p.all.Go(l.replies)
	}
}

// keep notes a line's connections, for the end. It reports false if that has
// come.
func (p *Proxy) keep(l *line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns == nil {
		l.close()
		return false
	}
	p.conns[l.client], p.conns[l.server] = true, true
	return true
}

// strikes reports whether the reply to a request is to be cut, once.
func (p *Proxy) strikes(request []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.armed == "" || !bytes.Contains(request, []byte(p.armed)) {
		return false
	}
	p.armed = ""
	p.cuts++
	return true
}

// line is one connection through the proxy.
type line struct {
	proxy          *Proxy
	client, server net.Conn
	mu             sync.Mutex
	cut            bool
}

func (l *line) close() {
	l.client.Close()
	l.server.Close()
}

// requests carries what the server asks.
func (l *line) requests() {
	defer l.close()
	buf := make([]byte, 256<<10)
	var seen []byte // with the end of what came before, in case the text is torn
	for {
		n, err := l.client.Read(buf)
		if err != nil {
			return
		}
		seen = append(seen, buf[:n]...)
		if l.proxy.strikes(seen) {
			l.mu.Lock()
			l.cut = true
			l.mu.Unlock()
		}
		seen = append(seen[:0], seen[max(0, len(seen)-200):]...)
		l.proxy.mu.Lock()
		delay := l.proxy.delay
		l.proxy.mu.Unlock()
		time.Sleep(delay)
		if l.proxy.swallows() {
			continue
		}
		if _, err := l.server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// replies carries what Redis answers, until it is to be cut.
func (l *line) replies() {
	defer l.close()
	buf := make([]byte, 256<<10)
	for {
		n, err := l.server.Read(buf)
		if err != nil {
			return
		}
		l.mu.Lock()
		cut := l.cut
		l.mu.Unlock()
		if cut {
			l.client.Write(buf[:n/2])
			return
		}
		if _, err := l.client.Write(buf[:n]); err != nil {
			return
		}
	}
}
