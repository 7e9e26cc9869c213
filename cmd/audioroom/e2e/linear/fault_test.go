package linear_test

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// each does harm to a play again and again, after about so many requests each
// time, until the clients are done.
func (p *play) each(requests int, harm func()) {
	for at := requests/2 + p.rng.IntN(requests); p.reaches(at); at = int(p.did.Load()) + requests/2 + p.rng.IntN(requests) {
		harm()
		p.deed.faults++
	}
}

// crash kills the server and starts it anew: a call to every room. What is given
// is done while there is none.
func (p *play) crash(meanwhile ...func()) {
	p.gate.Lock()
	defer p.gate.Unlock()
	called := p.times()
	p.w.Crash(p.t)
	for _, do := range meanwhile {
		do()
	}
	p.w.Restart(p.t, nil)
	p.server++
	p.replaced(called)
}

// times are the times of all histories.
func (p *play) times() []int64 {
	times := make([]int64, len(p.histories))
	for i, h := range p.histories {
		times[i] = h.time()
	}
	return times
}

// replaced notes that between then and now another server took the rooms over.
func (p *play) replaced(since []int64) {
	for i, h := range p.histories {
		h.add(&call{verb: crash, session: -1}, since[i], answer{}, h.time())
	}
}

// takeOver has another server take the rooms over. From now on everybody is a
// client of that, by new connections; who was before is returned. Nobody acts
// meanwhile.
func (p *play) takeOver() (former [][]*client) {
	called := p.times()
	p.w = p.w.Second(p.t, harness.Env{"REDIS_URL": p.w.Redis.URL()})
	second := p.w.Server
	p.t.Cleanup(func() { assert.NoError(p.t, second.Stop()) })
	former, p.casts = p.casts, nil
	p.server++
	for _, cast := range former {
		var next []*client
		for _, c := range cast {
			next = append(next, p.client(c.h, c.user))
		}
		p.casts = append(p.casts, next)
		require.NoError(p.t, next[0].does(join)) // by now the room is there
	}
	p.replaced(called)
	return former
}

// freeze has Redis stand still: mostly for less than the commit timeout or for
// somewhat longer, seldom for longer than the store waits for an answer.
func (p *play) freeze() {
	p.w.Redis.Freeze(p.t)
	switch p.rng.IntN(20) {
	case 0:
		time.Sleep(2100 * time.Millisecond)
	case 1, 2, 3, 4, 5, 6:
		time.Sleep(p.between(200, 400))
	default:
		time.Sleep(p.between(10, 90))
	}
	p.w.Redis.Thaw()
}

// killRedis kills Redis and starts it on what it had written.
func (p *play) killRedis() {
	p.w.Redis.Kill()
	time.Sleep(p.between(0, 300))
	require.NoError(p.t, p.w.Redis.Start())
}

func (p *play) between(from, to int) time.Duration {
	return time.Duration(from+p.rng.IntN(to-from)) * time.Millisecond
}
