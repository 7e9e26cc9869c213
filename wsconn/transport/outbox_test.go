package transport

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// One of a crowd is in the late queue. When it is flushed for its own sake it is in
// the other queue, too, and only one of the two writes.
func TestOutbox_in_both_queues(t *testing.T) {
	var o outbox
	require.False(t, o.schedule(true), "nothing waits")
	require.True(t, o.add([]byte("a"), 10))
	require.True(t, o.schedule(true))
	require.False(t, o.schedule(true), "it is in the queue")
	require.True(t, o.schedule(false), "before the crowd")
	require.False(t, o.schedule(false))
	require.False(t, o.schedule(true))

	b := o.take()
	require.Len(t, b.rest(), 1)
	require.Nil(t, o.take(), "somebody is writing")
	require.True(t, o.add([]byte("b"), 10))
	require.False(t, o.schedule(false), "who writes goes on")
	more, last := o.done()
	require.True(t, more)
	require.False(t, last)

	require.Len(t, o.take().rest(), 1)
	more, last = o.done()
	require.False(t, more)
	require.False(t, last)
	require.Nil(t, o.take(), "nothing waits")
	require.True(t, o.add([]byte("c"), 10))
	require.True(t, o.schedule(false))
}
