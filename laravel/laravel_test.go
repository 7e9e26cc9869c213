package laravel

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"audioroom/laravel/standin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "internal-key"

// tweak changes a test's configuration.
type tweak func(*Config)

// newClient returns a client of the backend without a network between them,
// for tests under a fake clock.
func newClient(t testing.TB, b *standin.Backend, tweaks ...tweak) *Client {
	t.Helper()
	cfg := Config{
		BaseURL:   "http://laravel.test",
		Key:       key,
		Transport: b.Transport(),
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	for _, change := range tweaks {
		change(&cfg)
	}
	c, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// listening starts the backend on loopback and returns a client of it.
func listening(t testing.TB, b *standin.Backend, tweaks ...tweak) *Client {
	t.Helper()
	server, err := b.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(within(t, 5*time.Second))) })
	return newClient(t, b, append([]tweak{func(cfg *Config) {
		cfg.BaseURL, cfg.Transport = server.URL, nil
	}}, tweaks...)...)
}

// newReporter returns a reporter that is closed at the test's end.
func newReporter(t testing.TB, c *Client, outbox Outbox) *Reporter {
	t.Helper()
	r := NewReporter(c, outbox)
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	return r
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// live is the n-th status of a room that lives.
func live(n int) []byte {
	return fmt.Appendf(nil, `{"is_live":true,"participant_count":%d,"started_at":"2026-01-02T03:04:05.000Z"}`, n)
}

// ended is the status of a room that closed the n-th time.
func ended(n int) []byte {
	return fmt.Appendf(nil, `{"is_live":false,"participant_count":0,"ended_at":"2026-01-02T03:04:05.%03dZ"}`, n)
}

func texts(bodies ...[]byte) []string {
	var out []string
	for _, body := range bodies {
		out = append(out, string(body))
	}
	return out
}

// shelf is an outbox in memory.
type shelf struct {
	mu      sync.Mutex
	entries map[string]string
	told    int
	fail    func() error // of Accepted
}

func newShelf() *shelf { return &shelf{entries: make(map[string]string)} }

func (s *shelf) put(roomID string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries[roomID] = string(body)
}

func (s *shelf) get(roomID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries[roomID]
}

func (s *shelf) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}

func (s *shelf) Accepted(_ context.Context, roomID string, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told++
	if s.fail != nil {
		if err := s.fail(); err != nil {
			return err
		}
	}
	if s.entries[roomID] == string(body) {
		delete(s.entries, roomID)
	}
	return nil
}

func (s *shelf) Pending(context.Context) (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := make(map[string][]byte)
	for roomID, body := range s.entries {
		entries[roomID] = []byte(body)
	}
	return entries, nil
}

// committed does what a room does: the outbox first, then the report.
func committed(s *shelf, r *Reporter, roomID string, body []byte, closed bool) {
	s.put(roomID, body)
	r.Report(roomID, body, closed)
}

// transport is a function as a transport.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func roomName(n int) string { return "room-" + strconv.Itoa(n) }
