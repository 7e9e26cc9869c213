package standin

import (
	"io"
	"net/http"
	"time"
)

// Fault makes an endpoint fail. What is set happens in the order of the
// fields; with neither Status, Body nor Drop the call is answered normally in
// the end.
type Fault struct {
	// Times is how many calls it strikes; 0 means until Heal.
	Times int
	// Delay is the time to wait first.
	Delay time.Duration
	// Hang holds the call until Release, Heal or the caller's end.
	Hang bool
	// Drop cuts the connection without an answer.
	Drop bool
	// Status is the answer's status; with a Body and no Status it is 200.
	Status int
	// RetryAfter is the answer's Retry-After header, if not empty.
	RetryAfter string
	// Body is the answer's exact body, if not empty.
	Body string
}

// Fail adds a fault to an endpoint. Faults strike one after another: the first
// until its Times are used up, then the next.
func (b *Backend) Fail(endpoint Endpoint, fault Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults[endpoint] = append(b.faults[endpoint], &fault)
}

// Heal ends all faults of all endpoints and lets hanging calls go on.
func (b *Backend) Heal() {
	b.mu.Lock()
	clear(b.faults)
	b.mu.Unlock()
	b.Release()
}

// Release lets the calls that hang at this moment go on.
func (b *Backend) Release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.released)
	b.released = make(chan struct{})
}

// fault takes the fault that strikes the next call of an endpoint, if any.
func (b *Backend) fault(endpoint Endpoint) *Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	queue := b.faults[endpoint]
	if len(queue) == 0 {
		return nil
	}
	fault := *queue[0]
	if queue[0].Times > 0 {
		if queue[0].Times--; queue[0].Times == 0 {
			b.faults[endpoint] = queue[1:]
		}
	}
	return &fault
}

// strike does what the fault says and returns whether the call is answered.
func (f *Fault) strike(b *Backend, w http.ResponseWriter, r *http.Request) bool {
	if f == nil {
		return false
	}
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	if f.Hang {
		b.mu.Lock()
		released := b.released
		b.mu.Unlock()
		select {
		case <-released:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	if f.Drop {
		panic(http.ErrAbortHandler)
	}
	if f.Status == 0 && f.Body == "" {
		return false
	}
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	if f.Body == "" {
		fail(w, status)
		return true
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, f.Body) // the caller may be gone
	return true
}
