package proc_test

import (
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/bench/proc"
)

func TestRead_tells_what_a_process_has_used(t *testing.T) {
	before, err := proc.Read(os.Getpid())
	require.NoError(t, err)
	require.Positive(t, before.RSS)
	for begin := time.Now(); time.Since(begin) < 60*time.Millisecond; { // use some
	}
	after, err := proc.Read(os.Getpid())
	require.NoError(t, err)
	require.Greater(t, after.CPU, before.CPU)

	twice, err := proc.Read(os.Getpid(), os.Getpid())
	require.NoError(t, err)
	require.GreaterOrEqual(t, twice.CPU, 2*after.CPU)
	none, err := proc.Read()
	require.NoError(t, err)
	require.Zero(t, none)
	_, err = proc.Read(1 << 30)
	require.Error(t, err)
}

func TestThisMachine_knows_its_cores(t *testing.T) {
	m := proc.ThisMachine()
	require.GreaterOrEqual(t, m.Cores, runtime.NumCPU())
	require.Positive(t, m.Memory)
	require.NotEmpty(t, m.Kernel)
}

func TestBusy_sees_a_core_at_work(t *testing.T) {
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !stop.Load() { // all that there is to do
		}
	}()
	busy := proc.Busy(100 * time.Millisecond)
	stop.Store(true)
	<-done
	require.Greater(t, busy, 0.5/float64(runtime.NumCPU()))
	require.LessOrEqual(t, busy, 1.0)
}
