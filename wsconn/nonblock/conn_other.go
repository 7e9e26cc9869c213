//go:build !linux

package nonblock

import "net"

// Wrap returns c: there is nothing to gain here.
func Wrap(c net.Conn) net.Conn { return c }
