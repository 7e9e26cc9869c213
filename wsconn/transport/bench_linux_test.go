package transport_test

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"audioroom/wsconn/transport"

	"github.com/stretchr/testify/require"
)

// crowd is clients that cost this process next to nothing: bare sockets.
type crowd struct {
	fds   []int
	epoll int
}

// rusageThread is RUSAGE_THREAD, which package syscall lacks.
const rusageThread = 1

const upgradeRequest = "GET " + query + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
	"Authorization: Bearer 0123456789\r\nUser-Agent: crowd\r\n\r\n"

// connectMasked is the text frame 40, masked with zeros.
const connectMasked = "\x81\x82\x00\x00\x00\x0040"

// gather connects n clients and takes them into the main namespace.
func gather(tb testing.TB, f fixture, n int) *crowd {
	tb.Helper()
	address, err := net.ResolveTCPAddr("tcp", f.addr)
	require.NoError(tb, err)
	target := &syscall.SockaddrInet4{Port: address.Port, Addr: [4]byte(address.IP.To4())}
	epoll, err := syscall.EpollCreate1(0)
	require.NoError(tb, err)
	c := &crowd{epoll: epoll}
	tb.Cleanup(c.leave)
	buf := make([]byte, 4096)
	for range n {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		require.NoError(tb, err)
		c.fds = append(c.fds, fd)
		require.NoError(tb, syscall.Connect(fd, target))
		for _, step := range []struct{ send, until string }{{upgradeRequest, "maxPayload"}, {connectMasked, "40{"}} {
			_, err = syscall.Write(fd, []byte(step.send))
			require.NoError(tb, err)
			for answer := ""; !strings.Contains(answer, step.until); {
				n, err := syscall.Read(fd, buf)
				require.NoError(tb, err)
				require.Positive(tb, n, answer)
				answer += string(buf[:n])
			}
		}
		require.NoError(tb, syscall.SetNonblock(fd, true))
		event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
		require.NoError(tb, syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, fd, &event))
	}
	return c
}

// swallow reads and forgets until the total is reached. It returns the CPU time
// that took.
func (c *crowd) swallow(total *int64, want int64) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := cpuTime(rusageThread)
	events := make([]syscall.EpollEvent, 256)
	buf := make([]byte, 256<<10)
	for *total < want {
		n, err := syscall.EpollWait(c.epoll, events, 100)
		if err != nil && err != syscall.EINTR {
			break
		}
		for _, e := range events[:max(n, 0)] {
			got, _ := syscall.Read(int(e.Fd), buf)
			*total += int64(max(got, 0))
		}
	}
	return cpuTime(rusageThread) - start
}

func (c *crowd) leave() {
	for _, fd := range c.fds {
		syscall.Close(fd)
	}
	syscall.Close(c.epoll)
}

// BenchmarkIdle tells what a connection costs that does nothing: heap, stacks
// and all.
func BenchmarkIdle(b *testing.B) {
	const conns = 2000
	for b.Loop() {
		f := serve(b, transport.Config{}, newHandler())
		gather(b, f, 16) // what is made once is not counted
		heap, stacks := memory()
		goroutines := runtime.NumGoroutine()
		gather(b, f, conns)
		require.Eventually(b, func() bool { return f.Len() == conns+16 }, patience, time.Millisecond)
		heapThen, stacksThen := memory()
		b.ReportMetric(float64(heapThen-heap)/conns, "heap-B/conn")
		b.ReportMetric(float64(stacksThen-stacks)/conns, "stack-B/conn")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/conns, "goroutines/conn")
	}
}

func memory() (heap, stacks int64) {
	for range 3 { // stacks shrink by half with each
		runtime.GC()
	}
	time.Sleep(50 * time.Millisecond)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), int64(m.StackInuse)
}

// BenchmarkFanOut sends one frame after another to a thousand sockets, with so
// many frames waiting for each when they are flushed. The CPU is that of the
// process less the reading of the clients; what the kernel does on a write to
// deliver it on loopback is in it.
func BenchmarkFanOut(b *testing.B) {
	const conns = 1000
	for _, pending := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("pending=%d", pending), func(b *testing.B) {
			f := serve(b, transport.Config{PingInterval: time.Hour, OutboxLimit: 8 << 20}, newHandler())
			clients := gather(b, f, conns)
			all := make([]*transport.Conn, 0, conns)
			for c := range f.Conns() {
				all = append(all, c)
			}
			args := []byte(`{"seatIndex":3,"userId":1234567,"isMuted":false}`)
			var swallowed int64
			want := int64(0)
			var sending, send time.Duration
			var clientCPU time.Duration
			cpu := cpuTime(syscall.RUSAGE_SELF)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				start := time.Now()
				for range pending {
					frame := transport.EventFrame("/", "seat:updated", args)
					for _, c := range all {
						c.Send(frame)
					}
					want += int64(frame.Len() * conns)
				}
				send += time.Since(start)
				for _, c := range all {
					c.Flush()
				}
				sending += time.Since(start)
				clientCPU += clients.swallow(&swallowed, want)
			}
			b.StopTimer()
			frames := float64(b.N * pending * conns)
			b.ReportMetric(float64(cpuTime(syscall.RUSAGE_SELF)-cpu-clientCPU)/frames, "cpu-ns/frame")
			b.ReportMetric(float64(send)/frames, "send-ns/frame")
			b.ReportMetric(float64(sending)/frames, "send+flush-ns/frame")
			for _, c := range all {
				require.False(b, c.Closed())
			}
		})
	}
}

func cpuTime(who int) time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(who, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
