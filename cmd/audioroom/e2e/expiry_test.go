package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestInvite_RunsOut(t *testing.T) {
	t.Parallel()
	const ttl = 1200 * time.Millisecond
	w := stage.World(t, harness.Setup{Env: harness.Env{"INVITE_TTL": ttl.String()}})

	// offered has the owner invite someone and returns between which moments the
	// invite runs out.
	offered := func(t *testing.T, c *cast, index int) (earliest, latest time.Time) {
		t.Helper()
		earliest = time.Now().Add(ttl)
		c.does(c.owner, "seat:invite", at(c.any.User, index), says{"seat:invite:pending", pending(index, c.any.User)})
		latest = time.Now().Add(ttl)
		expiry := time.UnixMilli(int64(c.any.Next().Args[0].(P)["expiresAt"].(float64)))
		assert.False(t, expiry.Before(earliest.Truncate(time.Millisecond)) || expiry.After(latest), "the invited user is told when")
		return earliest, latest
	}

	t.Run("cases", func(t *testing.T) {
		in(t, "the room is told, and the seat may be offered anew", func(t *testing.T) {
			c := castOf(t, w)
			for range 2 {
				earliest, latest := offered(t, c, 3)
				c.owner.Refused("seat:invite", at(c.member.User, 3), "Invite already pending for this seat")
				hear(c.Others(nil), says{"seat:invite:pending", notPending(3)})
				assert.False(t, time.Now().Before(earliest))
				assert.Less(t, time.Since(latest), 2*time.Second)
				c.any.Refused("seat:invite:accept", P{}, "No pending invite found")
				c.any.Refused("seat:invite:decline", seat(3), "No pending invite found")
			}
			c.Settled()
		})

		in(t, "each by its own time, in the order in which they were made", func(t *testing.T) {
			c := castOf(t, w)
			for _, index := range []int{9, 2, 5} {
				offered(t, c, index)
				time.Sleep(20 * time.Millisecond) // so that the times differ
			}
			hear(c.Others(nil), says{"seat:invite:pending", notPending(9)}, says{"seat:invite:pending", notPending(2)},
				says{"seat:invite:pending", notPending(5)})
			c.Settled()
		})

		in(t, "an answer before the end counts, one after it doesn't", func(t *testing.T) {
			for _, offset := range []time.Duration{-100 * time.Millisecond, -3 * time.Millisecond, 3 * time.Millisecond, 100 * time.Millisecond} {
				c := castOf(t, w)
				earliest, latest := offered(t, c, 3)
				time.Sleep(time.Until(latest.Add(offset))) // time is what is tested
				asked := time.Now()
				accepted := c.any.Ask("seat:invite:accept", P{"roomId": c.ID}).Succeeded()
				switch {
				case time.Now().Before(earliest):
					assert.True(t, accepted, "it had not run out")
				case asked.After(latest):
					assert.False(t, accepted, "it had run out")
				}
				hear(c.Others(nil), says{"seat:invite:pending", notPending(3)})
				if accepted {
					hear(c.Others(nil), says{"seat:updated", updated(3, c.any.User)})
				}
				c.Settled()
			}
		})
	})
}

func TestInvite_OutlivesARestart(t *testing.T) {
	t.Parallel()
	const ttl = 6 * time.Second
	w := stage.World(t, harness.Setup{Env: harness.Env{"INVITE_TTL": ttl.String()}})
	c := castOf(t, w)
	made := time.Now()
	for _, index := range []int{3, 4} {
		c.does(c.owner, "seat:invite", at(c.any.User, index), says{"seat:invite:pending", pending(index, c.any.User)})
		c.any.Next()
	}
	c.does(c.owner, "seat:lock", seat(3), says{"seat:locked", locked(3, true)})
	w.Crash(t)
	c.Without(c.Others(nil)...)
	w.Restart(t, nil)

	a, b := c.JoinAs(c.any.User), c.JoinAs(c.owner.User)
	b.Refused("seat:invite", at(c.member.User, 4), "Invite already pending for this seat")
	a.Do("seat:invite:accept", seat(3))
	hear(c.Others(nil), says{"seat:invite:pending", notPending(3)}, says{"seat:locked", locked(3, false)}, says{"seat:updated", updated(3, a.User)})
	hear(c.Others(nil), says{"seat:invite:pending", notPending(4)}) // by its time
	assert.GreaterOrEqual(t, time.Since(made), ttl-10*time.Millisecond)
	assert.Less(t, time.Since(made), ttl+3*time.Second)
	assert.Len(t, c.Settled().Seats, 1)
}

func TestInvite_RunsOutWhileTheServerIsDown(t *testing.T) {
	t.Parallel()
	const ttl = 400 * time.Millisecond
	w := stage.World(t, harness.Setup{Env: harness.Env{"INVITE_TTL": ttl.String()}})
	c := castOf(t, w)
	c.does(c.owner, "seat:invite", at(c.any.User, 3), says{"seat:invite:pending", pending(3, c.any.User)})
	made := time.Now()
	w.Crash(t)
	c.Without(c.Others(nil)...)
	time.Sleep(time.Until(made.Add(ttl))) // time is what is tested
	w.Restart(t, nil)
	a, b := c.JoinAs(c.any.User), c.JoinAs(c.owner.User)
	a.Refused("seat:invite:accept", P{}, "No pending invite found")
	b.Do("seat:invite", at(c.member.User, 3))
	for _, s := range []*harness.Socket{a, b} {
		s.Expect("seat:invite:pending", pending(3, c.member.User))
	}
}
