package wsconn

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/wsconn/transport"

	"github.com/stretchr/testify/require"
)

// FuzzServer gives a real server the bytes of one connection, from the first
// after the handshake on. Nothing panics, the connection's goroutines and its
// session end with it, and a room that the fuzzed user is not in is as it was.
// The first byte says whether the user is let into the namespace before, and
// into a room of their own.
func FuzzServer(f *testing.F) {
	w := newQuarry(f)
	text := func(packets ...string) []byte {
		var all []byte
		for _, p := range packets {
			all = append(all, textFrame(p)...)
		}
		return all
	}
	for _, start := range []byte{0, 1, 2} {
		for _, seed := range [][]byte{
			{}, text("3"), text("1"), text("40", `40{"token":"x"}`), text("40/x,"), text("41"), text(`420["room:join",{"roomId":"foreign"}]`, "41"),
			text(`421["seat:take",{"roomId":"own","seatIndex":3}]`, `422["seat:lock",{"roomId":"own","seatIndex":3}]`, `423["chat:message",{"roomId":"own","content":"x"}]`),
			text(`424["seat:invite",{"roomId":"own","userId":1,"seatIndex":2}]`, `425["seat:invite:accept",{"roomId":"own"}]`, `426["room:leave",{"roomId":"own"}]`),
			text(`427["seat:take",{"roomId":"foreign","seatIndex":3}]`, `428["seat:remove",{"roomId":"foreign","userId":1}]`, `429["user:getRoom",{"userId":1}]`),
			text(`451-["x",{"_placeholder":true,"num":0}]`), text(`42["__proto__",{"a":1e309}]`), text("42[\"\xff\"]"), {0xc1, 0x81, 0, 0, 0, 0, '3'}, {0x81, 1, '3'},
			{0x89, 0x80, 0, 0, 0, 0}, {0x88, 0x82, 0, 0, 0, 0, 3, 0xe8}, {0x01, 0x81, 0, 0, 0, 0, '4', 0x80, 0x81, 0, 0, 0, 0, '1'}, {0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0},
		} {
			f.Add(append([]byte{start}, seed...))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		w.play(t, data[0]%3, data[1:])
	})
}

// textFrame is a text frame as clients send it, with a mask of zeros.
func textFrame(payload string) []byte {
	b := []byte{0x81}
	if n := len(payload); n < 126 {
		b = append(b, 0x80|byte(n))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// quarry is a server that fuzzing hunts: pipes for connections, and a room that
// is none of the fuzzed client's business.
type quarry struct {
	*Gateway
	panics
	listener *pipeListener
	rooms    *actors.Rooms
	users    *Users
	store    *memoryStore
	resident *resident
	token    string
}

// panics counts those that were survived.
type panics struct {
	transport.NopObserver
	nobody
	mu    sync.Mutex
	count int
}

// Panicked implements Observer and transport.Observer.
func (p *panics) Panicked() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
}

func newQuarry(f *testing.F) *quarry {
	w := &quarry{
		listener: &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})},
		users:    NewUsers(), store: new(memoryStore),
		token: token(f, secret, claimsOfUser(7, claimSet{"exp": time.Now().Add(24 * time.Hour).Unix()})),
	}
	b := &backend{}
	w.rooms = actors.Start(actors.Config{Room: room.Config{
		SeatGrace: 1, InviteTTL: time.Hour.Milliseconds(), Inactivity: time.Hour.Milliseconds(), DefaultSeats: 15,
	}}, w.store, b, w.users, Encode)
	var err error
	w.Gateway, err = New(Config{
		Secrets: []string{secret}, Observer: &w.panics, EventBudget: 1000, EventRefill: 1000,
		Transport: transport.Config{
			CloseGrace: time.Millisecond, WriteTimeout: time.Second, Logger: slog.New(slog.DiscardHandler), Observer: &w.panics,
		},
	}, w.rooms, w.users, b, new(directory), new(revocations))
	require.NoError(f, err)
	web := &http.Server{Handler: w.Gateway}
	var serving sync.WaitGroup
	serving.Go(func() { _ = web.Serve(w.listener) })
	w.resident = &resident{joined: make(chan struct{})}
	w.rooms.Join(&actors.Request{RoomID: "foreign", Session: w.resident, Command: &room.Join{Session: w.resident.ID(), User: w.resident.User(), Profile: []byte("{}")}})
	receive(f, w.resident.joined)
	f.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(f, w.Shutdown(ctx))
		require.NoError(f, w.rooms.Stop(ctx))
		web.Close()
		serving.Wait()
	})
	return w
}

// resident is the only one in the room called foreign, and hears what happens
// there. Who is fuzzed may come in, and be heard from then until they leave.
type resident struct {
	joined chan struct{}

	mu      sync.Mutex
	visited bool
	heard   []string // while there was no visitor
}

var _ actors.Session = (*resident)(nil)

func (*resident) ID() room.SessionID      { return 1 << 60 }
func (*resident) User() room.UserID       { return 1 }
func (*resident) Profile() []byte         { return []byte("{}") }
func (*resident) Alive() bool             { return true }
func (*resident) Attach(*actors.Room)     {}
func (*resident) Flush()                  {}
func (*resident) FlushLate()              {}
func (*resident) FlushSoon()              {}
func (*resident) Left(string)             {}
func (*resident) Cut()                    {}
func (*resident) Abandon(*actors.Request) {}

func (r *resident) Reply(*actors.Request, room.Reply) { close(r.joined) }

func (r *resident) Deliver(frame actors.Frame) {
	text := string(frame.(transport.Frame).Payload())
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case strings.HasPrefix(text, `42["room:userJoined"`):
		r.visited = true
	case !r.visited:
		r.heard = append(r.heard, text)
	case strings.HasPrefix(text, `42["room:userLeft"`):
		r.visited = false
	}
}

// disturbed returns what the resident heard of nobody.
func (r *resident) disturbed() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.heard)
}

// open brings a connection to where the bytes of the fuzzing begin: stage 0 is
// the handshake, 1 the namespace, 2 a room of the user's own.
func (w *quarry) open(t *testing.T, stage byte) (client net.Conn, ended <-chan struct{}) {
	t.Helper()
	client, server := net.Pipe()
	w.listener.conns <- server
	require.NoError(t, client.SetDeadline(time.Now().Add(patience)))
	_, err := io.WriteString(client, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	require.NoError(t, err)
	in := bufio.NewReader(client)
	_, err = http.ReadResponse(in, nil)
	require.NoError(t, err)
	if stage >= 1 {
		_, err = client.Write(textFrame(`40{"token":"` + w.token + `"}`))
		require.NoError(t, err)
		for seen := ""; !strings.HasSuffix(seen, `40{"sid":"`); {
			next, err := in.ReadByte()
			require.NoError(t, err, "not let in: %s", seen)
			seen += string(next)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, in) // to the end of the connection
	}()
	if stage >= 2 {
		_, err = client.Write(textFrame(`42["room:join",{"roomId":"own"}]`))
		require.NoError(t, err)
		eventually(t, func() bool { s := w.users.of(7); return len(s) == 1 && s[0].in() == "own" }, "not in the room")
	}
	return client, done
}

// play writes the bytes, hangs up, and looks at what is left.
func (w *quarry) play(t *testing.T, stage byte, data []byte) {
	client, done := w.open(t, stage)
	_, _ = client.Write(data) // the server may have closed it
	client.Close()
	<-done
	eventually(t, func() bool { return w.Connections() == 0 && w.Sessions() == 0 && len(w.users.of(7)) == 0 }, "something is left of the connection")
	w.panics.mu.Lock()
	defer w.panics.mu.Unlock()
	require.Zero(t, w.panics.count)
	require.Empty(t, w.resident.disturbed())
}
