package linear_test

import (
	"hash/fnv"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// TestLinear plays rooms through everything that can go wrong, and sees to it
// that in each all went as if one request was carried out after the other.
func TestLinear(t *testing.T) {
	t.Parallel()
	t.Run("calm", func(t *testing.T) {
		perform(t, stage, 30, harness.Setup{}, nil)
	})
	t.Run("server killed", func(t *testing.T) {
		perform(t, stage, 15, harness.Setup{}, func(p *play) { p.each(400, func() { p.crash() }) })
	})
	t.Run("Redis frozen", func(t *testing.T) {
		perform(t, stage, 15, harness.Setup{Env: harness.Env{"COMMIT_TIMEOUT": "100ms"}}, func(p *play) { p.each(150, p.freeze) })
	})
	t.Run("Redis killed", func(t *testing.T) {
		perform(t, stage, 10, harness.Setup{
			Env: harness.Env{"COMMIT_TIMEOUT": "100ms"}, RedisArgs: []string{"--appendfsync", "always"},
		}, func(p *play) { p.each(200, p.killRedis) })
	})
	t.Run("replies cut", func(t *testing.T) {
		proxy := harness.NewProxy(t)
		perform(t, stage, 15, harness.Setup{Proxy: proxy}, func(p *play) {
			p.each(20, func() { proxy.CutAfter("evalsha") })
			p.deed.faults = proxy.Cuts()
		})
	})
	t.Run("panics", func(t *testing.T) {
		// Before the room has changed and after, in turns.
		perform(t, brokenStage(t), 15, harness.Setup{Env: harness.Env{"AUDIOROOM_FAILPOINT": usualPrefix + "/81/each"}}, nil)
	})
}

// usualPrefix begins the ids of rooms in which nothing is broken.
const usualPrefix = "linear-"

// perform plays rooms with a share, in percent, of this run's requests. disturb
// is called for each round of rooms, while clients act.
func perform(t *testing.T, stage harness.Stage, percent int, setup harness.Setup, disturb func(p *play)) {
	p := enact(t, stage, setup)
	begun := time.Now()
	p.rooms(requests*percent/100, func() {
		if disturb != nil {
			disturb(p)
		}
	})
	t.Logf("%v in %v", p.deed, time.Since(begun).Round(10*time.Millisecond))
	require.Equal(t, t.Name() != "TestLinear/calm", p.deed.faults > 0, "what is to go wrong has gone wrong")
}

// enact starts a play.
func enact(t *testing.T, stage harness.Stage, setup harness.Setup) *play {
	setup.Env = usual(setup.Env)
	name := fnv.New32()
	name.Write([]byte(t.Name()))
	own := uint64(seed)<<32 | uint64(name.Sum32())
	return &play{
		t: t, w: stage.World(t, setup), prefix: usualPrefix, seed: own, rng: rand.New(rand.NewPCG(own, 0)),
		panics: setup.Env["AUDIOROOM_FAILPOINT"] != "",
	}
}
