package laravel

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// backoff returns the wait before the n-th retry (from 0): it doubles from low
// to high, and up to half of it is taken off at random, so that many callers
// which failed together don't come back together.
func backoff(n int, low, high time.Duration) time.Duration {
	wait := high
	if n < 32 && low<<n < high && low<<n > 0 {
		wait = low << n
	}
	if half := int64(wait / 2); half > 0 {
		wait -= time.Duration(rand.Int64N(half + 1))
	}
	return wait
}

// retryAfter reads a Retry-After header, seconds or an HTTP date; a date is
// measured against the answer's own Date, whose clock it was taken from. It
// returns no more than limit, and false when there is none that makes sense.
func retryAfter(header http.Header, limit time.Duration) (time.Duration, bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return min(time.Duration(min(seconds, uint64(limit/time.Second)+1))*time.Second, limit), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	now := time.Now()
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), limit), true
}

// pause is the time until which the backend wants no calls at all: the latest
// Retry-After of a 429.
type pause struct {
	mu    sync.Mutex
	until time.Time
}

func (p *pause) extend(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.until) {
		p.until = until
	}
}

// end returns when the pause is over; the zero time when there is none.
func (p *pause) end(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !now.Before(p.until) {
		return time.Time{}
	}
	return p.until
}
