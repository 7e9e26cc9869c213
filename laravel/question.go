package laravel

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"
)

// ask shares one call among all who ask for the same key at the same time. A
// caller whose ctx ends leaves early; the call goes on for the others, bounded
// by the question's budget and the client's life.
// Who finds the call of another just ended takes its answer from the cache.
func ask[V any](ctx context.Context, c *Client, flights *singleflight.Group, key string,
	cached func() (V, bool), call func(context.Context) (V, error)) (V, error) {
	var none V
	if err := ctx.Err(); err != nil {
		return none, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	flight := flights.DoChan(key, func() (any, error) {
		if answer, ok := cached(); ok {
			return answer, nil
		}
		if err := c.enter(); err != nil {
			return none, err
		}
		defer c.leave()
		// What the first asker's context carries, but not its end.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.QuestionBudget)
		defer cancel()
		defer context.AfterFunc(c.ctx, cancel)()
		if err := c.turn(ctx); err != nil {
			return none, err
		}
		defer func() { <-c.slots }()
		return call(ctx)
	})
	select {
	case <-ctx.Done():
		return none, fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
	case result := <-flight:
		if result.Err != nil {
			return none, fmt.Errorf("%w: %w", ErrUnavailable, result.Err)
		}
		return result.Val.(V), nil
	}
}

// enter counts a question in, unless the client is closed or the queue full.
func (c *Client) enter() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	if c.asked >= c.cfg.Questions+c.cfg.QuestionQueue {
		return ErrBusy
	}
	c.asked++
	c.work.Add(1)
	return nil
}

func (c *Client) leave() {
	c.mu.Lock()
	c.asked--
	c.mu.Unlock()
	c.work.Done()
}

// turn waits for a slot, and for the end of a pause if that comes before the
// budget's.
func (c *Client) turn(ctx context.Context) error {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("no turn within %v", c.cfg.QuestionBudget)
	}
	if err := c.sitOut(ctx); err != nil {
		<-c.slots
		return err
	}
	return nil
}

func (c *Client) sitOut(ctx context.Context) error {
	now := time.Now()
	end := c.pause.end(now)
	if end.IsZero() {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok && !end.Before(deadline) {
		return fmt.Errorf("throttled for another %v", end.Sub(now).Round(time.Millisecond))
	}
	timer := time.NewTimer(end.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
