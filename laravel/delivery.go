package laravel

import (
	"container/heap"
	"net/http"
	"time"
)

// keepTime is the reporter's timing goroutine: it lets go what is due.
func (r *Reporter) keepTime() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-r.wake:
		case <-timer.C:
		}
		if next := r.dispatch(time.Now()); next.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(next))
		}
	}
}

// dispatch starts every call that may start now and returns when to look
// again; the zero time means not before something happens.
func (r *Reporter) dispatch(now time.Time) (next time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.timed) > 0 && !r.timed[0].due.After(now) {
		t := heap.Pop(&r.timed).(*track)
		if t.body != nil {
			r.enqueue(t)
		} else {
			delete(r.rooms, t.room) // idle, and its window is over
		}
	}
	for !r.ended && r.ready.Len() > 0 && r.flying < r.cfg.Reports {
		may, at := r.may(now)
		if !may {
			next = at
			break
		}
		if t := r.ready.Pop(); t.body != nil {
			r.launch(t, now)
		} else { // dropped
			t.queued = false
			r.schedule(t, now)
		}
	}
	if len(r.timed) > 0 && (next.IsZero() || r.timed[0].due.Before(next)) {
		next = r.timed[0].due
	}
	if r.draining {
		r.checkDrained(now)
	}
	return next
}

// may returns whether a call may start now, and if not, when to ask again. The
// lock is held.
func (r *Reporter) may(now time.Time) (bool, time.Time) {
	if end := r.client.pause.end(now); !end.IsZero() {
		return false, end
	}
	return r.gate.lets(now)
}

// checkDrained tells Close when nothing more can be delivered: all is gone, or
// the backend turned out to be away. The lock is held.
func (r *Reporter) checkDrained(now time.Time) {
	if r.flying > 0 {
		return
	}
	if r.ready.Len() > 0 && !r.ended {
		if may, _ := r.may(now); may {
			return
		}
	}
	select {
	case <-r.drained:
	default:
		close(r.drained)
	}
}

// launch starts the call of a track's next status. The lock is held.
func (r *Reporter) launch(t *track, now time.Time) {
	t.queued, t.flying, t.sentAt = false, true, now
	s := t.take()
	probe := r.gate.sent()
	r.flying++
	r.work.Go(func() { r.deliver(t, s, probe) })
}

// deliver makes one attempt and settles what follows from it.
func (r *Reporter) deliver(t *track, s status, probe bool) {
	x := &exchange{endpoint: EndpointStatus, method: http.MethodPost, path: statusPath(t.room), body: s.body, correlation: s.correlation}
	if addressable(t.room) {
		_ = r.client.call(r.ctx, r.client.once, x) // x says how it went
	} else {
		x.outcome = OutcomeUnknown
		r.cfg.Observer.LaravelCall(x.endpoint, x.outcome, 0)
	}
	now := time.Now()
	r.mu.Lock()
	r.flying--
	t.flying = false
	switch x.outcome {
	case OutcomeOK, OutcomeUnknown, OutcomeRefused:
		r.settle(t, x)
	case OutcomeCanceled:
		t.giveBack(s)
	default:
		r.again(t, x, s, probe, now)
	}
	if !t.waits() {
		r.pending--
		if x.outcome == OutcomeOK || x.outcome == OutcomeUnknown {
			// Not if a newer one waits: the outbox holds that one already.
			r.acks.add(t.room, s.body)
		}
	}
	r.schedule(t, now)
	r.mu.Unlock()
	r.poke()
}

// settle is for a definite answer: the status is done with, accepted or not.
// The lock is held.
func (r *Reporter) settle(t *track, x *exchange) {
	t.attempts = 0
	if r.gate.answered() {
		r.log.Info("laravel takes statuses again", "rooms", r.pending)
	}
	switch {
	case x.outcome == OutcomeUnknown && !t.told:
		t.told = true
		if !r.seldom.Allow() {
			return
		}
		r.log.Warn("laravel knows no such room; its statuses are dropped", "room", t.room, "status", x.status)
	case x.outcome == OutcomeRefused && r.seldom.Allow():
		r.log.Error("laravel refuses a status; it stays in the outbox", "room", t.room, "status", x.status)
	}
}

// again is for an attempt that failed: the status, or a newer one, is tried
// once more after a wait. The lock is held.
func (r *Reporter) again(t *track, x *exchange, s status, probe bool, now time.Time) {
	t.giveBack(s)
	wait := max(backoff(t.attempts, r.cfg.ReportBackoffMin, r.cfg.ReportBackoffMax), x.retryAfter)
	t.attempts++
	t.retryAt = now.Add(wait)
	shut := false
	switch {
	case x.outcome == OutcomeThrottled:
		shut = r.gate.throttled(probe, x.retryAfter, now)
	case x.stumbled():
		r.gate.answered() // it is there, and has trouble with this room's status
		return
	default:
		shut = r.gate.failed(t.room, probe, x.retryAfter, now)
	}
	if shut {
		r.log.Warn("laravel takes no statuses; they wait", "rooms", r.pending, "reason", x.err)
	}
	if r.gate.closed {
		t.retryAt = now // the gate times the attempts of all
	}
}
