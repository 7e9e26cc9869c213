package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/bench"
	"audioroom/cmd/audioroom/e2e/harness"
	"audioroom/wsconn"
	"audioroom/wsconn/transport"
)

// BenchmarkWhole is the whole way of a message without sockets and without Redis:
// from the frame that a client sends, through transport, gateway, mailbox, room and
// a store that confirms at once, to the frames that all members are written. One
// op is what the scenario of the same name counts: a request with its ack, a join
// with its leave, a frame. cpu-µs/op is the CPU time of the process: the clients
// are a part of it, if a small one.
func BenchmarkWhole(b *testing.B) {
	b.Run("lock depth 1", func(b *testing.B) { wholeLock(b, 1, 1, 1) })
	b.Run("lock depth 64", func(b *testing.B) { wholeLock(b, 1, 1, 64) })
	b.Run("lock 8x8", func(b *testing.B) { wholeLock(b, 1, 8, 8) })
	b.Run("rooms 200", func(b *testing.B) { wholeLock(b, 200, 1, 1) })
	b.Run("seats 15", func(b *testing.B) {
		w := newWhole(b)
		for seat := range 15 {
			m := w.connect(b, 100+seat)
			m.join(b, "r")
			m.cycle = frames(`["seat:take",{"roomId":"r","seatIndex":`+strconv.Itoa(seat)+`}]`, `["seat:leave",{"roomId":"r"}]`)
		}
		w.play(b, 1, 1, 1)
	})
	b.Run("churn 50", func(b *testing.B) {
		w := newWhole(b)
		w.connect(b, 99).join(b, "r")
		for i := range 50 {
			m := w.connect(b, 100+i)
			m.cycle = frames(`["room:join",{"roomId":"r"}]`, `["room:leave",{"roomId":"r"}]`)
		}
		w.play(b, 1, 2, 1)
	})
	for _, listeners := range []int{200, 1000} {
		b.Run(fmt.Sprintf("fanout %d", listeners), func(b *testing.B) {
			w := newWhole(b)
			m := w.connect(b, 1)
			m.join(b, "r")
			m.cycle = lockCycle("r", 0, 64)
			for i := range listeners {
				w.connect(b, 100+i).join(b, "r")
			}
			w.play(b, 64, 1, listeners+1)
		})
	}
}

// wholeLock is the scenarios lock and rooms: so many managers in each room, each
// with so many requests under way.
func wholeLock(b *testing.B, rooms, managers, depth int) {
	w := newWhole(b)
	for r := range rooms {
		id := "r" + strconv.Itoa(r)
		for i := range managers {
			m := w.connect(b, 1+r*managers+i)
			m.join(b, id)
			m.cycle = lockCycle(id, i*depth, depth)
		}
	}
	w.play(b, depth, 1, 1)
}

// lockCycle locks so many seats, one after the other, and unlocks them.
func lockCycle(room string, first, seats int) [][]byte {
	var events []string
	for _, event := range []string{"seat:lock", "seat:unlock"} {
		for seat := range seats {
			events = append(events, fmt.Sprintf(`["%s",{"roomId":"%s","seatIndex":%d}]`, event, room, first+seat))
		}
	}
	return frames(events...)
}

// frames are events that ask for an ack, as frames masked with zeros.
func frames(events ...string) [][]byte {
	var list [][]byte
	for i, event := range events {
		list = append(list, clientFrame("42"+strconv.Itoa(i)+event))
	}
	return list
}

func clientFrame(packet string) []byte {
	head := []byte{0x81, 0x80 | byte(len(packet)), 0, 0, 0, 0}
	if len(packet) > 125 {
		head = []byte{0x81, 0x80 | 126, byte(len(packet) >> 8), byte(len(packet)), 0, 0, 0, 0}
	}
	return append(head, packet...)
}

// whole is the server but for sockets and Redis.
type whole struct {
	listener *tubes
	members  []*tube

	left, done atomic.Int64 // requests to send, acks to come
	over       chan struct{}
}

func newWhole(b *testing.B) *whole {
	b.Helper()
	w := &whole{listener: newTubes()}
	users := wsconn.NewUsers()
	rooms := actors.Start(actors.Config{
		Room: room.Config{SeatGrace: 45_000, InviteTTL: 30_000, Inactivity: 120_000, DefaultSeats: room.MaxSeats},
	}, promptStore{}, everyoneManages{}, users, wsconn.Encode)
	gateway, err := wsconn.New(wsconn.Config{
		Transport: transport.Config{PingInterval: time.Hour, OutboxLimit: 64 << 20, CloseGrace: time.Millisecond},
		Secrets:   []string{harness.Secret},
	}, rooms, users, everyoneManages{}, nowhere{}, nowhere{})
	require.NoError(b, err)
	server := &http.Server{Handler: gateway}
	go server.Serve(w.listener)
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		require.NoError(b, gateway.Shutdown(ctx))
		require.NoError(b, rooms.Stop(ctx))
		server.Close()
	})
	return w
}

// connect lets a client in.
func (w *whole) connect(b *testing.B, user int) *tube {
	b.Helper()
	t := newTube(w)
	w.listener.conns <- t
	t.say([]byte("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"))
	t.await(b, "maxPayload")
	profile := bench.DefaultProfile()
	profile.Secret = harness.Secret
	token, err := profile.Mint(int64(user), "Bench "+strconv.Itoa(user))
	require.NoError(b, err)
	t.say(clientFrame(`40{"token":"` + token + `"}`))
	t.await(b, "40{")
	w.members = append(w.members, t)
	return t
}

func (t *tube) join(b *testing.B, room string) {
	b.Helper()
	t.say(clientFrame(`420["room:join",{"roomId":"` + room + `","seatCount":100}]`))
	t.await(b, `"participantCount"`)
}

// play sends requests until b.N ops are done: depth of each member at once. An op
// is so many requests, and a request is so many ops.
func (w *whole) play(b *testing.B, depth, requests, ops int) {
	total := int64(max(1, (b.N*requests+ops-1)/ops))
	if requests > 1 && total%int64(requests) != 0 {
		total += int64(requests) - total%int64(requests)
	}
	w.left.Store(total)
	w.done.Store(total)
	w.over = make(chan struct{})
	for _, m := range w.members {
		m.playing.Store(true)
	}
	b.ReportAllocs()
	b.ResetTimer()
	var before, after syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &before))
	for _, m := range w.members {
		for range min(depth, len(m.cycle)) {
			m.ask()
		}
	}
	<-w.over
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &after))
	b.StopTimer()
	cpu := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(float64(cpu)/1000/float64(b.N), "cpu-µs/op")
	for _, m := range w.members {
		require.Zero(b, m.refused.Load(), "requests were refused")
	}
}

// ask sends a member's next request, unless enough were sent.
func (t *tube) ask() {
	if w := t.whole; w.left.Add(-1) >= 0 {
		t.say(t.cycle[t.turn%len(t.cycle)])
		t.turn++
	}
}

// heard takes a frame of the server while the benchmark runs.
func (t *tube) heard(frame []byte) {
	payload := frame[2:]
	if frame[1] == 126 {
		payload = frame[4:]
	}
	if !bytes.HasPrefix(payload, []byte("43")) {
		return
	}
	if bytes.Contains(payload, []byte(`"error"`)) {
		t.refused.Add(1)
	}
	if t.whole.done.Add(-1) == 0 {
		close(t.whole.over)
	}
	t.ask()
}

// await waits until the server has said something.
func (t *tube) await(b *testing.B, text string) {
	b.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case said := <-t.said:
			if strings.Contains(said, text) {
				return
			}
		case <-late:
			b.Fatalf("the server did not say %q", text)
		}
	}
}

// promptStore has no rooms, and confirms at once.
type promptStore struct{}

func (promptStore) Claim(id string, by actors.Claimer) {
	by.Claimed(actors.Claim{RoomID: id, Epoch: 1}, nil)
}
func (promptStore) Commit(c *actors.Commit) { c.By.Committed(c, nil) }

// everyoneManages has no room belong to anybody.
type everyoneManages struct{}

func (everyoneManages) KnownRank(string, room.UserID) (room.Rank, bool) { return room.RankAdmin, true }
func (everyoneManages) Rank(_ actors.Cause, _ string, _ room.UserID, answer func(room.Rank, error)) {
	answer(room.RankAdmin, nil)
}
func (everyoneManages) Info(_ actors.Cause, _ string, answer func(actors.RoomInfo, error)) {
	answer(actors.RoomInfo{Owner: 1}, nil)
}
func (everyoneManages) Report(actors.Cause, string, []byte, bool) {}

// nowhere knows of no user, and of no token that was revoked.
type nowhere struct{}

func (nowhere) RoomOf(context.Context, int64) (string, bool, error) { return "", false, nil }
func (nowhere) Revoked(context.Context, string, int64, time.Time) (bool, error) {
	return false, nil
}

var (
	_ actors.Store   = promptStore{}
	_ actors.Backend = everyoneManages{}
	_ net.Conn       = (*tube)(nil)
)
