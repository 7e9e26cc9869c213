package persistence_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/actors"
	"audioroom/persistence"
)

// takenRoom is a room that another server took over.
type takenRoom struct {
	id    string
	epoch uint64
}

// live has a store's server seen by others until leave is called or the test
// ends.
func live(t *testing.T, s *persistence.Store) (taken chan takenRoom, leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	taken, ready, ended := make(chan takenRoom, 10), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		s.Present(ctx, func() { close(ready) }, func(id string, epoch uint64) { taken <- takenRoom{id, epoch} })
	}()
	leave = func() { cancel(); <-ended }
	t.Cleanup(leave)
	select {
	case <-ready:
	case <-time.After(patience):
		t.Fatal("never ready")
	}
	return taken, leave
}

func orphans(t *testing.T, s *persistence.Store) []string {
	t.Helper()
	rooms, err := s.Orphans(t.Context())
	require.NoError(t, err)
	return rooms
}

func TestStore_Orphans(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		a, b, redis := openURL(t, url), openURL(t, url), client(t, url)
		taken, leave := live(t, a)
		held := claim(t, a, "r")
		mustCommit(t, a, after(held, 0))
		mustCommit(t, a, after(claim(t, a, "s"), 0))
		live(t, b)
		require.Empty(t, orphans(t, b), "a living server's rooms")

		t.Run("who takes a room over tells its server", func(t *testing.T) {
			epoch := claim(t, b, "s").Epoch
			require.Equal(t, takenRoom{"s", epoch}, <-taken)
			mustCommit(t, b, after(actors.Claim{RoomID: "s", Epoch: epoch}, 0))
		})

		t.Run("a server that ended leaves its rooms", func(t *testing.T) {
			leave()
			eventually(t, func() bool { return len(orphans(t, b)) == 1 }, "the room of the server that ended")
			require.Equal(t, []string{"r"}, orphans(t, b))
			require.Equal(t, int64(1), redis.SCard(t.Context(), "rooms:servers").Val(), "forgotten")
		})

		t.Run("a room that nobody claimed, or whose owner was lost", func(t *testing.T) {
			require.NoError(t, redis.HDel(t.Context(), "rooms:owner", "s").Err())
			require.ElementsMatch(t, []string{"r", "s"}, orphans(t, b))
			c := after(actors.Claim{RoomID: "s", Epoch: held.Epoch + 1<<40}, 0)
			c.Full = true
			mustCommit(t, b, c)
			require.Equal(t, []string{"r"}, orphans(t, b), "a full commit says whose the room is")
		})
	})
}

func TestStore_Adopt(t *testing.T) {
	url := embedded(t).URL()
	a, b := openURL(t, url), openURL(t, url)
	_, leave := live(t, a)
	mustCommit(t, a, after(claim(t, a, "r"), 0))
	live(t, b)
	adopted, lost := make(chan []string, 1), make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Adopt(ctx, func(rooms []string) { adopted <- rooms }, func() { lost <- struct{}{} })
	}()
	defer func() { cancel(); <-ended }()
	require.Empty(t, orphans(t, a)) // makes it known
	require.Empty(t, orphans(t, b))
	leave()
	left := time.Now()
	select {
	case rooms := <-adopted:
		require.Equal(t, []string{"r"}, rooms)
		require.Greater(t, time.Since(left), persistence.AdoptInterval, "it was missing twice")
	case <-time.After(patience):
		t.Fatal("nobody took the room over")
	}
	require.Empty(t, lost)
	require.NoError(t, client(t, url).FlushAll(t.Context()).Err())
	select {
	case <-lost:
	case <-time.After(patience):
		t.Fatal("nobody noticed that Redis was emptied")
	}
}

func TestStore_Commit_puts_a_room_aside(t *testing.T) {
	eachRedis(t, func(t *testing.T, url string) {
		s, redis := openURL(t, url), client(t, url)
		held := claim(t, s, "r")
		c := after(held, 0)
		mustCommit(t, s, c)
		end := after(held, 1)
		end.Close, end.Snapshot, end.Quarantine = true, nil, "it kept panicking"
		mustCommit(t, s, end)
		kept := redis.HGetAll(t.Context(), "room:r:quarantine").Val()
		require.Equal(t, "it kept panicking", kept["reason"])
		require.Equal(t, string(c.Snapshot), kept["snapshot"])
		require.NotEmpty(t, kept["at"])
		require.InDelta(t, 30*24*time.Hour, redis.PTTL(t.Context(), "room:r:quarantine").Val(), float64(time.Minute))
		require.NoError(t, redis.Del(t.Context(), "room:r:quarantine").Err())
		require.Empty(t, dump(t, redis))
	})
}
