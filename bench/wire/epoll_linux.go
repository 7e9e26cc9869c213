package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// newPoller returns the poller for the loop's target.
func newPoller(l *Loop) (poller, error) {
	if l.target.tls != nil {
		return newRelay(l), nil
	}
	return newEpoll(l)
}

// epoll drives sockets without the runtime: one system call for each burst that a
// connection brings, none to find out that there is no more.
type epoll struct {
	loop    *Loop
	fd      int
	family  int
	address unix.Sockaddr
	sockets []*socket // by descriptor
	ready   []unix.EpollEvent
	closing []*socket // closed when the batch that may name them is done
	coarse  bool      // the kernel waits in whole milliseconds only
}

// socket is the stream of a connection.
type socket struct {
	poller  *epoll
	conn    *Conn
	fd      int
	waiting bool // for room to write
}

var (
	_ poller = (*epoll)(nil)
	_ stream = (*socket)(nil)
)

func newEpoll(l *Loop) (*epoll, error) {
	address, err := net.ResolveTCPAddr("tcp", l.target.address)
	if err != nil {
		return nil, err
	}
	e := &epoll{loop: l, ready: make([]unix.EpollEvent, 128)}
	if ip := address.IP.To4(); ip != nil {
		e.family, e.address = unix.AF_INET, &unix.SockaddrInet4{Port: address.Port, Addr: [4]byte(ip)}
	} else {
		e.family, e.address = unix.AF_INET6, &unix.SockaddrInet6{Port: address.Port, Addr: [16]byte(address.IP.To16())}
	}
	e.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return e, err
}

func (e *epoll) dial(c *Conn) error {
	fd, err := unix.Socket(e.family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		unix.Close(fd)
		return err
	}
	if err := unix.Connect(fd, e.address); err != nil && err != unix.EINPROGRESS {
		unix.Close(fd)
		return err
	}
	s := &socket{poller: e, conn: c, fd: fd, waiting: true}
	c.stream = s
	for len(e.sockets) <= fd {
		e.sockets = append(e.sockets, nil)
	}
	e.sockets[fd] = s
	return s.watch(unix.EPOLL_CTL_ADD)
}

func (s *socket) watch(op int) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(s.fd)}
	if s.waiting {
		event.Events |= unix.EPOLLOUT
	}
	return unix.EpollCtl(s.poller.fd, op, s.fd, &event)
}

func (s *socket) write(data []byte) (int, error) {
	for {
		n, err := unix.Write(s.fd, data)
		switch err {
		case nil:
			return n, nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, nil
		default:
			return 0, err
		}
	}
}

func (s *socket) blocked(yes bool) {
	if s.waiting != yes {
		s.waiting = yes
		_ = s.watch(unix.EPOLL_CTL_MOD) // it is watched already
	}
}

func (s *socket) close(abrupt bool) {
	if abrupt {
		_ = unix.SetsockoptLinger(s.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	s.poller.sockets[s.fd] = nil
	s.poller.closing = append(s.poller.closing, s)
	// The server is to hear of it now; the descriptor is free after the batch.
	_ = unix.EpollCtl(s.poller.fd, unix.EPOLL_CTL_DEL, s.fd, nil)
}

func (e *epoll) bury() {
	for _, s := range e.closing {
		unix.Close(s.fd)
	}
	clear(e.closing)
	e.closing = e.closing[:0]
}

func (e *epoll) close() {
	for _, s := range e.sockets {
		if s != nil {
			s.conn.end(true)
		}
	}
	e.bury()
	unix.Close(e.fd)
}

func (e *epoll) wait(limit int64) error {
	e.bury()
	n, err := e.poll(limit)
	if err != nil {
		return err
	}
	for _, event := range e.ready[:n] {
		if s := e.sockets[event.Fd]; s != nil {
			e.loop.tick()
			s.handle(event.Events)
			e.loop.flush()
		}
	}
	e.bury()
	return nil
}

// poll waits with the precision of the clock where the kernel can: pacing a load
// by whole milliseconds would be no pacing.
func (e *epoll) poll(limit int64) (int, error) {
	var n int
	var err error
	if e.coarse {
		n, err = unix.EpollWait(e.fd, e.ready, int((limit+int64(time.Millisecond)-1)/int64(time.Millisecond)))
	} else {
		spec := unix.NsecToTimespec(limit)
		r, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(e.fd), uintptr(unsafe.Pointer(&e.ready[0])),
			uintptr(len(e.ready)), uintptr(unsafe.Pointer(&spec)), 0, 0)
		n = int(r)
		if errno != 0 {
			n, err = 0, errno
		}
	}
	switch {
	case err == nil:
		return n, nil
	case err == unix.EINTR:
		return 0, nil
	case !e.coarse && (err == unix.ENOSYS || err == unix.EPERM):
		e.coarse = true
		return 0, nil
	}
	return 0, fmt.Errorf("epoll: %w", err)
}

// handle does what the socket is ready for.
func (s *socket) handle(events uint32) {
	c := s.conn
	if c.state == connecting {
		if code, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil || code != 0 {
			c.fail(errors.Join(err, unix.Errno(code)))
			return
		}
		if events&unix.EPOLLOUT == 0 {
			return
		}
		c.opened()
		return
	}
	if events&unix.EPOLLOUT != 0 {
		c.flush()
	}
	if events&^unix.EPOLLOUT != 0 && c.state != closed {
		s.read()
	}
}

func (s *socket) read() {
	c, l := s.conn, s.poller.loop
	kept := copy(l.buf, c.rest)
	if kept*2 > len(l.buf) { // a long frame
		l.buf = append(l.buf, make([]byte, len(l.buf))...)
	}
	n, err := unix.Read(s.fd, l.buf[kept:])
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return
	case err != nil:
		c.fail(err)
		return
	case n == 0:
		c.fail(io.EOF)
		return
	}
	data := l.buf[:kept+n]
	used, err := c.receive(data)
	if err != nil {
		c.fail(err)
		return
	}
	if c.state != closed {
		c.rest = append(c.rest[:0], data[used:]...)
	}
}
