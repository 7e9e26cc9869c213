package laravel

import (
	"log/slog"
	"sync"
	"time"
)

const (
	// healthMemory is how long a failure speaks for the backend when no call
	// followed it. Statuses that wait are tried at least every 30 s, so a
	// failure that matters is renewed well within it.
	healthMemory = 2 * time.Minute
	// healthLogEvery keeps a backend that fails every other call from filling
	// the log.
	healthLogEvery = 10 * time.Second
)

// Health is how the latest calls to the backend went, questions and statuses
// together.
type Health struct {
	// OK is false while the latest attempt failed: no answer, an unreadable
	// one, 401, 403, 429 or 5xx. A failure that no call followed for two
	// minutes is forgotten.
	OK bool
	// Since is when the first failure of this row happened; zero when OK.
	Since time.Time
	// Reason is the latest failure in words; empty when OK.
	Reason string
}

// health keeps the latest row of failures.
type health struct {
	log *slog.Logger

	mu       sync.Mutex
	since    time.Time // first failure of the row, zero when well
	latest   time.Time // latest failure
	reason   string
	loggedAt time.Time
	told     bool // the log says that the backend fails
}

func (h *health) ok() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.since.IsZero() {
		return
	}
	if h.told {
		h.told = false
		h.log.Info("laravel answers again", "failed_for", time.Since(h.since))
	}
	h.since, h.reason = time.Time{}, ""
}

func (h *health) failed(reason string) {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.since.IsZero() {
		h.since = now
	}
	h.latest, h.reason = now, reason
	if !h.told && now.Sub(h.loggedAt) >= healthLogEvery {
		h.told, h.loggedAt = true, now
		h.log.Warn("laravel fails", "reason", reason)
	}
}

func (h *health) state() Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.since.IsZero() || time.Since(h.latest) > healthMemory {
		return Health{OK: true}
	}
	return Health{Since: h.since, Reason: h.reason}
}
