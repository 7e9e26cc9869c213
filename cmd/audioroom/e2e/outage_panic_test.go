package e2e_test

import (
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// fragile is a stage whose program panics where AUDIOROOM_FAILPOINT says. It is
// built by the first test that needs it.
func fragile(t *testing.T) harness.Stage {
	t.Helper()
	program, err := buildFragile()
	require.NoError(t, err)
	return harness.Stage{Program: program, Bridge: stage.Bridge}
}

var buildFragile = sync.OnceValues(func() (string, error) {
	return harness.BuildWith(filepath.Dir(stage.Program), "audioroom-fragile", "-race", "-tags", "failpoint")
})

// failing has every n-th request to rooms panic whose ids begin so.
func failing(prefix string, n int) harness.Env {
	return harness.Env{"AUDIOROOM_FAILPOINT": prefix + "/" + strconv.Itoa(n)}
}

// panicsEvery is how many requests of a column make a panic: more than come
// before and after the rows' operations.
const panicsEvery = 80

// onTheBrink has the room asked for what changes nothing until the next request
// to any room of the column is one that panics.
func (c *troupe) onTheBrink() {
	c.t.Helper()
	asks := make([]harness.Request, panicsEvery)
	for i := range asks {
		asks[i] = harness.Request{By: c.owner, Event: "room:join", Payload: P{"roomId": c.ID}}
	}
	struck := -1
	for i, answer := range harness.AtOnce(asks...) {
		if text, _ := answer.Value().(P)["error"].(string); text != "" {
			require.Equal(c.t, "INTERNAL_ERROR", text)
			require.Equal(c.t, -1, struck, "one of so many panics")
			struck = i
		}
	}
	require.GreaterOrEqual(c.t, struck, 0, "one of so many panics")
	for _, answer := range harness.AtOnce(asks[:struck]...) {
		require.Nil(c.t, answer.Value().(P)["error"])
	}
}

// The operation's own command panics in the room, or one that comes before it
// when nobody's request causes it. That is refused, everyone stays where they
// are, and what comes next succeeds. Who leaves or is gone is gone all the same.
func TestMatrix_Panic(t *testing.T) {
	faulty{
		stage: fragile,
		setup: func(*testing.T) harness.Setup { return harness.Setup{Env: failing("room-", panicsEvery)} },
		script: func(c *troupe) {
			c.all(func() {})
			c.panics()
			c.all(func() {
				stacks := c.w.Server.Records("room panicked")
				require.NotEmpty(c.t, stacks)
				for _, record := range stacks {
					assert.Contains(c.t, record["stack"], "actors.(*roomActor).apply")
				}
				assert.EqualValues(c.t, len(stacks), c.w.Server.Metric(c.t, `audioroom_panics_total{where="room"}`))
				assert.Zero(c.t, c.w.Server.Metric(c.t, "audioroom_rooms_quarantined_total"))
				assert.Zero(c.t, c.w.Server.Metric(c.t, "audioroom_rooms_lost_total"))
			})
			c.kept()
			c.settled()
			c.told()
		},
	}.play(t)
}

func (c *troupe) panics() {
	c.turn.Lock() // the requests to all rooms are counted together
	defer c.turn.Unlock()
	c.onTheBrink()
	before := panicked(c.t, c.w)
	switch {
	case c.op.name == "room:leave" || c.op.name == "disconnect":
	case c.op.event != "":
		c.refusedInternally()
	default:
		c.guest.Refused("chat:message", P{"content": "?"}, "INTERNAL_ERROR")
	}
	c.operates()
	assert.Equal(c.t, before+1, panicked(c.t, c.w))
}
