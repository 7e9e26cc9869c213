package wsconn

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// Who has sent many frames has not sent them when they come back.
func TestGateway_frames_are_owed_by_the_next_connection(t *testing.T) {
	// flood sends so many frames and returns how long it took.
	flood := func(c *peer, frames int) time.Duration {
		start := time.Now()
		for range frames {
			c.send("3")
		}
		c.ask("no:event", "")
		return time.Since(start)
	}
	for name, leave := range map[string]func(c *peer){
		"after it has closed":         (*peer).close,
		"while the old one is there":  func(*peer) {},
		"on the same one, after a 41": nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newBubble(t, Config{EventBudget: 100, EventRefill: 20})
				ada := w.connect(t, 1)
				require.Zero(t, flood(ada, 900))
				if leave == nil {
					ada.send("41")
					synctest.Wait()
					ada.enter(tokenOfUser(t, 1, nil))
				} else {
					leave(ada)
					synctest.Wait()
					ada = w.connect(t, 1)
				}
				require.InDelta(t, 200*time.Second/leastFrameRefill, flood(ada, 300), float64(time.Second/2))
				require.Zero(t, flood(w.connect(t, 2), 900), "everyone owes what they sent themselves")
				ada.close()
				time.Sleep(30 * time.Second)
				require.Zero(t, flood(w.connect(t, 1), 900), "it is paid")
			})
		})
	}
	t.Run("unless there is no budget", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, Config{})
			for range 3 {
				ada := w.connect(t, 1)
				require.Zero(t, flood(ada, 2000))
				ada.close()
			}
		})
	})
}

func TestDebts_forgets(t *testing.T) {
	d := newDebts()
	for user := range room.UserID(leastSweep - 1) {
		d.add(user, 10*time.Second, time.Second)
	}
	d.add(1, 5*time.Second, time.Second)
	require.Equal(t, 10*time.Second, d.of(1), "the larger one stands")
	d.add(1_000_000, 10*time.Second+leastDebt/2, 10*time.Second)
	require.Zero(t, d.of(1_000_000), "too little to remember")
	d.add(1_000_000, 20*time.Second, 10*time.Second)
	require.Len(t, d.until, 1)
	require.Equal(t, 20*time.Second, d.of(1_000_000))
}
