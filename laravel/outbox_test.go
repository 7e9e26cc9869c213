package laravel

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/laravel/standin"
)

func TestReporter_Outbox(t *testing.T) {
	t.Run("an_accepted_status_leaves_it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, box := standin.New(key), newShelf()
			r := newReporter(t, newClient(t, b), box)
			committed(box, r, "1", live(1), false)
			synctest.Wait()
			require.Zero(t, box.len())
		})
	})

	t.Run("a_status_accepted_while_a_newer_one_waits_takes_nothing_out", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, box := standin.New(key), newShelf()
			r := newReporter(t, newClient(t, b), box)
			b.Fail(standin.Status, standin.Fault{Times: 1, Delay: time.Second})
			committed(box, r, "1", live(1), false)
			synctest.Wait()
			committed(box, r, "1", live(2), false)
			committed(box, r, "1", live(1), false) // the very same again
			time.Sleep(2 * time.Second)
			require.Equal(t, texts(live(1)), b.Accepted("1"))
			require.Equal(t, string(live(1)), box.get("1"))
			time.Sleep(2 * time.Second)
			require.Zero(t, box.len())
		})
	})

	t.Run("an_outbox_that_fails_is_told_again_and_holds_up_nobody", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, box := standin.New(key), newShelf()
			failures := 2
			box.fail = func() error {
				if failures--; failures >= 0 {
					return errors.New("redis is away")
				}
				return nil
			}
			r := newReporter(t, newClient(t, b), box)
			committed(box, r, "1", live(1), false)
			time.Sleep(2 * time.Second)
			require.Zero(t, box.len())
			require.Equal(t, 3, box.told)

			box.fail = func() error { return errors.New("redis is away") }
			for n := range 100 {
				committed(box, r, roomName(n), live(n), false)
			}
			synctest.Wait()
			require.Equal(t, 101, b.Count(standin.Status))
			require.Zero(t, r.Pending())
			time.Sleep(5 * time.Minute)
			require.Equal(t, 100, box.len())
		})
	})
}

func TestReporter_Resume(t *testing.T) {
	t.Run("sends_what_was_left", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, box := standin.New(key), newShelf()
			box.put("a", live(1))
			box.put("b", ended(1))
			r := newReporter(t, newClient(t, b), box)
			require.NoError(t, r.Resume(t.Context()))
			synctest.Wait()
			require.Equal(t, texts(live(1)), b.Accepted("a"))
			require.Equal(t, texts(ended(1)), b.Accepted("b"))
			require.Zero(t, box.len())
		})
	})

	t.Run("skips_a_room_that_was_reported_meanwhile", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, box := standin.New(key), newShelf()
			box.put("1", live(1))
			slow := slowShelf{box, 10 * time.Second}
			r := newReporter(t, newClient(t, b), slow)
			resumed := make(chan error)
			go func() { resumed <- r.Resume(context.Background()) }()
			synctest.Wait()
			r.Report("1", live(2), false) // delivered and forgotten before the outbox answers
			require.NoError(t, <-resumed)
			time.Sleep(10 * time.Second)
			require.Equal(t, texts(live(2)), b.Accepted("1"))
		})
	})

	t.Run("a_room_reopened_before_its_old_close_went_is_told_after_it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, box := standin.New(key), newShelf()
			box.put("1", ended(1))
			r := newReporter(t, newClient(t, b), box)
			require.NoError(t, r.Resume(t.Context()))
			committed(box, r, "1", live(2), false)
			time.Sleep(10 * time.Second)
			require.Equal(t, texts(ended(1), live(2)), b.Accepted("1"))
		})
	})

	t.Run("returns_the_outbox_error", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newReporter(t, newClient(t, standin.New(key)), brokenShelf{newShelf()})
			require.ErrorIs(t, r.Resume(t.Context()), errBroken)
		})
	})
}

func TestReporter_Close(t *testing.T) {
	t.Run("sends_what_waits_without_its_window", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, box := standin.New(key), newShelf()
			r := newReporter(t, newClient(t, b), box)
			for n := range 100 {
				committed(box, r, roomName(n), live(1), false)
			}
			time.Sleep(time.Second)
			for n := range 100 {
				committed(box, r, roomName(n), live(2), false)
			}
			start := time.Now()
			require.NoError(t, r.Close(context.Background()))
			require.Zero(t, time.Since(start))
			require.Zero(t, box.len())
			for n := range 100 {
				require.Equal(t, texts(live(1), live(2)), b.Accepted(roomName(n)))
			}
		})
	})

	t.Run("sends_a_close_and_what_came_after_it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			r := newReporter(t, newClient(t, b), nil)
			r.Report("1", live(1), false)
			synctest.Wait()
			r.Report("1", ended(1), true)
			r.Report("1", live(2), false)
			require.NoError(t, r.Close(context.Background()))
			require.Equal(t, texts(live(1), ended(1), live(2)), b.Accepted("1"))
		})
	})

	t.Run("leaves_to_the_outbox_what_an_absent_backend_does_not_take", func(t *testing.T) {
		for _, fault := range []standin.Fault{{Drop: true}, {Status: 503}, {Status: 429, RetryAfter: "60"}} {
			synctest.Test(t, func(t *testing.T) {
				b, box := standin.New(key), newShelf()
				r := newReporter(t, newClient(t, b), box)
				b.Fail(standin.Status, fault)
				for n := range 500 {
					committed(box, r, roomName(n), live(1), false)
				}
				time.Sleep(time.Minute)
				before, start := b.Count(standin.Status), time.Now()
				require.ErrorIs(t, r.Close(context.Background()), ErrUndelivered)
				require.Less(t, time.Since(start), time.Second)
				require.LessOrEqual(t, b.Count(standin.Status)-before, 1)
				require.Equal(t, 500, box.len())
				require.Equal(t, 500, r.Pending())
			})
		}
	})

	t.Run("tries_each_status_once_when_some_fail", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, box := standin.New(key), newShelf()
			r := newReporter(t, newClient(t, b), box)
			b.Fail(standin.Status, standin.Fault{Times: 1, Status: 503})
			committed(box, r, "1", live(1), false)
			require.ErrorIs(t, r.Close(context.Background()), ErrUndelivered)
			require.Equal(t, 1, b.Count(standin.Status))
			require.Equal(t, 1, box.len())
		})
	})

	t.Run("ends_with_its_context_though_the_backend_hangs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, box := standin.New(key), newShelf()
			r := newReporter(t, newClient(t, b), box)
			b.Fail(standin.Status, standin.Fault{Hang: true})
			for n := range 100 {
				committed(box, r, roomName(n), live(1), false)
			}
			synctest.Wait()
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			start := time.Now()
			require.ErrorIs(t, r.Close(ctx), ErrUndelivered)
			require.Equal(t, 2*time.Second, time.Since(start))
			require.Equal(t, 16, b.Count(standin.Status))
			require.Equal(t, 100, box.len())
		})
	})

	t.Run("leaves_later_statuses_to_the_outbox_and_can_be_called_twice", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			seen := make(map[Outcome]int)
			r := newReporter(t, newClient(t, b, func(cfg *Config) {
				cfg.Observer = ObserverFunc(func(_ Endpoint, o Outcome, _ time.Duration) { seen[o]++ })
			}), nil)
			require.NoError(t, r.Close(context.Background()))
			r.Report("1", live(1), false)
			require.NoError(t, r.Close(context.Background()))
			require.Zero(t, b.Count(standin.Status))
			require.Equal(t, map[Outcome]int{OutcomeDropped: 1}, seen)
		})
	})
}

func TestReporter_Bound(t *testing.T) {
	t.Run("rooms_beyond_it_are_left_to_the_outbox", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			r := newReporter(t, newClient(t, b, func(cfg *Config) { cfg.ReportRooms = 10 }), nil)
			for n := range 100 {
				r.Report(roomName(n), live(n), false)
			}
			time.Sleep(time.Minute)
			require.Equal(t, 10, b.Count(standin.Status))
			r.Report("later", live(1), false)
			synctest.Wait()
			require.Equal(t, 11, b.Count(standin.Status))
		})
	})
}

var errBroken = errors.New("redis is away")

type brokenShelf struct{ *shelf }

func (brokenShelf) Pending(context.Context) (map[string][]byte, error) { return nil, errBroken }

// slowShelf answers late, with what it held when it was asked.
type slowShelf struct {
	*shelf
	delay time.Duration
}

func (s slowShelf) Pending(ctx context.Context) (map[string][]byte, error) {
	entries, err := s.shelf.Pending(ctx)
	time.Sleep(s.delay)
	return entries, err
}
