package standin

import (
	"context"
	"time"
)

// maxCalls bounds the record; beyond it the older half is forgotten.
const maxCalls = 100_000

// Call is one call as it came.
type Call struct {
	Endpoint Endpoint
	Method   string
	Path     string // as sent, escaped
	Room     string // plain; empty for Other
	User     int64  // of a Role call
	Body     []byte // of a Status call
	// Correlation is the call's X-Correlation-ID, Traceparent the header of that
	// name.
	Correlation, Traceparent string
	At                       time.Time
	// Ended is when it was answered or cut off; zero while under way.
	Ended time.Time
	// Answer is the status it got; 0 while under way, and if it was cut off.
	Answer int
	// RoomCalls is how many status calls of the room were under way when it
	// came, itself included.
	RoomCalls int
}

// Accepted reports whether the call was answered with a 2xx.
func (c Call) Accepted() bool { return c.Answer >= 200 && c.Answer < 300 }

func (b *Backend) begin(call *Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	call.At = time.Now()
	if len(b.calls) >= maxCalls {
		half := len(b.calls) / 2
		b.dropped += half
		b.calls = append([]*Call(nil), b.calls[half:]...)
	}
	b.calls = append(b.calls, call)
	b.total[call.Endpoint]++
	b.flying[call.Endpoint]++
	b.peaks[call.Endpoint] = max(b.peaks[call.Endpoint], b.flying[call.Endpoint])
	if call.Endpoint == Status {
		b.roomNow[call.Room]++
		call.RoomCalls = b.roomNow[call.Room]
	}
	b.tell()
}

func (b *Backend) end(call *Call, status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	call.Ended, call.Answer = time.Now(), status
	b.flying[call.Endpoint]--
	if call.Endpoint == Status {
		if b.roomNow[call.Room]--; b.roomNow[call.Room] == 0 {
			delete(b.roomNow, call.Room)
		}
	}
	b.tell()
}

// tell wakes who waits. The lock is held.
func (b *Backend) tell() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// Calls returns the recorded calls of an endpoint in the order they came.
func (b *Backend) Calls(endpoint Endpoint) []Call {
	return b.pick(func(c *Call) bool { return c.Endpoint == endpoint })
}

// Statuses returns the status calls of a room in the order they came, refused
// ones and those under way included.
func (b *Backend) Statuses(roomID string) []Call {
	return b.pick(func(c *Call) bool { return c.Endpoint == Status && c.Room == roomID })
}

// Accepted returns the bodies of the statuses accepted for a room, in order.
func (b *Backend) Accepted(roomID string) []string {
	var bodies []string
	for _, call := range b.Statuses(roomID) {
		if call.Accepted() {
			bodies = append(bodies, string(call.Body))
		}
	}
	return bodies
}

func (b *Backend) pick(match func(*Call) bool) []Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	var calls []Call
	for _, call := range b.calls {
		if match(call) {
			calls = append(calls, *call)
		}
	}
	return calls
}

// Count returns how many calls of an endpoint ever came.
func (b *Backend) Count(endpoint Endpoint) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total[endpoint]
}

// Flying returns how many calls of an endpoint are under way.
func (b *Backend) Flying(endpoint Endpoint) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.flying[endpoint]
}

// Peak returns the most calls of an endpoint that were ever under way at once.
func (b *Backend) Peak(endpoint Endpoint) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.peaks[endpoint]
}

// Wait returns nil once done returns true: it is asked now and after every
// change of the record, and may call the backend. It returns ctx's error if
// that ends first.
func (b *Backend) Wait(ctx context.Context, done func() bool) error {
	for {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		if done() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
