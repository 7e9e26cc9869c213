//go:build !linux

package redistest

import "syscall"

// endWithTest does nothing: only Linux can.
func endWithTest(*syscall.SysProcAttr) {}
