package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A second server starts on the same Redis, which changes nothing. Then someone
// joins there: the room is the second server's from then on, with all that was
// answered by the first, whose sessions are cut so that they come back.
func TestMatrix_Takeover(t *testing.T) {
	faulty{script: func(c *troupe) {
		c.operates()
		c.all(func() { c.next = c.w.Second(c.t, nil) })
		if !c.op.closes {
			c.chats()
			c.settled()
		}
		c.all(func() {
			assert.Zero(c.t, c.w.Server.Metric(c.t, "audioroom_rooms_lost_total"))
			assert.Zero(c.t, c.next.Server.Metric(c.t, "audioroom_rooms"))
		})
		there := c.Others(nil)
		c.returns(c.next)
		for _, s := range there {
			assert.NotEqual(c.t, "io server disconnect", s.Disconnected().Reason, "after which no client would reconnect")
		}
		c.told()
		c.all(func() { require.NoError(c.t, c.next.Server.Stop()) })
	}}.play(t)
}
