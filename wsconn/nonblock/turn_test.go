package nonblock_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/wsconn/nonblock"
)

// On one core, somebody whose socket has become readable is served between two
// turns of somebody else who never stops.
func TestTurn_lets_readers_go_first(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	turn, err := nonblock.NewTurn()
	require.NoError(t, err)
	defer turn.Close()
	near, far := pair(t)

	const rounds = 100
	read := make(chan struct{}, rounds)
	go func() {
		var b [1]byte
		for {
			if _, err := near.Read(b[:]); err != nil {
				return
			}
			read <- struct{}{}
		}
	}()
	turns := 0
	for range rounds {
		_, err := far.Write([]byte{1})
		require.NoError(t, err)
		for served := false; !served; turns++ {
			for busy := time.Now().Add(100 * time.Microsecond); time.Now().Before(busy); {
				continue
			}
			turn.Give()
			select {
			case <-read:
				served = true
			default:
			}
		}
	}
	require.Less(t, turns, 2*rounds, "what has arrived is served in the next turn, or the one after it")
}

func TestTurn_is_not_given_after_the_end(t *testing.T) {
	turn, err := nonblock.NewTurn()
	require.NoError(t, err)
	turn.Give()
	require.NoError(t, turn.Close())
	turn.Give()
}

func BenchmarkTurn(b *testing.B) {
	turn, err := nonblock.NewTurn()
	require.NoError(b, err)
	defer turn.Close()
	b.ReportAllocs()
	for b.Loop() {
		turn.Give()
	}
}
