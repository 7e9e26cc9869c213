package transport

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Who is to be written to soon wakes nobody; the timer does, or the end.
func TestFlusher_soon(t *testing.T) {
	f, err := newFlusher(&Server{})
	require.NoError(t, err)
	defer f.turn.Close()
	one, other := new(Conn), new(Conn)
	f.push(one, outboxSoon)
	f.push(other, outboxSoon)
	require.True(t, f.timer.Stop(), "it was set")
	require.Empty(t, f.now)
	require.Empty(t, f.late)

	f.ring()
	require.Equal(t, []*Conn{one, other}, f.late)
	require.Empty(t, f.soon)

	f.late = nil
	f.push(one, outboxSoon)
	f.close()
	f.push(other, outboxSoon)
	require.Equal(t, []*Conn{one, other}, f.late, "there is no timer any more")
}
