package wsconn

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/wsconn/transport"
)

// Config is how clients are let in and served. Zero fields take their default
// unless they say otherwise.
type Config struct {
	// Transport is how connections are served. Without a FrameBudget that of
	// events counts, many times over; without either there is none.
	Transport transport.Config
	// Secrets sign the tokens of clients; any of them will do. Required, each of
	// at least MinSecret bytes.
	Secrets []string
	// Origins are the pages that browsers may connect from, compared to the
	// letter. A client that tells no origin is let in.
	Origins []string
	// EventBudget is how many events a session may send at once, 0 for any
	// number; EventRefill is how many more it may send each second.
	EventBudget, EventRefill int
	// ConnectionsPerUser is how many sessions a user may have, 0 for any number.
	ConnectionsPerUser int
	// ConnectionsPerAddress is how many connections a network address may have,
	// 0 for any number. Addresses of IPv6 count by their /64, which is what one
	// customer has at least. Behind a proxy that is not trusted all clients share
	// the proxy's address.
	ConnectionsPerAddress int
	// RoomsPerMinute is how many rooms a user may open at once, and then within a
	// minute; 0 for any number.
	RoomsPerMinute int
	// TrustedProxies are the networks of proxies whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// RevocationTimeout bounds the question to the store whether a token was
	// revoked. Default 3 s: Socket.IO clients that are refused don't come back by
	// themselves, and after a restart all of them come at once.
	RevocationTimeout time.Duration
	// LookupTimeout bounds the question to the store where a user is. Default 1 s.
	LookupTimeout time.Duration
	// Observer counts. Nil for none.
	Observer Observer
	// Tracer follows requests. Nil for none.
	Tracer Tracer
	// Log hears of sessions. Default: none.
	Log *slog.Logger
}

// Observer counts what happens at the gateway. Its methods are called from many
// goroutines and must not block.
type Observer interface {
	// Authenticated counts the outcome of a CONNECT.
	Authenticated(outcome AuthOutcome)
	// Event counts an event that was answered, or would have been if the client
	// had asked for an ack, took after it came. session spreads those who count
	// at the same time.
	Event(session uint64, event EventCode, result EventResult, took time.Duration)
	// Panicked counts a panic that was survived.
	Panicked()
}

// AuthOutcome is how a CONNECT ended, fit for a metric label.
type AuthOutcome string

// Every outcome.
const (
	AuthAccepted    AuthOutcome = "accepted"
	AuthOrigin      AuthOutcome = "origin_not_allowed"
	AuthMissing     AuthOutcome = "token_missing"
	AuthInvalid     AuthOutcome = "token_invalid"
	AuthRevoked     AuthOutcome = "token_revoked"
	AuthFailed      AuthOutcome = "check_failed"
	AuthConnections AuthOutcome = "too_many_connections"
	AuthTooMany     AuthOutcome = "too_many_requests"
)

// authTexts maps each refusal to the message of its CONNECT_ERROR.
var authTexts = map[AuthOutcome]string{
	AuthOrigin:      "Origin not allowed",
	AuthMissing:     "Authentication required",
	AuthInvalid:     "Invalid credentials",
	AuthRevoked:     "Invalid credentials",
	AuthFailed:      "Authentication failed",
	AuthConnections: "Too many connections",
	AuthTooMany:     textTooManyRequests,
}

// Rooms is where joins go, and what no session asks.
type Rooms interface {
	Join(r *actors.Request)
	Order(roomID string, c room.Command)
}

// Directory tells where users are.
type Directory interface {
	// RoomOf returns the room that a user is in, if they are in one. It may
	// block until ctx ends.
	RoomOf(ctx context.Context, user int64) (roomID string, in bool, err error)
}

// Gateway lets clients in and turns their events into commands for rooms. It is
// an http.Handler for the Socket.IO path.
type Gateway struct {
	config      Config
	transport   *transport.Server
	verifier    *verifier
	revocations Revocations
	rooms       Rooms
	backend     actors.Backend
	directory   Directory
	users       *Users
	lastID      atomic.Uint64
	sessions    atomic.Int64 // of authenticated clients
	quotas      quotas
	debts       *debts

	mu        sync.Mutex     // guards what follows
	addresses map[string]int // connections; empty without a limit
}

// client is what a connection's Value is: the session of its client, once it
// has authenticated.
type client struct {
	session atomic.Pointer[Session]
	// budget is for the events, connects for the CONNECT packets of the
	// connection, whatever sessions it has had. Nil for no limit.
	budget, connects *rate.Limiter
	// address is what the connection counts by, "" without a limit.
	address string
}

// A connection is read no faster than this allows, in frames for each event of
// its budget: events that are refused cost little, but not nothing. Clients that
// keep to the budget of events send a few pongs beside them. Who is allowed fewer
// events than usual has the frames of the usual budget all the same.
const (
	framesPerEvent, refillPerEvent = 10, 2
	leastFrames, leastFrameRefill  = 1000, 40
)

// A connection may send connectBurst CONNECT packets at once and one more each
// second: each costs a question to the store.
const connectBurst = 10

var (
	_ transport.Handler  = (*Gateway)(nil)
	_ transport.Panicker = (*Gateway)(nil)
	_ http.Handler       = (*Gateway)(nil)
)

// New returns a gateway. Shutdown ends it.
func New(config Config, rooms Rooms, users *Users, backend actors.Backend, directory Directory, revocations Revocations) (*Gateway, error) {
	if config.RevocationTimeout == 0 {
		config.RevocationTimeout = 3 * time.Second
	}
	if config.LookupTimeout == 0 {
		config.LookupTimeout = time.Second
	}
	if config.Observer == nil {
		config.Observer = nobody{}
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if len(config.Secrets) == 0 || slices.ContainsFunc(config.Secrets, func(s string) bool { return len(s) < MinSecret }) {
		return nil, errors.New("wsconn: a secret is missing or too short")
	}
	g := &Gateway{
		config: config, verifier: newVerifier(config.Secrets), revocations: revocations, rooms: rooms,
		backend: backend, directory: directory,
		users: users, addresses: make(map[string]int), quotas: newQuotas(&config), debts: newDebts(),
	}
	if t := &config.Transport; t.FrameBudget == 0 && config.EventBudget > 0 {
		t.FrameBudget = max(framesPerEvent*config.EventBudget, leastFrames)
		t.FrameRefill = max(refillPerEvent*config.EventRefill, leastFrameRefill)
	}
	var err error
	g.transport, err = transport.New(config.Transport, g)
	return g, err
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.transport.ServeHTTP(w, r) }

// Refuse has every new connection refused, with status 503.
func (g *Gateway) Refuse() { g.transport.Refuse() }

// Readmit takes Refuse back, unless Shutdown was called.
func (g *Gateway) Readmit() { g.transport.Readmit() }

// Shutdown closes every connection so that clients connect elsewhere, and waits
// for their end or that of ctx.
func (g *Gateway) Shutdown(ctx context.Context) error { return g.transport.Shutdown(ctx) }

// Connections returns how many connections are open.
func (g *Gateway) Connections() int { return g.transport.Len() }

// Sessions returns how many clients have authenticated and are still there.
func (g *Gateway) Sessions() int { return int(g.sessions.Load()) }

// Open implements transport.Handler.
func (g *Gateway) Open(c *transport.Conn) error {
	v := &client{connects: rate.NewLimiter(1, connectBurst)}
	if g.config.EventBudget > 0 {
		v.budget = rate.NewLimiter(rate.Limit(g.config.EventRefill), g.config.EventBudget)
	}
	c.Value = v
	if g.config.ConnectionsPerAddress > 0 {
		v.address = proxies(g.config.TrustedProxies).client(c.Request())
	}
	trim(c.Request())
	return g.countAddress(v, 1)
}

// Connect implements transport.Handler: it lets a client in or refuses it.
func (g *Gateway) Connect(c *transport.Conn, _ string, auth []byte) {
	if !c.Value.(*client).connects.Allow() {
		g.refuse(c, AuthTooMany)
		return
	}
	request := c.Request()
	if request.Origin != "" && !slices.Contains(g.config.Origins, request.Origin) {
		g.refuse(c, AuthOrigin)
		return
	}
	token := tokenOf(auth, request.Authorization)
	if token == "" {
		g.refuse(c, AuthMissing)
		return
	}
	// One for each CONNECT that waits, for no longer than the lookup. The token is
	// checked there too: that takes more stack than all else that a reading
	// goroutine does, and it would keep it.
	go g.authenticate(c, token)
}

// authenticate lets in a client whose token is good.
func (g *Gateway) authenticate(c *transport.Conn, token string) {
	var s *Session
	defer g.survive("authentication", func() { g.reject(c, s, AuthFailed) })
	who, err := g.verifier.verify(token, time.Now())
	if err != nil {
		g.refuse(c, AuthInvalid)
		return
	}
	entered := g.newSession(c, who)
	// Known before it is checked, so that a revocation meets it in one of the two
	// places.
	if !g.users.enter(entered, g.config.ConnectionsPerUser) {
		g.refuse(c, AuthConnections)
		return
	}
	s = entered
	if !g.quotas.sessions.take(who.user) {
		g.reject(c, s, AuthTooMany)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), g.config.RevocationTimeout)
	defer cancel()
	revoked, err := g.revocations.Revoked(ctx, who.token, int64(who.user), who.issuedAt)
	switch {
	case err != nil:
		g.config.Log.Warn("revocation can't be checked, client refused", "user", int64(who.user), "error", err)
		g.reject(c, s, AuthFailed)
	case revoked:
		g.reject(c, s, AuthRevoked)
	default:
		g.accept(s, who.expiresAt)
	}
}

// survive recovers the panic of a goroutine of this gateway, logs it and answers
// whoever waits.
func (g *Gateway) survive(what string, answer func()) {
	if reason := recover(); reason != nil {
		g.config.Log.Error("panic survived", "in", what, "reason", reason, "stack", string(debug.Stack()))
		g.config.Observer.Panicked()
		answer()
	}
}

func (g *Gateway) refuse(c *transport.Conn, outcome AuthOutcome) {
	g.config.Observer.Authenticated(outcome)
	c.Refuse(namespace, authTexts[outcome])
}

// reject refuses a client whose session, if it has one, was made already.
func (g *Gateway) reject(c *transport.Conn, s *Session, outcome AuthOutcome) {
	if s != nil {
		g.users.exit(s)
	}
	g.refuse(c, outcome)
}

// newSession makes the session of a client who is who the token says, if it was
// not revoked.
func (g *Gateway) newSession(c *transport.Conn, who *identity) *Session {
	s := &Session{
		gateway: g, conn: c, id: room.SessionID(g.lastID.Add(1)), user: who.user,
		profile: who.profile, name: who.name, avatar: who.avatar, issuedAt: who.issuedAt.Unix(),
		budget: c.Value.(*client).budget, underway: make(chan struct{}, maxUnderway), since: c.Clock(),
	}
	return s
}

// accept lets an authenticated client in.
func (g *Gateway) accept(s *Session, expiresAt time.Time) {
	g.inherit(s)
	s.conn.Value.(*client).session.Store(s)
	g.sessions.Add(1)
	s.mu.Lock() // the client may be gone already
	if !s.gone.Load() {
		s.expiry = time.AfterFunc(time.Until(expiresAt), s.expire)
	}
	s.mu.Unlock()
	if _, ok := s.conn.Accept(namespace); !ok { // gone; Closed may have come before the session was there
		g.closeSession(s.conn, s.conn.Reason().String())
		return
	}
	g.config.Observer.Authenticated(AuthAccepted)
}

// Event implements transport.Handler.
func (g *Gateway) Event(c *transport.Conn, e transport.Event) {
	if s := c.Value.(*client).session.Load(); s != nil {
		s.handle(&e)
	}
}

// Panicked implements transport.Panicker.
func (g *Gateway) Panicked(c *transport.Conn, e transport.Event) {
	if s := c.Value.(*client).session.Load(); s != nil {
		s.panicked(&e)
	}
}

// Disconnect implements transport.Handler.
func (g *Gateway) Disconnect(c *transport.Conn, _ string) { g.closeSession(c, "disconnect") }

// Closed implements transport.Handler.
func (g *Gateway) Closed(c *transport.Conn, reason transport.CloseReason) {
	_ = g.countAddress(c.Value.(*client), -1) // counting out refuses nobody
	g.closeSession(c, reason.String())
}

// closeSession ends the session of a connection, if it has one.
func (g *Gateway) closeSession(c *transport.Conn, reason string) {
	s := c.Value.(*client).session.Swap(nil)
	if s != nil {
		s.leaveAll()
		g.debts.add(s.user, c.Paid(), c.Clock())
		g.users.exit(s)
		g.sessions.Add(-1)
		g.config.Log.Info("session closed", "session", uint64(s.id), "user", int64(s.user), "reason", reason,
			"lasted", (c.Clock() - s.since).Round(time.Millisecond).String())
	}
}

// confirm has the store told again where a user is who has left one room and is
// in another with a different socket: it keeps one room for each user. It is for
// the time when the leave was answered: sooner, the other room's word could be
// overtaken by that of the join before the leave.
func (g *Gateway) confirm(user room.UserID, left string) {
	for _, other := range g.users.of(user) {
		if in := other.in(); in != "" && in != left {
			g.rooms.Order(in, &room.Confirm{User: user})
			return
		}
	}
}

// expire ends a session whose token has run out.
func (s *Session) expire() {
	if s.gone.Load() {
		return
	}
	s.conn.SendNow(transport.EventFrame(namespace, "auth:expired", []byte(`{}`)))
	s.conn.Close(transport.ReasonExpired)
}

type nobody struct{}

func (nobody) Authenticated(AuthOutcome) {}
func (nobody) Panicked()                 {}

func (nobody) Event(uint64, EventCode, EventResult, time.Duration) {}
