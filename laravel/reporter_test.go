package laravel

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/laravel/standin"
)

// at returns when each status of a room came, from the start of the test.
func at(b *standin.Backend, roomID string, start time.Time) []time.Duration {
	var times []time.Duration
	for _, call := range b.Statuses(roomID) {
		times = append(times, call.At.Sub(start))
	}
	return times
}

// tracked returns how many rooms the reporter knows at this moment.
func tracked(r *Reporter) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(len(r.rooms), len(r.timed), r.ready.Len())
}

func TestReporter_Windows(t *testing.T) {
	t.Run("sends_the_first_at_once_and_a_burst_as_one_when_the_window_is_over", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, start := standin.New(key), time.Now()
			r := newReporter(t, newClient(t, b), nil)
			for n := range 20 {
				r.Report("1", live(n+1), false)
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(10 * time.Second)
			require.Equal(t, texts(live(1), live(20)), b.Accepted("1"))
			require.Equal(t, []time.Duration{0, 3 * time.Second}, at(b, "1", start))
		})
	})

	t.Run("sends_at_most_one_each_window_counted_from_the_one_before", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, start := standin.New(key), time.Now()
			r := newReporter(t, newClient(t, b), nil)
			for n := range 100 {
				r.Report("1", live(n), false)
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(10 * time.Second)
			require.Equal(t, []time.Duration{0, 3 * time.Second, 6 * time.Second, 9 * time.Second, 12 * time.Second}, at(b, "1", start))
			require.Equal(t, string(live(99)), b.Accepted("1")[4])
		})
	})

	t.Run("sends_a_close_at_once_and_cancels_what_waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, start := standin.New(key), time.Now()
			r := newReporter(t, newClient(t, b), nil)
			r.Report("1", live(1), false)
			time.Sleep(time.Second)
			r.Report("1", live(2), false)
			r.Report("1", ended(1), true)
			time.Sleep(10 * time.Second)
			require.Equal(t, texts(live(1), ended(1)), b.Accepted("1"))
			require.Equal(t, []time.Duration{0, time.Second}, at(b, "1", start))
		})
	})

	t.Run("sends_the_status_of_a_reopened_room_after_its_close", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, start := standin.New(key), time.Now()
			r := newReporter(t, newClient(t, b), nil)
			r.Report("1", live(1), false)
			r.Report("1", ended(1), true)
			r.Report("1", live(2), false)
			r.Report("1", live(3), false)
			time.Sleep(10 * time.Second)
			require.Equal(t, texts(ended(1), live(3)), b.Accepted("1"))
			require.Equal(t, []time.Duration{0, 3 * time.Second}, at(b, "1", start))
		})
	})

	t.Run("forgets_a_room_whose_window_is_over", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			r := newReporter(t, newClient(t, b), nil)
			for n := range 1000 {
				r.Report(roomName(n), live(n), false)
			}
			time.Sleep(2 * time.Second)
			require.Equal(t, 1000, tracked(r))
			require.Zero(t, r.Pending())
			time.Sleep(2 * time.Second)
			require.Zero(t, tracked(r))
		})
	})
}

func TestReporter_InFlight(t *testing.T) {
	t.Run("a_close_goes_the_moment_the_call_under_way_has_ended", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, start := standin.New(key), time.Now()
			r := newReporter(t, newClient(t, b), nil)
			b.Fail(standin.Status, standin.Fault{Times: 1, Delay: 1500 * time.Millisecond})
			r.Report("1", live(1), false)
			time.Sleep(100 * time.Millisecond)
			r.Report("1", live(2), false)
			r.Report("1", ended(1), true)
			r.Report("1", live(3), false)
			require.Equal(t, 1, r.Pending())
			time.Sleep(10 * time.Second)
			require.Equal(t, texts(live(1), ended(1), live(3)), b.Accepted("1"))
			require.Equal(t, []time.Duration{0, 1500 * time.Millisecond, 4500 * time.Millisecond}, at(b, "1", start))
			for _, call := range b.Statuses("1") {
				require.Equal(t, 1, call.RoomCalls)
			}
			require.Zero(t, r.Pending())
		})
	})

	t.Run("sixteen_rooms_at_a_time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			r := newReporter(t, newClient(t, b), nil)
			b.Fail(standin.Status, standin.Fault{Delay: 100 * time.Millisecond})
			for n := range 200 {
				r.Report(roomName(n), live(n), false)
			}
			time.Sleep(10 * time.Second)
			require.Equal(t, 200, b.Count(standin.Status))
			require.Equal(t, 16, b.Peak(standin.Status))
		})
	})
}

func TestReporter_Drop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := standin.New(key)
		var away atomic.Bool
		away.Store(true)
		r := newReporter(t, newClient(t, b, func(c *Config) {
			c.Transport = transport(func(q *http.Request) (*http.Response, error) {
				if away.Load() {
					return nil, errors.New("away")
				}
				return b.Transport().RoundTrip(q)
			})
		}), newShelf())
		for _, id := range []string{"ours", "theirs"} {
			r.Report(id, live(1), false)
		}
		time.Sleep(time.Minute)
		require.Equal(t, 2, r.Pending())
		r.Drop("theirs")
		r.Drop("nobody's")
		require.Equal(t, 1, r.Pending())
		away.Store(false)
		time.Sleep(5 * time.Minute)
		require.Len(t, b.Accepted("ours"), 1)
		require.Empty(t, b.Accepted("theirs"), "what was dropped is not sent")
		r.Report("theirs", live(2), false) // it came back
		time.Sleep(time.Minute)
		require.Equal(t, []string{string(live(2))}, b.Accepted("theirs"))
		require.Zero(t, r.Pending())
	})
}
