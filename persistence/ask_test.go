package persistence_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/persistence"
	"audioroom/persistence/redistest"
)

func TestStore_Active_returns_all_open_rooms(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis, ctx := openURL(t, url), client(t, url), context.Background()
		ids, err := s.Active(ctx)
		require.NoError(t, err)
		assert.Empty(t, ids)

		rooms := claimAll(t, s, 3)
		end := after(rooms[1], 1)
		end.Close = true
		mustCommit(t, s, end)
		newer := after(rooms[0], 1)
		newer.Activity = 5_000
		mustCommit(t, s, newer)
		ids, err = s.Active(ctx)
		require.NoError(t, err)
		assert.Equal(t, []string{"room-2", "room-0"}, ids, "the longest inactive first")

		addActive(t, redis, 2_500)
		ids, err = s.Active(ctx)
		require.NoError(t, err)
		assert.Len(t, ids, 2_502, "more than a page")
	})
}

func addActive(t *testing.T, c *redis.Client, count int) {
	t.Helper()
	p := c.Pipeline()
	for i := range count {
		p.ZAdd(context.Background(), "rooms:active", redis.Z{Score: float64(i), Member: fmt.Sprintf("more-%d", i)})
	}
	_, err := p.Exec(context.Background())
	require.NoError(t, err)
}

func TestStore_outbox_keeps_a_status_until_it_was_accepted(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, ctx := openURL(t, url), context.Background()
		held := claim(t, s, "r")
		first, second := []byte(`{"participant_count":1}`), []byte(`{"participant_count":2}`)
		c := after(held, 0)
		c.Status = first
		mustCommit(t, s, c)
		c = after(held, 1)
		c.Status = second
		mustCommit(t, s, c)

		require.NoError(t, s.Accepted(ctx, "r", first), "an older one than is there")
		pending, err := s.Pending(ctx)
		require.NoError(t, err)
		assert.Equal(t, map[string][]byte{"r": second}, pending)

		mustCommit(t, s, after(held, 2)) // without a status
		n, err := s.OutboxLen(ctx)
		require.NoError(t, err)
		assert.Equal(t, 1, n)

		require.NoError(t, s.Accepted(ctx, "r", second))
		require.NoError(t, s.Accepted(ctx, "r", second), "twice")
		require.NoError(t, s.Accepted(ctx, "never heard of", second))
		n, err = s.OutboxLen(ctx)
		require.NoError(t, err)
		assert.Zero(t, n)
	})
}

func TestStore_Pending_reads_an_outbox_of_many_pages(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis, ctx := openURL(t, url), client(t, url), context.Background()
		for i := range 3_000 {
			require.NoError(t, redis.HSet(ctx, "laravel:outbox", fmt.Sprintf("r%d", i), i).Err())
		}
		pending, err := s.Pending(ctx)
		require.NoError(t, err)
		assert.Len(t, pending, 3_000)
		assert.Equal(t, []byte("2999"), pending["r2999"])
	})
}

func TestStore_Revoked(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis, ctx := openURL(t, url), client(t, url), context.Background()
		issued := time.Unix(1_700_000_000, 0)
		hash := sha256.Sum256([]byte("bad token"))
		require.NoError(t, redis.Set(ctx, "auth:revoked:"+hex.EncodeToString(hash[:]), 1, 0).Err())
		require.NoError(t, redis.Set(ctx, "auth:user_revoked:7", 1_700_000_000, 0).Err())
		require.NoError(t, redis.Set(ctx, "auth:user_revoked:8", "yesterday", 0).Err())
		require.NoError(t, redis.HSet(ctx, "auth:user_revoked:9", "a", "hash").Err())

		for name, c := range map[string]struct {
			token   string
			user    int64
			issued  time.Time
			revoked bool
			fails   bool
		}{
			"not for any token and user":                  {token: "t", user: 1, issued: issued},
			"if the token is":                             {token: "bad token", user: 1, issued: issued, revoked: true},
			"if it is older than the user's revocation":   {token: "t", user: 7, issued: issued.Add(-time.Second), revoked: true},
			"not if it is of the same second":             {token: "t", user: 7, issued: issued},
			"not if it is younger":                        {token: "t", user: 7, issued: issued.Add(time.Second)},
			"unknown if the time is no number":            {token: "t", user: 8, issued: issued, fails: true},
			"unknown if the key is of another type":       {token: "t", user: 9, issued: issued, fails: true},
			"if the token is, whatever the user's key is": {token: "bad token", user: 7, issued: issued, revoked: true},
		} {
			t.Run(name, func(t *testing.T) {
				revoked, err := s.Revoked(ctx, c.token, c.user, c.issued)
				assert.Equal(t, c.fails, err != nil, err)
				assert.Equal(t, c.revoked, revoked)
			})
		}
	})
}

func TestStore_Revoked_fails_in_time_when_redis_does_not_answer(t *testing.T) {
	server := redistest.Start(t)
	s, ctx := openURL(t, server.URL()), context.Background()
	_, err := s.Revoked(ctx, "t", 1, time.Now())
	require.NoError(t, err)
	server.Freeze()
	began := time.Now()
	_, err = s.Revoked(ctx, "t", 1, time.Now())
	assert.Error(t, err)
	assert.Less(t, time.Since(began), 1900*time.Millisecond)

	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	began = time.Now()
	_, err = s.Revoked(short, "t", 1, time.Now())
	assert.Error(t, err)
	assert.Less(t, time.Since(began), 500*time.Millisecond)

	server.Thaw()
	_, err = s.Revoked(ctx, "t", 1, time.Now())
	assert.NoError(t, err)
	server.Kill()
	_, err = s.Revoked(ctx, "t", 1, time.Now())
	assert.Error(t, err)
}

func TestStore_Inspect_shows_all_there_is_of_a_room(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, ctx := openURL(t, url), context.Background()
		seen, err := s.Inspect(ctx, "r")
		require.NoError(t, err)
		assert.Equal(t, &persistence.Inspection{RoomID: "r", Seats: map[int]string{}}, seen)

		held := claim(t, s, "r")
		c := after(held, 0)
		c.Participants, c.Users, c.Status = 2, in(9, 8), []byte("{}")
		c.Seats = []actors.SeatChange{{Seat: 3, User: 8}}
		c.Locks = []actors.LockChange{{Seat: 9, Locked: true}, {Seat: 2, Locked: true}}
		mustCommit(t, s, c)
		seen, err = s.Inspect(ctx, "r")
		require.NoError(t, err)
		assert.Positive(t, seen.ActivityExpires)
		assert.Contains(t, seen.Claim, fmt.Sprint(held.Epoch))
		seen.ActivityExpires, seen.Claim = 0, ""
		assert.Equal(t, &persistence.Inspection{
			RoomID: "r", Fence: fmt.Sprintf("%d.1", held.Epoch), Snapshot: c.Snapshot, Active: true,
			Participants: "2", Activity: "1000", Seats: map[int]string{3: `{"userId":8,"muted":false}`},
			Locked: []int{2, 9}, Members: []room.UserID{8, 9}, Status: c.Status,
		}, seen)

		snapshot, err := s.Snapshot(ctx, "r")
		require.NoError(t, err)
		assert.Equal(t, c.Snapshot, snapshot)
		snapshot, err = s.Snapshot(ctx, "other")
		require.NoError(t, err)
		assert.Nil(t, snapshot)
	})
}

func TestStore_questions_say_so_when_redis_is_gone(t *testing.T) {
	server := redistest.Start(t)
	s, ctx := openURL(t, server.URL()), context.Background()
	server.Kill()
	for name, ask := range map[string]func() error{
		"Active":    func() error { _, err := s.Active(ctx); return err },
		"RoomOf":    func() error { _, _, err := s.RoomOf(ctx, 1); return err },
		"Snapshot":  func() error { _, err := s.Snapshot(ctx, "r"); return err },
		"Inspect":   func() error { _, err := s.Inspect(ctx, "r"); return err },
		"Pending":   func() error { _, err := s.Pending(ctx); return err },
		"OutboxLen": func() error { _, err := s.OutboxLen(ctx); return err },
		"Accepted":  func() error { return s.Accepted(ctx, "r", []byte("{}")) },
		"Ping":      func() error { return s.Ping(ctx) },
	} {
		t.Run(name, func(t *testing.T) { assert.ErrorContains(t, ask(), "connection refused") })
	}
}

func TestStore_renews_the_rooms_of_users_while_true(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis, ctx := open(t, persistence.Config{URL: url, Refresh: 20 * time.Millisecond}), client(t, url), context.Background()
		held := claim(t, s, "r")
		c := after(held, 0)
		var many []room.UserID
		for u := range room.UserID(1_000) {
			many = append(many, u+1)
		}
		c.Users = in(many...)
		mustCommit(t, s, c)
		require.NoError(t, redis.Expire(ctx, "user:1:room", time.Minute).Err())
		require.NoError(t, redis.Set(ctx, "user:2:room", "elsewhere", time.Minute).Err())
		require.NoError(t, redis.Del(ctx, "user:1000:room").Err())
		eventually(t, func() bool { return redis.TTL(ctx, "user:1:room").Val() > time.Hour }, "renewed")
		eventually(t, func() bool { return redis.Get(ctx, "user:1000:room").Val() == "r" }, "set again")
		assert.Equal(t, "elsewhere", redis.Get(ctx, "user:2:room").Val())
		assert.LessOrEqual(t, redis.TTL(ctx, "user:2:room").Val(), time.Minute)

		c = after(held, 1)
		c.Users = out(1)
		mustCommit(t, s, c)
		require.NoError(t, s.Close(ctx))
		assert.Zero(t, redis.Exists(ctx, "user:1:room").Val())
	})
}

func TestStore_Pending_leaves_out_what_a_living_server_sends_itself(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		a, b, redis := openURL(t, url), openURL(t, url), client(t, url)
		_, leave := live(t, a)
		live(t, b)
		orphans(t, a) // makes it known
		c := after(claim(t, a, "a's"), 0)
		c.Status = []byte("1")
		mustCommit(t, a, c)
		c = after(claim(t, b, "b's"), 0)
		c.Status = []byte("2")
		mustCommit(t, b, c)
		require.NoError(t, redis.HSet(t.Context(), "laravel:outbox", "closed", "3").Err())
		read := func() map[string][]byte {
			pending, err := b.Pending(t.Context())
			require.NoError(t, err)
			return pending
		}
		require.Equal(t, map[string][]byte{"b's": []byte("2")}, read())
		leave()
		eventually(t, func() bool { return len(read()) == 3 }, "all, once b is alone")
	})
}

// stuckRedis answers all but where users are.
func stuckRedis(t *testing.T) (url string, stuck *atomic.Int32) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	stuck = new(atomic.Int32)
	var conns sync.WaitGroup
	serve := func(conn net.Conn) {
		defer conn.Close()
		for r := bufio.NewReader(conn); ; {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			parts, _ := strconv.Atoi(strings.Trim(line, "*\r\n"))
			command := make([]string, parts)
			for i := range command {
				_, _ = r.ReadString('\n') // its length
				line, _ := r.ReadString('\n')
				command[i] = strings.TrimSpace(line)
			}
			answer := "-ERR unknown command\r\n"
			switch name := strings.ToLower(command[0]); {
			case name == "get" && strings.HasSuffix(command[1], ":room"):
				stuck.Add(1)
				_, _ = r.Peek(1) // until the client has had enough
				stuck.Add(-1)
				return
			case name == "get":
				answer = "$-1\r\n"
			case name == "exists":
				answer = ":0\r\n"
			}
			_, _ = conn.Write([]byte(answer))
		}
	}
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		conns.Wait()
	})
	return "redis://" + listener.Addr().String() + "/0", stuck
}

// However many ask where users are, whether a token was revoked is answered.
func TestStore_RoomOf_leaves_connections_to_others(t *testing.T) {
	url, stuck := stuckRedis(t)
	s := openURL(t, url)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	var asking sync.WaitGroup
	for user := range int64(100) {
		asking.Go(func() {
			_, _, err := s.RoomOf(ctx, user)
			assert.Error(t, err)
		})
	}
	eventually(t, func() bool { return stuck.Load() == 8 }, "as many as may are asked")
	for range 50 {
		revoked, err := s.Revoked(context.Background(), "token", 7, time.Now())
		require.NoError(t, err)
		require.False(t, revoked)
	}
	require.LessOrEqual(t, stuck.Load(), int32(8))
	cancel()
	asking.Wait()
}
