package persistence

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Health is whether the store does its work.
type Health struct {
	// OK: Redis answers, takes writes, and nothing is late.
	OK bool
	// Since is when OK took its present value.
	Since time.Time
	// Reason says what is wrong; empty if OK.
	Reason string
	// Unsaved is how many claims and commits, one for each room at most, are
	// not confirmed after the commit timeout.
	Unsaved int
}

// health gathers what the store's goroutines see.
type health struct {
	logger *slog.Logger
	// failing spares the writers the lock while all is well.
	failing atomic.Bool

	mu        sync.Mutex
	ok        bool
	since     time.Time
	asked     bool  // whether anything was heard yet
	announced bool  // whether the first state was logged
	probed    error // what the last probe said
	written   error // what kept the last pipeline from being confirmed
	late      int
}

func (h *health) init(logger *slog.Logger) {
	h.logger = logger
	h.since = time.Now()
	h.failing.Store(true)
}

// probing notes what a probe said. It reports whether Redis came back.
func (h *health) probing(err error) (back bool) {
	h.mu.Lock()
	back = err == nil && (h.probed != nil || h.written != nil)
	h.probed, h.asked = err, true
	h.update()
	return back
}

// writing notes how a pipeline went.
func (h *health) writing(err error) {
	if err == nil && !h.failing.Load() {
		return
	}
	h.mu.Lock()
	h.written = err
	if err == nil {
		h.probed, h.asked = nil, true
	}
	h.update()
}

// unsaved notes that so many more are late.
func (h *health) unsaved(more int) {
	h.mu.Lock()
	h.late += more
	h.update()
}

// update draws the conclusion, logs a change, and unlocks mu.
func (h *health) update() {
	was, first, since := h.ok, h.since, h.since
	h.ok = h.reason() == ""
	h.failing.Store(!h.ok)
	changed := was != h.ok
	if changed {
		h.since = time.Now()
		since = h.since
	}
	reason, announced := h.reason(), h.announced
	h.announced = true
	h.mu.Unlock()
	switch {
	case changed && reason == "" && announced:
		h.logger.Info("redis is back", "after", since.Sub(first).Round(time.Millisecond))
	case changed && reason == "":
		h.logger.Info("redis answers")
	case changed || !announced:
		h.logger.Warn("redis does not confirm; rooms serve from memory until it does", "reason", reason)
	}
}

// reason is called with mu held.
func (h *health) reason() string {
	switch {
	case h.written != nil:
		return h.written.Error()
	case h.probed != nil:
		return h.probed.Error()
	case h.late > 0:
		return fmt.Sprintf("%d rooms are not saved yet", h.late)
	case !h.asked:
		return "redis was not reached yet"
	default:
		return ""
	}
}

// Healthy says how the store is, without asking Redis.
func (s *Store) Healthy() Health {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	return Health{
		OK: s.health.ok, Since: s.health.since,
		Reason: s.health.reason(), Unsaved: s.health.late,
	}
}

// Ping asks Redis whether it is there. Without a deadline in ctx it waits for
// one second at most.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	return s.ask.Ping(ctx).Err()
}

// probe is the prober's goroutine: it notices that Redis is gone while nobody
// writes, and tells the writers when it is back.
func (s *Store) probe() {
	ticker := time.NewTicker(s.config.Probe)
	defer ticker.Stop()
	for {
		err := s.Ping(s.ctx)
		if s.ctx.Err() != nil {
			return
		}
		if s.health.probing(err) {
			for _, hurry := range s.hurry {
				select {
				case hurry <- struct{}{}:
				default:
				}
			}
		}
		select {
		case <-ticker.C:
		case <-s.ctx.Done():
			return
		}
	}
}

// withTimeout bounds a question that its asker did not bound.
func withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, askTimeout)
}
