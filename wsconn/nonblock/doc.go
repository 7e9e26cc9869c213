// Package nonblock reads and writes TCP connections with system calls that Go's
// scheduler is not told of.
//
// Go's sockets never block in a system call: it returns at once, and the
// goroutine waits in the poller. Even so the net package announces each call to
// the scheduler as one that may block, which wakes the runtime's monitor thread
// whenever the program was idle before. For a server that answers one request at
// a time those wake-ups are more than half of all context switches. Writes and
// reads through syscall.RawConn make the calls without the announcement;
// deadlines, closing and waiting are the net package's as before.
package nonblock
