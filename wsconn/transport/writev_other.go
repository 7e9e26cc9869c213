//go:build !linux

package transport

import (
	"net"
	"syscall"
)

// canWritev says that vector doesn't work here: every write is a drain's.
const canWritev = false

type vector struct{}

func (*vector) init() {}

func (*vector) writeTo(syscall.RawConn, net.Buffers) (int, bool, error) {
	return 0, true, nil
}
