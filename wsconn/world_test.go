package wsconn

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"audioroom/actors"
	"audioroom/actors/room"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// world is a gateway on a free port with real rooms behind it, and doubles of
// what lies further: the store, the backend, the directory of users and the
// list of revoked tokens.
type world struct {
	*Gateway
	dialer websocket.Dialer
	desk   *frontDesk
	store  *memoryStore
	backend
	directory   *directory
	revocations *revocations
	outcomes    chan AuthOutcome
	panics      atomic.Int32

	measuring sync.Mutex // guards what follows
	events    map[string]int
	slowest   map[string]time.Duration
}

var _ Observer = (*world)(nil)

// inviteTTL is how long an invite stands.
const inviteTTL = 30 * time.Minute

// newWorld returns a world on a port of the loopback interface.
func newWorld(t testing.TB, config Config) *world {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return serve(t, config, listener, func(string, string) (net.Conn, error) {
		return net.Dial("tcp", listener.Addr().String())
	})
}

// newBubble returns a world for use within a synctest bubble: its connections
// are pipes, and so its time can be fake.
func newBubble(t testing.TB, config Config) *world {
	t.Helper()
	config.Transport.PingInterval = 24 * time.Hour // silence, unless time is what a test is about
	listener := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	return serve(t, config, listener, func(string, string) (net.Conn, error) {
		client, server := net.Pipe()
		listener.conns <- server
		return client, nil
	})
}

func serve(t testing.TB, config Config, listener net.Listener, dial func(string, string) (net.Conn, error)) *world {
	t.Helper()
	w := &world{
		store: new(memoryStore), directory: new(directory), revocations: new(revocations), desk: newFrontDesk(),
		outcomes: make(chan AuthOutcome, 4096),
	}
	w.backend.asked = make(chan question, 4096)
	config.Secrets = []string{secret, oldSecret}
	config.Observer = w
	config.Transport.CloseGrace = 50 * time.Millisecond
	config.Transport.Logger = slog.New(slog.DiscardHandler)
	users := NewUsers()
	w.desk.rooms = actors.Start(actors.Config{
		Room: room.Config{
			SeatGrace: time.Hour.Milliseconds(), InviteTTL: inviteTTL.Milliseconds(), Inactivity: time.Hour.Milliseconds(), DefaultSeats: 15,
		},
	}, w.store, &w.backend, users, Encode)
	var err error
	w.Gateway, err = New(config, w.desk, users, &w.backend, w.directory, w.revocations)
	require.NoError(t, err)
	web := &http.Server{Handler: w.Gateway}
	var serving sync.WaitGroup
	serving.Go(func() { _ = web.Serve(listener) })
	w.dialer.NetDial = dial
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, w.Shutdown(ctx))
		require.Zero(t, w.Connections())
		require.Zero(t, w.userCount(), "sessions are left")
		w.Gateway.mu.Lock()
		require.Empty(t, w.addresses, "addresses are left")
		w.Gateway.mu.Unlock()
		w.desk.letIn(-1)
		w.store.confirm()
		require.NoError(t, w.desk.rooms.Stop(ctx))
		web.Close()
		serving.Wait()
	})
	return w
}

// pipeListener accepts the ends of pipes.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

// Accept implements net.Listener.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *pipeListener) Addr() net.Addr { return new(net.TCPAddr) }

// Authenticated implements Observer.
func (w *world) Authenticated(outcome AuthOutcome) { w.outcomes <- outcome }

// Panicked implements Observer.
func (w *world) Panicked() { w.panics.Add(1) }

// session returns the session of a user who has just one.
func (w *world) session(t testing.TB, user room.UserID) *Session {
	t.Helper()
	sessions := w.users.of(user)
	require.Len(t, sessions, 1)
	return sessions[0]
}
