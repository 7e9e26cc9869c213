package persistence_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/actors"
	"audioroom/actors/room"
)

func TestStore_Claim(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis, ctx := openURL(t, url), client(t, url), context.Background()

		t.Run("of a room that does not exist creates nothing but the fence", func(t *testing.T) {
			c := claim(t, s, "new")
			assert.Nil(t, c.Snapshot)
			assert.Equal(t, map[string]string{"rooms:fence:new": fmt.Sprintf("%d.0", c.Epoch), "rooms:owner": "[new]"}, dump(t, redis))
			end := after(c, 0)
			end.Close = true
			mustCommit(t, s, end)
			assert.Empty(t, dump(t, redis))
			assert.Equal(t, int64(1), redis.DBSize(ctx).Val(), "only the counter")
		})

		t.Run("always gives a larger epoch, also after a close", func(t *testing.T) {
			last := uint64(0)
			for range 5 {
				c := claim(t, s, "again")
				assert.Greater(t, c.Epoch, last)
				last = c.Epoch
				mustCommit(t, s, after(c, 0))
				if c = claim(t, s, "again"); assert.Greater(t, c.Epoch, last) {
					last = c.Epoch
				}
				end := after(c, 0)
				end.Close = true
				mustCommit(t, s, end)
			}
			assert.Empty(t, dump(t, redis))
		})

		t.Run("of a room that was left behind returns its snapshot and clears who was in it", func(t *testing.T) {
			first := claim(t, s, "left")
			c := after(first, 0)
			c.Users = in(1, 2, 3)
			c.Participants = 3
			c.Seats = []actors.SeatChange{{Seat: 0, User: 1}, {Seat: 99, User: 2}}
			c.Locks = []actors.LockChange{{Seat: 4, Locked: true}}
			mustCommit(t, s, c)
			require.NoError(t, redis.Set(ctx, "user:3:room", "elsewhere", 0).Err())

			second := claim(t, s, "left")
			assert.Equal(t, c.Snapshot, second.Snapshot)
			assert.Equal(t, map[string]string{
				"room:left:snapshot":     string(c.Snapshot),
				"room:left:participants": "0",
				"room:left:activity":     "1000",
				"room:left:locked_seats": "map[4:{}]",
				"rooms:active":           "[{1000 left}]",
				"rooms:fence:left":       fmt.Sprintf("%d.0", second.Epoch),
				"rooms:owner":            "[left]",
				"user:3:room":            "elsewhere",
			}, dump(t, redis))
			require.NoError(t, redis.Del(ctx, "user:3:room").Err())
		})
	})
}

func TestStore_Commit_writes_what_readers_see(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis, ctx := openURL(t, url), client(t, url), context.Background()
		held := claim(t, s, "r")
		fence := func(revision int) string { return fmt.Sprintf("%d.%d", held.Epoch, revision) }

		c := after(held, 0)
		c.Participants, c.Users = 2, in(7, 8)
		c.Seats = []actors.SeatChange{{Seat: 3, User: 7}, {Seat: 99, User: 8, Muted: true}}
		c.Locks = []actors.LockChange{{Seat: 1, Locked: true}, {Seat: 5, Locked: true}}
		c.Status = []byte(`{"is_live":true}`)
		mustCommit(t, s, c)
		want := map[string]string{
			"room:r:snapshot":     string(c.Snapshot),
			"room:r:seat:3":       `{"userId":7,"muted":false}`,
			"room:r:seat:99":      `{"userId":8,"muted":true}`,
			"room:r:locked_seats": "map[1:{} 5:{}]",
			"room:r:participants": "2",
			"room:r:activity":     "1000",
			"room:r:members":      "map[7:{} 8:{}]",
			"user:7:room":         "r",
			"user:8:room":         "r",
			"rooms:active":        "[{1000 r}]",
			"rooms:fence:r":       fence(1),
			"rooms:owner":         "[r]",
			"laravel:outbox":      `map[r:{"is_live":true}]`,
		}
		require.Equal(t, want, dump(t, redis))
		assert.InDelta(t, 24*time.Hour, redis.PTTL(ctx, "user:7:room").Val(), float64(time.Minute))
		assert.InDelta(t, 120*time.Second, redis.PTTL(ctx, "room:r:activity").Val(), float64(10*time.Second))
		for _, key := range []string{"room:r:snapshot", "room:r:seat:3", "room:r:locked_seats", "room:r:participants", "room:r:members", "rooms:active", "rooms:fence:r"} {
			assert.Equal(t, time.Duration(-1), redis.PTTL(ctx, key).Val(), key+" never expires while the room lives")
		}

		step := func(t *testing.T, last uint64, alter func(*actors.Commit)) {
			t.Helper()
			c := after(held, last)
			c.Participants = 2
			alter(&c)
			mustCommit(t, s, c)
			want["room:r:snapshot"] = string(c.Snapshot)
			want["room:r:activity"] = fmt.Sprint(c.Activity)
			want["rooms:active"] = fmt.Sprintf("[{%d r}]", c.Activity)
			want["rooms:fence:r"] = fence(int(c.Revision))
		}
		t.Run("a lock more, a lock less", func(t *testing.T) {
			step(t, 1, func(c *actors.Commit) {
				c.Locks = []actors.LockChange{{Seat: 5}, {Seat: 0, Locked: true}}
			})
			want["room:r:locked_seats"] = "map[0:{} 1:{}]"
			require.Equal(t, want, dump(t, redis))
		})
		t.Run("a seat freed, a seat muted", func(t *testing.T) {
			step(t, 2, func(c *actors.Commit) {
				c.Seats = []actors.SeatChange{{Seat: 99}, {Seat: 3, User: 7, Muted: true}}
			})
			delete(want, "room:r:seat:99")
			want["room:r:seat:3"] = `{"userId":7,"muted":true}`
			require.Equal(t, want, dump(t, redis))
		})
		t.Run("a user leaves", func(t *testing.T) {
			step(t, 3, func(c *actors.Commit) {
				c.Participants, c.Users, c.Status = 1, out(8), []byte(`{"participant_count":1}`)
			})
			delete(want, "user:8:room")
			want["room:r:members"], want["room:r:participants"] = "map[7:{}]", "1"
			want["laravel:outbox"] = `map[r:{"participant_count":1}]`
			require.Equal(t, want, dump(t, redis))
		})
		t.Run("participants are never negative", func(t *testing.T) {
			step(t, 4, func(c *actors.Commit) { c.Participants = -1 })
			want["room:r:participants"] = "0"
			require.Equal(t, want, dump(t, redis))
		})
		t.Run("a full commit replaces what it does not list", func(t *testing.T) {
			step(t, 5, func(c *actors.Commit) {
				c.Full, c.Users = true, in(9)
				c.Seats = []actors.SeatChange{{Seat: 0, User: 9}}
				c.Locks = []actors.LockChange{{Seat: 50, Locked: true}}
			})
			delete(want, "room:r:seat:3")
			delete(want, "user:7:room")
			want["room:r:seat:0"] = `{"userId":9,"muted":false}`
			want["room:r:locked_seats"], want["room:r:members"] = "map[50:{}]", "map[9:{}]"
			want["room:r:participants"], want["user:9:room"] = "2", "r"
			require.Equal(t, want, dump(t, redis))
		})
		t.Run("a close leaves the last status and nothing else", func(t *testing.T) {
			end := after(held, 6)
			end.Close, end.Snapshot, end.Status = true, nil, []byte(`{"is_live":false}`)
			mustCommit(t, s, end)
			require.Equal(t, map[string]string{"laravel:outbox": `map[r:{"is_live":false}]`}, dump(t, redis))
			assert.Equal(t, int64(2), redis.DBSize(ctx).Val(), "the outbox and the counter")
		})
	})
}

func TestStore_Commit_clears_and_locks_every_seat_there_is(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis := openURL(t, url), client(t, url)
		held := claim(t, s, "r")
		c := after(held, 0)
		for i := range room.MaxSeats {
			c.Seats = append(c.Seats, actors.SeatChange{Seat: i, User: room.UserID(i + 1)})
			c.Locks = append(c.Locks, actors.LockChange{Seat: i, Locked: true})
		}
		mustCommit(t, s, c)
		seen, err := s.Inspect(context.Background(), "r")
		require.NoError(t, err)
		assert.Len(t, seen.Seats, room.MaxSeats)
		assert.Len(t, seen.Locked, room.MaxSeats)

		full := after(held, 1)
		full.Full = true
		mustCommit(t, s, full)
		keys, err := redis.Keys(context.Background(), "room:r:*").Result()
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{"room:r:snapshot", "room:r:activity", "room:r:participants"}, keys)
	})
}

func TestStore_a_user_who_moved_to_another_room_stays_there(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s := openURL(t, url)
		ctx := context.Background()
		a, b := claim(t, s, "a"), claim(t, s, "b")
		join := func(held actors.Claim) {
			c := after(held, 0)
			c.Users = in(7)
			mustCommit(t, s, c)
		}
		where := func() string {
			id, _, err := s.RoomOf(ctx, 7)
			require.NoError(t, err)
			return id
		}
		join(a)
		assert.Equal(t, "a", where())
		join(b)
		assert.Equal(t, "b", where())

		left := after(a, 1)
		left.Users = out(7)
		mustCommit(t, s, left)
		assert.Equal(t, "b", where(), "the leave of a commits later")

		end := after(a, 2)
		end.Close = true
		mustCommit(t, s, end)
		assert.Equal(t, "b", where(), "a closes")

		c := after(b, 1)
		c.Users = out(7)
		mustCommit(t, s, c)
		_, ok, err := s.RoomOf(ctx, 7)
		require.NoError(t, err)
		assert.False(t, ok)
	})
}

func TestStore_a_forced_close_takes_its_users_out(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis := openURL(t, url), client(t, url)
		held := claim(t, s, "r")
		c := after(held, 0)
		c.Users = in(1, 2)
		mustCommit(t, s, c)
		require.NoError(t, redis.Set(context.Background(), "user:2:room", "elsewhere", 0).Err())
		end := after(held, 1)
		end.Close = true
		mustCommit(t, s, end)
		assert.Equal(t, map[string]string{"user:2:room": "elsewhere"}, dump(t, redis))
	})
}
