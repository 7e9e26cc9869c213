package transport

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Who is to be written to soon is due when the timer rings, or at the end, or has
// its turn earlier for another reason.
func TestFlusher_soon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := newFlusher(&Server{})
		require.NoError(t, err)
		defer f.turn.Close()
		one, other, third := &Conn{id: 1, flusher: f}, &Conn{id: 2, flusher: f}, &Conn{id: 3, flusher: f}
		for _, c := range []*Conn{one, other, third} {
			require.True(t, c.out.add([]byte("frame"), 100, true))
		}
		holds := func(queue *[]*Conn, conns ...*Conn) {
			t.Helper()
			f.mu.Lock()
			defer f.mu.Unlock()
			require.ElementsMatch(t, conns, *queue)
		}
		third.FlushLate()
		one.FlushSoon()
		other.FlushSoon()
		one.FlushSoon() // changes nothing
		one.FlushLate() // likewise
		other.Flush()
		time.Sleep(soonTime - time.Nanosecond)
		holds(&f.now, other)
		holds(&f.soon, one, other)
		holds(&f.due)
		holds(&f.late, third)

		time.Sleep(time.Nanosecond)
		synctest.Wait()
		holds(&f.soon)
		holds(&f.due, one, other)

		third.FlushSoon()
		f.close()
		holds(&f.due, one, other, third)
		f.push(one, outboxSoon)
		holds(&f.due, one, other, third, one) // there is no timer any more
	})
}
