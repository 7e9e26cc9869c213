package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// said takes a message of a user from each socket, which all hear the same,
// and returns it.
func said(t *testing.T, by int64, content, kind string, sockets ...*harness.Socket) harness.Seen {
	t.Helper()
	var first harness.Seen
	for i, s := range sockets {
		heard := s.Next()
		require.Equal(t, "chat:message", heard.Event)
		p := heard.Args[0].(P)
		require.Equal(t, []any{harness.Plain(t, P{
			"id": p["id"], "userId": by, "userName": "Ada", "avatar": nil, "content": content, "type": kind, "timestamp": p["timestamp"],
		})}, heard.Args, "the message, with these fields and no other")
		require.NotEmpty(t, p["id"].(string))
		assert.WithinDuration(t, time.Now(), time.UnixMilli(int64(p["timestamp"].(float64))), 5*time.Second)
		if i == 0 {
			first = heard
		}
		require.Equal(t, first.Args, heard.Args, "everyone hears the same")
	}
	return first
}

func TestChat(t *testing.T) {
	t.Parallel()

	in(t, "is heard by the whole room, the sender before the ack, from every rank", func(t *testing.T) {
		c := castOf(t, shared(t))
		ids := map[any]bool{}
		for _, by := range c.named() {
			if by == c.outside {
				by.Refused("chat:message", P{"content": "hello"}, "Not in room")
				continue
			}
			ack := by.Do("chat:message", P{"content": "hello"})
			own := said(t, by.User, "hello", "text", by)
			assert.Less(t, own.N, ack.N, "the message comes before the ack")
			assert.Equal(t, own.Args, said(t, by.User, "hello", "text", c.Others(by)...).Args)
			ids[own.Args[0].(P)["id"]] = true
		}
		assert.Len(t, ids, 5, "each message has an id of its own")
		c.Settled()
		c.outside.Quiet()
	})

	in(t, "tells name and avatar of the token", func(t *testing.T) {
		w, r := shared(t), room(t)
		b := r.Join()
		a := w.Open(t, harness.Opening{User: harness.NewUser(), Claims: harness.Claims{
			"name": "Zoë \"Z\" <b>", "avatar": "https://img.test/z.png?a=1&b=2", "email": "z@example.test",
		}}).Connected()
		a.Room = r.ID
		a.Emit("room:join", P{"roomId": r.ID})
		b.Next()
		a.Do("chat:message", P{"content": "hi"})
		p := b.Next().Args[0].(P)
		assert.Equal(t, "Zoë \"Z\" <b>", p["userName"])
		assert.Equal(t, "https://img.test/z.png?a=1&b=2", p["avatar"])
		assert.Len(t, p, 7)
	})

	in(t, "has one of five types", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		for _, kind := range []string{"text", "emoji", "sticker", "gift", "system"} {
			a.Do("chat:message", P{"content": kind, "type": kind})
			said(t, a.User, kind, kind, a, b)
		}
		for _, kind := range []any{"", "Text", "image", nil, 1, true, []string{"text"}, P{}} {
			a.Refused("chat:message", P{"content": "x", "type": kind}, "INVALID_PAYLOAD")
		}
		r.Settled()
	})

	in(t, "has 1 to 500 characters, of any kind", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		for _, char := range []string{"x", "غ", "語", "🎤", "\"", "\\", "\n", "\x00", "<"} {
			for _, n := range []int{1, 500} {
				content := strings.Repeat(char, n)
				a.Do("chat:message", P{"content": content})
				said(t, a.User, content, "text", a, b)
			}
			a.Refused("chat:message", P{"content": strings.Repeat(char, 501)}, "INVALID_PAYLOAD")
		}
		for _, content := range []any{"", nil, 1, true, []string{"x"}, P{"x": 1}} {
			a.Refused("chat:message", P{"content": content}, "INVALID_PAYLOAD")
		}
		a.Refused("chat:message", P{}, "INVALID_PAYLOAD")
		a.Refused("chat:message", P{"type": "text"}, "INVALID_PAYLOAD")
		a.Refused("chat:message", P{"roomId": "elsewhere", "content": ""}, "INVALID_PAYLOAD")
		a.Refused("chat:message", P{"roomId": "elsewhere", "content": "x"}, "Not in room")
		r.Settled()
	})

	in(t, "without an ack is heard all the same, in the order sent", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		words := strings.Fields("one two three four five six seven eight nine ten")
		for _, word := range words {
			a.Tell("chat:message", P{"roomId": r.ID, "content": word})
		}
		for _, word := range words {
			said(t, a.User, word, "text", a, b)
		}
		r.Settled()
	})

	in(t, "is limited to 60 a minute for each user and room", func(t *testing.T) {
		c := castOf(t, shared(t))
		second := c.JoinAs(c.any.User)
		message := P{"content": "x"}
		var requests []harness.Request
		for i := range 60 {
			requests = append(requests, harness.Request{By: []*harness.Socket{c.any, second}[i%2], Event: "chat:message", Payload: message})
		}
		for _, answer := range harness.AtOnce(requests...) {
			require.True(t, answer.Succeeded(), "the sockets of a user share 60 messages")
		}
		for range 60 {
			said(t, c.any.User, "x", "text", c.Others(nil)...)
		}
		for _, s := range []*harness.Socket{c.any, second} {
			s.Refused("chat:message", message, "Too many messages")
			s.Refused("chat:message", P{"content": ""}, "INVALID_PAYLOAD")
		}
		c.member.Do("chat:message", message) // everyone has their own
		said(t, c.member.User, "x", "text", c.Others(nil)...)

		second.Do("room:leave", P{}) // neither leaving nor another socket helps
		second.Emit("room:join", P{"roomId": c.ID})
		second.Refused("chat:message", message, "Too many messages")
		c.Settled()

		other := room(t) // every room has its own
		other.JoinAs(c.any.User).Do("chat:message", message)
	})
}

func TestChat_Limit(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"CHAT_PER_MINUTE": "3"}})
	r := w.Room(t)
	a := r.Join()
	for range 3 {
		a.Do("chat:message", P{"content": "x"})
	}
	a.Refused("chat:message", P{"content": "x"}, "Too many messages")
	a.Do("seat:take", seat(0)) // is the chat's alone
}
