package e2e_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestMessageSize(t *testing.T) {
	t.Parallel()

	in(t, "of less than 16 KiB is fine", func(t *testing.T) {
		a := room(t).Join()
		a.Do("seat:take", P{"seatIndex": 0, "padding": strings.Repeat("x", 16_000)})
	})

	in(t, "of more than 16 KiB closes the connection", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		answer := a.Ask("seat:take", P{"roomId": r.ID, "seatIndex": 0, "padding": strings.Repeat("x", 16_384)})
		a.Disconnected()
		r.Without(a)
		b.Expect("room:userLeft", P{"userId": a.User})
		assert.Empty(t, r.Settled().Seats)
		assert.False(t, answer.Came())
	})
}

func TestBadPackets(t *testing.T) {
	t.Parallel()

	in(t, "with binary in them close the connection", func(t *testing.T) {
		r := room(t)
		b := r.Join()
		for _, payload := range []any{
			P{"roomId": r.ID, "seatIndex": 0, "blob": P{"$binary": "AAECAw=="}}, P{"$binary": "AAECAw=="},
		} {
			a := r.Join()
			a.Tell("seat:take", payload)
			a.Disconnected()
			r.Without(a)
			b.Expect("room:userLeft", P{"userId": a.User})
		}
		assert.Empty(t, r.Settled().Seats)
	})

	// What a client of our own would never say.
	closing := []string{
		"x", "4", "4x", "42", "42[", `42["seat:take"`, "42{}", "42abc", "42[]", "42[1]", `42["a",]`, `42["a"]trailing`,
		`451-["seat:take",{"_placeholder":true,"num":0}]`, `4599999999999-["a"]`, `45-["a"]`, `461-1["a"]`,
	}
	for _, text := range closing {
		in(t, "such as "+text+" close the connection and harm nobody else", func(t *testing.T) {
			r := room(t)
			a, b := r.Join(), r.Join()
			a.Send(text)
			a.Disconnected()
			r.Without(a)
			b.Expect("room:userLeft", P{"userId": a.User})
			r.Settled()
		})
	}

	in(t, "with absurd ack ids harm nobody", func(t *testing.T) {
		r := room(t)
		b := r.Join()
		for _, id := range []string{"99999999999999999999", "18446744073709551616", strings.Repeat("9", 5000), "-1", "1.5"} {
			a := shared(t).Connect(t, harness.NewUser())
			a.Send("42" + id + `["user:getRoom",{"userId":1}]`)
			a.Send(`42["nothing"]`)
			a.Disconnect()
		}
		b.Quiet()
		r.Settled()
	})
}

func TestConnectionsPerUser(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"CONNECTIONS_PER_USER": "3"}})
	user := harness.NewUser()
	sockets := []*harness.Socket{w.Connect(t, user), w.Connect(t, user), w.Connect(t, user)}
	assert.Equal(t, "Too many connections", w.Open(t, harness.Opening{User: user}).ConnectError())
	w.Connect(t, harness.NewUser())
	sockets[0].Cut()
	harness.Eventually(t, "there is room for one more", func() bool {
		return w.Server.Metric(t, `audioroom_connections{state="session"}`) == 3
	})
	w.Connect(t, user)
}

// Beyond the limit of the server a handshake is refused before the upgrade.
func TestConnectionsOfServer(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"MAX_CONNECTIONS": "3"}})
	first := w.Connect(t, harness.NewUser())
	w.Connect(t, harness.NewUser())
	intrude(t, w) // who has not authenticated counts
	c := line(t, w)
	_, err := io.WriteString(c, upgrading()+"\r\n")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	assert.Equal(t, `{"code":4,"message":"Service Unavailable"}`, string(body))
	assert.Equal(t, 1.0, w.Server.Metric(t, spent("connections")))
	assert.Equal(t, 1.0, w.Server.Metric(t, `audioroom_handshakes_refused_total{status="503"}`))
	assert.Equal(t, http.StatusOK, w.Server.Status("/healthz"), "the operator still gets in")
	first.Cut()
	harness.Eventually(t, "there is room for one more", func() bool {
		return w.Server.Metric(t, `audioroom_connections{state="session"}`) == 1
	})
	w.Connect(t, harness.NewUser())
}

func TestParticipantsPerRoom(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"PARTICIPANTS_PER_ROOM": "2"}})
	r := w.Room(t)
	a, b := r.Join(), r.Join()
	c := w.Connect(t, harness.NewUser())
	full := P{"error": "Room is full"}
	assert.Equal(t, full, c.Emit("room:join", P{"roomId": r.ID}))
	assert.Equal(t, 1.0, w.Server.Metric(t, spent("participants")))
	c.Refused("seat:take", P{"roomId": r.ID, "seatIndex": 1}, "Not in room")
	r.JoinAs(a.User) // a user counts once
	b.Do("seat:take", seat(1))
	hear(r.Others(b), says{"seat:updated", updated(1, b.User)})
	b.Do("room:leave", P{})
	r.Without(b)
	hear(r.Others(nil), says{"seat:cleared", seat(1)}, says{"room:userLeft", on(b.User)})
	r.Enter(c)
	assert.Equal(t, 2, r.Settled().ParticipantCount)
	assert.Equal(t, full, b.Emit("room:join", P{"roomId": r.ID}))
}

// What a token says of times may be 30 s ahead, but for its end; what it says at
// all, 8 KB.
func TestTokens(t *testing.T) {
	t.Parallel()
	soon := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	open := func(t *testing.T, claims harness.Claims) *harness.Socket {
		return shared(t).Open(t, harness.Opening{User: harness.NewUser(), Claims: claims})
	}
	for name, claims := range map[string]harness.Claims{
		"an nbf within the skew": {"nbf": soon(20 * time.Second)}, "an iat within the skew": {"iat": soon(20 * time.Second)},
		"a long claim": {"padding": strings.Repeat("x", 5<<10)},
	} {
		in(t, "with "+name+" are taken", func(t *testing.T) { open(t, claims).Connected() })
	}
	for name, claims := range map[string]harness.Claims{
		"an nbf beyond the skew": {"nbf": soon(time.Hour)}, "an iat beyond the skew": {"iat": soon(time.Hour)},
		"an exp of a moment ago": {"exp": soon(-2 * time.Second)}, "more than 8 KB": {"padding": strings.Repeat("x", 7<<10)},
	} {
		in(t, "with "+name+" are refused", func(t *testing.T) {
			assert.Equal(t, "Invalid credentials", open(t, claims).ConnectError())
		})
	}
	in(t, "of more than 8 KB in the header are refused", func(t *testing.T) {
		token := harness.Token(t, harness.NewUser(), harness.Claims{"padding": strings.Repeat("x", 7<<10)})
		how := harness.Opening{Auth: harness.NoAuth, Headers: map[string]string{"Authorization": "Bearer " + token}}
		assert.Equal(t, "Invalid credentials", shared(t).Open(t, how).ConnectError())
	})
}

func TestEventBudget(t *testing.T) {
	t.Parallel()
	const budget, refill = 100, 20
	w := stage.World(t, harness.Setup{Env: harness.Env{"EVENT_BUDGET": "100", "EVENT_REFILL": "20"}})
	r := w.Room(t)
	a, b := w.Connect(t, harness.NewUser()), r.Join()
	a.Room = r.ID

	requests := make([]harness.Request, 3*budget)
	for i := range requests {
		requests[i] = harness.Request{By: a, Event: "user:getRoom", Payload: P{"userId": a.User}}
	}
	start := time.Now()
	var done int
	for i, answer := range harness.AtOnce(requests...) {
		switch value := answer.Value().(P); value["error"] {
		case nil:
			done++
		default:
			assert.Equal(t, P{"roomId": nil, "error": "Too many requests"}, value)
			assert.GreaterOrEqual(t, i, budget, "the first hundred are within the budget")
		}
	}
	took := time.Since(start)
	assert.GreaterOrEqual(t, done, budget)
	assert.LessOrEqual(t, float64(done), budget+refill*took.Seconds()+1)

	// Where nothing is left, the order of checks shows.
	spent := func(event string, payload P) any {
		last := harness.Request{By: a, Event: event, Payload: payload}
		answers := harness.AtOnce(append(requests[:2*budget:2*budget], last)...)
		return answers[2*budget].Value()
	}
	assert.Equal(t, P{"success": false, "error": "INVALID_PAYLOAD"}, spent("seat:take", seat(100)))
	assert.Equal(t, P{"success": false, "error": "Too many requests"}, spent("seat:take", seat(0)), "not: Not in room")
	assert.Equal(t, P{"error": "Too many requests"}, spent("room:join", P{"roomId": r.ID}))
	b.Do("seat:take", seat(0)) // everyone has a budget of their own

	time.Sleep(time.Second) // what is to be seen is a rate
	start = time.Now()
	done = 0
	for _, answer := range harness.AtOnce(requests[:budget]...) {
		if answer.Value().(P)["error"] == nil {
			done++
		}
	}
	assert.GreaterOrEqual(t, done, refill)
	assert.LessOrEqual(t, float64(done), refill*(time.Since(start).Seconds()+5))
}
