package transport

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// While a crowd leaves, on one core, somebody whose socket has become readable is
// served long before the last one is gone.
func TestDoor_lets_others_have_their_turn(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	d, err := newDoor()
	require.NoError(t, err)
	defer d.close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	near, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer near.Close()
	far, err := listener.Accept()
	require.NoError(t, err)
	defer far.Close()

	const crowd = 300
	var gone atomic.Int64
	var served int64
	var all sync.WaitGroup
	all.Go(func() {
		_, err := near.Read(make([]byte, 1))
		if served = gone.Load(); err != nil {
			served = crowd
		}
	})
	var here sync.WaitGroup
	here.Add(crowd)
	for range crowd {
		all.Go(func() {
			here.Done()
			here.Wait()
			d.pass(func() {
				if gone.Load() == 0 {
					_, _ = far.Write([]byte{1})
				}
				for begun := time.Now(); time.Since(begun) < 50*time.Microsecond; {
					continue
				}
				gone.Add(1)
			})
		})
	}
	all.Wait()
	require.EqualValues(t, crowd, gone.Load())
	require.Less(t, served, int64(crowd/2))
}
