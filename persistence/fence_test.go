package persistence_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/actors"
)

func TestStore_Commit_of_a_replaced_room_is_refused_and_changes_nothing(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis := openURL(t, url), client(t, url)
		old := claim(t, s, "r")
		mustCommit(t, s, after(old, 0))
		claim(t, s, "r")
		before := dump(t, redis)

		for name, alter := range map[string]func(*actors.Commit){
			"the next one":  func(*actors.Commit) {},
			"a full one":    func(c *actors.Commit) { c.Full = true },
			"a close":       func(c *actors.Commit) { c.Close = true },
			"one with much": func(c *actors.Commit) { c.Users, c.Status = in(1, 2), []byte("{}") },
			"a repeat":      func(c *actors.Commit) { c.Last, c.Revision = 0, 1 },
		} {
			t.Run(name, func(t *testing.T) {
				c := after(old, 1)
				alter(&c)
				assert.ErrorIs(t, commit(t, s, c), actors.ErrFenced)
				assert.Equal(t, before, dump(t, redis))
			})
		}
	})
}

func TestStore_two_stores_that_claim_in_turn(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		stores := [2]interface {
			Claim(string, actors.Claimer)
			Commit(*actors.Commit)
		}{openURL(t, url), openURL(t, url)}
		var last uint64
		var written []byte
		for turn := range 6 {
			mine, other := stores[turn%2], stores[(turn+1)%2]
			o := newOutcome(t)
			mine.Claim("r", o)
			held := o.wait()
			require.NoError(t, held.err)
			assert.Greater(t, held.claim.Epoch, last)
			assert.Equal(t, written, held.claim.Snapshot)

			c := after(held.claim, 0)
			o = newOutcome(t)
			c.By = o
			mine.Commit(&c)
			require.NoError(t, o.wait().err)
			written = c.Snapshot

			if last > 0 {
				stale := after(actors.Claim{RoomID: "r", Epoch: last}, 1)
				o = newOutcome(t)
				stale.By = o
				other.Commit(&stale)
				assert.ErrorIs(t, o.wait().err, actors.ErrFenced)
			}
			last = held.claim.Epoch
		}
	})
}

func TestStore_Commit_repeated_is_confirmed_without_writing(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis, ctx := openURL(t, url), client(t, url), context.Background()
		held := claim(t, s, "r")
		c := after(held, 0)
		c.Status, c.Users = []byte("{}"), in(1)
		mustCommit(t, s, c)
		require.NoError(t, s.Accepted(ctx, "r", c.Status))
		before := dump(t, redis)
		mustCommit(t, s, c)
		c.Full = true
		mustCommit(t, s, c)
		assert.Equal(t, before, dump(t, redis), "the status that was accepted is not there again")
	})
}

func TestStore_Commit_that_arrives_after_its_successor_changes_nothing(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis := openURL(t, url), client(t, url)
		held := claim(t, s, "r")
		mustCommit(t, s, after(held, 0))
		mustCommit(t, s, after(held, 1))
		mustCommit(t, s, after(held, 2))
		before := dump(t, redis)
		for _, full := range []bool{false, true} {
			for _, closing := range []bool{false, true} {
				late := after(held, 1)
				late.Full, late.Close = full, closing
				assert.ErrorIs(t, commit(t, s, late), actors.ErrDiverged)
			}
		}
		assert.Equal(t, before, dump(t, redis))
	})
}

func TestStore_Commit_after_a_later_claimer_closed_the_room_is_refused(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis := openURL(t, url), client(t, url)
		old := claim(t, s, "r")
		mustCommit(t, s, after(old, 0))
		end := after(claim(t, s, "r"), 0)
		end.Close = true
		mustCommit(t, s, end)
		require.Empty(t, dump(t, redis))

		c := after(old, 1)
		assert.ErrorIs(t, commit(t, s, c), actors.ErrFenced)
		c.Full = true
		assert.ErrorIs(t, commit(t, s, c), actors.ErrFenced)
		c.Close = true
		assert.ErrorIs(t, commit(t, s, c), actors.ErrFenced)
		assert.Empty(t, dump(t, redis))

		// Also after a third one opened and closed it.
		end = after(claim(t, s, "r"), 0)
		end.Close = true
		mustCommit(t, s, end)
		assert.ErrorIs(t, commit(t, s, after(old, 1)), actors.ErrFenced)
	})
}

func TestStore_Commit_when_redis_lost_everything(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis, ctx := openURL(t, url), client(t, url), context.Background()
		var rooms []actors.Claim
		for i := range 3 {
			held := claim(t, s, "r"+strconv.Itoa(i))
			mustCommit(t, s, after(held, 0))
			rooms = append(rooms, held)
		}
		require.NoError(t, redis.FlushAll(ctx).Err())

		// The newest first: what it writes must not make the others look closed.
		for i := len(rooms) - 1; i >= 0; i-- {
			c := after(rooms[i], 1)
			require.ErrorIs(t, commit(t, s, c), actors.ErrDiverged)
			c.Full, c.Last, c.Revision, c.Users = true, 1, 3, in(5)
			mustCommit(t, s, c)
			mustCommit(t, s, after(rooms[i], 3))
			assert.Equal(t, fmt.Sprintf("%d.4", rooms[i].Epoch), redis.Get(ctx, "rooms:fence:"+rooms[i].RoomID).Val())
		}
		for _, held := range rooms {
			again := claim(t, s, held.RoomID)
			assert.Greater(t, again.Epoch, held.Epoch)
			assert.Equal(t, snapshot(held.Epoch, 4), again.Snapshot)
			assert.ErrorIs(t, commit(t, s, after(held, 4)), actors.ErrFenced)
		}

		t.Run("a close needs no full commit", func(t *testing.T) {
			held := claim(t, s, "closing")
			mustCommit(t, s, after(held, 0))
			require.NoError(t, redis.FlushAll(ctx).Err())
			end := after(held, 1)
			end.Close, end.Status = true, []byte("{}")
			mustCommit(t, s, end)
			assert.Equal(t, map[string]string{"laravel:outbox": "map[closing:{}]"}, dump(t, redis))
		})
		t.Run("an epoch given after that is larger than any before", func(t *testing.T) {
			held := claim(t, s, "x")
			require.NoError(t, redis.FlushAll(ctx).Err())
			assert.Greater(t, claim(t, s, "x").Epoch, held.Epoch)
			assert.ErrorIs(t, commit(t, s, after(held, 0)), actors.ErrFenced)
		})
	})
}

func TestStore_Commit_when_redis_has_older_data(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis, ctx := openURL(t, url), client(t, url), context.Background()
		older := claim(t, s, "r")
		held := claim(t, s, "r")
		mustCommit(t, s, after(held, 0))
		mustCommit(t, s, after(held, 1))
		for name, fence := range map[string]string{
			"an older revision": fmt.Sprintf("%d.1", held.Epoch),
			"an older epoch":    fmt.Sprintf("%d.7", older.Epoch),
			"nonsense":          "?",
		} {
			t.Run(name, func(t *testing.T) {
				require.NoError(t, redis.Set(ctx, "rooms:fence:r", fence, 0).Err())
				require.NoError(t, redis.Set(ctx, "rooms:epoch", older.Epoch, 0).Err())
				c := after(held, 2)
				before := dump(t, redis)
				require.ErrorIs(t, commit(t, s, c), actors.ErrDiverged)
				assert.Equal(t, before, dump(t, redis))
				c.Full = true
				mustCommit(t, s, c)
				assert.Equal(t, fmt.Sprintf("%d.3", held.Epoch), redis.Get(ctx, "rooms:fence:r").Val())
				counter, err := redis.Get(ctx, "rooms:epoch").Uint64()
				require.NoError(t, err)
				assert.GreaterOrEqual(t, counter, held.Epoch)
			})
		}
	})
}
