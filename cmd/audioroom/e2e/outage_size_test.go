package e2e_test

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// The outages are short and small unless the environment says otherwise. What
// DURABILITY.md gives as figures is measured on a program without the race
// detector, which AUDIOROOM_PLAIN=1 asks for.

// number is a size that the environment may change.
func number(t *testing.T, name string, usual int) int {
	t.Helper()
	if text := os.Getenv(name); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err, name)
		return n
	}
	return usual
}

// span is a time that the environment may change.
func span(t *testing.T, name string, usual time.Duration) time.Duration {
	t.Helper()
	if text := os.Getenv(name); text != "" {
		d, err := time.ParseDuration(text)
		require.NoError(t, err, name)
		return d
	}
	return usual
}

// measured is the stage of tests that report figures.
func measured(t *testing.T) harness.Stage {
	t.Helper()
	own := crowded(t)
	if os.Getenv("AUDIOROOM_PLAIN") != "" {
		var err error
		own.Program, err = buildPlain()
		require.NoError(t, err)
	}
	return own
}

// crowded is a stage with clients of its own: so many, or with so much to say,
// that those of other tests would wait for them.
func crowded(t *testing.T) harness.Stage {
	t.Helper()
	bridge, err := harness.StartBridge("client")
	require.NoError(t, err)
	t.Cleanup(func() { bridge.Close() })
	return harness.Stage{Program: stage.Program, Bridge: bridge}
}

var buildPlain = sync.OnceValues(func() (string, error) {
	return harness.BuildWith(filepath.Dir(stage.Program), "audioroom-plain")
})

// memory watches what a server's process holds in memory.
type memory struct {
	t      *testing.T
	server *harness.Server
	end    chan struct{}
	done   sync.WaitGroup

	mu   sync.Mutex
	most int64
}

// watchMemory begins to look ten times a second, until stop.
func watchMemory(t *testing.T, server *harness.Server) *memory {
	m := &memory{t: t, server: server, end: make(chan struct{})}
	m.done.Go(func() {
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		for {
			m.look()
			select {
			case <-ticker.C:
			case <-m.end:
				return
			}
		}
	})
	return m
}

func (m *memory) look() {
	now, _ := m.server.Memory(m.t)
	m.mu.Lock()
	m.most = max(m.most, now)
	m.mu.Unlock()
}

// peak returns the most that was seen since the last time, in MB.
func (m *memory) peak() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	most := m.most
	m.most = 0
	return most >> 20
}

func (m *memory) stop() {
	close(m.end)
	m.done.Wait()
}
