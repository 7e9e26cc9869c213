package fifo_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"audioroom/actors/fifo"
)

func TestQueue_is_first_in_first_out(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q fifo.Queue[int]
		in, out := 0, 0
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range rapid.IntRange(1, 3000).Draw(t, "values") {
					q.Push(in)
					in++
				}
			},
			"pop": func(t *rapid.T) {
				for range min(rapid.IntRange(1, 3000).Draw(t, "values"), q.Len()) {
					require.Equal(t, out, q.First())
					require.Equal(t, out, q.Pop())
					out++
				}
			},
			"": func(t *rapid.T) { require.Equal(t, in-out, q.Len()) },
		})
	})
}

// What always holds something takes no more memory for what it held before.
func TestQueue_that_is_never_empty_does_not_grow(t *testing.T) {
	var q fifo.Queue[*int]
	q.Push(nil)
	require.Zero(t, testing.AllocsPerRun(100_000, func() {
		q.Push(nil)
		q.Pop()
	}))
}
