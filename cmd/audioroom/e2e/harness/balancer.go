package harness

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Balancer is one address for several servers: it passes each new connection on to
// the first of them that says it is ready, and leaves the others where they are.
type Balancer struct {
	listener net.Listener
	all      sync.WaitGroup

	mu      sync.Mutex
	servers []*Server
	conns   map[net.Conn]bool // nil once it is closed
}

// NewBalancer starts a balancer, which ends with the test.
func NewBalancer(t testing.TB, servers ...*Server) *Balancer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	b := &Balancer{listener: listener, servers: servers, conns: make(map[net.Conn]bool)}
	b.all.Go(b.accept)
	t.Cleanup(func() {
		listener.Close()
		b.mu.Lock()
		for conn := range b.conns {
			conn.Close()
		}
		b.conns = nil
		b.mu.Unlock()
		b.all.Wait()
	})
	return b
}

// Add adds a server behind those that are there.
func (b *Balancer) Add(s *Server) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.servers = append(b.servers, s)
}

// Before returns the world as its clients see it who come by the balancer.
func (b *Balancer) Before(w *World) *World {
	return &World{
		Stage: w.Stage, Server: &Server{URL: "http://" + b.listener.Addr().String()}, Redis: w.Redis, Laravel: w.Laravel, env: w.env,
	}
}

func (b *Balancer) accept() {
	for {
		client, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.all.Go(func() { b.carry(client) })
	}
}

// pick connects to the first server that is ready.
func (b *Balancer) pick() net.Conn {
	b.mu.Lock()
	servers := b.servers
	b.mu.Unlock()
	for _, s := range servers {
		if s.Status("/readyz") != http.StatusOK {
			continue
		}
		if conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://")); err == nil {
			return conn
		}
	}
	return nil
}

func (b *Balancer) carry(client net.Conn) {
	defer client.Close()
	server := b.pick()
	if server == nil {
		return
	}
	defer server.Close()
	b.mu.Lock()
	if b.conns == nil {
		b.mu.Unlock()
		return
	}
	b.conns[client], b.conns[server] = true, true
	b.mu.Unlock()
	var up sync.WaitGroup
	up.Go(func() {
		io.Copy(server, client)
		server.(*net.TCPConn).CloseWrite()
	})
	io.Copy(client, server)
	client.(*net.TCPConn).CloseWrite()
	up.Wait()
	b.mu.Lock()
	delete(b.conns, client)
	delete(b.conns, server)
	b.mu.Unlock()
}

// ReconnectedTimes waits until the socket has been connected again after a
// disconnect, for the nth time.
func (s *Socket) ReconnectedTimes(n int) {
	s.t.Helper()
	from := 0
	for range n {
		i, _ := s.await(from, "the end of its connection", func(seen Seen) bool { return seen.Saw == "disconnect" })
		i, _ = s.await(i, "its next connection", func(seen Seen) bool { return seen.Saw == "connect" })
		from = i + 1
	}
}
