package linear_test

import (
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// caughtWithin is how long a broken program may be played before it is caught.
const caughtWithin = 20 * time.Second

// TestBroken shows that the checker has teeth: a program with one line broken is
// caught by a play that the real one passes.
func TestBroken(t *testing.T) {
	t.Parallel()
	t.Run("acks before the commit", func(t *testing.T) { caught(t, acksEarly, lostCommits) })
	t.Run("releases out of order", func(t *testing.T) { caught(t, toldBackwards, crowded) })
	t.Run("leaves the epoch unchecked", func(t *testing.T) { caught(t, unguarded, stale) })
}

// caught plays rooms with such ids with the real program, which must pass, and
// with the broken one, one history of which at least must be impossible.
func caught(t *testing.T, prefix string, round func(p *play)) {
	enter := func(t *testing.T, stage harness.Stage) *play {
		p := enact(t, stage, harness.Setup{Proxy: harness.NewProxy(t), Env: harness.Env{"COMMIT_TIMEOUT": "1m"}})
		p.prefix = prefix
		return p
	}
	t.Run("not by the real one", func(t *testing.T) {
		p := enter(t, stage)
		round(p)
		p.check()
		t.Log(p.deed)
	})
	t.Run("by the broken one", func(t *testing.T) {
		p := enter(t, brokenStage(t))
		for begun := time.Now(); time.Since(begun) < caughtWithin; {
			round(p)
			for _, h := range p.histories {
				if h.linearizable() == porcupine.Illegal {
					t.Logf("%v can't be put in an order, after %v and %v", h.room, time.Since(begun).Round(10*time.Millisecond), p.deed)
					return
				}
			}
		}
		t.Errorf("not caught within %v: %v", caughtWithin, p.deed)
	})
}

// crowded has everybody act at once, and nothing go wrong.
func crowded(p *play) { p.round(100, nil) }

// lostCommits has commits get lost on their way to Redis, and then the server
// killed: nobody may have been told that they were made.
func lostCommits(p *play) {
	p.round(100, func() {
		if p.reaches(50 * together) {
			p.w.Proxy.Swallow(true)
			time.Sleep(100 * time.Millisecond) // for acks that must not come
			p.crash(func() { p.w.Proxy.Swallow(false) })
			p.deed.faults++
		}
	})
}

// stale has the rooms taken over from a server that stands still, and then goes
// on as if nothing had happened: what it is asked must not be acknowledged.
func stale(p *play) {
	w := p.w
	p.cast()
	p.act(60, nil)
	for _, cast := range p.casts {
		for _, v := range []verb{join, unlock, lock} { // of seat 0, so that there is something to change
			require.NoError(p.t, cast[0].does(v))
		}
	}
	w.Server.Freeze(p.t)
	w.Proxy.Sever() // it does not hear of what happens now
	former := p.takeOver()
	p.act(30, nil)
	w.Server.Thaw()
	for _, cast := range former {
		require.NoError(p.t, cast[0].does(unlock))
	}
	p.act(30, nil)
	for _, cast := range former {
		for _, c := range cast {
			if c.s != nil {
				c.note(true)
			}
		}
	}
	p.deed.faults++
	p.end()
	p.w = w
}
