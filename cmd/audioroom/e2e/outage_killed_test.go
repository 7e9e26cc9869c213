package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// The server is killed as soon as the last of the operations was answered, and
// before the backend took any status. The way to Redis is long, and what is on it
// is lost: an answer that comes too soon is one that is not kept.
func TestMatrix_Killed(t *testing.T) {
	faulty{setup: behindProxy, script: func(c *troupe) {
		c.all(func() {
			c.backendHangs()
			c.w.Proxy.Slow(200 * time.Millisecond)
		})
		c.operates()
		c.all(func() {
			c.w.Proxy.Cut()
			c.w.Proxy.Slow(0)
			c.w.Crash(c.t)
		})
		c.kept()
		c.all(func() {
			c.w.Laravel.Heal()
			c.w.Restart(c.t, nil)
		})
		c.returns(c.w)
		c.told()
	}}.play(t)
}

func behindProxy(t *testing.T) harness.Setup { return harness.Setup{Proxy: harness.NewProxy(t)} }

// The server is told to end as soon as the last of the operations was answered,
// while the backend hangs.
func TestMatrix_Drained(t *testing.T) {
	faulty{script: func(c *troupe) {
		c.all(c.backendHangs)
		c.operates()
		there := c.Others(nil)
		c.all(func() {
			c.w.Server.Terminate()
			require.Equal(c.t, 0, c.w.Server.Wait(c.t, 10*time.Second))
			require.NoError(c.t, c.w.Server.Trouble())
		})
		for _, s := range there {
			assert.NotEqual(c.t, "io server disconnect", s.Disconnected().Reason, "after which no client would reconnect")
		}
		c.kept()
		c.all(func() {
			c.w.Laravel.Heal()
			c.w.Restart(c.t, nil)
		})
		c.returns(c.w)
		c.told()
	}}.play(t)
}
