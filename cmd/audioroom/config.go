package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/redis/go-redis/v9"

	"audioroom/actors/room"
	"audioroom/wsconn"
)

// config is the server's configuration. Each field is a flag and an environment
// variable; the flag wins.
type config struct {
	Listen string `env:"LISTEN" default:":3030" help:"Address to serve on."`

	AdminListen string `name:"admin-listen" env:"ADMIN_LISTEN" default:"off" help:"Loopback address for the operator: profiles, admin API; off for none."`

	TLSCert string   `name:"tls-cert" env:"TLS_CERT" help:"File with the certificate chain, PEM; with --tls-key the server speaks TLS. Read again when it changes."`
	TLSKey  string   `name:"tls-key" env:"TLS_KEY" help:"File with the certificate's private key, PEM."`
	Proxies []string `name:"trusted-proxies" env:"TRUSTED_PROXIES" help:"Networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8."`

	RedisURL   string   `name:"redis-url" env:"REDIS_URL" default:"redis://127.0.0.1:6379/0" help:"Redis that keeps the rooms."`
	LaravelURL string   `name:"laravel-api-url" env:"LARAVEL_API_URL" help:"Base URL of the backend; /internal/rooms/… is put behind it."`
	LaravelKey string   `name:"laravel-internal-key" env:"LARAVEL_INTERNAL_KEY" help:"Key for the backend, sent as X-Internal-Key."`
	Secrets    []string `name:"jwt-secret" env:"JWT_SECRET" help:"Secrets of the clients' tokens, at least 32 bytes each; the first is current, the others are still accepted."`
	Origins    []string `name:"cors-origins" env:"CORS_ORIGINS" help:"Origins that browsers may connect from, such as https://example.org."`

	Inactivity   time.Duration `name:"room-inactivity-timeout" env:"ROOM_INACTIVITY_TIMEOUT" default:"120s" help:"How long an abandoned room stays open."`
	SeatGrace    time.Duration `env:"SEAT_GRACE" default:"45s" help:"How long the seat of a user whose connection dropped is held; 0s for not at all."`
	InviteTTL    time.Duration `name:"invite-ttl" env:"INVITE_TTL" default:"30s" help:"How long an invite to a seat stands."`
	DefaultSeats int           `name:"default-seat-count" env:"DEFAULT_SEAT_COUNT" default:"15" help:"Seats of a room whose creator asks for none (1-100)."`

	PingInterval       time.Duration `env:"PING_INTERVAL" default:"25s" help:"Time between two heartbeats of a connection."`
	PingTimeout        time.Duration `env:"PING_TIMEOUT" default:"60s" help:"How long a heartbeat may stay unanswered."`
	ConnectTimeout     time.Duration `env:"CONNECT_TIMEOUT" default:"45s" help:"How long a socket may be open without having authenticated."`
	EventBudget        int           `env:"EVENT_BUDGET" default:"100" help:"Events that a socket may send at once; 0 for any number."`
	EventRefill        int           `env:"EVENT_REFILL" default:"20" help:"Events that it may send in addition each second."`
	ChatPerMinute      int           `env:"CHAT_PER_MINUTE" default:"60" help:"Chat messages of a user to a room within any minute; 0 for any number."`
	ConnectionsPerUser int           `env:"CONNECTIONS_PER_USER" default:"10" help:"Sockets that a user may have; 0 for any number."`
	ConnectionsPerAddr int           `name:"connections-per-address" env:"CONNECTIONS_PER_ADDRESS" default:"0" help:"Sockets that a network address may have; 0 for any number."`
	Connections        int           `name:"max-connections" env:"MAX_CONNECTIONS" default:"50000" help:"Sockets that the server takes; 0 for any number."`
	RoomsPerMinute     int           `env:"ROOMS_PER_MINUTE" default:"300" help:"Rooms that a user may open at once, and then within a minute; 0, or without an event budget, any number."`
	Participants       int           `name:"participants-per-room" env:"PARTICIPANTS_PER_ROOM" default:"10000" help:"Users that a room may have; 0 for any number."`

	StatusWindow  time.Duration `env:"STATUS_WINDOW" default:"3s" help:"Least time between two statuses of a room to the backend."`
	CommitTimeout time.Duration `env:"COMMIT_TIMEOUT" default:"1s" help:"How long a room waits for Redis before it serves on from memory."`

	EventsChannel string `env:"EVENTS_CHANNEL" default:"flylive:msab:events" help:"Redis channel on which the backend publishes events; off for none."`

	LogLevel  string `env:"LOG_LEVEL" default:"info" help:"debug, info, warn or error."`
	LogFormat string `env:"LOG_FORMAT" default:"text" help:"text or json."`
}

// faults collects what is wrong with a configuration, so that all of it can be
// told at once.
type faults struct{ list []error }

func (f *faults) add(flag, format string, args ...any) {
	f.list = append(f.list, fmt.Errorf("%s: "+format, append([]any{nameOf(flag)}, args...)...))
}

// err returns all faults: one on a line, several on a line each.
func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	text := "bad configuration: "
	if len(f.list) > 1 {
		text = "bad configuration\n  "
	}
	lines := make([]string, len(f.list))
	for i, fault := range f.list {
		lines[i] = fault.Error()
	}
	return errors.New(text + strings.Join(lines, "\n  "))
}

// nameOf names a setting by both of its names.
func nameOf(flag string) string {
	return "--" + flag + " / " + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// mappers makes the parser note a malformed value and go on.
func (f *faults) mappers() kong.Option {
	return kong.OptionFunc(func(k *kong.Kong) error {
		return errors.Join(
			kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(
				func(ctx *kong.DecodeContext, target reflect.Value) error {
					var text string
					if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
						return err
					}
					d, err := time.ParseDuration(text)
					if err != nil {
						f.add(ctx.Value.Name, "%q is not a duration such as 45s", text)
						d = time.Minute // anything that raises no second fault
					}
					target.SetInt(int64(d))
					return nil
				})).Apply(k),
			kong.KindMapper(reflect.Int, kong.MapperFunc(
				func(ctx *kong.DecodeContext, target reflect.Value) error {
					var text string
					if err := ctx.Scan.PopValueInto("number", &text); err != nil {
						return err
					}
					n, err := strconv.Atoi(text)
					if err != nil {
						f.add(ctx.Value.Name, "%q is not a whole number", text)
						n = 1
					}
					target.SetInt(int64(n))
					return nil
				})).Apply(k),
		)
	})
}

// validate notes all that is wrong with the configuration.
func (c *config) validate(f *faults) {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		f.add("listen", "%q is not host:port", c.Listen)
	}
	if c.AdminListen != "" && c.AdminListen != "off" {
		if host, _, err := net.SplitHostPort(c.AdminListen); err != nil || !isLoopback(host) {
			f.add("admin-listen", "%q is not a port of this machine alone, such as 127.0.0.1:3031", c.AdminListen)
		}
	}
	if _, err := redis.ParseURL(c.RedisURL); err != nil {
		f.add("redis-url", "not a URL such as redis://user:password@host:6379/0")
	}
	if u, err := url.Parse(c.LaravelURL); c.LaravelURL == "" {
		f.add("laravel-api-url", "missing")
	} else if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		f.add("laravel-api-url", "%q is not an http or https URL", c.LaravelURL)
	}
	if c.LaravelKey == "" {
		f.add("laravel-internal-key", "missing")
	} else if padded(c.LaravelKey) {
		f.add("laravel-internal-key", "it begins or ends with white space, which would be part of it")
	}
	if len(c.Secrets) == 0 {
		f.add("jwt-secret", "missing")
	}
	for i, s := range c.Secrets {
		if len(s) < wsconn.MinSecret {
			f.add("jwt-secret", "secret %d has %d bytes, at least %d are needed", i+1, len(s), wsconn.MinSecret)
		} else if padded(s) {
			f.add("jwt-secret", "secret %d begins or ends with white space, which would be part of it", i+1)
		}
	}
	for _, o := range c.Origins {
		if u, err := url.Parse(o); err != nil || u.Scheme == "" || u.Host == "" || o != u.Scheme+"://"+u.Host {
			f.add("cors-origins", "%q is not an origin such as https://example.org", o)
		}
	}
	c.validateTLS(f)
	if _, err := c.trustedProxies(); err != nil {
		f.add("trusted-proxies", "%v", err)
	}
	c.validateTimes(f)
	c.validateNumbers(f)
	if _, err := c.logLevel(); err != nil {
		f.add("log-level", "%q is not debug, info, warn or error", c.LogLevel)
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		f.add("log-format", "%q is not text or json", c.LogFormat)
	}
}

// padded reports whether a secret has white space at an end. Trimmed it would be
// another secret than the backend's, if that has it so; kept, if it does not.
func padded(secret string) bool { return strings.TrimSpace(secret) != secret }

func (c *config) validateTimes(f *faults) {
	for _, d := range []struct {
		flag         string
		value, least time.Duration
	}{
		{"room-inactivity-timeout", c.Inactivity, time.Millisecond},
		{"seat-grace", c.SeatGrace, 0},
		{"invite-ttl", c.InviteTTL, time.Millisecond},
		{"ping-interval", c.PingInterval, time.Millisecond},
		{"ping-timeout", c.PingTimeout, time.Millisecond},
		{"connect-timeout", c.ConnectTimeout, time.Millisecond},
		{"status-window", c.StatusWindow, 0},
		{"commit-timeout", c.CommitTimeout, time.Millisecond},
	} {
		if d.value < d.least {
			f.add(d.flag, "%v is less than %v", d.value, d.least)
		}
	}
}

func (c *config) validateNumbers(f *faults) {
	for _, n := range []struct {
		flag               string
		value, least, most int
	}{
		{"default-seat-count", c.DefaultSeats, 1, room.MaxSeats},
		{"event-budget", c.EventBudget, 0, 1 << 30},
		{"event-refill", c.EventRefill, 1, 1 << 30},
		{"chat-per-minute", c.ChatPerMinute, 0, 1 << 20},
		{"connections-per-user", c.ConnectionsPerUser, 0, 1 << 30},
		{"connections-per-address", c.ConnectionsPerAddr, 0, 1 << 30},
		{"max-connections", c.Connections, 0, 1 << 30},
		{"rooms-per-minute", c.RoomsPerMinute, 0, 1 << 20},
		{"participants-per-room", c.Participants, 0, 1 << 30},
	} {
		if n.value < n.least || n.value > n.most {
			f.add(n.flag, "%d is not between %d and %d", n.value, n.least, n.most)
		}
	}
}

func (c *config) logLevel() (level slog.Level, err error) {
	err = level.UnmarshalText([]byte(c.LogLevel))
	return level, err
}

// roomsPerMinute is the limit of rooms that a user opens. Who lets clients send
// any number of events has no use for it.
func (c *config) roomsPerMinute() int {
	if c.EventBudget == 0 {
		return 0
	}
	return c.RoomsPerMinute
}
