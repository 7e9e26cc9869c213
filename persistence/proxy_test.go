package persistence_test

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy stands between a store and Redis and can lose replies.
type proxy struct {
	listener net.Listener
	target   string
	all      sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	// arm, while positive, makes that many more replies get lost: of each only
	// the first pass bytes come through, then the connection is cut.
	arm, pass int
	cuts      int
}

func startProxy(tb testing.TB, target string) *proxy {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	p := &proxy{listener: listener, target: target, conns: make(map[net.Conn]bool)}
	p.all.Go(p.accept)
	tb.Cleanup(func() {
		_ = listener.Close()
		p.mu.Lock()
		for conn := range p.conns {
			_ = conn.Close()
		}
		p.conns = nil
		p.mu.Unlock()
		p.all.Wait()
	})
	return p
}

func (p *proxy) URL() string { return "redis://" + p.listener.Addr().String() + "/0" }

// loseReplies has the next replies cut after pass bytes. Redis has carried out
// what they answer by then.
func (p *proxy) loseReplies(replies, pass int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arm, p.pass = replies, pass
}

// lost is how many replies were cut.
func (p *proxy) lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		open := p.conns != nil
		if open {
			p.conns[client], p.conns[server] = true, true
		}
		p.mu.Unlock()
		if !open {
			_, _ = client.Close(), server.Close()
			return
		}
		p.all.Go(func() {
			_, _ = io.Copy(server, client)
			_, _ = client.Close(), server.Close()
		})
		p.all.Go(func() {
			p.replies(client, server)
			_, _ = client.Close(), server.Close()
		})
	}
}

func (p *proxy) replies(client, server net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		p.mu.Lock()
		cut := p.arm > 0
		pass := min(p.pass, n)
		if cut {
			p.arm--
			p.cuts++
		}
		p.mu.Unlock()
		if cut {
			_, _ = client.Write(buf[:pass])
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}
