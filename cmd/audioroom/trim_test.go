package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTrimmer_gives_memory_back_in_calm_times(t *testing.T) {
	const mb = 1 << 20
	start := time.Unix(1000, 0)
	after := func(d time.Duration) time.Time { return start.Add(d) }
	storm := memory{allocated: 500 * mb, live: 30 * mb, objects: 50 * mb, unused: 20 * mb}
	rest := storm
	rest.allocated += mb / 2

	var tr trimmer
	require.False(t, tr.due(after(0), storm), "in a storm")
	require.True(t, tr.due(after(time.Second), rest), "as soon as it is over")
	again := rest
	again.allocated += mb / 2
	require.False(t, tr.due(after(2*time.Second), again), "not all the time")
	require.False(t, tr.due(after(time.Minute), again), "what the last trim could not give back is no reason for another")
	again.unused += worthwhile
	require.True(t, tr.due(after(2*time.Minute), again))

	for name, m := range map[string]memory{
		"little to give back":                        {live: 10 * mb, objects: 11 * mb, unused: 2 * mb},
		"little, measured by what is in use":         {live: 100 * mb, objects: 106 * mb, unused: 6 * mb},
		"less occupied than the collector saw alive": {live: 100 * mb, objects: 90 * mb},
	} {
		require.False(t, (&trimmer{}).due(start, m), name)
	}
}
