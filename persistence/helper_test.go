package persistence_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/persistence"
	"audioroom/persistence/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait for something that has to happen.
const patience = 20 * time.Second

// eachRedis runs test against a real redis-server and the embedded one.
func eachRedis(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("on redis-server", func(t *testing.T) { test(t, redistest.Start(t).URL()) })
	t.Run("on the embedded redis", func(t *testing.T) { test(t, embedded(t).URL()) })
}

func embedded(tb testing.TB) *persistence.Embedded {
	tb.Helper()
	e, err := persistence.StartEmbedded("127.0.0.1:0")
	require.NoError(tb, err)
	tb.Cleanup(e.Close)
	return e
}

// open opens a store that is closed with the test.
func open(tb testing.TB, config persistence.Config) *persistence.Store {
	tb.Helper()
	s, err := persistence.Open(config)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = s.Close(ctx) // some tests leave commits that can't be confirmed
	})
	return s
}

func openURL(tb testing.TB, url string) *persistence.Store {
	tb.Helper()
	return open(tb, persistence.Config{URL: url})
}

// client is for tests to look at Redis behind the store's back.
func client(tb testing.TB, url string) *redis.Client {
	tb.Helper()
	options, err := redis.ParseURL(url)
	require.NoError(tb, err)
	c := redis.NewClient(options)
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// outcome receives what becomes of one claim or commit, and fails the test if
// the store breaks its promises: late at most once and before the outcome, one
// outcome, nothing concurrently.
type outcome struct {
	tb    testing.TB
	busy  atomic.Bool
	lates atomic.Int32
	late  chan struct{}
	dones atomic.Int32
	done  chan result
	// hold, if set, is called while the store says that it is late.
	hold func()
}

type result struct {
	claim actors.Claim
	err   error
}

func newOutcome(tb testing.TB) *outcome {
	return &outcome{tb: tb, late: make(chan struct{}, 1), done: make(chan result, 1)}
}

func (o *outcome) CommitLate(*actors.Commit)           { o.onLate() }
func (o *outcome) ClaimLate(string)                    { o.onLate() }
func (o *outcome) Committed(_ *actors.Commit, e error) { o.onDone(result{err: e}) }
func (o *outcome) Claimed(claim actors.Claim, e error) { o.onDone(result{claim: claim, err: e}) }

func (o *outcome) onLate() {
	o.enter()
	defer o.busy.Store(false)
	if o.lates.Add(1) > 1 || o.dones.Load() > 0 {
		o.tb.Error("told late twice, or after the outcome")
		return
	}
	o.late <- struct{}{}
	if o.hold != nil {
		o.hold()
	}
}

func (o *outcome) onDone(r result) {
	o.enter()
	defer o.busy.Store(false)
	if o.dones.Add(1) > 1 {
		o.tb.Error("told the outcome twice")
		return
	}
	o.done <- r
}

func (o *outcome) enter() {
	if !o.busy.CompareAndSwap(false, true) {
		o.tb.Error("called concurrently")
	}
}

func (o *outcome) wait() result {
	o.tb.Helper()
	select {
	case r := <-o.done:
		return r
	case <-time.After(patience):
		o.tb.Fatal("no outcome")
		return result{}
	}
}

func (o *outcome) waitLate() {
	o.tb.Helper()
	select {
	case <-o.late:
	case <-time.After(patience):
		o.tb.Fatal("not told that it is late")
	}
}

func startClaim(tb testing.TB, s *persistence.Store, roomID string) *outcome {
	o := newOutcome(tb)
	s.Claim(roomID, o)
	return o
}

func startCommit(tb testing.TB, s *persistence.Store, c actors.Commit) *outcome {
	o := newOutcome(tb)
	c.By = o
	s.Commit(&c)
	return o
}

func claim(tb testing.TB, s *persistence.Store, roomID string) actors.Claim {
	tb.Helper()
	r := startClaim(tb, s, roomID).wait()
	require.NoError(tb, r.err)
	require.Equal(tb, roomID, r.claim.RoomID)
	return r.claim
}

func commit(tb testing.TB, s *persistence.Store, c actors.Commit) error {
	tb.Helper()
	return startCommit(tb, s, c).wait().err
}

func mustCommit(tb testing.TB, s *persistence.Store, c actors.Commit) {
	tb.Helper()
	require.NoError(tb, commit(tb, s, c))
}

// snapshot is a stand-in that tells which commit it came with.
func snapshot(epoch, revision uint64) []byte {
	return fmt.Appendf(nil, `{"epoch":%d,"revision":%d}`, epoch, revision)
}

// after is the commit that follows revision last with no change for readers.
func after(claim actors.Claim, last uint64) actors.Commit {
	return actors.Commit{
		RoomID: claim.RoomID, Epoch: claim.Epoch, Last: last, Revision: last + 1,
		Snapshot: snapshot(claim.Epoch, last+1), Activity: 1_000 + int64(last), Participants: 1,
	}
}

// dump returns all keys of Redis with their contents, but for the counter and
// the claims, which tests look at by themselves.
func dump(tb testing.TB, c *redis.Client) map[string]string {
	tb.Helper()
	ctx := context.Background()
	keys, err := c.Keys(ctx, "*").Result()
	require.NoError(tb, err)
	all := make(map[string]string)
	for _, key := range keys {
		if key == "rooms:epoch" || len(key) > 12 && key[:12] == "rooms:claim:" {
			continue
		}
		kind, err := c.Type(ctx, key).Result()
		require.NoError(tb, err)
		switch kind {
		case "string":
			all[key] = c.Get(ctx, key).Val()
		case "hash":
			if key == "rooms:owner" { // every store of a test is another owner
				all[key] = fmt.Sprint(slices.Sorted(slices.Values(c.HKeys(ctx, key).Val())))
				continue
			}
			all[key] = fmt.Sprint(c.HGetAll(ctx, key).Val())
		case "set":
			all[key] = fmt.Sprint(c.SMembersMap(ctx, key).Val())
		case "zset":
			all[key] = fmt.Sprint(c.ZRangeWithScores(ctx, key, 0, -1).Val())
		}
	}
	return all
}

func eventually(tb testing.TB, condition func() bool, what string) {
	tb.Helper()
	require.Eventually(tb, condition, patience, 2*time.Millisecond, what)
}

func in(users ...room.UserID) (changes []actors.UserChange) {
	for _, u := range users {
		changes = append(changes, actors.UserChange{User: u, In: true})
	}
	return changes
}

func out(users ...room.UserID) (changes []actors.UserChange) {
	for _, u := range users {
		changes = append(changes, actors.UserChange{User: u})
	}
	return changes
}
