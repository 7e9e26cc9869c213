package laravel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// maxAnswer bounds what is read of an answer, in bytes. The longest sensible
// one has under a hundred.
const maxAnswer = 64 << 10

// exchange is one question or status on its way. The wire fills in how the
// latest attempt went; the goroutine that makes the call owns it.
type exchange struct {
	endpoint Endpoint
	method   string
	path     string
	body     []byte
	// correlation is the id of what the call is made for, "" for none.
	correlation string
	// decode reads the body of a 200; nil if the answer is its status alone.
	decode func(body []byte) error

	outcome    Outcome
	status     int
	retryAfter time.Duration // asked for by a 429 or 503, bounded
	err        error         // why it is not OutcomeOK
}

type exchangeKey struct{}

// call sends the exchange through the given retry policy and returns why it
// did not end in OutcomeOK.
func (c *Client) call(ctx context.Context, through *retryablehttp.Client, x *exchange) error {
	var body any
	if x.body != nil {
		body = x.body
	}
	ctx = context.WithValue(ctx, exchangeKey{}, x)
	req, err := retryablehttp.NewRequestWithContext(ctx, x.method, c.base+x.path, body)
	if err != nil {
		x.outcome, x.err = OutcomeRefused, err
		return err
	}
	req.Header.Set("X-Internal-Key", c.cfg.Key)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if x.correlation == "" {
		x.correlation = correlation(ctx)
	}
	if x.correlation != "" {
		req.Header.Set(CorrelationHeader, x.correlation)
	}
	resp, err := through.Do(req)
	if resp != nil {
		resp.Body.Close()
	}
	if err != nil && x.err == nil {
		x.outcome, x.err = OutcomeCanceled, err
	}
	return x.err
}

// wire is the transport of every call. It bounds each attempt in time and its
// answer in size, reads the answer whole, so that a connection lost halfway is
// an error of the attempt, and tells health and observer how it went. It hides
// CloseIdleConnections, which the retries would call on each failure to
// everybody's cost.
type wire struct {
	client *Client
	next   http.RoundTripper
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	x := req.Context().Value(exchangeKey{}).(*exchange)
	start := time.Now()
	ctx, cancel := context.WithTimeout(req.Context(), w.client.cfg.Timeout)
	defer cancel()
	resp, err := w.next.RoundTrip(req.WithContext(ctx))
	var body []byte
	if err == nil {
		body, err = readAnswer(resp.Body)
		resp.Body.Close()
		resp.Body, resp.Request = http.NoBody, req
	}
	switch {
	case err == nil || errors.Is(err, errOversized):
		x.judge(resp, body, err, w.client.cfg.RetryAfterMax)
		err = nil
	case req.Context().Err() != nil:
		x.outcome, x.err = OutcomeCanceled, req.Context().Err()
	case ctx.Err() != nil:
		x.outcome, x.err = OutcomeTimeout, fmt.Errorf("no answer within %v", w.client.cfg.Timeout)
	default:
		x.outcome, x.err = OutcomeUnreachable, err
	}
	w.client.note(x, time.Since(start))
	if err != nil {
		return nil, err
	}
	return resp, nil
}

var errOversized = fmt.Errorf("answer exceeds %d bytes", maxAnswer)

func readAnswer(body io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err == nil && len(data) > maxAnswer {
		return nil, errOversized
	}
	return data, err
}

// judge names the outcome of an attempt that was answered.
func (x *exchange) judge(resp *http.Response, body []byte, unread error, longest time.Duration) {
	x.status, x.err, x.retryAfter = resp.StatusCode, nil, 0
	status := x.status
	switch {
	case status >= 200 && status < 300:
		x.outcome = OutcomeOK
		if x.decode == nil {
			return
		}
		err := unread
		if err == nil {
			err = x.decode(body)
		}
		if err != nil {
			x.outcome, x.err = OutcomeGarbled, fmt.Errorf("unreadable answer: %w", err)
		}
		return
	case status == http.StatusNotFound, status == http.StatusGone && x.endpoint == EndpointStatus:
		x.outcome = OutcomeUnknown
	case status == http.StatusTooManyRequests:
		x.outcome = OutcomeThrottled
		x.retryAfter, _ = retryAfter(resp.Header, longest)
	case status >= 500:
		x.outcome = OutcomeFailed
		if status == http.StatusServiceUnavailable {
			x.retryAfter, _ = retryAfter(resp.Header, longest)
		}
	default:
		x.outcome = OutcomeRefused
	}
	x.err = fmt.Errorf("answered %d", status)
}

// stumbled reports whether the backend answered with an error of its program, and
// not of its being away: 500, or another 5xx than those of a proxy in front of it.
func (x *exchange) stumbled() bool {
	switch x.status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return false
	}
	return x.outcome == OutcomeFailed
}

// note tells the observer, the health and, after a 429, the pause.
func (c *Client) note(x *exchange, took time.Duration) {
	c.cfg.Observer.LaravelCall(x.endpoint, x.outcome, took)
	if c.log.Enabled(context.Background(), slog.LevelDebug) {
		c.log.Debug("laravel was called", "endpoint", string(x.endpoint), "path", x.path, "outcome", string(x.outcome),
			"status", x.status, "took", took.String(), "correlation", x.correlation)
	}
	switch x.outcome {
	case OutcomeCanceled:
		return
	case OutcomeOK, OutcomeUnknown:
		c.health.ok()
		return
	case OutcomeRefused:
		if x.status != http.StatusUnauthorized && x.status != http.StatusForbidden {
			c.health.ok() // it answers; what it refused is told by who asked
			return
		}
	case OutcomeThrottled:
		// A throttle of statuses holds back no question: a person waits for those.
		if x.retryAfter > 0 && x.endpoint != EndpointStatus {
			c.pause.extend(time.Now().Add(x.retryAfter))
		}
	}
	c.health.failed(fmt.Sprintf("%s: %v", x.endpoint, x.err))
}

// retryPolicy asks again after a connection error, a 429 and a 5xx, as long as
// the wait that is asked for ends before the question's budget does.
func retryPolicy(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	x := ctx.Value(exchangeKey{}).(*exchange)
	switch x.outcome {
	case OutcomeUnreachable, OutcomeTimeout, OutcomeThrottled, OutcomeFailed:
	default:
		return false, nil
	}
	deadline, bounded := ctx.Deadline()
	return !bounded || time.Until(deadline) > x.retryAfter, nil
}

// retryWait is the wait before the n-th retry (from 0): the growing backoff,
// and no less than what the backend asked of anybody.
func (c *Client) retryWait(n int, x *exchange) time.Duration {
	wait := max(backoff(n, c.cfg.RetryWaitMin, c.cfg.RetryWaitMax), x.retryAfter)
	now := time.Now()
	if end := c.pause.end(now); !end.IsZero() {
		wait = max(wait, end.Sub(now))
	}
	return wait
}
