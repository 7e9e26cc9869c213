package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// Attacks below the events: bytes, frames, packets.

// neverReads lets 10,000 frames be sent to a client that takes none of them. It
// is cut at the bound of its outbox; who reads gets all of them.
func neverReads(t *testing.T, s *siege, _ *harness.Room) {
	const frames = 10_000
	slow := s.grown(t, ended("slow_reader"))
	room := "room-" + harness.NewID(1)
	reader := enter(t, s.World, harness.NewUser()).join(room)
	deaf := enter(t, s.World, harness.NewUser())
	require.NoError(t, deaf.ws.NetConn().(*net.TCPConn).SetReadBuffer(4096))
	deaf.join(room)
	require.Contains(t, reader.next(), "room:userJoined")
	over := make(chan struct{})
	var alive sync.WaitGroup
	alive.Go(func() { // else it would be cut for its silence
		for ticker := time.NewTicker(time.Second); deaf.ws.WriteMessage(opText, []byte("3")) == nil; {
			select {
			case <-ticker.C:
			case <-over:
				return
			}
		}
	})
	defer alive.Wait()
	defer close(over)
	heard, ahead := make(chan error, 1), make(chan struct{}, 200) // what waits for the reader is no megabyte
	go func() {
		for n := 0; n < frames; {
			_ = reader.ws.SetReadDeadline(time.Now().Add(patience)) // for each: all of them may take longer
			_, frame, err := reader.ws.ReadMessage()
			switch {
			case err != nil:
				heard <- fmt.Errorf("after %d frames: %w", n, err)
				return
			case strings.HasPrefix(string(frame), `42["room.level_up"`):
				n++
				<-ahead
			case string(frame) == "2":
				_ = reader.ws.WriteMessage(opText, []byte("3"))
			}
		}
		heard <- nil
	}()
	padding := strings.Repeat("x", 3000) // 30 MB: more than a burst, and what the kernel takes
	for range frames {
		select {
		case ahead <- struct{}{}:
		case err := <-heard:
			require.NoError(t, err, "who reads gets all of them")
		}
		s.Publish(t, harness.Envelope("room.level_up", P{"room_id": room, "payload": P{"padding": padding}}))
	}
	require.NoError(t, <-heard, "who reads gets all of them")
	harness.Eventually(t, "who doesn't read is cut", func() bool { return slow() >= 1 })
	assert.Equal(t, 1.0, slow(), "and nobody else")
}

// pingsWithoutPongs sends WebSocket pings and reads no pong, and answers none of
// the server's pings.
func pingsWithoutPongs(t *testing.T, s *siege, r *harness.Room) {
	paced := s.grown(t, spent("frames"))
	cut := func() float64 {
		return s.Server.Metric(t, ended("ping_timeout")) + s.Server.Metric(t, ended("flooding"))
	}
	before := cut()
	i := enter(t, s.World, harness.NewUser())
	sent := i.push(masked(0x80, opPing, strings.Repeat("x", 125)), 400_000)
	assert.Less(t, sent, 400_000, "the server takes no more")
	assert.Positive(t, paced())
	s.unharmed(t, r)
	harness.Eventually(t, "it is cut", func() bool { return cut() > before })
}

// floodOfFrames sends packets that cost no budget of events.
func floodOfFrames(t *testing.T, s *siege, r *harness.Room) {
	paced, cut := s.grown(t, spent("frames")), s.grown(t, ended("flooding"))
	for _, packet := range []string{"3", "6", "40/elsewhere,", `42["nothing"]`, `430[]`} {
		i := enter(t, s.World, harness.NewUser())
		i.push(masked(0x80, opText, packet), 500_000)
	}
	s.unharmed(t, r)
	assert.GreaterOrEqual(t, paced(), 5.0)
	harness.Eventually(t, "they are cut", func() bool { return cut() >= 5 })
}

func junkHTTP(t *testing.T, s *siege, _ *harness.Room) {
	refused := map[string]int{
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS, perhaps\r\n\r\n": 400,
		"hello\r\n\r\n": 400,
		"GET /socket.io/?EIO=4&transport=websocket HTTP/9.9\r\nHost: x\r\n\r\n":                                                505,
		"BREW /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n\r\n":                                               400,
		"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n\r\n":                                                           400,
		"GET /socket.io/?%zz&transport=websocket;a=b HTTP/1.1\r\nHost: x\r\n\r\n":                                              400,
		"GET /socket.io/../healthz HTTP/1.1\r\nHost: x\r\n\r\n":                                                                307,
		upgrading("X-Long: "+strings.Repeat("x", 64<<10)+"\r\n") + "\r\n":                                                      431,
		"POST /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n":       400,
		"POST /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n": 400,
		strings.Replace(upgrading(), "AAAAAAAAAAAAAAAAAAAAAA==", "short", 1) + "\r\n":                                          400,
		strings.Replace(upgrading(), "Version: 13", "Version: 12", 1) + "\r\n":                                                 400,
	}
	for text, status := range refused {
		c := line(t, s.World)
		go io.WriteString(c, text) // the server may answer before it has all
		assert.Equal(t, status, answer(t, c), "%.80q", text)
	}
	for range 50 {
		c := line(t, s.World)
		noise := make([]byte, rand.IntN(2000)+1)
		for i := range noise {
			noise[i] = byte(rand.Uint32())
		}
		_, _ = c.Write(noise)
		c.Close()
	}
}

func junkWebSocket(t *testing.T, s *siege, r *harness.Room) {
	for what, c := range map[string]struct {
		bytes []byte
		code  int
	}{
		"an unmasked frame":                {[]byte{0x81, 1, '3'}, 1002},
		"a reserved opcode":                {masked(0x80, 0x3, "x"), 1002},
		"a reserved control opcode":        {masked(0x80, 0xb, "x"), 1002},
		"a reserved bit":                   {masked(0xa0, opText, "3"), 1002},
		"a long ping":                      {masked(0x80, opPing, strings.Repeat("x", 126)), 1002},
		"a ping in parts":                  {masked(0x00, opPing, "x"), 1002},
		"a continuation of nothing":        {masked(0x80, 0x0, "x"), 1002},
		"a message within a message":       {append(masked(0x00, opText, "4"), masked(0x80, opText, "2")...), 1002},
		"a length of 2^63":                 {[]byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 1009},
		"a length of 2^62":                 {[]byte{0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 1009},
		"a close frame that is no good":    {masked(0x80, 0x8, "\x00"), 1000},
		"a message of endless parts":       {append(masked(0x00, opText, "4"), []byte(strings.Repeat(string(masked(0x00, 0x0, strings.Repeat("x", 120))), 200))...), 1009},
		"a message of endless empty parts": {append(masked(0x00, opText, "4"), bytes.Repeat(masked(0x00, 0x0, ""), 30_000)...), 1002},
	} {
		i := enter(t, s.World, harness.NewUser()).join(r.ID)
		hearGuest(r)
		i.raw(c.bytes...)
		code := i.closed()
		assert.Contains(t, []int{c.code, 1002}, code, what)
		hearGuest(r)
	}
	for range 30 {
		i := enter(t, s.World, harness.NewUser())
		noise := make([]byte, rand.IntN(3000)+1)
		for k := range noise {
			noise[k] = byte(rand.Uint32())
		}
		i.raw(noise...)
		i.ws.Close()
	}
}

// hearGuest has the honest clients hear that an intruder came or left.
func hearGuest(r *harness.Room) {
	for _, o := range r.Others(nil) {
		o.Next()
	}
}

// provoke sends one text frame as somebody in the room and checks how the server
// ends the connection, and that the room hears of nothing but that.
func provoke(t *testing.T, s *siege, r *harness.Room, text string, code int) {
	t.Helper()
	user := harness.NewUser()
	i := enter(t, s.World, user).join(r.ID)
	for _, o := range r.Others(nil) {
		o.Expect("room:userJoined", P{"userId": user, "user": harness.Public(user)})
	}
	i.raw(masked(0x80, opText, text)...)
	assert.Equal(t, code, i.closed(), "%.80q", text)
	for _, o := range r.Others(nil) {
		o.Expect("room:userLeft", P{"userId": user})
	}
}

func junkEngine(t *testing.T, s *siege, r *harness.Room) {
	for _, text := range []string{"", "2", "2probe", "7", "9", "x", "\x00", "b4AAAA", "{}", strings.Repeat("x", 16<<10)} {
		provoke(t, s, r, text, 1002)
	}
	provoke(t, s, r, strings.Repeat("3", 16<<10+1), 1009)
	provoke(t, s, r, "1", 1000)
}

func junkSocket(t *testing.T, s *siege, r *harness.Room) {
	for _, text := range []string{
		"4", "49", "4x", "40", `40{"token":"again"}`, "41x", "42", "42{}", "42[]", "42[1]", `42["x"`, `42["x",]`, `42["x"]]`, `42["x" "y"]`,
		`42['x']`, `42["\u12"]`, "42[\"a\nb\"]", `42["connect"]`, `42["disconnecting"]`, "43", "43[]", "431{}", "44", `44{"message":"x"}`,
		`42/` + strings.Repeat("n", 200) + `,["x"]`, `42/elsewhere,["x"]`, "40[]", "401", `42[NaN]`, `42["x",01]`, `42["x",+1]`, `42["x",.5]`,
	} {
		provoke(t, s, r, text, 1002)
	}
}

// compressed offers compression, is not given it, and compresses all the same.
func compressed(t *testing.T, s *siege, r *harness.Room) {
	c := line(t, s.World)
	_, err := io.WriteString(c, upgrading("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_no_context_takeover\r\n")+"\r\n")
	require.NoError(t, err)
	buf := make([]byte, 1024)
	n, err := c.Read(buf)
	require.NoError(t, err)
	assert.Contains(t, string(buf[:n]), "101 Switching Protocols")
	assert.NotContains(t, strings.ToLower(string(buf[:n])), "extensions")

	bomb := "\xec\xc1\x01\x01\x00\x00\x00\x80\x90\xfe\xaf\xee\x08\x0a" + strings.Repeat("\x00", 1000)
	i := enter(t, s.World, harness.NewUser()).join(r.ID)
	hearGuest(r)
	i.raw(masked(0xc0, opText, bomb)...)
	assert.Equal(t, 1002, i.closed())
	hearGuest(r)
}

// invalidUTF8 would have every browser in the room drop its connection, if it
// were passed on.
func invalidUTF8(t *testing.T, s *siege, r *harness.Room) {
	chat := func(content string) string {
		return `42["chat:message",{"roomId":"` + r.ID + `","content":"` + content + `"}]`
	}
	for _, content := range []string{"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "cut short \xe2\x82"} {
		provoke(t, s, r, chat(content), 1007)
	}
	provoke(t, s, r, "42[\"\xff\"]", 1007)

	// Of the backend, too: one whole envelope is left out.
	garbled := s.grown(t, `audioroom_backend_events_total{result="garbled"}`)
	require.NoError(t, s.Redis.Announce(harness.Channel, `{"event":"room.level_up","room_id":"`+r.ID+`","payload":{"name":"`+"\xff"+`"},"correlation_id":"x"}`))
	harness.Eventually(t, "it is counted", func() bool { return garbled() >= 1 })

	// Half a surrogate in an escape is what JavaScript itself sends: it is passed
	// on as it came.
	user := harness.NewUser()
	i := enter(t, s.World, user).join(r.ID)
	hearGuest(r)
	i.say(chat(`\ud800 \u0000`))
	for _, o := range r.Others(nil) {
		seen := o.Next()
		assert.Equal(t, "chat:message", seen.Event)
	}
	i.ws.Close()
	hearGuest(r)
}
