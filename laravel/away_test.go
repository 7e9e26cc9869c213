package laravel

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
	"audioroom/laravel/standin"
)

func TestReporter_Failures(t *testing.T) {
	t.Run("a_newer_status_replaces_one_that_waits_for_its_retry", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			r := newReporter(t, newClient(t, b), nil)
			b.Fail(standin.Status, standin.Fault{Times: 2, Status: 503})
			r.Report("1", live(1), false)
			synctest.Wait()
			r.Report("1", live(2), false)
			time.Sleep(10 * time.Second)
			var sent []string
			for _, call := range b.Statuses("1") {
				sent = append(sent, string(call.Body))
			}
			require.Equal(t, texts(live(1), live(2), live(2)), sent)
			require.Equal(t, texts(live(2)), b.Accepted("1"))
		})
	})

	t.Run("a_close_cuts_the_wait_short", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			r := newReporter(t, newClient(t, b), nil)
			b.Fail(standin.Status, standin.Fault{Status: 503})
			r.Report("1", live(1), false)
			time.Sleep(2 * time.Minute)
			b.Heal()
			synctest.Wait()
			before := b.Count(standin.Status)
			r.Report("1", ended(1), true)
			synctest.Wait()
			require.Equal(t, before+1, b.Count(standin.Status))
			require.Equal(t, texts(ended(1)), b.Accepted("1"))
			time.Sleep(time.Minute)
			require.Equal(t, before+1, b.Count(standin.Status))
		})
	})

	t.Run("waits_grow_from_half_a_second_to_thirty", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, start := standin.New(key), time.Now()
			r := newReporter(t, newClient(t, b), nil)
			b.Fail(standin.Status, standin.Fault{Drop: true})
			r.Report("1", live(1), false)
			time.Sleep(5 * time.Minute)
			times := at(b, "1", start)
			want := 500 * time.Millisecond
			for i := 1; i < len(times); i++ {
				wait := times[i] - times[i-1]
				require.GreaterOrEqual(t, wait, want/2, "wait %d", i)
				require.LessOrEqual(t, wait, want, "wait %d", i)
				want = min(2*want, 30*time.Second)
			}
			require.Greater(t, len(times), 12)
			require.Equal(t, 1, r.Pending())
		})
	})

	t.Run("one_room_that_makes_the_backend_stumble_holds_up_no_other", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			stumbling := transport(func(req *http.Request) (*http.Response, error) {
				if req.URL.Path == "/internal/rooms/bad/status" {
					return &http.Response{StatusCode: 503, Body: http.NoBody}, nil
				}
				return b.Transport().RoundTrip(req)
			})
			r := newReporter(t, newClient(t, b, func(cfg *Config) { cfg.Transport = stumbling }), nil)
			r.Report("bad", live(1), false)
			time.Sleep(time.Minute)
			for n := range 50 {
				r.Report(roomName(n), live(n), false)
			}
			synctest.Wait()
			require.Equal(t, 50, b.Count(standin.Status))
			require.Equal(t, 1, r.Pending())
		})
	})
}

func TestReporter_rooms_that_the_backend_stumbles_over_hold_up_no_other(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := standin.New(key)
		var stumbles atomic.Int64
		stumbling := transport(func(req *http.Request) (*http.Response, error) {
			if strings.Contains(req.URL.Path, "/evil-") {
				stumbles.Add(1)
				return &http.Response{StatusCode: 500, Body: http.NoBody}, nil
			}
			return b.Transport().RoundTrip(req)
		})
		r := newReporter(t, newClient(t, b, func(cfg *Config) { cfg.Transport = stumbling }), nil)
		for n := range 60 {
			r.Report("evil-"+roomName(n), live(1), false)
		}
		time.Sleep(time.Minute)
		r.Report("1", live(1), false)
		r.Report("2", live(1), false)
		synctest.Wait()
		require.Equal(t, 2, b.Count(standin.Status), "told at once")
		time.Sleep(5 * time.Minute)
		require.Less(t, stumbles.Load(), int64(60*24), "each with its own growing backoff")
	})
}

func TestClient_a_throttle_of_statuses_holds_back_no_question(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := standin.New(key)
		b.SetRoom("n", 7, 0)
		c := newClient(t, b)
		r := newReporter(t, c, nil)
		b.Fail(standin.Status, standin.Fault{Status: 429, RetryAfter: "20", Times: 1})
		r.Report("t", live(1), false)
		synctest.Wait()
		start := time.Now()
		rank, err := c.Rank(t.Context(), "n", 7)
		require.NoError(t, err)
		require.Equal(t, room.RankOwner, rank)
		require.Zero(t, time.Since(start))
		require.Equal(t, 1, r.Pending(), "the status waits as it was told to")
	})
}

func TestReporter_Away(t *testing.T) {
	t.Run("a_thousand_rooms_wait_behind_one_probe_and_flow_after_it", func(t *testing.T) {
		for _, fault := range []standin.Fault{{Drop: true}, {Status: 503}, {Status: 429}, {Hang: true}} {
			synctest.Test(t, func(t *testing.T) {
				b, box := standin.New(key), newShelf()
				r := newReporter(t, newClient(t, b), box)
				b.Fail(standin.Status, fault)
				for n := range 1000 {
					committed(box, r, roomName(n), live(1), false)
				}
				time.Sleep(time.Minute)
				for n := range 1000 {
					committed(box, r, roomName(n), live(2), n%10 == 0)
				}
				time.Sleep(9 * time.Minute)
				calls := b.Calls(standin.Status)
				require.Less(t, len(calls), 80, "calls in ten minutes to a backend that is away")
				var late []standin.Call
				for _, call := range calls {
					if call.At.Sub(calls[0].At) > 25*time.Second {
						late = append(late, call)
					}
				}
				for i := 1; i < len(late); i++ {
					require.False(t, late[i].At.Before(late[i-1].Ended), "two probes at a time")
				}
				require.Equal(t, 1000, r.Pending())
				require.Equal(t, 1000, box.len())
				require.False(t, r.Healthy().OK)

				b.Heal()
				b.Fail(standin.Status, standin.Fault{Delay: 10 * time.Millisecond})
				back := b.Count(standin.Status)
				time.Sleep(45 * time.Second)
				require.Zero(t, r.Pending())
				require.Zero(t, box.len())
				require.LessOrEqual(t, b.Count(standin.Status)-back, 1001)
				require.LessOrEqual(t, b.Peak(standin.Status), 16)
				require.True(t, r.Healthy().OK)
				for n := range 1000 {
					require.Equal(t, texts(live(2)), b.Accepted(roomName(n)))
				}
			})
		}
	})

	t.Run("nothing_goes_before_the_retry_after_of_a_429_is_over", func(t *testing.T) {
		for name, header := range map[string]func() string{
			"seconds": func() string { return "20" },
			"a_date":  func() string { return time.Now().Add(20 * time.Second).UTC().Format(http.TimeFormat) },
		} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b, start := standin.New(key), time.Now()
					r := newReporter(t, newClient(t, b), nil)
					b.Fail(standin.Status, standin.Fault{Times: 1, Status: 429, RetryAfter: header()})
					r.Report("1", live(1), false)
					synctest.Wait()
					for n := range 100 {
						r.Report(roomName(n), live(n), n%2 == 0)
					}
					r.Report("1", ended(1), true)
					time.Sleep(19 * time.Second)
					require.Equal(t, 1, b.Count(standin.Status))
					time.Sleep(2 * time.Second)
					require.Equal(t, 102, b.Count(standin.Status))
					require.Equal(t, 20*time.Second, b.Calls(standin.Status)[1].At.Sub(start))
					require.Zero(t, r.Pending())
				})
			})
		}
	})

	t.Run("a_retry_after_of_an_hour_counts_as_a_minute", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, start := standin.New(key), time.Now()
			r := newReporter(t, newClient(t, b), nil)
			b.Fail(standin.Status, standin.Fault{Times: 1, Status: 429, RetryAfter: "3600"})
			r.Report("1", live(1), false)
			time.Sleep(2 * time.Minute)
			require.Equal(t, []time.Duration{0, time.Minute}, at(b, "1", start))
		})
	})

	t.Run("the_retry_after_of_a_question_holds_up_statuses_too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			c := newClient(t, b)
			r := newReporter(t, c, nil)
			b.Fail(standin.Room, standin.Fault{Times: 1, Status: 429, RetryAfter: "30"})
			_, err := c.Room(t.Context(), "1")
			require.ErrorIs(t, err, ErrUnavailable)
			r.Report("1", live(1), false)
			time.Sleep(29 * time.Second)
			require.Zero(t, b.Count(standin.Status))
			time.Sleep(2 * time.Second)
			require.Equal(t, texts(live(1)), b.Accepted("1"))
		})
	})
}

func TestReporter_Refusals(t *testing.T) {
	t.Run("a_room_the_backend_does_not_know_leaves_the_outbox", func(t *testing.T) {
		for _, status := range []int{404, 410} {
			synctest.Test(t, func(t *testing.T) {
				b, box := standin.New(key), newShelf()
				r := newReporter(t, newClient(t, b), box)
				b.Fail(standin.Status, standin.Fault{Status: status})
				committed(box, r, "1", live(1), false)
				time.Sleep(time.Minute)
				require.Equal(t, 1, b.Count(standin.Status))
				require.Zero(t, box.len())
				require.Zero(t, r.Pending())
			})
		}
	})

	t.Run("what_is_refused_stays_in_the_outbox_until_a_newer_one", func(t *testing.T) {
		for _, status := range []int{302, 400, 401, 403, 422} {
			synctest.Test(t, func(t *testing.T) {
				b, box := standin.New(key), newShelf()
				r := newReporter(t, newClient(t, b), box)
				b.Fail(standin.Status, standin.Fault{Times: 1, Status: status})
				committed(box, r, "1", live(1), false)
				time.Sleep(10 * time.Minute)
				require.Equal(t, 1, b.Count(standin.Status))
				require.Equal(t, string(live(1)), box.get("1"))
				require.Zero(t, r.Pending())
				require.Zero(t, tracked(r))
				committed(box, r, "1", live(2), false)
				synctest.Wait()
				require.Equal(t, texts(live(2)), b.Accepted("1"))
				require.Zero(t, box.len())
			})
		}
	})

	t.Run("an_id_that_would_speak_for_another_room_is_never_sent", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, box := standin.New(key), newShelf()
			r := newReporter(t, newClient(t, b), box)
			for _, id := range []string{"..", ".", "x/../7", "7/", "/7", `..\7`, "7//x"} {
				committed(box, r, id, live(1), false)
			}
			time.Sleep(time.Minute)
			require.Zero(t, b.Count(standin.Status)+b.Count(standin.Other))
			require.Zero(t, box.len())
			require.Zero(t, tracked(r))
		})
	})
}
