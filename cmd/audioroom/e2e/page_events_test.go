package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
	"audioroom/cmd/audioroom/page/reference"
)

// record is what a server really sent, by what it is called in the documents.
type record struct {
	t        *testing.T
	heard    map[string][]any // by event
	answered map[string][]any // by event
}

// ask asks for something in the socket's room, keeps the answer and returns it.
func (r *record) ask(s *harness.Socket, event string, p P) P {
	r.t.Helper()
	q := P{"roomId": s.Room}
	for name, value := range p {
		q[name] = value
	}
	seen := s.Ask(event, q).Wait()
	require.Len(r.t, seen.Args, 1, event)
	r.answered[event] = append(r.answered[event], seen.Args[0])
	return seen.Args[0].(P)
}

// does asks for what succeeds, refused for what is refused like this.
func (r *record) does(s *harness.Socket, event string, p P) {
	r.t.Helper()
	require.NotContains(r.t, r.ask(s, event, p), "error", event)
}

func (r *record) refused(s *harness.Socket, event string, p P, because string) {
	r.t.Helper()
	require.Equal(r.t, because, r.ask(s, event, p)["error"], event)
}

// hears keeps what sockets heard and nobody has looked at.
func (r *record) hears(sockets ...*harness.Socket) {
	for _, s := range sockets {
		for _, seen := range s.Unheard() {
			require.Len(r.t, seen.Args, 1, seen.Event)
			r.heard[seen.Event] = append(r.heard[seen.Event], seen.Args[0])
		}
	}
}

// errors returns the refusals of an event.
func (r *record) errors(event string) (texts []string) {
	for _, answer := range r.answered[event] {
		if text, refused := answer.(P)["error"].(string); refused && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// play has every event happen, and every refusal.
func (r *record) play(w *harness.World) {
	t := r.t
	c := castOf(t, w)
	owner, admin, peer, member, guest := c.owner, c.admin, c.peer, c.member, c.any
	profiled := harness.NewUser()
	claims, _ := harness.Profile(profiled)
	full := w.Open(t, harness.Opening{User: profiled, Claims: claims}).Connected()
	full.Room = c.ID
	r.does(full, "room:join", nil)
	r.does(full, "chat:message", P{"content": "Hello!", "type": "gift"})
	r.does(guest, "room:join", nil) // again: others are told about
	r.does(guest, "user:getRoom", P{"userId": owner.User})
	r.does(guest, "user:getRoom", P{"userId": harness.NewUser()})
	r.refused(guest, "user:getRoom", P{"userId": 0}, "INVALID_PAYLOAD")

	r.does(owner, "seat:take", seat(0))
	r.does(owner, "seat:take", seat(1))
	r.refused(guest, "seat:take", seat(1), "Seat is already taken")
	r.refused(guest, "seat:take", seat(15), "Invalid seat index")
	r.does(admin, "seat:lock", seat(2))
	r.refused(guest, "seat:take", seat(2), "Seat is locked")
	r.refused(guest, "seat:leave", nil, "You are not seated")
	r.does(guest, "seat:take", seat(3))
	r.does(guest, "seat:leave", nil)

	r.does(owner, "seat:assign", at(guest.User, 3))
	r.does(owner, "seat:assign", at(guest.User, 4))
	r.refused(admin, "seat:assign", at(guest.User, 5), "Not room owner")
	r.refused(owner, "seat:assign", at(guest.User, 15), "Invalid seat index")
	r.refused(owner, "seat:assign", at(guest.User, 2), "Seat is locked")
	r.refused(owner, "seat:assign", at(guest.User, 1), "Seat is already occupied")
	r.refused(owner, "seat:assign", at(harness.NewUser(), 5), "User is not in room")

	for _, event := range []string{"seat:mute", "seat:unmute", "seat:remove"} {
		r.refused(guest, event, on(owner.User), "Not room manager")
		r.refused(admin, event, on(owner.User), "Not allowed on this user")
		r.refused(admin, event, on(member.User), "User is not seated")
		r.does(admin, event, on(guest.User))
	}
	r.refused(guest, "seat:lock", seat(2), "Not room manager")
	r.refused(admin, "seat:lock", seat(1), "Not allowed on this user")
	r.refused(admin, "seat:lock", seat(15), "Invalid seat index")
	r.refused(admin, "seat:lock", seat(2), "Already locked")
	r.refused(guest, "seat:unlock", seat(2), "Not room manager")
	r.refused(admin, "seat:unlock", seat(6), "Not locked")

	r.refused(admin, "seat:invite", at(admin.User, 6), "Cannot invite yourself")
	r.refused(guest, "seat:invite", at(member.User, 6), "Not room manager")
	r.refused(admin, "seat:invite", at(member.User, 15), "Invalid seat index")
	r.refused(admin, "seat:invite", at(owner.User, 6), "User is already seated")
	r.refused(admin, "seat:invite", at(member.User, 1), "Seat is already occupied")
	r.does(admin, "seat:invite", at(member.User, 2))
	r.refused(peer, "seat:invite", at(guest.User, 2), "Invite already pending for this seat")
	r.does(member, "seat:invite:accept", seat(2)) // which is locked
	r.refused(member, "seat:invite:accept", nil, "No pending invite found")
	r.refused(member, "seat:invite:decline", nil, "No pending invite found")
	r.does(admin, "seat:invite", at(guest.User, 7))
	r.does(guest, "seat:invite:decline", nil)
	r.does(admin, "seat:invite", at(guest.User, 8))
	r.does(peer, "seat:take", seat(8))
	r.refused(guest, "seat:invite:accept", nil, "Seat is already taken")
	r.does(admin, "seat:lock", seat(9))
	r.does(admin, "seat:unlock", seat(9))

	for range 60 {
		if r.ask(guest, "chat:message", P{"content": "again"})["error"] != nil {
			break
		}
	}
	r.refused(guest, "chat:message", P{"content": "once more"}, "Too many messages")
	for _, e := range reference.ClientEvents {
		if e.Name == "room:leave" {
			continue // ignores what it can't read
		}
		r.refused(guest, e.Name, P{"roomId": "", "userId": "x"}, "INVALID_PAYLOAD")
		if !slices.Contains([]string{"room:join", "user:getRoom"}, e.Name) {
			r.refused(c.outside, e.Name, P{"userId": guest.User, "seatIndex": 1, "content": "x"}, "Not in room")
		}
	}

	member.Cut() // seated on 2
	harness.Eventually(t, "the seat is held", func() bool {
		answer := r.ask(guest, "seat:take", seat(2))
		return answer["error"] == "Seat is already taken" && answer["occupant"] == nil
	})
	full.Room = c.ID
	r.does(full, "room:leave", nil)
	c.Tells("room.level_up", 0, P{"level": 3})
	c.Tells("room.member_blocked", full.User, P{"remaining_seconds": 60})
	harness.Eventually(t, "the block", func() bool { return r.ask(full, "room:join", nil)["error"] == "room_blocked" })
	c.Tells("room.member_blocked", full.User, P{"permanent": true})
	harness.Eventually(t, "the block for ever", func() bool { return r.ask(full, "room:join", nil)["permanent"] == true })
	mayfly := w.Open(t, harness.Opening{User: harness.NewUser(), Claims: harness.Claims{"exp": time.Now().Add(3 * time.Second).Unix()}}).Connected()
	mayfly.Disconnected()
	c.Tells("room.force_close", 0, P{})
	harness.Eventually(t, "the end", func() bool { r.hears(owner); return len(r.heard["room:closed"]) > 0 })
	for _, s := range []*harness.Socket{owner, admin, peer, guest} {
		s.Poke()
	}
	r.hears(owner, admin, peer, guest, member, full, mayfly)
}

// schema is the name of a payload in the documents.
func schema(event, suffix string) string {
	name := ""
	for part := range strings.SplitSeq(event, ":") {
		name += strings.ToUpper(part[:1]) + part[1:]
	}
	return name + suffix
}

// TestEvents_are_as_documented has every event happen and holds what came over
// the wire against the AsyncAPI document and the types.
func TestEvents_are_as_documented(t *testing.T) {
	t.Parallel()
	r := &record{t: t, heard: make(map[string][]any), answered: make(map[string][]any)}
	r.play(shared(t))
	w := stage.World(t, harness.Setup{Env: harness.Env{"PARTICIPANTS_PER_ROOM": "1"}})
	small := w.Room(t)
	small.Join()
	late := w.Connect(t, harness.NewUser())
	late.Room = small.ID
	r.refused(late, "room:join", nil, "Room is full")

	var lines, code strings.Builder
	code.WriteString("import type { ClientToServerEvents, ServerToClientEvents } from \"" + absolute(t, "../page/client/events.js") + "\";\n" +
		"type Heard<E extends keyof ServerToClientEvents> = Parameters<ServerToClientEvents[E]>[0];\n" +
		"type Answer<E extends keyof ClientToServerEvents> = Parameters<Parameters<ClientToServerEvents[E]>[1]>[0];\n")
	keep := func(kind, event, schema string, payload any) {
		text := string(mustJSON(t, payload))
		fmt.Fprintf(&lines, `{"schema":%q,"payload":%s}`+"\n", schema, text)
		fmt.Fprintf(&code, "{ const one: %s<%q> = %s; void one; }\n", kind, event, text)
	}
	for _, e := range reference.ServerEvents {
		require.NotEmpty(t, r.heard[e.Name], "nobody heard %s", e.Name)
		for _, payload := range r.heard[e.Name] {
			keep("Heard", e.Name, schema(e.Name, ""), payload)
		}
		delete(r.heard, e.Name)
	}
	require.NotEmpty(t, r.heard["room.level_up"])
	for _, event := range reference.Relayed {
		delete(r.heard, event)
	}
	require.Empty(t, r.heard, "what is not documented")
	for _, e := range reference.ClientEvents {
		for _, answer := range r.answered[e.Name] {
			keep("Answer", e.Name, schema(e.Name, "Answer"), answer)
		}
		for _, want := range e.Errors {
			assert.Contains(t, r.errors(e.Name), want.Text, "%s was never refused like this", e.Name)
		}
	}

	dir := t.TempDir()
	recorded := filepath.Join(dir, "recorded.jsonl")
	require.NoError(t, os.WriteFile(recorded, []byte(lines.String()), 0o600))
	out, err := node(t, nil, "page/validate.mjs", absolute(t, "../page/client/asyncapi.json"), recorded)
	require.NoError(t, err, "%s", out)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "recorded.ts"), []byte(code.String()), 0o600))
	project := filepath.Join(dir, "tsconfig.json")
	require.NoError(t, os.WriteFile(project, mustJSON(t, P{
		"extends": absolute(t, "client/types/tsconfig.json"), "files": []string{"recorded.ts"}, "compilerOptions": P{"noUnusedLocals": false},
	}), 0o600))
	out, err = compile(t, project)
	require.NoError(t, err, "%s", out)

	// A schema that takes anything would have been of no use.
	require.NoError(t, os.WriteFile(recorded, []byte(`{"schema":"SeatUpdated","payload":{"seatIndex":3,"userId":7}}`+"\n"+
		`{"schema":"SeatCleared","payload":{"seatIndex":3,"userId":7}}`+"\n"+`{"schema":"SeatTakeAnswer","payload":{"success":false,"error":"Not locked"}}`), 0o600))
	out, err = node(t, nil, "page/validate.mjs", absolute(t, "../page/client/asyncapi.json"), recorded)
	require.Error(t, err)
	require.Equal(t, 3, strings.Count(out, "recorded: "), "%s", out)
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	require.NoError(t, err)
	return path
}
