package main

import (
	"log/slog"
	"sync"
	"time"

	"github.com/go-logr/logr/funcr"
	"go.opentelemetry.io/otel"
)

// traceComplaints is the least time between two lines about traces that can't be
// delivered: each command that is followed would make another.
const traceComplaints = time.Minute

// traceTrouble tells of what goes wrong with traces, which harms nobody else. Its
// methods may be called from any goroutine.
type traceTrouble struct {
	log *slog.Logger

	mu   sync.Mutex
	told time.Time
}

var _ otel.ErrorHandler = (*traceTrouble)(nil)

// hearOpenTelemetry has all that OpenTelemetry says in this process go to the log.
func hearOpenTelemetry(log *slog.Logger) {
	otel.SetErrorHandler(&traceTrouble{log: log})
	// Of its own log only the messages: what they are about may be a password.
	nothing := func([]any) []any { return nil }
	otel.SetLogger(funcr.New(func(_, text string) { log.Warn("OpenTelemetry complains", "text", text) }, funcr.Options{RenderArgsHook: nothing}))
}

// Handle implements otel.ErrorHandler.
func (t *traceTrouble) Handle(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); t.told.IsZero() || now.Sub(t.told) >= traceComplaints {
		t.told = now
		t.log.Warn("traces can't be delivered", "error", err)
	}
}
