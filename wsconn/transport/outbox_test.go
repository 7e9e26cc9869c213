package transport

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// One of a crowd is in the late queue. When it is flushed for its own sake it is in
// another queue, too, and only one of the two writes.
func TestOutbox_in_several_queues(t *testing.T) {
	var o outbox
	require.False(t, o.schedule(outboxLate), "nothing waits")
	require.True(t, o.add([]byte("a"), 100, true))
	require.True(t, o.schedule(outboxLate))
	require.False(t, o.schedule(outboxLate), "it is in the queue")
	require.True(t, o.schedule(outboxSoon))
	require.False(t, o.schedule(outboxSoon), "it is in the queue")
	require.False(t, o.schedule(outboxLate))
	require.True(t, o.schedule(outboxNow), "before the crowd")
	require.False(t, o.schedule(outboxNow))
	require.False(t, o.schedule(outboxLate))

	b := o.take(outboxWriting)
	require.Len(t, b.rest(), 1)
	require.Nil(t, o.take(outboxWriting), "somebody is writing")
	require.True(t, o.add([]byte("b"), 100, true))
	require.False(t, o.schedule(outboxNow), "who writes goes on")
	more, last := o.done()
	require.True(t, more)
	require.False(t, last)

	require.Len(t, o.take(outboxWriting).rest(), 1)
	more, last = o.done()
	require.False(t, more)
	require.False(t, last)
	require.Nil(t, o.take(outboxWriting), "nothing waits")
	require.True(t, o.add([]byte("c"), 100, true))
	require.True(t, o.schedule(outboxNow))
}

// What all hear may come in a burst, as long as the client takes it; what it asked
// for itself may not.
func TestOutbox_bursts(t *testing.T) {
	const limit = 10_000
	frame := make([]byte, 1000-frameCost)
	fill := func(o *outbox, shared bool) (frames int) {
		for o.add(frame, limit, shared) {
			frames++
		}
		return frames
	}
	var idle outbox
	require.Equal(t, 10, fill(&idle, false))
	require.Equal(t, burst*10-10, fill(&idle, true))

	var busy outbox
	require.Equal(t, 10, fill(&busy, false))
	require.True(t, busy.schedule(outboxNow))
	require.Len(t, busy.take(outboxWriting).rest(), 10)
	require.True(t, busy.add(frame, limit, true))
	busy.slow()
	require.Equal(t, 9, fill(&busy, false), "which the client has not taken yet")
	require.Zero(t, fill(&busy, true))

	var busyWithShared outbox
	require.True(t, busyWithShared.add(frame, limit, true))
	require.True(t, busyWithShared.schedule(outboxLate))
	require.NotNil(t, busyWithShared.take(outboxDraining))
	require.Equal(t, 10, fill(&busyWithShared, true))
	require.Zero(t, fill(&busyWithShared, false))
}

// Frames with nothing in them take memory, too.
func TestOutbox_counts_frames(t *testing.T) {
	var o outbox
	frames := 0
	for o.add([]byte{0x89, 0}, 1<<10, false) {
		frames++
	}
	require.Equal(t, 1<<10/(frameCost+2), frames)
}
