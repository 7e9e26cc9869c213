package transport

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"audioroom/wsconn/socketio"
)

// Config is what a server needs to know. A zero field takes its default.
type Config struct {
	// Namespaces are the ones served; a CONNECT to any other is refused with
	// "Invalid namespace". Default: "/" only. NewEngine ignores it.
	Namespaces []string
	// PingInterval is the time from one ping to the next. Default 25 s.
	PingInterval time.Duration
	// PingTimeout is how long a client may be silent after a ping. Default
	// 60 s: phones that sleep for a while are known to be cut by 20 s.
	PingTimeout time.Duration
	// ConnectTimeout is how long a connection may be in no namespace. Default
	// 45 s. NewEngine ignores it.
	ConnectTimeout time.Duration
	// MaxConnections is how many connections may be open, 0 for any number. A
	// handshake beyond it is answered with status 503 before the upgrade.
	MaxConnections int
	// FrameBudget is how many frames of any kind a client may send at once, 0 for
	// any number; FrameRefill, default 100, is how many more each second. Each KiB
	// counts as one more. Beyond that the connection is read no faster, and ends if
	// that goes on (ReasonFlooding).
	FrameBudget, FrameRefill int
	// MaxPayload is the largest message taken from a client, in bytes.
	// Default 16384.
	MaxPayload int
	// OutboxLimit is how many bytes may wait for a client that still takes what was
	// written to it before, with 24 more for each frame. To one that takes everything
	// as it comes 16 times as many may be sent at once, if other clients share them
	// (Conn.Share). Default 1 MiB.
	OutboxLimit int
	// WriteTimeout is how long a write may make no progress. Default 10 s.
	WriteTimeout time.Duration
	// CloseGrace is how long a client is given to take the last frames and
	// close from its side before it is cut. Default 1.5 s.
	CloseGrace time.Duration
	// Flushers is how many goroutines write. Default: one for each core.
	Flushers int
	// Admit, if set, is asked before each upgrade. If it doesn't agree the
	// handshake is answered with its status. It is called from many goroutines.
	// The client may be gone before Open, so what is to be counted is counted
	// in Open and Closed.
	Admit func(r *http.Request) (status int, ok bool)
	// Observer, if set, hears what can be counted.
	Observer Observer
	// Logger hears of panics in callbacks. Default slog.Default().
	Logger *slog.Logger
}

// Defaults of Config.
const (
	DefaultPingInterval   = 25 * time.Second
	DefaultPingTimeout    = 60 * time.Second
	DefaultConnectTimeout = 45 * time.Second
	DefaultFrameRefill    = 100
	DefaultMaxPayload     = 16 << 10
	DefaultOutboxLimit    = 1 << 20
	DefaultWriteTimeout   = 10 * time.Second
	DefaultCloseGrace     = 1500 * time.Millisecond
)

func (c Config) withDefaults() Config {
	if len(c.Namespaces) == 0 {
		c.Namespaces = []string{socketio.Root}
	}
	setDefault(&c.PingInterval, DefaultPingInterval)
	setDefault(&c.PingTimeout, DefaultPingTimeout)
	setDefault(&c.ConnectTimeout, DefaultConnectTimeout)
	setDefault(&c.FrameRefill, DefaultFrameRefill)
	setDefault(&c.MaxPayload, DefaultMaxPayload)
	setDefault(&c.OutboxLimit, DefaultOutboxLimit)
	setDefault(&c.WriteTimeout, DefaultWriteTimeout)
	setDefault(&c.CloseGrace, DefaultCloseGrace)
	setDefault(&c.Flushers, runtime.GOMAXPROCS(0))
	if c.Observer == nil {
		c.Observer = NopObserver{}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// Validate returns all that is wrong with the configuration, joined; nil if
// nothing is. Zero fields are never wrong.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("transport: "+format, args...))
		}
	}
	for _, name := range c.Namespaces {
		p, err := socketio.Decode([]byte("0" + name + ","))
		check(err == nil && p.Namespace == name, "namespace %q can't be asked for", name)
	}
	check(c.PingInterval >= time.Millisecond, "ping interval %v is under 1ms", c.PingInterval)
	check(c.PingTimeout >= time.Millisecond, "ping timeout %v is under 1ms", c.PingTimeout)
	check(c.ConnectTimeout > 0, "connect timeout %v is negative", c.ConnectTimeout)
	check(c.MaxConnections >= 0, "connections %d is negative", c.MaxConnections)
	check(c.FrameBudget >= 0, "frame budget %d is negative", c.FrameBudget)
	check(c.FrameRefill > 0, "frame refill %d is negative", c.FrameRefill)
	check(c.MaxPayload > 0, "largest payload %d is negative", c.MaxPayload)
	check(c.OutboxLimit >= 1024, "outbox limit %d is under 1024", c.OutboxLimit)
	check(c.WriteTimeout > 0, "write timeout %v is negative", c.WriteTimeout)
	check(c.CloseGrace > 0, "close grace %v is negative", c.CloseGrace)
	check(c.Flushers > 0, "flushers %d is negative", c.Flushers)
	return errors.Join(errs...)
}
