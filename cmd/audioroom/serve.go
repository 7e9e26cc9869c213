package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/laravel"
	"audioroom/persistence"
	"audioroom/wsconn"
	"audioroom/wsconn/nonblock"
	"audioroom/wsconn/transport"
)

// Bounds of what is asked over HTTP, handshakes of sockets included. A client that
// sends its request a byte at a time has requestTimeout for all of it; the header
// holds a token of 8 KB, twice, with ease.
const (
	requestTimeout = 10 * time.Second
	answerTimeout  = 30 * time.Second
	idleTimeout    = 60 * time.Second
	maxHeader      = 32 << 10
)

// drainTimeout bounds the stop of the server, so that it ends well within the
// ten seconds that service managers grant.
const drainTimeout = 9 * time.Second

// serveCommand runs the server.
type serveCommand struct {
	config `embed:""`
	Dev    bool `help:"Development mode: embedded Redis, a stand-in backend, a known secret, loopback only."`
}

func (c *serveCommand) validate(f *faults) {
	if c.Dev {
		c.forDevelopment()
	}
	c.config.validate(f)
}

// Run implements command.
func (c *serveCommand) Run(p *program) error {
	signal.Ignore(syscall.SIGHUP) // until the log is there, whose level it switches
	var d *development
	if c.Dev {
		var err error
		if d, err = startDevelopment(&c.config); err != nil {
			return usageError{err}
		}
		defer d.stop()
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return usageError{fmt.Errorf("can't listen: %w", err)}
	}
	level := new(slog.LevelVar)
	log := newLogger(&c.config, p.stderr, level)
	s, err := newServer(&c.config, log, level)
	if err != nil {
		listener.Close()
		return usageError{err}
	}
	if d != nil {
		d.show(s)
	}
	stopAdmin, err := s.listenAdmin()
	if err != nil {
		listener.Close()
		return usageError{err}
	}
	defer stopAdmin()
	configured, _ := c.logLevel() // validated
	defer hearHangUps(log, level, configured)()
	s.serve(listener)
	farewell := func() { s.log.Error("second signal, exiting at once", "left", s.left()) }
	p.farewell.Store(&farewell)
	if d != nil {
		d.greet(p.stdout, listener.Addr())
	}
	select {
	case <-p.ctx.Done():
		return s.stop()
	case err := <-s.broken:
		s.log.Error("serving ended", "error", err)
		_ = s.stop() // what it leaves is in the log as well
		return errTold
	}
}

// server is the running program: the adapters, joined.
type server struct {
	name    string // of this process, in correlation ids
	config  *config
	log     *slog.Logger
	level   *slog.LevelVar // of the log
	metrics *metrics
	tracing *tracing // nil if it is off
	store   *persistence.Store
	backend *backend
	rooms   *actors.Rooms
	gateway *wsconn.Gateway
	events  *events
	cert    *certificate // nil without TLS
	http    *http.Server
	gate    gate
	present chan struct{}   // closed once other servers can see this one
	waited  bool            // for Redis, before it could be seen; of prepare alone
	ready   atomic.Bool     // rooms are restored, the backend was reached
	ctx     context.Context // ends when the server stops
	cancel  context.CancelFunc
	tasks   sync.WaitGroup
	broken  chan error // why serving ended by itself; one at most
}

// newServer joins the adapters. Nothing is waited for: Redis and the backend
// may be away.
func newServer(c *config, log *slog.Logger, level *slog.LevelVar) (*server, error) {
	s := &server{
		name: strings.ToLower(rand.Text()[:8]), config: c, log: log, level: level, metrics: newMetrics(),
		present: make(chan struct{}), broken: make(chan error, 1),
	}
	err := s.loadTLS()
	if err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if s.tracing, err = startTracing(s.ctx, s.name, log.With("component", "tracing")); err != nil {
		return nil, err
	}
	s.store, err = persistence.Open(persistence.Config{
		URL: c.RedisURL, Inactivity: c.Inactivity, CommitTimeout: c.CommitTimeout, Wrap: nonblock.Wrap,
		Logger: log.With("component", "redis"), Observer: s.metrics,
	})
	if err != nil {
		return nil, err
	}
	window := c.StatusWindow
	if window == 0 {
		window = -1 // 0 would be the default
	}
	client, err := laravel.New(laravel.Config{
		BaseURL: c.LaravelURL, Key: c.LaravelKey, StatusWindow: window,
		Logger: log.With("component", "laravel"), Observer: s.metrics, Wrap: s.tracing.wrap(),
	})
	if err != nil {
		return nil, err
	}
	s.backend = &backend{client: client, reporter: laravel.NewReporter(client, s.store), log: log, server: s.name, ctx: s.ctx, panicked: s.metrics.backendPanicked}
	users := wsconn.NewUsers()
	s.rooms = actors.Start(actors.Config{
		Room: room.Config{
			SeatGrace: c.SeatGrace.Milliseconds(), InviteTTL: c.InviteTTL.Milliseconds(), Inactivity: c.Inactivity.Milliseconds(),
			DefaultSeats: c.DefaultSeats, ChatPerMinute: c.ChatPerMinute, Participants: c.Participants,
		},
		Log: log.With("component", "rooms"), Observer: s.metrics,
	}, s.store, s.backend, users, wsconn.Encode)
	trusted, err := c.trustedProxies()
	if err != nil {
		return nil, err
	}
	s.gateway, err = wsconn.New(wsconn.Config{
		Transport: transport.Config{
			PingInterval: c.PingInterval, PingTimeout: c.PingTimeout, ConnectTimeout: c.ConnectTimeout, MaxConnections: c.Connections,
			Logger: log.With("component", "transport"), Observer: s.metrics,
		},
		Secrets: c.Secrets, Origins: c.Origins, EventBudget: c.EventBudget, EventRefill: c.EventRefill,
		ConnectionsPerUser: c.ConnectionsPerUser, ConnectionsPerAddress: c.ConnectionsPerAddr, RoomsPerMinute: c.roomsPerMinute(),
		TrustedProxies: trusted, Log: log.With("component", "gateway"), Observer: s.metrics, Tracer: s.tracing.tracer(),
	}, s.rooms, users, s.backend, s.store, s.store)
	if err != nil {
		return nil, err
	}
	s.events = &events{
		log: log.With("component", "events"), sequence: laravel.NewSequence(),
		client: client, store: s.store, rooms: s.rooms, users: users,
		count: s.metrics.backendEvent, panicked: s.metrics.backendPanicked,
	}
	s.metrics.registry.MustRegister(newWatch(s))
	s.http = &http.Server{ // sockets are taken over from it, and have times of their own
		Handler: s.routes(), MaxHeaderBytes: maxHeader, ErrorLog: s.httpLog(),
		ReadHeaderTimeout: requestTimeout, ReadTimeout: requestTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout,
	}
	return s, nil
}

// serve starts to serve, and to get ready.
func (s *server) serve(listener net.Listener) {
	s.tasks.Go(func() {
		if err := s.http.Serve(s.secure(listener)); err != http.ErrServerClosed {
			s.broken <- err
		}
	})
	s.tasks.Go(func() { s.store.Present(s.ctx, func() { close(s.present) }, s.rooms.Taken) })
	s.tasks.Go(s.prepare)
	s.tasks.Go(func() { new(trimmer).run(s.ctx) })
	if s.config.EventsChannel != "off" && s.config.EventsChannel != "" {
		s.tasks.Go(func() { s.store.Subscribe(s.ctx, s.config.EventsChannel, s.events.handle) })
	}
	s.log.Info("listening", "addr", listener.Addr().String(), "server", s.name, "version", versionName())
}

// retryPause is between two attempts to get ready.
const retryPause = 500 * time.Millisecond

// prepare restores the rooms that Redis remembers and has the backend told what
// it has not heard, as soon as both can be reached.
func (s *server) prepare() {
	s.persist("redis", s.restore)
	s.tasks.Go(func() { s.store.Adopt(s.ctx, s.adopt, s.rewrite) })
	s.persist("laravel", s.backend.client.Check)
	if s.ctx.Err() == nil {
		s.ready.Store(true)
		s.log.Info("ready")
	}
}

// adopt opens the rooms of a server that is gone, and sends what it has not told
// the backend.
func (s *server) adopt(ids []string) {
	if err := s.rooms.Restore(s.ctx, ids); err != nil {
		return // stopping
	}
	s.log.Info("rooms of a server that is gone were taken over", "rooms", len(ids))
	if err := s.backend.reporter.Resume(s.ctx); err != nil && s.ctx.Err() == nil {
		s.log.Warn("the outbox can't be read; what a server that is gone has left there waits for the next start", "error", err)
	}
}

// persist tries something until it succeeds, and says once that it doesn't.
func (s *server) persist(what string, try func(context.Context) error) {
	for failures := 0; ; failures++ {
		err := try(s.ctx)
		if err == nil || s.ctx.Err() != nil {
			return
		}
		if failures == 0 {
			s.log.Warn("not ready", "missing", what, "error", err)
		}
		select {
		case <-time.After(retryPause):
		case <-s.ctx.Done():
		}
	}
}

// rewrite saves every room anew.
func (s *server) rewrite() {
	s.log.Warn("redis lost data, every room is saved in full")
	s.rooms.Rewrite()
}

// presentTimeout bounds an attempt to be seen by other servers.
const presentTimeout = time.Second

// errNotPresent: before others can see that this server lives, it takes no rooms.
var errNotPresent = errors.New("redis has not confirmed the subscription that shows others that this server lives")

// restore opens the rooms that no living server has.
func (s *server) restore(ctx context.Context) error {
	select {
	case <-s.present:
	case <-time.After(presentTimeout):
		s.waited = true
		return errNotPresent
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.waited { // Redis was away: others need the time to be seen again
		select {
		case <-time.After(persistence.AdoptInterval):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	begin := time.Now()
	ids, err := s.store.Orphans(ctx)
	if err != nil {
		return err
	}
	if err := s.rooms.Restore(ctx, ids); err != nil {
		return err
	}
	if len(ids) > 0 {
		s.log.Info("rooms restored", "rooms", len(ids), "took", time.Since(begin).Round(time.Millisecond))
	}
	return s.backend.reporter.Resume(ctx)
}

// left says what is not done yet while the server stops.
func (s *server) left() string {
	return fmt.Sprintf("%d rooms with work under way, %d not saved, %d connections, %d statuses for the backend",
		s.rooms.Unfinished(), s.metrics.unsavedRooms.Load(), s.gateway.Connections(), s.backend.reporter.Pending())
}

// stop drains the server: nobody new is let in, what is under way is finished
// and committed, the last statuses are delivered or left in the outbox, and
// clients are cut so that they connect elsewhere. The error says what was left
// when the time ran out.
func (s *server) stop() error {
	s.log.Info("draining", "connections", s.gateway.Connections())
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	within := func(d time.Duration, stop func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		return stop(ctx)
	}
	s.refuse()
	var left []error
	note := func(what string, err error) {
		if err != nil {
			left = append(left, fmt.Errorf("%s: %w", what, err))
		}
	}
	note("rooms", within(4*time.Second, s.rooms.Stop))
	note("connections", within(2*time.Second, s.gateway.Shutdown))
	s.cancel()
	if err := within(2*time.Second, s.backend.reporter.Close); err != nil {
		s.log.Info("statuses are left in the outbox", "error", err)
	}
	s.backend.asking.Wait()
	s.backend.client.Close()
	note("store", within(time.Second, s.store.Close))
	if within(time.Second/2, s.http.Shutdown) != nil { // half-sent requests
		note("http", s.http.Close())
	}
	s.tasks.Wait()
	s.tracing.stop(ctx)
	if len(left) > 0 {
		s.log.Error("stopped with work left undone", "left", errors.Join(left...))
		return errTold
	}
	s.log.Info("stopped")
	return nil
}
