package harness

import (
	"context"
	"fmt"
	"maps"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Stage is what all worlds of a test run share: the program and the clients.
type Stage struct {
	Program string
	Bridge  *Bridge
}

// Setup says what is unusual about a world.
type Setup struct {
	// Env is put over the usual configuration.
	Env Env
	// RedisDown and LaravelDown start the server before there is any.
	RedisDown, LaravelDown bool
	// Proxy is put between the server and Redis.
	Proxy *Proxy
	// RedisArgs are arguments of redis-server, put over the usual ones.
	RedisArgs []string
}

// World is a server with a Redis and a backend of its own.
type World struct {
	Stage
	Server  *Server
	Redis   *Redis
	Laravel *Laravel
	Proxy   *Proxy // between server and Redis, if the setup has one
	env     Env
}

// users and rooms number the users and rooms of a test run, so that tests that
// share a world don't meet.
var users, rooms atomic.Int64

// NewUser returns a user that no other test has.
func NewUser() int64 { return 1000 + users.Add(1) }

// Usual is the configuration of a world that asks for nothing else. Tests have
// no use for a budget except those of the budget.
func Usual() Env {
	return Env{
		"LOG_FORMAT": "json", "LOG_LEVEL": "info",
		"JWT_SECRET": Secret + "," + OldSecret, "LARAVEL_INTERNAL_KEY": "the-internal-key",
		"CORS_ORIGINS": "https://app.example.test,https://www.example.test",
		"EVENT_BUDGET": "0", "ROOMS_PER_MINUTE": "0",
	}
}

// New starts a world. The caller closes it.
func (s Stage) New(setup Setup) (w *World, err error) {
	w = &World{Stage: s, Proxy: setup.Proxy, env: Usual()}
	defer func() {
		if err != nil {
			w.Close()
		}
	}()
	if w.env["LISTEN"], err = freeAddr(); err != nil {
		return w, err
	}
	if w.Redis, err = NewRedis(!setup.RedisDown, setup.RedisArgs...); err != nil {
		return w, err
	}
	if w.Laravel, err = NewLaravel(w.env["LARAVEL_INTERNAL_KEY"], !setup.LaravelDown); err != nil {
		return w, err
	}
	w.env["REDIS_URL"] = w.Redis.URL()
	if w.Proxy != nil {
		w.env["REDIS_URL"] = w.Proxy.before(w.Redis.addr)
	}
	w.env["LARAVEL_API_URL"] = w.Laravel.URL()
	maps.Copy(w.env, setup.Env)
	if w.Server, err = Serve(s.Program, w.env); err != nil {
		return w, err
	}
	if setup.RedisDown || setup.LaravelDown {
		_, err = w.Server.Logged("not ready")
		return w, err
	}
	return w, w.Server.Ready()
}

// World starts a world for one test.
func (s Stage) World(t testing.TB, setup Setup) *World {
	t.Helper()
	w, err := s.New(setup)
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's log ended with:\n%s", w.Server.Log())
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// Close ends everything in the world and says what was wrong with the server.
func (w *World) Close() error {
	var err error
	if w.Server != nil {
		err = w.Server.Stop()
	}
	if w.Laravel != nil {
		w.Laravel.Close()
	}
	if w.Redis != nil {
		w.Redis.Close()
	}
	return err
}

// Crash kills the server on the spot.
func (w *World) Crash(t testing.TB) {
	t.Helper()
	w.Server.Kill()
	require.NoError(t, w.Server.Trouble())
}

// Restart starts the server, which has ended, again: at the same address, with
// env put over its configuration.
func (w *World) Restart(t testing.TB, env Env) {
	t.Helper()
	w.Rise(t, env)
	require.NoError(t, w.Server.Ready())
}

// Rise is Restart that doesn't wait until the server is ready.
func (w *World) Rise(t testing.TB, env Env) {
	t.Helper()
	again := maps.Clone(w.env)
	maps.Copy(again, env)
	server, err := Serve(w.Program, again)
	require.NoError(t, err)
	w.Server = server
}

// Second starts another server on the same Redis and backend, at an address of
// its own, and returns the world as seen from there. The caller stops its server.
func (w *World) Second(t testing.TB, env Env) *World {
	t.Helper()
	next := &World{Stage: w.Stage, Redis: w.Redis, Laravel: w.Laravel, env: maps.Clone(w.env)}
	maps.Copy(next.env, env)
	var err error
	next.env["LISTEN"], err = freeAddr()
	require.NoError(t, err)
	next.Rise(t, nil)
	require.NoError(t, next.Server.Ready())
	return next
}

// Env returns the configuration of the world's server.
func (w *World) Env() Env { return maps.Clone(w.env) }

// Opening says how a socket is opened.
type Opening struct {
	User      int64
	Claims    Claims            // put over the usual ones
	Auth      any               // in place of {token}; NoAuth for none
	Headers   map[string]string // of the handshake
	Namespace string            // "/" if empty
	Reconnect bool              // whether the client reconnects by itself
	// Follow is given what the socket sees, one after the other, in place of its
	// keeping that: for tests in which it would be too much. Of the socket's
	// methods only those that wait for nothing may be used then.
	Follow func(Seen)
}

// NoAuth is the Auth of a socket that sends none.
var NoAuth = &struct{}{}

// Open opens a socket and waits for nothing.
func (w *World) Open(t testing.TB, how Opening) *Socket {
	t.Helper()
	s := w.Bridge.newSocket(t, how)
	options := map[string]any{"reconnection": how.Reconnect, "reconnectionDelay": 20, "reconnectionDelayMax": 200}
	switch how.Auth {
	case nil:
		options["auth"] = P{"token": Token(t, how.User, how.Claims)}
	case NoAuth:
	default:
		options["auth"] = how.Auth
	}
	if how.Headers != nil {
		options["extraHeaders"] = how.Headers
	}
	s.carry(order{Do: "open", URL: w.Server.URL, Nsp: how.Namespace, Options: options})
	t.Cleanup(func() { w.Bridge.carry(order{Do: "disconnect", Socket: s.number}) })
	return s
}

// Connect opens a socket of a user and waits until it is connected.
func (w *World) Connect(t testing.TB, user int64) *Socket {
	t.Helper()
	return w.Open(t, Opening{User: user}).Connected()
}

// Eventually waits until a condition holds, looking at it again and again.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// background bounds what the harness asks of Redis.
func background() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}

// tempDir returns a new folder for a process's files.
func tempDir(what string) (string, error) { return os.MkdirTemp("", "audioroom-"+what+"-") }

// NewID returns a room id of that many digits that no other test has.
func NewID(digits int) string { return fmt.Sprintf("%0*d", digits, rooms.Add(1)) }
