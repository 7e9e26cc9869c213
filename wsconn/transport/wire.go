package transport

import (
	"bytes"
	"net"
	"time"
)

// wire is the network connection as gorilla sees it. Reads go to the network.
// What it writes, the answer to the upgrade, goes through the outbox: it keeps
// its place before the frames and never blocks the reader. Deadlines and the
// closing are the connection's own affair.
type wire Conn

var _ net.Conn = (*wire)(nil)

// Read counts what it reads, for a message in any number of parts is one to gorilla.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.net.Read(p)
	if err != nil {
		return n, err
	}
	return n, (*Conn)(w).count(n)
}

// Write queues a copy of p. Close frames are left out, because end sends the
// one that goes with the reason.
func (w *wire) Write(p []byte) (int, error) {
	if len(p) > 0 && p[0] != finalClose {
		(*Conn)(w).SendNow(Frame{wire: bytes.Clone(p)})
	}
	return len(p), nil
}

func (w *wire) Close() error                     { return nil }
func (w *wire) LocalAddr() net.Addr              { return w.net.LocalAddr() }
func (w *wire) RemoteAddr() net.Addr             { return w.net.RemoteAddr() }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }
