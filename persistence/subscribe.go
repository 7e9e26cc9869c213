package persistence

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// subscribeBuffer is how many messages may wait for their handler. A slow one
// makes Redis's own buffer for the subscriber grow next.
const subscribeBuffer = 1024

// subscribeSilence is after what time without a message the connection is asked
// whether it is there, so that a lost one is noticed and replaced.
const subscribeSilence = 3 * time.Second

// Subscribe has each message that is published on a channel handled, one after
// the other, until ctx ends. It connects again by itself when Redis was away;
// what was published meanwhile is lost, as it is with Redis's PUBLISH.
func (s *Store) Subscribe(ctx context.Context, channel string, handle func(message []byte)) {
	s.subscribe(ctx, channel, func() {}, handle)
}

// subscribe is Subscribe that calls ready once Redis knows of the subscription.
func (s *Store) subscribe(ctx context.Context, channel string, ready func(), handle func(message []byte)) {
	subscription := s.ask.Subscribe(ctx, channel)
	defer subscription.Close()
	messages := subscription.ChannelWithSubscriptions(
		redis.WithChannelSize(subscribeBuffer),
		redis.WithChannelHealthCheckInterval(subscribeSilence),
	)
	for {
		select {
		case m, open := <-messages:
			if !open {
				return
			}
			switch m := m.(type) {
			case *redis.Subscription:
				if ready != nil {
					ready()
					ready = nil
				}
			case *redis.Message:
				handle([]byte(m.Payload))
			}
		case <-ctx.Done():
			return
		}
	}
}
