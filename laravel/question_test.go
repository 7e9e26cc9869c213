package laravel

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
	"audioroom/laravel/standin"
)

func TestClient_Rank(t *testing.T) {
	b := standin.New(key)
	c := listening(t, b)
	b.SetRole("1", 8, "owner")
	b.SetRole("1", 9, "superuser")
	b.SetRole("1", 10, "member")
	b.RemoveRoom("none")
	for _, tc := range []struct {
		name string
		room string
		user int64
		want room.Rank
	}{
		{"the_owner_outranks_all", "1", 1, room.RankOwner},
		{"an_admin_manages", "1", 2, room.RankAdmin},
		{"nobody_in_particular_is_a_member", "1", 7, room.RankMember},
		{"an_owner_by_role_is_an_owner", "1", 8, room.RankOwner},
		{"an_unknown_role_is_none", "1", 9, room.RankMember},
		{"a_member_is_a_member", "1", 10, room.RankMember},
		{"a_room_that_does_not_exist_has_members_only", "none", 1, room.RankMember},
		{"user_0_owns_nothing", "none", 0, room.RankMember},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, ok := c.CachedRank(tc.room, tc.user)
			require.False(t, ok && tc.user != 1)
			rank, err := c.Rank(t.Context(), tc.room, tc.user)
			require.NoError(t, err)
			require.Equal(t, tc.want, rank)
			cached, ok := c.CachedRank(tc.room, tc.user)
			require.True(t, ok)
			require.Equal(t, tc.want, cached)
		})
	}
	require.Zero(t, b.Count(standin.Other))
}

func TestClient_Room(t *testing.T) {
	t.Run("a_room_the_backend_does_not_know_is_an_answer_and_cached", func(t *testing.T) {
		b := standin.New(key)
		c := newClient(t, b)
		b.RemoveRoom("1")
		for range 3 {
			info, err := c.Room(t.Context(), "1")
			require.NoError(t, err)
			require.Equal(t, Info{}, info)
		}
		require.Equal(t, 1, b.Count(standin.Room))
	})

	t.Run("answers_are_kept_for_thirty_seconds_and_swept", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			c := newClient(t, b)
			b.SetRoom("1", 5, 20)
			for range 30 {
				info, err := c.Room(t.Context(), "1")
				require.NoError(t, err)
				require.Equal(t, Info{OwnerID: 5, MaxSeats: 20}, info)
				time.Sleep(time.Second)
			}
			require.Equal(t, 1, b.Count(standin.Room))
			_, ok := c.CachedRoom("1")
			require.False(t, ok)
			time.Sleep(31 * time.Second)
			require.Zero(t, c.rooms.len())
		})
	})

	t.Run("failures_are_not_kept", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			c := newClient(t, b)
			b.Fail(standin.Room, standin.Fault{Times: 3, Status: 500})
			_, err := c.Room(t.Context(), "1")
			require.ErrorIs(t, err, ErrUnavailable)
			info, err := c.Room(t.Context(), "1")
			require.NoError(t, err)
			require.EqualValues(t, 1, info.OwnerID)
		})
	})

	t.Run("unreadable_answers_are_errors_that_say_so", func(t *testing.T) {
		for body, want := range map[string]string{
			"<html>oops</html>":       "not a JSON object",
			"[]":                      "not a JSON object",
			"{":                       "unreadable answer",
			`{"role":"admin"}`:        "no owner_id",
			`{"owner_id":"x"}`:        "not a user id",
			`{"owner_id":-1}`:         "not a user id",
			`{"owner_id":1.5}`:        "not a user id",
			`{"owner_id":{}}`:         "not a user id",
			strings.Repeat("x", 1e6):  "exceeds 65536 bytes",
			`{"owner_id":1} trailing`: "unreadable answer",
		} {
			b := standin.New(key)
			c := listening(t, b)
			b.Fail(standin.Room, standin.Fault{Body: body})
			_, err := c.Room(t.Context(), "1")
			require.ErrorIs(t, err, ErrUnavailable)
			require.ErrorContains(t, err, want)
			require.Equal(t, 1, b.Count(standin.Room), "asked again though answered")
			require.False(t, c.Healthy().OK)
			_, ok := c.CachedRoom("1")
			require.False(t, ok)
		}
	})
}

func TestDecode(t *testing.T) {
	for body, want := range map[string]Info{
		`{"owner_id":7}`:                     {OwnerID: 7},
		`{"owner_id":"7","max_seats":"12"}`:  {OwnerID: 7, MaxSeats: 12},
		`{"owner_id":null,"max_seats":null}`: {},
		`{"owner_id":7.0,"max_seats":100}`:   {OwnerID: 7, MaxSeats: 100},
		`{"owner_id":9007199254740993}`:      {OwnerID: 9007199254740993},
	} {
		info, odd, err := decodeInfo([]byte(body))
		require.NoError(t, err, body)
		require.Empty(t, odd, body)
		require.Equal(t, want, info, body)
	}
	for _, seats := range []string{"0", "101", "-1", "1e9", `"many"`, "[]", "2.5", "true"} {
		info, odd, err := decodeInfo([]byte(`{"owner_id":7,"max_seats":` + seats + `}`))
		require.NoError(t, err, seats)
		require.NotEmpty(t, odd, seats)
		require.Equal(t, Info{OwnerID: 7}, info, seats)
	}
	for _, body := range []string{``, `null`, `"admin"`, `{}`, `{"role":1}`, `{"owner_id":1}`} {
		_, _, err := decodeRole([]byte(body))
		require.Error(t, err, body)
	}
}

func TestQuestion_Retries(t *testing.T) {
	ask := func(t *testing.T, c *Client) (time.Duration, error) {
		start := time.Now()
		_, err := c.Room(t.Context(), "1")
		return time.Since(start), err
	}

	t.Run("after_connection_errors_429_and_5xx_but_no_more_than_twice", func(t *testing.T) {
		for _, fault := range []standin.Fault{{Drop: true}, {Status: 429}, {Status: 500}, {Status: 501}, {Status: 503}} {
			synctest.Test(t, func(t *testing.T) {
				b := standin.New(key)
				c := newClient(t, b)
				fault.Times = 2
				b.Fail(standin.Room, fault)
				took, err := ask(t, c)
				require.NoError(t, err)
				require.Equal(t, 3, b.Count(standin.Room))
				require.GreaterOrEqual(t, took, 300*time.Millisecond)
				require.LessOrEqual(t, took, 600*time.Millisecond)
				require.True(t, c.Healthy().OK)

				c.ForgetRoom("1")
				fault.Times = 0
				b.Fail(standin.Room, fault)
				_, err = ask(t, c)
				require.ErrorIs(t, err, ErrUnavailable)
				require.Equal(t, 6, b.Count(standin.Room))
				require.False(t, c.Healthy().OK)
			})
		}
	})

	t.Run("never_after_another_4xx_or_a_redirect", func(t *testing.T) {
		for _, status := range []int{301, 302, 307, 400, 401, 403, 405, 410, 422} {
			b := standin.New(key)
			c := newClient(t, b)
			b.Fail(standin.Room, standin.Fault{Status: status})
			_, err := ask(t, c)
			require.ErrorIs(t, err, ErrUnavailable)
			require.Equal(t, 1, b.Count(standin.Room))
		}
	})

	t.Run("after_the_retry_after_that_is_asked_for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			c := newClient(t, b)
			b.Fail(standin.Room, standin.Fault{Times: 1, Status: 429, RetryAfter: "5"})
			took, err := ask(t, c)
			require.NoError(t, err)
			require.Equal(t, 5*time.Second, took)
		})
	})

	t.Run("not_when_the_retry_after_is_beyond_the_budget", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			c := newClient(t, b)
			b.Fail(standin.Room, standin.Fault{Times: 1, Status: 429, RetryAfter: "40"})
			took, err := ask(t, c)
			require.ErrorIs(t, err, ErrUnavailable)
			require.Zero(t, took)
			_, err = c.Room(t.Context(), "2") // the backend wants no calls at all
			require.ErrorContains(t, err, "throttled")
			require.Equal(t, 1, b.Count(standin.Room))
			time.Sleep(31 * time.Second)
			took, err = ask(t, c)
			require.NoError(t, err)
			require.Equal(t, 9*time.Second, took)
		})
	})

	t.Run("end_with_the_budget_when_the_backend_is_silent", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			c := newClient(t, b)
			b.Fail(standin.Room, standin.Fault{Hang: true})
			b.Fail(standin.Role, standin.Fault{Hang: true})
			took, err := ask(t, c)
			require.ErrorIs(t, err, ErrUnavailable)
			require.Equal(t, 12*time.Second, took)
			require.Equal(t, 2, b.Count(standin.Room))
			require.Contains(t, c.Healthy().Reason, "no answer within 10s")

			start := time.Now()
			_, err = c.Rank(t.Context(), "1", 9)
			require.ErrorIs(t, err, ErrUnavailable)
			require.Equal(t, 12*time.Second, time.Since(start))
		})
	})
}

func TestQuestion_Sharing(t *testing.T) {
	t.Run("who_asks_the_same_at_the_same_time_shares_one_call", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			c := newClient(t, b)
			b.Fail(standin.Room, standin.Fault{Hang: true})
			var group sync.WaitGroup
			for range 100 {
				group.Go(func() {
					rank, err := c.Rank(context.Background(), "1", 2)
					require.NoError(t, err)
					require.Equal(t, room.RankAdmin, rank)
				})
			}
			synctest.Wait()
			b.Heal()
			group.Wait()
			require.Equal(t, 1, b.Count(standin.Room))
			require.Equal(t, 1, b.Count(standin.Role))
		})
	})

	t.Run("a_caller_who_leaves_early_does_not_end_the_call_of_the_others", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			c := newClient(t, b)
			b.Fail(standin.Room, standin.Fault{Times: 1, Delay: 5 * time.Second})
			ctx, leave := context.WithCancel(context.Background())
			first := make(chan error, 1)
			go func() { _, err := c.Room(ctx, "1"); first <- err }()
			synctest.Wait()
			other := make(chan error, 1)
			go func() { _, err := c.Room(context.Background(), "1"); other <- err }()
			synctest.Wait()
			leave()
			err := <-first
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, ErrUnavailable)
			require.NoError(t, <-other)
			require.Equal(t, 1, b.Count(standin.Room))
		})
	})

	t.Run("sixty_four_are_out_at_a_time_and_the_rest_wait_for_their_turn", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			c := newClient(t, b, func(cfg *Config) { cfg.QuestionQueue = 200 })
			b.Fail(standin.Room, standin.Fault{Hang: true})
			failed := make(chan error, 300)
			var group sync.WaitGroup
			for n := range 300 {
				group.Go(func() {
					if _, err := c.Room(context.Background(), roomName(n)); err != nil {
						failed <- err
					}
				})
			}
			synctest.Wait()
			require.Equal(t, 64, b.Flying(standin.Room))
			require.Len(t, failed, 300-264)
			require.ErrorIs(t, <-failed, ErrBusy)
			b.Heal()
			group.Wait()
			require.Equal(t, 264, b.Count(standin.Room))
			require.Equal(t, 64, b.Peak(standin.Room))
		})
	})

	t.Run("close_ends_what_is_under_way", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			c := newClient(t, b)
			b.Fail(standin.Room, standin.Fault{Hang: true})
			asked := make(chan error, 1)
			go func() { _, err := c.Room(context.Background(), "1"); asked <- err }()
			synctest.Wait()
			c.Close()
			require.ErrorIs(t, <-asked, ErrUnavailable)
			_, err := c.Room(context.Background(), "2")
			require.ErrorIs(t, err, ErrClosed)
			require.True(t, c.Healthy().OK)
		})
	})
}

func TestClient_Forget(t *testing.T) {
	t.Run("makes_the_next_question_a_call", func(t *testing.T) {
		b := standin.New(key)
		c := newClient(t, b)
		rank := func(user int64) room.Rank {
			rank, err := c.Rank(t.Context(), "1", user)
			require.NoError(t, err)
			return rank
		}
		require.Equal(t, room.RankAdmin, rank(2))
		require.Equal(t, room.RankAdmin, rank(3))
		b.SetRole("1", 2, "")
		require.Equal(t, room.RankAdmin, rank(2))
		c.Forget("1", 2)
		require.Equal(t, room.RankMember, rank(2))
		require.Equal(t, 3, b.Count(standin.Role))
		b.SetRoom("1", 3, 0)
		require.Equal(t, room.RankAdmin, rank(3))
		c.ForgetRoom("1")
		require.Equal(t, room.RankOwner, rank(3))
		_, ok := c.CachedRank("1", 2)
		require.False(t, ok)
	})

	t.Run("keeps_the_answer_of_a_call_under_way_from_the_cache_and_from_later_callers", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := standin.New(key)
			var hold sync.Mutex
			old := make(chan struct{})
			calls := 0
			// The first answer is made before the change and arrives after it.
			late := transport(func(req *http.Request) (*http.Response, error) {
				resp, err := b.Transport().RoundTrip(req)
				hold.Lock()
				calls++
				first := calls == 1
				hold.Unlock()
				if first {
					<-old
				}
				return resp, err
			})
			c := newClient(t, b, func(cfg *Config) { cfg.Transport = late })
			before := make(chan Info, 1)
			go func() {
				info, err := c.Room(context.Background(), "1")
				require.NoError(t, err)
				before <- info
			}()
			synctest.Wait()
			b.SetRoom("1", 5, 0)
			c.ForgetRoom("1")
			info, err := c.Room(t.Context(), "1")
			require.NoError(t, err)
			require.EqualValues(t, 5, info.OwnerID)
			close(old)
			require.EqualValues(t, 1, (<-before).OwnerID)
			info, ok := c.CachedRoom("1")
			require.True(t, ok)
			require.EqualValues(t, 5, info.OwnerID)
		})
	})
}

func TestClient_Check(t *testing.T) {
	b := standin.New(key)
	server, err := b.Start()
	require.NoError(t, err)
	c := newClient(t, b, func(cfg *Config) { cfg.BaseURL, cfg.Transport = server.URL, nil })
	require.NoError(t, c.Check(t.Context()), "404 is an answer")
	b.Fail(standin.Other, standin.Fault{Times: 1, Status: 500})
	require.NoError(t, c.Check(t.Context()), "500 is an answer")
	require.NoError(t, server.Stop(t.Context()))
	require.ErrorIs(t, c.Check(t.Context()), ErrUnavailable)
	require.True(t, c.Healthy().OK)
}

func TestClient_Healthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := standin.New(key)
		c := newClient(t, b)
		start := time.Now()
		b.Fail(standin.Room, standin.Fault{Status: 401})
		for range 5 {
			_, err := c.Room(t.Context(), "1")
			require.Error(t, err)
			time.Sleep(time.Second)
		}
		require.Equal(t, Health{Since: start, Reason: "room: answered 401"}, c.Healthy())
		time.Sleep(3 * time.Minute)
		require.Equal(t, Health{OK: true}, c.Healthy(), "a failure nobody renewed is forgotten")
		_, err := c.Room(t.Context(), "1")
		require.Error(t, err)
		require.False(t, c.Healthy().OK)
		b.Heal()
		_, err = c.Room(t.Context(), "1")
		require.NoError(t, err)
		require.True(t, c.Healthy().OK)
	})
}

func TestConfig_Validate(t *testing.T) {
	err := Config{BaseURL: "ftp://x", Key: "a\nb", Timeout: -1, RetryWaitMin: 5, RetryWaitMax: 1}.Validate()
	for _, want := range []string{"neither http nor https", "control characters", "timeout is negative", "retry wait (max)"} {
		require.ErrorContains(t, err, want)
	}
	err = Config{}.Validate()
	require.ErrorContains(t, err, "base URL is missing")
	require.ErrorContains(t, err, "key is missing")
	for _, bad := range []string{"http://", "://", "http://x?y=1", "http://x#y", "laravel.test"} {
		require.Error(t, Config{BaseURL: bad, Key: "k"}.Validate(), bad)
	}
	require.NoError(t, Config{BaseURL: "https://user:pass@laravel.test/api/", Key: "k"}.Validate())
	_, err = New(Config{})
	require.Error(t, err)
	require.False(t, errors.Is(err, ErrUnavailable))
}
