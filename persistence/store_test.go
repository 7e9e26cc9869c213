package persistence_test

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/actors"
	"audioroom/persistence"
	"audioroom/persistence/redistest"
)

// logTo writes log lines to w, one at a time.
func logTo(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

func TestOpen_names_all_that_is_wrong(t *testing.T) {
	_, err := persistence.Open(persistence.Config{
		URL: "http://user:secret@host", Inactivity: -1, CommitTimeout: -1, Pipelines: -1, BatchCount: -1,
	})
	require.Error(t, err)
	for _, name := range []string{"redis URL", "inactivity", "commit timeout", "pipelines", "batch count"} {
		assert.ErrorContains(t, err, name)
	}
	assert.NotContains(t, err.Error(), "secret")
}

func TestStore_Close_waits_for_what_was_handed_over(t *testing.T) {
	server := redistest.Start(t)
	s := openURL(t, server.URL())
	rooms := claimAll(t, s, 500)
	outcomes := commitAll(t, s, rooms, 1)
	require.NoError(t, s.Close(context.Background()))
	for _, o := range outcomes {
		require.EqualValues(t, 1, o.dones.Load(), "answered before Close returned")
		require.NoError(t, o.wait().err)
	}
	requireFences(t, server.URL(), rooms, 2)

	assert.ErrorIs(t, commit(t, s, after(rooms[0], 2)), persistence.ErrClosed)
	assert.ErrorIs(t, startClaim(t, s, "r").wait().err, persistence.ErrClosed)
	assert.NoError(t, s.Close(context.Background()))
}

func TestStore_Close_gives_up_when_its_time_is_over(t *testing.T) {
	for name, fail := range map[string]func(*redistest.Server){
		"on a frozen redis": (*redistest.Server).Freeze,
		"on a dead redis":   (*redistest.Server).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			s := open(t, persistence.Config{URL: server.URL(), CommitTimeout: 50 * time.Millisecond})
			rooms := claimAll(t, s, 30)
			fail(server)
			outcomes := commitAll(t, s, rooms[:10], 1) // these get sent,
			outcomes[9].waitLate()
			outcomes = append(outcomes, commitAll(t, s, rooms[10:], 1)...) // these don't
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			defer cancel()
			began := time.Now()
			assert.ErrorIs(t, s.Close(ctx), context.DeadlineExceeded)
			assert.Less(t, time.Since(began), soon)
			for _, o := range outcomes {
				require.EqualValues(t, 1, o.dones.Load(), "answered before Close returned")
				require.ErrorIs(t, o.wait().err, persistence.ErrClosed)
			}
		})
	}
}

func TestStore_CommitLate_under_way_delays_Committed(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, persistence.Config{URL: server.URL(), CommitTimeout: 50 * time.Millisecond})
	held, other := claim(t, s, "r"), claim(t, s, "other")
	server.Freeze()
	release := make(chan struct{})
	o := newOutcome(t)
	o.hold = func() { <-release }
	c := after(held, 0)
	c.By = o
	s.Commit(&c)
	o.waitLate()
	server.Thaw()
	mustCommit(t, s, after(other, 0)) // the pipeline after the one that held c
	mustCommit(t, s, after(other, 1))
	assert.Zero(t, o.dones.Load(), "CommitLate has not returned")
	close(release)
	require.NoError(t, o.wait().err)
}

func TestStore_shares_pipelines_between_rooms(t *testing.T) {
	seen := newRecorder()
	s := open(t, persistence.Config{
		URL: redistest.Start(t).URL(), Observer: seen, BatchCount: 40, BatchBytes: 20_000,
	})
	rooms := claimAll(t, s, 400)
	for last := uint64(1); last < 5; last++ {
		for _, o := range commitAll(t, s, rooms, last) {
			require.NoError(t, o.wait().err)
		}
	}
	huge := after(rooms[0], 5)
	huge.Snapshot = make([]byte, 100_000)
	mustCommit(t, s, huge) // larger than any pipeline may be, and goes all the same

	require.NoError(t, s.Close(context.Background()))
	total, most := 0, 0
	for _, n := range seen.orders {
		total, most = total+n, max(most, n)
	}
	assert.LessOrEqual(t, most, 40)
	assert.Equal(t, 400*6+1, seen.done)
	assert.GreaterOrEqual(t, total, seen.done)
	assert.Less(t, len(seen.orders), total/2, "fewer pipelines than commits")
}

func TestStore_with_several_pipelines_confirms_everything_once(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, persistence.Config{URL: server.URL(), Pipelines: 3})
	var all sync.WaitGroup
	for _, held := range claimAll(t, s, 60) {
		all.Go(func() {
			for last := uint64(1); last < 30; last++ {
				if err := commit(t, s, after(held, last)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	redis := client(t, server.URL())
	fences := redis.Keys(context.Background(), "rooms:fence:*").Val()
	assert.Len(t, fences, 60)
	for _, key := range fences {
		assert.Regexp(t, `\.30$`, redis.Get(context.Background(), key).Val())
	}
}

// again commits from within Committed, which an actor's mailbox may do too.
type again struct {
	store *persistence.Store
	left  int
	done  chan error
}

func (a *again) CommitLate(*actors.Commit) {}

func (a *again) Committed(c *actors.Commit, err error) {
	if a.left--; err != nil || a.left == 0 {
		a.done <- err
		return
	}
	c.Last, c.Revision = c.Revision, c.Revision+1
	a.store.Commit(c)
}

func TestStore_Commit_may_be_called_from_a_callback(t *testing.T) {
	s := openURL(t, embedded(t).URL())
	c := after(claim(t, s, "r"), 0)
	a := &again{store: s, left: 100, done: make(chan error, 1)}
	c.By = a
	s.Commit(&c)
	select {
	case err := <-a.done:
		require.NoError(t, err)
	case <-time.After(patience):
		t.Fatal("stuck")
	}
}
