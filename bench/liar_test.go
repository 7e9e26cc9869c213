package bench_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lie alters what a server says: it is given the packets on their way to one
// client, one after the other, and returns those that are to arrive in its place.
type lie func(packet string) []string

// liar is a proxy in front of the server that does not tell the truth.
type liar struct {
	url      string
	listener net.Listener
	tasks    sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

// lying starts a proxy with a lie for each connection that asks for it.
func lying(t *testing.T, tell func(conn int) lie) *liar {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &liar{url: "http://" + listener.Addr().String(), listener: listener}
	l.tasks.Go(func() {
		for conn := 0; ; conn++ {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", strings.TrimPrefix(served.URL, "http://"))
			if err != nil {
				client.Close()
				return
			}
			l.mu.Lock()
			l.conns = append(l.conns, client, server)
			l.mu.Unlock()
			both := func() { client.Close(); server.Close() }
			l.tasks.Go(func() { defer both(); _, _ = io.Copy(server, client) })
			l.tasks.Go(func() { defer both(); relay(client, server, tell(conn)) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		l.mu.Lock()
		for _, conn := range l.conns {
			conn.Close()
		}
		l.mu.Unlock()
		l.tasks.Wait()
	})
	return l
}

// relay passes the server's frames on to the client.
func relay(client, server net.Conn, tell lie) {
	in := bufio.NewReaderSize(server, 64<<10)
	var head []byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		b, err := in.ReadByte()
		if err != nil {
			return
		}
		head = append(head, b)
	}
	if _, err := client.Write(head); err != nil {
		return
	}
	for {
		opcode, payload, err := readFrame(in)
		if err != nil {
			return
		}
		packets := []string{string(payload)}
		if opcode == 0x81 && tell != nil {
			packets = tell(packets[0])
		}
		var out []byte
		for _, packet := range packets {
			out = append(out, opcode)
			if len(packet) < 126 {
				out = append(out, byte(len(packet)))
			} else {
				out = binary.BigEndian.AppendUint16(append(out, 126), uint16(len(packet)))
			}
			out = append(out, packet...)
		}
		if _, err := client.Write(out); err != nil {
			return
		}
	}
}

func readFrame(in *bufio.Reader) (opcode byte, payload []byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:2]); err != nil {
		return 0, nil, err
	}
	size := int(head[1])
	if size == 126 {
		if _, err := io.ReadFull(in, head[2:4]); err != nil {
			return 0, nil, err
		}
		size = int(binary.BigEndian.Uint16(head[2:]))
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(in, payload)
	return head[0], payload, err
}

// every has something done to every so-manieth packet of a kind, counted over all
// connections: the others arrive as they are.
func every(n int64, prefix string, do func(packet string) []string) func(int) lie {
	var seen atomic.Int64
	return func(int) lie {
		return func(packet string) []string {
			if strings.HasPrefix(packet, prefix) && seen.Add(1)%n == 0 {
				return do(packet)
			}
			return []string{packet}
		}
	}
}

// swapped has every so-manieth packet of one kind and the next one of another
// change places.
func swapped(n int64, first, second string) func(int) lie {
	var seen atomic.Int64
	return func(int) lie {
		var held []string
		return func(packet string) []string {
			switch {
			case len(held) > 0 && strings.HasPrefix(packet, second):
				all := append(held, packet)
				held = nil
				all[0], all[len(all)-1] = all[len(all)-1], all[0]
				return all
			case len(held) > 0 || strings.HasPrefix(packet, first) && seen.Add(1)%n == 0:
				held = append(held, packet)
				return nil
			}
			return []string{packet}
		}
	}
}

// stalled holds everything back once, for a time: so long after the first lock.
func stalled(after, d time.Duration) func(int) lie {
	return func(int) lie {
		var begin time.Time
		over := false
		return func(packet string) []string {
			switch {
			case begin.IsZero() && strings.HasPrefix(packet, aBroadcast):
				begin = time.Now()
			case !over && !begin.IsZero() && time.Since(begin) > after:
				over = true
				time.Sleep(d) // this is what a server that stalls looks like
			}
			return []string{packet}
		}
	}
}

// delayed holds every packet back.
func delayed(d time.Duration) func(int) lie {
	return func(int) lie {
		return func(packet string) []string {
			time.Sleep(d) // this is what a slow server looks like
			return []string{packet}
		}
	}
}
