package persistence_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/actors"
	"audioroom/persistence"
	"audioroom/persistence/redistest"
)

// looping commits the same kind of change over and over: as soon as one is
// confirmed it hands over the next, as a busy room does.
type looping struct {
	tb     testing.TB
	store  *persistence.Store
	commit actors.Commit
	left   int
	done   *sync.WaitGroup
}

func (l *looping) CommitLate(*actors.Commit) {}

func (l *looping) Committed(c *actors.Commit, err error) {
	if err != nil {
		l.tb.Error(err)
		l.done.Done()
		return
	}
	if l.left--; l.left == 0 {
		l.done.Done()
		return
	}
	c.Last, c.Revision = c.Revision, c.Revision+1
	c.Activity++
	c.Locks[0].Locked = !c.Locks[0].Locked
	l.store.Commit(c)
}

// BenchmarkStore_Commit commits a lock that changes, with a snapshot of 1 KiB.
func BenchmarkStore_Commit(b *testing.B) {
	for _, rooms := range []int{1, 200} {
		for _, pipelines := range []int{1, 2} {
			b.Run(fmt.Sprintf("rooms=%d/pipelines=%d", rooms, pipelines), func(b *testing.B) {
				s := open(b, persistence.Config{
					URL: redistest.Start(b).URL(), Pipelines: pipelines, CommitTimeout: time.Minute,
				})
				var done sync.WaitGroup
				var all []*looping
				for i := range rooms {
					held := claim(b, s, fmt.Sprintf("room-%d", i))
					l := &looping{tb: b, store: s, commit: after(held, 0), done: &done}
					l.commit.By, l.commit.Snapshot = l, make([]byte, 1024)
					l.commit.Locks = []actors.LockChange{{Seat: 3, Locked: true}}
					l.left = b.N / rooms
					if i < b.N%rooms {
						l.left++
					}
					if l.left > 0 {
						all = append(all, l)
					}
				}
				require.NotEmpty(b, all)
				b.ReportAllocs()
				b.ResetTimer()
				done.Add(len(all))
				for _, l := range all {
					s.Commit(&l.commit)
				}
				done.Wait()
				b.StopTimer()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			})
		}
	}
}
