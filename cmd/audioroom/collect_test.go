package main

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGrowthFor_a_heap(t *testing.T) {
	const mb = 1 << 20
	for live, percent := range map[uint64]int{0: 800, 1 * mb: 800, 4 * mb: 800, 8 * mb: 400, 16 * mb: 200, 32 * mb: 100, 1000 * mb: 100} {
		require.Equal(t, percent, growthFor(live), "%d MB", live/mb)
	}
}

func TestCollector_adjusts_the_runtime(t *testing.T) {
	const mb = 1 << 20
	usual := debug.SetGCPercent(usualGrowth)
	defer debug.SetGCPercent(usual)
	now := func() int {
		percent := debug.SetGCPercent(usualGrowth)
		debug.SetGCPercent(percent)
		return percent
	}
	t.Setenv("GOGC", "")
	var c collector
	c.adjust(8 * mb)
	require.Equal(t, 400, now())
	c.adjust(9 * mb)
	require.Equal(t, 400, now(), "not for a little")
	c.adjust(64 * mb)
	require.Equal(t, 100, now())
	t.Setenv("GOGC", "50")
	c.adjust(4 * mb)
	require.Equal(t, 100, now(), "that is the operator's")
}
