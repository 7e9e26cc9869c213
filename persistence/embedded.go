package persistence

import (
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// Embedded is a Redis inside this process, for development: it keeps nothing
// when it is closed.
type Embedded struct {
	server *miniredis.Miniredis
	stop   chan struct{}
	clock  sync.WaitGroup
	once   sync.Once
}

// clockTick is how exact expiry is in an embedded Redis.
const clockTick = 100 * time.Millisecond

// StartEmbedded starts an embedded Redis that listens on addr, for example
// 127.0.0.1:0. The error says why it can't listen.
func StartEmbedded(addr string) (*Embedded, error) {
	e := &Embedded{server: miniredis.NewMiniRedis(), stop: make(chan struct{})}
	if err := e.server.StartAddr(addr); err != nil {
		return nil, fmt.Errorf("embedded redis: %w", err)
	}
	e.clock.Go(e.runClock)
	return e, nil
}

// runClock lets keys expire: the server itself does not feel time pass.
func (e *Embedded) runClock() {
	ticker := time.NewTicker(clockTick)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case now := <-ticker.C:
			e.server.FastForward(now.Sub(last))
			last = now
		case <-e.stop:
			return
		}
	}
}

// Addr returns host and port.
func (e *Embedded) Addr() string { return e.server.Addr() }

// URL returns what Config.URL wants.
func (e *Embedded) URL() string { return "redis://" + e.server.Addr() + "/0" }

// Close ends the server and its connections. Closing again does nothing. Any
// goroutine may call it.
func (e *Embedded) Close() {
	e.once.Do(func() {
		close(e.stop)
		e.clock.Wait()
		e.server.Close()
	})
}
