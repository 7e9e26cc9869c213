package e2e_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// Attacks by what is said in events.

// ask sends an event and returns the ack; what comes before it is passed over.
func (i *intruder) ask(id int, event, payload string) string {
	i.t.Helper()
	i.say("42" + strconv.Itoa(id) + `["` + event + `",` + payload + `]`)
	for {
		frame := i.next()
		if body, found := strings.CutPrefix(frame, "43"+strconv.Itoa(id)+"["); found {
			return strings.TrimSuffix(body, "]")
		}
	}
}

const (
	invalidPayload = `{"success":false,"error":"INVALID_PAYLOAD"}`
	unknownEvent   = `{"success":false,"error":"UNKNOWN_EVENT"}`
)

// guest lets an intruder join the honest clients' room.
func guest(t *testing.T, s *siege, r *harness.Room) *intruder {
	t.Helper()
	i := enter(t, s.World, harness.NewUser()).join(r.ID)
	hearGuest(r)
	return i
}

// depart takes a guest away again.
func depart(i *intruder, r *harness.Room) {
	i.ws.Close()
	hearGuest(r)
}

// floodOfAcks asks for more answers than are taken, under the largest ids.
func floodOfAcks(t *testing.T, s *siege, r *harness.Room) {
	throttled := s.grown(t, spent("events"))
	i := guest(t, s, r)
	const most = 1<<53 - 1
	for k := range 300 {
		i.say(fmt.Sprintf(`42%d["user:getRoom",{"userId":1}]`, most-k))
	}
	for k := range 300 {
		assert.Contains(t, i.next(), "43900719925474", "%d", k)
	}
	assert.GreaterOrEqual(t, throttled(), 100.0)
	for k := range 100 {
		i.say(fmt.Sprintf(`43%d[{"success":true}]`, k)) // the server asked for nothing
	}
	depart(i, r)
	for _, id := range []string{"9007199254740992", "18446744073709551616", strings.Repeat("9", 10_000), "00000000000000000000000001"} {
		provoke(t, s, r, "42"+id+`["user:getRoom",{"userId":1}]`, 1002)
		provoke(t, s, r, "43"+id+`[]`, 1002)
	}
}

func attachments(t *testing.T, s *siege, r *harness.Room) {
	for _, text := range []string{
		`451-["x",{"_placeholder":true,"num":0}]`, `4599999999999999999999-["x"]`, `45-1-["x"]`, `450-["x"]`, "45", "451-", `461-1[{"_placeholder":true,"num":9e99}]`,
	} {
		provoke(t, s, r, text, 1003)
	}
	i := guest(t, s, r)
	i.raw(masked(0x80, 0x2, "\x04\x00\xff")...)
	assert.Equal(t, 1003, i.closed())
	hearGuest(r)
}

// prototypes names what every object of JavaScript has.
func prototypes(t *testing.T, s *siege, r *harness.Room) {
	i := guest(t, s, r)
	for k, name := range []string{"__proto__", "constructor", "toString", "hasOwnProperty"} {
		assert.Equal(t, unknownEvent, i.ask(k, name, `{"roomId":"x"}`))
	}
	in := `"roomId":"` + r.ID + `"`
	assert.Equal(t, invalidPayload, i.ask(10, "seat:take", `{`+in+`,"__proto__":{"seatIndex":1}}`))
	assert.Equal(t, invalidPayload, i.ask(11, "seat:take", `{"__proto__":{`+in+`,"seatIndex":1}}`))
	assert.Equal(t, invalidPayload, i.ask(12, "seat:take", `{`+in+`,"constructor":{"prototype":{"seatIndex":1}}}`))
	assert.Equal(t, invalidPayload, i.ask(13, "chat:message", `{`+in+`,"content":{"__proto__":"x"}}`))
	assert.Equal(t, `{"success":true}`, i.ask(14, "chat:message", `{`+in+`,"content":"__proto__","__proto__":{"userId":1}}`))
	for _, o := range r.Others(nil) {
		message := o.Next().Args[0].(P)
		assert.Equal(t, "__proto__", message["content"])
		assert.Len(t, message, 7)
	}
	depart(i, r)
}

func hugeNumbers(t *testing.T, s *siege, r *harness.Room) {
	i := guest(t, s, r)
	in := `"roomId":"` + r.ID + `"`
	numbers := []string{
		"1e309", "-1e309", "1e99999999999999999999", "99999999999999999999999999999", "-1", "18446744073709551616", "0.1", "-0.5", "1e16",
		strings.Repeat("9", 10_000), "9007199254740993",
	}
	id := 0
	for _, n := range numbers {
		id++
		assert.Equal(t, invalidPayload, i.ask(id, "seat:take", `{`+in+`,"seatIndex":`+n+`}`), "%.40s", n)
		assert.Equal(t, invalidPayload, i.ask(id, "seat:mute", `{`+in+`,"userId":`+n+`}`), "%.40s", n)
		assert.Contains(t, i.ask(id, "user:getRoom", `{"userId":`+n+`}`), "INVALID_PAYLOAD", "%.40s", n)
		assert.Contains(t, i.ask(id, "room:join", `{"roomId":"other","seatCount":`+n+`}`), "INVALID_PAYLOAD", "%.40s", n)
	}
	for _, n := range []string{"1e-400", "0." + strings.Repeat("0", 10_000) + "1"} { // which are 0 to JavaScript, too
		assert.Equal(t, `{"success":true}`, i.ask(id, "seat:take", `{`+in+`,"seatIndex":`+n+`}`), "%.40s", n)
		hearGuest(r)
		assert.Equal(t, `{"success":true}`, i.ask(id, "seat:leave", `{`+in+`}`))
		hearGuest(r)
	}
	depart(i, r)
}

func deepJSON(t *testing.T, s *siege, r *harness.Room) {
	nested := func(depth int, opening, closing string) string {
		return `42["nothing",` + strings.Repeat(opening, depth) + "1" + strings.Repeat(closing, depth) + "]"
	}
	i := guest(t, s, r)
	i.say(nested(63, "[", "]")) // the array of the event is the first of 64
	i.say(nested(63, `{"a":`, "}"))
	assert.Equal(t, unknownEvent, i.ask(0, "nothing", "{}"))
	depart(i, r)
	for _, text := range []string{
		nested(64, "[", "]"), nested(64, `{"a":`, "}"), nested(8000, "[", "]"), `42["nothing",` + strings.Repeat("[", 16_000),
		`42["nothing",` + strings.Repeat(`{"a":`, 3000), "40" + strings.Repeat(`{"a":`, 3000), "430" + strings.Repeat("[", 16_000),
	} {
		provoke(t, s, r, text, 1002)
	}
}

// roomIDs has rooms that are called like the keys of another one, or like what
// Redis is told to do. Each is a room like any other, and touches no other.
func roomIDs(t *testing.T, s *siege, r *harness.Room) {
	honest := r.Others(nil)[0]
	honest.Do("seat:take", seat(1))
	r.Others(honest)[0].Expect("seat:updated", updated(1, honest.User))
	kept := func() string { return s.Redis.Get(t, "room:"+r.ID+":seat:1") }
	seated := kept()
	require.NotEmpty(t, seated)
	ids := []string{
		r.ID + ":snapshot", r.ID + ":seat:1", r.ID + ":locked_seats", r.ID + ":participants", r.ID + ":seat", "room:" + r.ID, r.ID + " ", " " + r.ID,
		"*", "?", "[a-z]*", "{" + r.ID + "}", "FLUSHALL", "*1 $8 FLUSHALL", "rooms:active", "laravel:outbox", "auth:revoked:x", "' OR 1=1 --", `"]}`, `\`, "$(reboot)",
		"__proto__", "null", "0", "-1", "😀", strings.Repeat("x", 128),
	}
	i := enter(t, s.World, harness.NewUser())
	for k, id := range ids {
		quoted, err := json.Marshal(id)
		require.NoError(t, err)
		in := `"roomId":` + string(quoted)
		require.Contains(t, i.ask(3*k, "room:join", `{`+in+`}`), `"participantCount":1`, id)
		require.Equal(t, `{"success":true}`, i.ask(3*k+1, "seat:take", `{`+in+`,"seatIndex":1}`), id)
		require.Equal(t, `{"success":true}`, i.ask(3*k+2, "room:leave", `{`+in+`}`), id)
		require.Equal(t, seated, kept(), id)
	}
	for _, id := range []string{`x\r\nFLUSHALL\r\n`, `\u0000`, `x\u0000`, `\u007f`, `\u0085`, "", strings.Repeat("x", 129), strings.Repeat("é", 65)} {
		require.Equal(t, `{"error":"INVALID_PAYLOAD"}`, i.ask(1000, "room:join", `{"roomId":"`+id+`"}`), "%q", id)
	}
	i.ws.Close()
	honest.Do("seat:leave", P{})
	r.Others(honest)[0].Expect("seat:cleared", seat(1))
	harness.Eventually(t, "the rooms are closed, and this one is not", func() bool {
		return len(s.Redis.Keys(t, "room:"+r.ID+":seat*")) == 0 && s.Redis.Get(t, "room:"+r.ID+":snapshot") != ""
	})
}

// roomPaths has rooms whose ids would lead elsewhere in the backend's URLs. The
// backend is asked about the room itself or not at all.
func roomPaths(t *testing.T, s *siege, r *harness.Room) {
	s.Laravel.SetRole(r.ID, 7, "owner")
	user := harness.NewUser()
	i := enter(t, s.World, user)
	ids := []string{"..", ".", "../" + r.ID, "x/../" + r.ID, r.ID + "/members/7/role?", r.ID + "#", r.ID + "?x=", "%2e%2e", r.ID + "%2fstatus", "//evil.test/", `..\` + r.ID}
	for k, id := range ids {
		quoted, err := json.Marshal(id)
		require.NoError(t, err)
		in := `"roomId":` + string(quoted)
		require.Contains(t, i.ask(2*k, "room:join", `{`+in+`}`), `"participantCount":1`, id)
		assert.Contains(t, []string{`{"success":false,"error":"Not room manager"}`, `{"success":false,"error":"INTERNAL_ERROR"}`},
			i.ask(2*k+1, "seat:lock", `{`+in+`,"seatIndex":1}`), id)
	}
	i.ws.Close()
	for _, call := range s.Laravel.Calls("role") {
		assert.False(t, call.User == user && call.Room == r.ID, "asked about another room: %s", call.Path)
	}
}

// selfMade claims to own the room, to be somebody else, to have a rank.
func selfMade(t *testing.T, s *siege, r *harness.Room) {
	user := harness.NewUser()
	i := enter(t, s.World, user)
	all := fmt.Sprintf(`"roomId":"%s","ownerId":%d,"role":"owner","isOwner":true,"rank":2`, r.ID, user)
	require.Contains(t, i.ask(0, "room:join", `{`+all+`}`), `"participantCount":3`)
	hearGuest(r)
	victim := r.Others(nil)[0]
	victim.Do("seat:take", seat(4))
	r.Others(victim)[0].Expect("seat:updated", updated(4, victim.User))
	on := fmt.Sprintf(`{%s,"userId":%d,"seatIndex":3}`, all, victim.User)
	for id, event := range []string{"seat:lock", "seat:unlock", "seat:remove", "seat:mute", "seat:unmute", "seat:invite"} {
		assert.Equal(t, `{"success":false,"error":"Not room manager"}`, i.ask(id+1, event, on), event)
	}
	assert.Equal(t, `{"success":false,"error":"Not room owner"}`, i.ask(10, "seat:assign", on))
	victim.Do("seat:leave", P{})
	r.Others(victim)[0].Expect("seat:cleared", seat(4))
	depart(i, r)
}

func manyConnections(t *testing.T, s *siege, _ *harness.Room) {
	refused := s.grown(t, spent("user_connections"))
	user := harness.NewUser()
	for range 10 {
		enter(t, s.World, user)
	}
	for range 5 {
		i := intrude(t, s.World)
		i.say(`40{"token":"` + harness.Token(t, user, nil) + `"}`)
		assert.Equal(t, `44{"message":"Too many connections"}`, i.next())
	}
	assert.Equal(t, 5.0, refused())
	enter(t, s.World, harness.NewUser())
}

func manyRooms(t *testing.T, s *siege, _ *harness.Room) {
	refused := s.grown(t, spent("rooms"))
	user := harness.NewUser()
	opened := 0
	for range 2 {
		i := enter(t, s.World, user)
		for k := range 50 {
			if body := i.ask(k, "room:join", `{"roomId":"flood-`+harness.NewID(1)+`"}`); strings.Contains(body, "participantCount") {
				opened++
			} else {
				require.Equal(t, `{"error":"Too many requests"}`, body)
			}
		}
	}
	assert.GreaterOrEqual(t, opened, 60)
	assert.Less(t, opened, 100)
	assert.Equal(t, float64(100-opened), refused())
}

// manyTokens guesses: each connection has ten tries, and then one each second.
func manyTokens(t *testing.T, s *siege, _ *harness.Room) {
	refused := s.grown(t, spent("connects"))
	i := intrude(t, s.World)
	invalid, tooMany := 0, 0
	for range 30 {
		i.say(`40{"token":"a.b.c"}`)
		switch answer := i.next(); answer {
		case `44{"message":"Invalid credentials"}`:
			invalid++
		case `44{"message":"Too many requests"}`:
			tooMany++
		default:
			t.Fatal(answer)
		}
	}
	assert.GreaterOrEqual(t, invalid, 10)
	assert.Positive(t, tooMany)
	assert.Equal(t, float64(tooMany), refused())
	i.say(`40{"token":"` + strings.Repeat("x", 9<<10) + `"}`)
	assert.Contains(t, i.next(), `44{"message":"`)
}
