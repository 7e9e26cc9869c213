package laravel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/sync/singleflight"

	"audioroom/actors/room"
)

// ErrUnavailable is in every error of a question that the backend did not
// answer: unreachable, failing, throttling, refusing or unreadable.
var ErrUnavailable = errors.New("laravel: unavailable")

// ErrClosed is the reason (beside ErrUnavailable) of questions asked after
// Close.
var ErrClosed = errors.New("laravel: client is closed")

// ErrBusy is the reason (beside ErrUnavailable) of questions for which there
// is no room in the queue (Config.QuestionQueue).
var ErrBusy = errors.New("laravel: too many questions are waiting")

// Client asks the backend. Its methods may be called from any goroutine.
type Client struct {
	cfg    Config
	base   string // without a slash at its end
	log    *slog.Logger
	http   *http.Client
	asking *retryablehttp.Client // the retries of questions
	once   *retryablehttp.Client // statuses: the Reporter times its own attempts

	health health
	pause  pause

	rooms       *cache[string, Info]
	roles       *cache[roleKey, room.Rank]
	roomFlights singleflight.Group
	roleFlights singleflight.Group
	slots       chan struct{} // one for each question that is out

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup // the sweeper and the questions under way

	mu     sync.Mutex
	asked  int // questions under way or waiting for a slot
	closed bool
}

// roleKey is what a role is cached under.
type roleKey struct {
	room string
	user int64
}

// New returns a client. It makes no call; its one goroutine, which sweeps the
// caches, ends with Close. The error names all that is wrong with cfg.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	if cfg.Transport == nil {
		cfg.Transport = pooled(cfg.Questions + cfg.Reports)
	}
	c := &Client{
		cfg:    cfg,
		base:   strings.TrimRight(cfg.BaseURL, "/"),
		log:    cfg.Logger,
		health: health{log: cfg.Logger},
		rooms:  newCache[string, Info](cfg.CacheTTL, cfg.CacheSize),
		roles:  newCache[roleKey, room.Rank](cfg.CacheTTL, cfg.CacheSize),
		slots:  make(chan struct{}, cfg.Questions),
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	next := cfg.Transport
	if cfg.Wrap != nil {
		next = cfg.Wrap(next)
	}
	c.http = &http.Client{
		Transport: &wire{client: c, next: next},
		// A redirect would carry the key to wherever it points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.asking = c.retrying(cfg.RetryMax)
	c.once = c.retrying(0)
	c.work.Go(c.sweep)
	return c, nil
}

func (c *Client) retrying(times int) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   c.http,
		RetryMax:     times,
		CheckRetry:   retryPolicy,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		Backoff: func(_, _ time.Duration, n int, resp *http.Response) time.Duration {
			x := &exchange{}
			if resp != nil {
				x = resp.Request.Context().Value(exchangeKey{}).(*exchange)
			}
			return c.retryWait(n, x)
		},
	}
}

func pooled(connections int) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        connections,
		MaxIdleConns:           connections,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        30 * time.Second, // below what servers keep theirs
		MaxResponseHeaderBytes: maxAnswer,
	}
}

func (c *Client) sweep() {
	tick := time.NewTicker(c.cfg.CacheTTL)
	defer tick.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-tick.C:
			c.rooms.sweep()
			c.roles.sweep()
		}
	}
}

// Check reports whether the backend can be reached: nil for any HTTP answer,
// whatever its status. It makes one attempt, bounded by ctx and
// Config.Timeout, and leaves Health as it is.
func (c *Client) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, c.base+"/internal/rooms", nil)
	if err != nil {
		return fmt.Errorf("laravel: check: %w", err)
	}
	req.Header.Set("X-Internal-Key", c.cfg.Key)
	resp, err := c.cfg.Transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	resp.Body.Close()
	return nil
}

// Healthy returns how the latest calls went, questions and statuses together.
// It makes no call and never waits.
func (c *Client) Healthy() Health { return c.health.state() }

// Close ends the questions under way, which fail with ErrUnavailable, and
// returns when no goroutine of the client is left. Cached answers can still be
// read. A second call does nothing.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.work.Wait()
	if idle, ok := c.cfg.Transport.(interface{ CloseIdleConnections() }); ok {
		idle.CloseIdleConnections()
	}
}
