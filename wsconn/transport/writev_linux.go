package transport

import (
	"net"
	"syscall"
	"unsafe"
)

// canWritev says that vector works here.
const canWritev = true

// maxVector is how many buffers the kernel takes in one call.
const maxVector = 1024

// vector writes many buffers with one call that doesn't block. It is used by
// one goroutine at a time.
type vector struct {
	iov     []syscall.Iovec
	n       int
	errno   syscall.Errno
	writeFD func(fd uintptr) bool
}

// init makes the callback once, for each call would allocate it otherwise.
func (v *vector) init() {
	v.writeFD = func(fd uintptr) bool {
		for {
			n, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, fd,
				uintptr(unsafe.Pointer(unsafe.SliceData(v.iov))), uintptr(len(v.iov)))
			if errno == syscall.EINTR {
				continue
			}
			v.n, v.errno = int(n), errno
			return true // never wait for the socket
		}
	}
}

// writeTo writes what the socket takes at once, and says whether that filled
// it.
func (v *vector) writeTo(raw syscall.RawConn, frames net.Buffers) (n int, full bool, err error) {
	if len(frames) > maxVector {
		frames = frames[:maxVector]
	}
	size := 0
	v.iov = v.iov[:0]
	for _, f := range frames {
		iov := syscall.Iovec{Base: unsafe.SliceData(f)}
		iov.SetLen(len(f))
		v.iov = append(v.iov, iov)
		size += len(f)
	}
	err = raw.Write(v.writeFD)
	clear(v.iov)
	switch {
	case err != nil:
		return 0, false, err
	case v.errno == syscall.EAGAIN:
		return 0, true, nil
	case v.errno != 0:
		return 0, false, v.errno
	}
	return v.n, v.n < size, nil
}
