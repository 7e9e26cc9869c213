package laravel

import (
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"audioroom/actors/fifo"
)

// What the backend definitely refuses is logged for each room, but no more
// often than this: a wrong key would have every room refused every few seconds.
const (
	refusalsLogged = rate.Limit(1) // a second
	refusalsBurst  = 20
)

// ErrUndelivered is in the error of a Close that left statuses to the outbox.
var ErrUndelivered = errors.New("laravel: statuses are left to the outbox")

// Reporter tells the backend each room's latest status. Statuses are absolute
// and the latest wins: a room has one call at a time, what comes meanwhile
// replaces what waits, and an older status never follows a newer one. The
// first goes at once, then at most one each Config.StatusWindow, counted from
// the start of the one before; a close goes at once.
//
// A status that fails is tried again, or the newer one that has replaced it,
// after a growing wait. When the backend is away for several rooms all of them
// wait behind one probe.
//
// Its methods may be called from any goroutine. One goroutine times the rooms,
// up to Config.Reports carry calls, two talk to the outbox; an idle room costs
// nothing.
type Reporter struct {
	client *Client
	cfg    Config
	log    *slog.Logger
	outbox Outbox
	seldom *rate.Limiter // of the log

	acks    *acks
	ackCtx  context.Context
	endAcks context.CancelFunc
	ctx     context.Context // of the calls
	cancel  context.CancelFunc
	wake    chan struct{} // the timing goroutine has something to look at
	stop    chan struct{} // it ends
	work    sync.WaitGroup
	closing sync.Once
	closed  error // what Close returned, after closing

	mu       sync.Mutex
	rooms    map[string]*track
	timed    timetable          // tracks that wait for a time
	ready    fifo.Queue[*track] // that may go now
	flying   int                // calls under way
	pending  int                // tracks for which waits() is true
	gate     gate
	draining bool // Close was called: windows are over, each status has one try
	ended    bool // nothing goes any more
	drained  chan struct{}
	since    map[string]struct{} // rooms reported while a Resume reads the outbox
	full     bool                // the log says that rooms are turned away
}

// NewReporter returns a reporter that makes its calls through client, under
// the client's configuration. Its goroutines end with Close. A nil outbox
// keeps nothing.
func NewReporter(client *Client, outbox Outbox) *Reporter {
	if outbox == nil {
		outbox = keepsNothing{}
	}
	cfg := client.cfg
	r := &Reporter{
		client:  client,
		cfg:     cfg,
		log:     cfg.Logger,
		outbox:  outbox,
		seldom:  rate.NewLimiter(refusalsLogged, refusalsBurst),
		wake:    make(chan struct{}, 1),
		stop:    make(chan struct{}),
		rooms:   make(map[string]*track),
		gate:    gate{low: cfg.ReportBackoffMin, high: cfg.ReportBackoffMax},
		drained: make(chan struct{}),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.ackCtx, r.endAcks = context.WithCancel(context.Background())
	r.acks = newAcks(r.ackCtx, outbox, cfg.ReportRooms, cfg.Logger)
	r.work.Go(r.keepTime)
	return r
}

// Report takes a room's newest status: body is the exact JSON to send, which
// the caller must not change any more, and closed says that the room closed.
// It never waits. Statuses of one room must be reported in their order. After
// Close, or beyond Config.ReportRooms, a status is left to the outbox.
func (r *Reporter) Report(roomID string, body []byte, closed bool) {
	r.ReportFor("", roomID, body, closed)
}

// ReportFor is Report of a status that a command has led to: the call that tells
// it carries the command's id.
func (r *Reporter) ReportFor(correlation, roomID string, body []byte, closed bool) {
	r.mu.Lock()
	taken := r.take(roomID, status{body, closed, correlation})
	if r.since != nil {
		r.since[roomID] = struct{}{}
	}
	r.mu.Unlock()
	if !taken {
		r.cfg.Observer.LaravelCall(EndpointStatus, OutcomeDropped, 0)
	}
}

// Drop forgets what waits for a room, because another process tells of it now. A
// call under way is not ended, but not repeated; the outbox keeps its entry. Any
// goroutine may call it.
func (r *Reporter) Drop(roomID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.rooms[roomID]
	if t == nil {
		return
	}
	waited := t.waits()
	t.status, t.behind, t.tried, t.dropped = status{}, status{}, false, true
	if waited && !t.waits() {
		r.pending--
	}
}

// take puts a status on its room's track. The lock is held.
func (r *Reporter) take(roomID string, s status) bool {
	if r.draining {
		return false
	}
	t := r.rooms[roomID]
	if t == nil {
		if len(r.rooms) >= r.cfg.ReportRooms {
			if !r.full {
				r.full = true
				r.log.Error("too many rooms wait for laravel; their statuses stay in the outbox", "rooms", len(r.rooms))
			}
			return false
		}
		r.full = false
		t = &track{room: roomID, index: -1}
		r.rooms[roomID] = t
	}
	if !t.waits() {
		r.pending++
	}
	r.acks.cancel(roomID)
	t.put(s)
	r.schedule(t, time.Now())
	return true
}

// Resume sends what the outbox still holds from before this start. An entry of
// a room that was reported meanwhile is skipped: the newer one is on its way.
// It waits for the outbox only; the error is the outbox's. It is called when rooms
// may already be reporting, one call at a time.
func (r *Reporter) Resume(ctx context.Context) error {
	r.mu.Lock()
	if r.since == nil {
		r.since = make(map[string]struct{})
	}
	r.mu.Unlock()
	entries, err := r.outbox.Pending(ctx)
	left := 0
	r.mu.Lock()
	for roomID, body := range entries {
		if _, newer := r.since[roomID]; newer || r.rooms[roomID] != nil {
			continue
		}
		if !r.take(roomID, status{body: body, closed: isClose(body)}) {
			left++
		}
	}
	r.since = nil
	r.mu.Unlock()
	for range left {
		r.cfg.Observer.LaravelCall(EndpointStatus, OutcomeDropped, 0)
	}
	if err != nil {
		return fmt.Errorf("laravel: outbox: %w", err)
	}
	return nil
}

// isClose reads whether a status from the outbox is a close.
func isClose(body []byte) bool {
	var status struct {
		IsLive *bool `json:"is_live"`
	}
	return json.Unmarshal(body, &status) == nil && status.IsLive != nil && !*status.IsLive
}

// Pending returns the number of rooms whose latest status was not answered
// yet.
func (r *Reporter) Pending() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pending
}

// Healthy returns how the latest calls went, as Client.Healthy does.
func (r *Reporter) Healthy() Health { return r.client.Healthy() }

// Close sends what waits at once, each status one time, until ctx ends or
// Config.CloseTimeout is over, and returns when no goroutine of the reporter
// is left. What was not delivered stays in the outbox; the error then wraps
// ErrUndelivered. A second call waits for the first and returns the same.
func (r *Reporter) Close(ctx context.Context) error {
	r.closing.Do(func() { r.closed = r.close(ctx) })
	return r.closed
}

func (r *Reporter) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.CloseTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, r.endAcks)()

	r.mu.Lock()
	r.draining = true
	for _, t := range r.timed {
		t.index = -1
		if t.body != nil {
			r.enqueue(t)
		} else {
			delete(r.rooms, t.room)
		}
	}
	r.timed = nil
	r.gate.probeAt = time.Time{} // a backend that is away has one last chance
	r.mu.Unlock()
	r.poke()

	select {
	case <-r.drained:
	case <-ctx.Done():
	}
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.cancel()
	close(r.stop)
	r.work.Wait()
	r.acks.close()
	r.endAcks()

	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending > 0 {
		return fmt.Errorf("%w: %d rooms", ErrUndelivered, r.pending)
	}
	return nil
}

// schedule puts a track where it belongs: the ready queue, the timetable, or
// nowhere while its call is under way. The lock is held.
func (r *Reporter) schedule(t *track, now time.Time) {
	if t.flying || t.queued {
		return
	}
	if r.draining {
		switch {
		case t.body == nil:
			delete(r.rooms, t.room)
		case !t.tried: // what failed while closing is left
			r.enqueue(t)
		}
		return
	}
	due := t.goAt(r.cfg.StatusWindow)
	if t.body != nil && !due.After(now) {
		if t.index >= 0 {
			heap.Remove(&r.timed, t.index)
		}
		r.enqueue(t)
		r.poke()
		return
	}
	switch {
	case t.index < 0:
		t.due = due
		heap.Push(&r.timed, t)
	case !t.due.Equal(due):
		t.due = due
		heap.Fix(&r.timed, t.index)
	default:
		return
	}
	if t.index == 0 {
		r.poke()
	}
}

// enqueue lets a track go as soon as a call is free. The lock is held.
func (r *Reporter) enqueue(t *track) {
	t.queued = true
	r.ready.Push(t)
}

// poke wakes the timing goroutine.
func (r *Reporter) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}
