package nonblock_test

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/wsconn/nonblock"
)

// pair returns both ends of a TCP connection, the first of them wrapped.
func pair(t *testing.T) (wrapped net.Conn, peer *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	dialled, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	accepted, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() {
		dialled.Close()
		accepted.Close()
	})
	return nonblock.Wrap(dialled), accepted.(*net.TCPConn)
}

func TestWrap_carries_everything_both_ways(t *testing.T) {
	c, peer := pair(t)
	text := strings.Repeat("a long text, more than the kernel takes at once. ", 200_000)
	sent := make(chan error, 1)
	go func() {
		n, err := io.WriteString(c, text)
		if err == nil && n != len(text) {
			err = io.ErrShortWrite
		}
		sent <- err
	}()
	got := make([]byte, len(text))
	_, err := io.ReadFull(peer, got)
	require.NoError(t, err)
	require.NoError(t, <-sent)
	require.True(t, text == string(got))

	go func() {
		_, err := io.WriteString(peer, text)
		sent <- errors.Join(err, peer.CloseWrite())
	}()
	all, err := io.ReadAll(c)
	require.NoError(t, err, "the end of the stream is io.EOF")
	require.NoError(t, <-sent)
	require.True(t, text == string(all))
}

func TestWrap_keeps_deadlines_and_closing(t *testing.T) {
	c, _ := pair(t)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)

	require.NoError(t, c.SetDeadline(time.Time{}))
	ended := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		ended <- err
	}()
	runtime.Gosched()
	require.NoError(t, c.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed)
	_, err = c.Write([]byte("x"))
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestWrap_tells_what_the_kernel_says(t *testing.T) {
	c, peer := pair(t)
	require.NoError(t, peer.SetLinger(0))
	require.NoError(t, peer.Close()) // resets the connection
	_, err := c.Read(make([]byte, 1))
	require.ErrorContains(t, err, "connection reset")
	require.Eventually(t, func() bool {
		_, err = c.Write([]byte("x"))
		return err != nil
	}, 5*time.Second, time.Millisecond)
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	require.Equal(t, "write", op.Op)
}

func TestWrap_leaves_other_connections_alone(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	require.Same(t, a, nonblock.Wrap(a))
}

// BenchmarkConn is an answer to a message over loopback, through sockets of the
// net package and through wrapped ones.
func BenchmarkConn(b *testing.B) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"net": func(c net.Conn) net.Conn { return c }, "nonblock": nonblock.Wrap,
	} {
		b.Run(name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(b, err)
			defer l.Close()
			go func() {
				c, err := l.Accept()
				if err != nil {
					return
				}
				c = wrap(c)
				defer c.Close()
				_, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
			}()
			c, err := net.Dial("tcp", l.Addr().String())
			require.NoError(b, err)
			c = wrap(c)
			defer c.Close()
			message := make([]byte, 64)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Write(message); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(c, message); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
