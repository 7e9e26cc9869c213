package laravel

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	ackers     = 2               // goroutines that tell the outbox
	ackTries   = 3               // before the status is left to be sent again at the next start
	ackTimeout = 2 * time.Second // of one try
	ackBackoff = 200 * time.Millisecond
)

// Outbox keeps, through restarts, each room's latest status that the backend
// has not accepted. Whoever commits a room's state writes the status into it
// before Report is called; the Reporter only reads it at start and takes out
// what was accepted. Its methods are called from the Reporter's goroutines, at
// most two at the same time, and are bounded by ctx.
type Outbox interface {
	// Accepted removes the room's entry if it still equals body.
	Accepted(ctx context.Context, roomID string, body []byte) error
	// Pending returns every entry: room id to the exact body to send.
	Pending(ctx context.Context) (map[string][]byte, error)
}

// acks tells the outbox what was accepted, beside the calls, so that a slow
// outbox holds up no status. Of each room only the latest accepted status
// waits: an older one would no longer equal the entry. What can't be told is
// left: the status is sent once more at the next start, which is harmless.
type acks struct {
	outbox Outbox
	log    *slog.Logger
	ctx    context.Context
	work   sync.WaitGroup

	mu      sync.Mutex
	more    *sync.Cond
	waiting map[string][]byte // one per room; bounded like the Reporter's rooms
	limit   int
	closing bool
	failing bool
}

func newAcks(ctx context.Context, outbox Outbox, limit int, log *slog.Logger) *acks {
	a := &acks{outbox: outbox, log: log, ctx: ctx, waiting: make(map[string][]byte), limit: limit}
	a.more = sync.NewCond(&a.mu)
	for range ackers {
		a.work.Go(a.run)
	}
	return a
}

// add never waits.
func (a *acks) add(roomID string, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.waiting[roomID]; !known && len(a.waiting) >= a.limit {
		return
	}
	a.waiting[roomID] = body
	a.more.Signal()
}

// cancel takes back what was not told yet: a newer status has come, so the
// outbox holds that one, which may have the very same body.
func (a *acks) cancel(roomID string) {
	a.mu.Lock()
	delete(a.waiting, roomID)
	a.mu.Unlock()
}

// close returns when all that waits was told, or ctx of newAcks has ended.
func (a *acks) close() {
	a.mu.Lock()
	a.closing = true
	a.mu.Unlock()
	a.more.Broadcast()
	a.work.Wait()
}

func (a *acks) run() {
	for {
		roomID, body, ok := a.next()
		if !ok {
			return
		}
		a.tell(roomID, body)
	}
}

func (a *acks) next() (roomID string, body []byte, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.waiting) == 0 && !a.closing {
		a.more.Wait()
	}
	for roomID, body := range a.waiting {
		delete(a.waiting, roomID)
		return roomID, body, true
	}
	return "", nil, false
}

func (a *acks) tell(roomID string, body []byte) {
	var err error
	for try := range ackTries {
		if try > 0 && !sleep(a.ctx, backoff(try, ackBackoff, time.Second)) {
			break
		}
		if err = a.ctx.Err(); err != nil {
			break
		}
		ctx, cancel := context.WithTimeout(a.ctx, ackTimeout)
		err = a.outbox.Accepted(ctx, roomID, body)
		cancel()
		if err == nil {
			break
		}
	}
	a.mu.Lock()
	changed := a.failing != (err != nil)
	a.failing = err != nil
	a.mu.Unlock()
	if changed && err != nil && a.ctx.Err() == nil {
		a.log.Warn("outbox can't be told what laravel accepted; it is sent again at the next start",
			"room", roomID, "error", err)
	}
}

// sleep waits, and returns false if ctx ended first.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// keepsNothing is the outbox of a Reporter that was given none.
type keepsNothing struct{}

func (keepsNothing) Accepted(context.Context, string, []byte) error { return nil }

func (keepsNothing) Pending(context.Context) (map[string][]byte, error) { return nil, nil }
