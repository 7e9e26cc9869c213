package harness

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
)

// ports is the next port to look at. They lie below those that the system gives
// to outgoing connections, so that none of the many that a test run opens can
// take the place of a server that is down for a moment, or reach itself there.
var ports atomic.Int64

func init() { ports.Store(10_000 + rand.Int64N(10_000)) }

// freeAddr returns a local address that is free and that it never returned
// before.
func freeAddr() (string, error) {
	for range 1000 {
		addr := fmt.Sprintf("127.0.0.1:%d", 10_000+ports.Add(1)%20_000)
		if l, err := net.Listen("tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
	return "", errors.New("no free port")
}
