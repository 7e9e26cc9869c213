package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Nobody answers at the backend's address, and what it said before is forgotten.
func TestMatrix_LaravelAway(t *testing.T) {
	faulty{script: func(c *troupe) {
		c.Tells("room.updated", 0, P{})
		for _, s := range c.Others(nil) {
			s.Quiet() // it is the server's business
		}
		c.Heeded()
		c.all(c.w.Laravel.Close)
		if c.op.ranked {
			c.refusedInternally()
		} else {
			c.operates()
			if c.op.name == "status" {
				assert.Equal(c.t, 3.0, c.w.Redis.Outbox(c.t, c.ID)["participant_count"])
			}
		}
		c.kept()
		c.all(func() { require.NoError(c.t, c.w.Laravel.Start()) })
		if c.op.ranked {
			c.operates()
			c.kept()
		}
		c.settled()
		c.told()
	}}.play(t)
}
