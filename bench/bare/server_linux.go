package bare

import (
	"context"
	"fmt"
	"net"
	"runtime"

	"golang.org/x/sys/unix"
)

// server is one thread that serves all clients.
type server struct {
	epoll, listener, redis int
	conns                  []*conn // by descriptor
	rooms                  map[string]*room
	changed                []*room
	queue                  []*conn // have something to send with the next commit
	held                   []*conn // wait for the one under way
	under                  int     // answers of Redis that are still to come
	buf, command, scratch  []byte
}

// Serve serves at an address, with the Redis at another, until the context ends or
// something goes wrong.
func Serve(ctx context.Context, address, redis string) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s := &server{rooms: make(map[string]*room), buf: make([]byte, 64<<10)}
	var err error
	if s.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	defer unix.Close(s.epoll)
	if s.redis, err = dial(redis); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	defer unix.Close(s.redis)
	if s.listener, err = listen(address); err != nil {
		return err
	}
	defer unix.Close(s.listener)
	for _, fd := range []int{s.redis, s.listener} {
		if err := s.watch(fd); err != nil {
			return err
		}
	}
	defer func() {
		for _, c := range s.conns {
			if c != nil {
				unix.Close(c.fd)
			}
		}
	}()
	ready := make([]unix.EpollEvent, 128)
	for ctx.Err() == nil {
		n, err := unix.EpollWait(s.epoll, ready, 100)
		if err != nil && err != unix.EINTR {
			return err
		}
		for _, event := range ready[:max(n, 0)] {
			if err := s.handle(int(event.Fd)); err != nil {
				return err
			}
		}
		if err := s.commit(); err != nil {
			return err
		}
	}
	return nil
}

// handle does what a descriptor is ready for.
func (s *server) handle(fd int) error {
	switch fd {
	case s.listener:
		return s.accept()
	case s.redis:
		return s.confirmed()
	}
	c := s.conns[fd]
	if c == nil {
		return nil
	}
	kept := copy(s.buf, c.rest)
	n, err := unix.Read(fd, s.buf[kept:])
	if err == unix.EAGAIN || err == unix.EINTR {
		return nil
	}
	if err != nil || n == 0 {
		s.drop(c)
		return nil
	}
	used, err := c.receive(s.buf[:kept+n])
	if err != nil {
		s.drop(c)
		return nil
	}
	c.rest = append(c.rest[:0], s.buf[used:kept+n]...)
	return nil
}

func (s *server) accept() error {
	for {
		fd, _, err := unix.Accept4(s.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err == unix.EAGAIN {
			return nil
		}
		if err != nil {
			return err
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		for len(s.conns) <= fd {
			s.conns = append(s.conns, nil)
		}
		s.conns[fd] = &conn{server: s, fd: fd, seat: -1}
		if err := s.watch(fd); err != nil {
			return err
		}
	}
}

func (s *server) watch(fd int) error {
	return unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

// drop ends a connection, and its membership.
func (s *server) drop(c *conn) {
	if r := c.room; r != nil {
		r.exit(c)
		s.touch(r)
	}
	s.conns[c.fd] = nil
	unix.Close(c.fd)
	c.fd = -1
}

// room returns the room of an id.
func (s *server) room(id string) *room {
	r := s.rooms[id]
	if r == nil {
		r = &room{id: id, seats: make(map[int]*conn), locked: make(map[int]bool)}
		s.rooms[id] = r
	}
	return r
}

// touch has a room saved with the next commit.
func (s *server) touch(r *room) {
	if len(s.changed) == 0 || s.changed[len(s.changed)-1] != r {
		s.changed = append(s.changed, r)
	}
	r.changed = true
}

// commit saves what has changed, if no commit is under way, or sends what waits
// for none.
func (s *server) commit() error {
	if s.under > 0 || len(s.queue) == 0 && len(s.changed) == 0 {
		return nil
	}
	s.held, s.queue = s.queue, s.held[:0]
	for _, c := range s.held {
		c.held, c.out, c.queued = c.out, c.held[:0], false
	}
	s.command = s.command[:0]
	for _, r := range s.changed {
		if r.changed {
			r.changed = false
			s.command, s.scratch = r.appendSave(s.command, s.scratch)
			s.under++
		}
	}
	s.changed = s.changed[:0]
	if s.under == 0 {
		return s.release()
	}
	return writeAll(s.redis, s.command)
}

// confirmed reads answers of Redis: a line each.
func (s *server) confirmed() error {
	n, err := unix.Read(s.redis, s.buf)
	if err == unix.EAGAIN || err == unix.EINTR {
		return nil
	}
	if err != nil || n == 0 {
		return fmt.Errorf("redis is gone: %w", err)
	}
	for _, char := range s.buf[:n] {
		switch char {
		case '-':
			return fmt.Errorf("redis answered %q", s.buf[:n])
		case '\n':
			s.under--
		}
	}
	if s.under > 0 {
		return nil
	}
	return s.release()
}

// release sends what waited for the commit.
func (s *server) release() error {
	for _, c := range s.held {
		if c.fd >= 0 {
			if err := writeAll(c.fd, c.held); err != nil {
				s.drop(c)
			}
		}
	}
	return nil
}

// writeAll waits for who is slow: there is nobody like that here.
func writeAll(fd int, data []byte) error {
	for len(data) > 0 {
		n, err := unix.Write(fd, data)
		switch err {
		case nil:
			data = data[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 1000); err != nil && err != unix.EINTR {
				return err
			}
		default:
			return err
		}
	}
	return nil
}

func dial(address string) (int, error) {
	at, err := sockaddr(address)
	if err != nil {
		return 0, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if err := unix.Connect(fd, at); err != nil {
		unix.Close(fd)
		return 0, err
	}
	return fd, unix.SetNonblock(fd, true)
}

func listen(address string) (int, error) {
	at, err := sockaddr(address)
	if err != nil {
		return 0, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err := unix.Bind(fd, at); err != nil {
		unix.Close(fd)
		return 0, err
	}
	return fd, unix.Listen(fd, 4096)
}

// sockaddr reads an IPv4 address with a port.
func sockaddr(address string) (unix.Sockaddr, error) {
	tcp, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return nil, err
	}
	at := &unix.SockaddrInet4{Port: tcp.Port}
	copy(at.Addr[:], tcp.IP.To4())
	return at, nil
}
