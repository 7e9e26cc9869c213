package laravel

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCache(t *testing.T) {
	t.Run("the_oldest_make_room", func(t *testing.T) {
		c := newCache[int, int](time.Minute, 10*cacheShards)
		for n := range 1000 {
			c.put("same room", n, n, 0)
		}
		require.Equal(t, 10, c.len())
		for n := range 1000 {
			_, ok := c.get("same room", n)
			require.Equal(t, n >= 990, ok)
		}
	})

	t.Run("never_exceeds_its_size", func(t *testing.T) {
		c := newCache[string, int](time.Minute, 1000)
		for n := range 10_000 {
			c.put(roomName(n), roomName(n), n, 0)
		}
		require.LessOrEqual(t, c.len(), 1000)
	})

	t.Run("expired_answers_are_not_given_and_are_swept", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newCache[int, int](time.Minute, 1000)
			c.put("a", 1, 1, 0)
			time.Sleep(30 * time.Second)
			c.put("b", 2, 2, 0)
			c.put("a", 1, 3, 0) // a new answer lives anew
			time.Sleep(40 * time.Second)
			value, ok := c.get("a", 1)
			require.True(t, ok)
			require.Equal(t, 3, value)
			time.Sleep(20 * time.Second)
			_, ok = c.get("a", 1)
			require.False(t, ok)
			require.Equal(t, 2, c.len())
			c.sweep()
			require.Zero(t, c.len())
		})
	})

	t.Run("an_answer_asked_for_before_a_forget_is_not_kept", func(t *testing.T) {
		c := newCache[int, int](time.Minute, 1000)
		seen := c.seen("a")
		c.forget("a", func(int) bool { return true })
		c.put("a", 1, 1, seen)
		require.Zero(t, c.len())
		c.put("a", 1, 1, c.seen("a"))
		c.put("a", 2, 2, c.seen("a"))
		c.forget("a", func(key int) bool { return key == 1 })
		_, ok := c.get("a", 2)
		require.True(t, ok)
		require.Equal(t, 1, c.len())
	})
}
