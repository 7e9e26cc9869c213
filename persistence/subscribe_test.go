package persistence_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/persistence"
	"audioroom/persistence/redistest"
)

// listener is a subscription of a test.
type listener struct {
	t      *testing.T
	heard  chan string
	cancel context.CancelFunc
	ended  chan struct{}
}

// listen subscribes to a channel until the test ends.
func listen(t *testing.T, s *persistence.Store, channel string) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{t: t, heard: make(chan string, 4096), cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		s.Subscribe(ctx, channel, func(message []byte) { l.heard <- string(message) })
	}()
	t.Cleanup(l.end)
	return l
}

func (l *listener) end() {
	l.t.Helper()
	l.cancel()
	select {
	case <-l.ended:
	case <-time.After(patience):
		l.t.Fatal("the subscription does not end")
	}
}

func (l *listener) next() string {
	l.t.Helper()
	select {
	case m := <-l.heard:
		return m
	case <-time.After(patience):
		l.t.Fatal("nothing was heard")
		return ""
	}
}

// subscribed waits until somebody listens to a channel.
func subscribed(t *testing.T, url, channel string) {
	t.Helper()
	c := client(t, url)
	eventually(t, func() bool {
		counts, err := c.PubSubNumSub(context.Background(), channel).Result()
		return err == nil && counts[channel] > 0
	}, "nobody is subscribed")
}

const channel = "flylive:msab:events"

func TestStore_Subscribe_handles_each_message_in_its_order(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis, ctx := openURL(t, url), client(t, url), context.Background()
		l := listen(t, s, channel)
		subscribed(t, url, channel)
		require.NoError(t, redis.Publish(ctx, "another:channel", "not for us").Err())
		p := redis.Pipeline()
		for i := range 3_000 {
			p.Publish(ctx, channel, fmt.Sprint(i))
		}
		_, err := p.Exec(ctx)
		require.NoError(t, err)
		for i := range 3_000 {
			require.Equal(t, fmt.Sprint(i), l.next())
		}
		for _, odd := range []string{"", "\x00\xff\r\n", string(make([]byte, 1<<20))} {
			require.NoError(t, redis.Publish(ctx, channel, odd).Err())
			require.Equal(t, odd, l.next())
		}
		assert.Empty(t, l.heard)
	})
}

func TestStore_Subscribe_waits_for_its_handler(t *testing.T) {
	server := redistest.Start(t)
	s, redis, ctx := openURL(t, server.URL()), client(t, server.URL()), context.Background()
	subscription, cancel := context.WithCancel(ctx)
	defer cancel()
	began, gate, order := make(chan string), make(chan struct{}), make(chan string, 8)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Subscribe(subscription, channel, func(message []byte) {
			began <- string(message)
			<-gate
			order <- string(message)
		})
	}()
	subscribed(t, server.URL(), channel)
	for _, m := range []string{"a", "b"} {
		require.NoError(t, redis.Publish(ctx, channel, m).Err())
	}
	require.Equal(t, "a", <-began)
	select {
	case m := <-began:
		t.Fatalf("%s is handled beside a", m)
	case gate <- struct{}{}:
	}
	require.Equal(t, "b", <-began)
	require.Equal(t, "a", <-order)
	gate <- struct{}{}
	require.Equal(t, "b", <-order)
	cancel()
	<-ended
}

func TestStore_Subscribe_survives_redis(t *testing.T) {
	// heardAgain publishes until the listener hears it.
	heardAgain := func(t *testing.T, url string, l *listener, what string) {
		t.Helper()
		c := client(t, url)
		eventually(t, func() bool {
			_ = c.Publish(context.Background(), channel, what).Err()
			select {
			case m := <-l.heard:
				return m == what
			default:
				return false
			}
		}, "the subscription is dead")
		for len(l.heard) > 0 {
			<-l.heard
		}
	}
	for name, fail := range map[string]func(*redistest.Server){
		"that is killed and starts again":           func(s *redistest.Server) { s.Kill(); s.Restart() },
		"that stops in good order and starts again": func(s *redistest.Server) { s.Stop(); s.Restart() },
		"that lost all it had":                      func(s *redistest.Server) { s.Kill(); s.RestartEmpty() },
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			l := listen(t, openURL(t, server.URL()), channel)
			subscribed(t, server.URL(), channel)
			heardAgain(t, server.URL(), l, "before")
			for i := range 2 {
				fail(server)
				heardAgain(t, server.URL(), l, fmt.Sprint("after ", i))
			}
		})
	}

	t.Run("that cuts the connection", func(t *testing.T) {
		server := redistest.Start(t)
		l := listen(t, openURL(t, server.URL()), channel)
		subscribed(t, server.URL(), channel)
		require.NoError(t, client(t, server.URL()).ClientKillByFilter(context.Background(), "TYPE", "pubsub").Err())
		heardAgain(t, server.URL(), l, "after")
	})

	t.Run("that is not there yet", func(t *testing.T) {
		server := redistest.Start(t)
		server.Kill()
		l := listen(t, openURL(t, server.URL()), channel)
		server.Restart()
		heardAgain(t, server.URL(), l, "at last")
	})
}

func TestStore_Subscribe_ends_with_its_context(t *testing.T) {
	server := redistest.Start(t)
	s := openURL(t, server.URL())
	l := listen(t, s, channel)
	subscribed(t, server.URL(), channel)
	l.end()

	l = listen(t, s, channel)
	subscribed(t, server.URL(), channel)
	server.Freeze()
	l.end()
	server.Thaw()

	server.Kill()
	listen(t, s, channel).end()
}
