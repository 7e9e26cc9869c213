package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The server is killed as soon as the last of the operations was answered, and
// before the backend took any status.
func TestMatrix_Killed(t *testing.T) {
	faulty{script: func(c *troupe) {
		c.all(c.backendHangs)
		c.operates()
		c.all(func() { c.w.Crash(c.t) })
		c.kept()
		c.all(func() {
			c.w.Laravel.Heal()
			c.w.Restart(c.t, nil)
		})
		c.returns(c.w)
		c.told()
	}}.play(t)
}

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
