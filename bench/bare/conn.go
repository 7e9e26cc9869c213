//go:build linux

package bare

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// conn is a client.
type conn struct {
	server *server
	fd     int
	user   int64
	room   *room
	seat   int
	begun  bool   // it speaks WebSocket
	rest   []byte // the beginning of a frame
	// out waits for the next commit, held for the one under way.
	out, held []byte
	queued    bool // out is not empty
}

var errRequest = errors.New("a request that this server does not know")

// receive takes bytes of the client and returns how many it used up.
func (c *conn) receive(data []byte) (used int, err error) {
	if !c.begun {
		end := bytes.Index(data, []byte("\r\n\r\n"))
		if end < 0 {
			return 0, nil
		}
		c.upgrade(string(data[:end]))
		used = end + 4
	}
	for {
		opcode, payload, size := cut(data[used:])
		if size == 0 {
			return used, nil
		}
		used += size
		switch opcode {
		case 0x1:
			if err := c.take(payload); err != nil {
				return used, fmt.Errorf("%w: %s", err, payload)
			}
		case 0x8:
			return used, errors.New("closed")
		}
	}
}

// upgrade answers the HTTP request and opens the session.
func (c *conn) upgrade(request string) {
	_, key, _ := strings.Cut(request, "Sec-WebSocket-Key: ")
	key, _, _ = strings.Cut(key, "\r\n")
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	c.begun = true
	c.append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n")
	c.packet([]byte(`0{"sid":"bare","upgrades":[],"pingInterval":3600000,"pingTimeout":3600000,"maxPayload":65536}`))
}

// cut takes a frame of the client off data, unmasked, and returns how long it is: 0
// if it is not complete.
func cut(data []byte) (opcode byte, payload []byte, size int) {
	if len(data) < 6 {
		return 0, nil, 0
	}
	head, length := 2, int(data[1]&0x7f)
	if length == 126 {
		if len(data) < 8 {
			return 0, nil, 0
		}
		head, length = 4, int(binary.BigEndian.Uint16(data[2:]))
	}
	if len(data) < head+4+length {
		return 0, nil, 0
	}
	key, payload := data[head:head+4], data[head+4:head+4+length]
	for i := range payload {
		payload[i] ^= key[i%4]
	}
	return data[0] & 0xf, payload, head + 4 + length
}

// take carries out a packet.
func (c *conn) take(p []byte) error {
	switch {
	case bytes.HasPrefix(p, []byte("40")):
		c.user = userOf(p)
		c.packet([]byte(`40{"sid":"bare"}`))
		return nil
	case bytes.HasPrefix(p, []byte("41")):
		return nil
	case !bytes.HasPrefix(p, []byte("42")):
		return errRequest
	}
	begin := bytes.IndexByte(p, '[')
	name := between(p, `["`, `"`)
	id := p[2:max(begin, 2)]
	answer := []byte(`{"success":true}`)
	seat, _ := strconv.Atoi(string(digits(p, `"seatIndex":`)))
	r := c.room
	if name == "room:join" {
		r = c.server.room(between(p, `"roomId":"`, `"`))
	}
	if r == nil {
		return errRequest
	}
	switch name {
	case "room:join":
		answer = r.enter(c)
	case "room:leave":
		r.exit(c)
	case "seat:take":
		r.sit(c, seat)
	case "seat:leave":
		r.stand(c)
	case "seat:lock", "seat:unlock":
		r.lock(seat, name == "seat:lock")
	default:
		return errRequest
	}
	c.server.touch(r)
	var scratch [256]byte
	c.packet(append(append(append(append(append(scratch[:0], `43`...), id...), '['), answer...), ']'))
	return nil
}

// userOf reads the user's id of the token in a CONNECT packet, which it believes.
func userOf(p []byte) int64 {
	parts := strings.Split(between(p, `"token":"`, `"`), ".")
	if len(parts) != 3 {
		return 0
	}
	text, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		ID int64 `json:"id"`
	}
	_ = json.Unmarshal(text, &claims) // a user of 0 fails the run
	return claims.ID
}

func between(p []byte, before, after string) string {
	_, rest, _ := bytes.Cut(p, []byte(before))
	text, _, _ := bytes.Cut(rest, []byte(after))
	return string(text)
}

func digits(p []byte, before string) []byte {
	_, rest, _ := bytes.Cut(p, []byte(before))
	n := 0
	for n < len(rest) && rest[n]-'0' <= 9 {
		n++
	}
	return rest[:n]
}

// packet sends a text frame with the next commit.
func (c *conn) packet(p []byte) {
	var head [4]byte
	head[0] = 0x81
	switch {
	case len(p) < 126:
		head[1] = byte(len(p))
		c.append(string(head[:2]))
	default:
		head[1] = 126
		binary.BigEndian.PutUint16(head[2:], uint16(len(p)))
		c.append(string(head[:]))
	}
	c.out = append(c.out, p...)
}

// append queues bytes for the next commit.
func (c *conn) append(text string) {
	if !c.queued {
		c.queued = true
		c.server.queue = append(c.server.queue, c)
	}
	c.out = append(c.out, text...)
}
