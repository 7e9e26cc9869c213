package nonblock

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// conn is a TCP connection whose reads and writes the scheduler is not told of.
type conn struct {
	*net.TCPConn
	raw         syscall.RawConn
	read, write call
}

// call is one direction's system call, made once: each use would allocate it
// otherwise.
type call struct {
	number uintptr
	data   []byte
	n      int
	errno  syscall.Errno
	fd     func(fd uintptr) bool
}

// Wrap returns a connection to use in c's place. Only TCP connections gain by
// it; others are returned as they are. Like c, it takes one reader and one
// writer at a time.
func Wrap(c net.Conn) net.Conn {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return c
	}
	w := &conn{TCPConn: tcp, raw: raw}
	w.read.init(syscall.SYS_READ)
	w.write.init(syscall.SYS_WRITE)
	return w
}

// NetConn returns the connection below.
func (c *conn) NetConn() net.Conn { return c.TCPConn }

func (c *call) init(number uintptr) {
	c.number = number
	c.fd = func(fd uintptr) bool {
		for {
			n, _, errno := syscall.RawSyscall(c.number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(c.data))), uintptr(len(c.data)))
			if errno == syscall.EINTR {
				continue
			}
			c.n, c.errno = int(n), errno
			return errno != syscall.EAGAIN // else the goroutine waits for the socket
		}
	}
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.read.data = p
	if err := c.raw.Read(c.read.fd); err != nil || c.read.n <= 0 {
		return 0, c.ended(err)
	}
	return c.read.n, nil
}

// ended is why a read returned nothing.
func (c *conn) ended(err error) error {
	switch {
	case err != nil:
		return err
	case c.read.errno != 0:
		return c.failed("read", c.read.errno)
	}
	return io.EOF
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (written int, err error) {
	for written < len(p) {
		c.write.data = p[written:]
		err := c.raw.Write(c.write.fd)
		c.write.data = nil
		switch {
		case err != nil:
			return written, err
		case c.write.errno != 0:
			return written, c.failed("write", c.write.errno)
		}
		written += c.write.n
	}
	return written, nil
}

// failed is the error of a system call, as the net package words it.
func (c *conn) failed(op string, errno syscall.Errno) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError(op, errno)}
}
