package nonblock

import (
	"encoding/binary"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Turn is how a goroutine with much to do lets others go first. It is used by one
// goroutine at a time.
//
// runtime.Gosched lets those go first who are known to be able to run; whether
// sockets have become readable the scheduler asks the kernel only when nothing else
// is left to do, or every 10 ms. Busy with one long piece of work, a program on one
// core would hear of its other clients as seldom. So Turn waits in the poller, like
// them, for an event of its own that is already there: when the scheduler gets to
// it, it has asked for everybody.
type Turn struct {
	file  *os.File // an eventfd
	raw   syscall.RawConn
	rang  bool
	pass  func(fd uintptr) bool
	count [8]byte
}

// NewTurn returns a Turn, to be closed.
func NewTurn() (*Turn, error) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("eventfd", err)
	}
	t := &Turn{file: os.NewFile(uintptr(fd), "eventfd")}
	if t.raw, err = t.file.SyscallConn(); err != nil {
		t.file.Close()
		return nil, err
	}
	t.pass = func(fd uintptr) bool {
		if !t.rang { // the poller is to find it, not this goroutine
			t.rang = true
			binary.NativeEndian.PutUint64(t.count[:], 1)
			_, err := unix.Write(int(fd), t.count[:])
			return err != nil
		}
		_, err := unix.Read(int(fd), t.count[:])
		return err != unix.EAGAIN
	}
	return t, nil
}

// Give lets every goroutine that can run do so first, those included whose sockets
// have become readable. After Close it returns at once.
func (t *Turn) Give() {
	t.rang = false
	_ = t.raw.Read(t.pass) // closed, there is nobody to wait for
}

// Close frees what the Turn holds.
func (t *Turn) Close() error { return t.file.Close() }
