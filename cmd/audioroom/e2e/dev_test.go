package e2e_test

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// TestDev is a newcomer's first session.
func TestDev(t *testing.T) {
	t.Parallel()
	server, err := harness.Serve(stage.Program, harness.Env{"LOG_FORMAT": "json"}, "--dev", "--listen", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Stop()) })
	require.NoError(t, server.Ready())
	printed := server.Printed(t, "\n});\n\n")
	assert.Contains(t, printed, server.URL)

	t.Run("the printed snippet joins a room", func(t *testing.T) {
		_, snippet, found := strings.Cut(printed, "import {")
		require.True(t, found)
		node := exec.Command("node", "--input-type=module")
		node.Dir = "client"
		node.Stdin = strings.NewReader("import {" + snippet)
		out, err := node.StdoutPipe()
		require.NoError(t, err)
		node.Stderr = node.Stdout
		require.NoError(t, node.Start())
		end := time.AfterFunc(20*time.Second, func() { node.Process.Kill() })
		defer end.Stop()
		var said []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			said = append(said, lines.Text())
			if strings.Contains(lines.Text(), "seated") {
				break
			}
		}
		node.Process.Kill()
		node.Wait()
		all := strings.Join(said, "\n")
		assert.Contains(t, all, "roomId: '42'")
		assert.Contains(t, all, "participantCount: 1")
		assert.Contains(t, all, "seated { success: true }")
	})

	t.Run("the printed tokens are an owner's, two admins' and a member's", func(t *testing.T) {
		w := &harness.World{Stage: stage, Server: server}
		tokens := regexp.MustCompile(`(?m)^.*\b(eyJ[\w-]+\.[\w-]+\.[\w-]+)$`).FindAllStringSubmatch(printed, -1)
		require.Len(t, tokens, 4)
		for i, token := range tokens {
			s := w.Open(t, harness.Opening{Auth: P{"token": token[1]}}).Connected()
			s.Room = "of-tokens"
			s.Emit("room:join", P{"roomId": s.Room})
			if i < 3 {
				s.Do("seat:lock", seat(i))
			} else {
				s.Refused("seat:lock", seat(i), "Not room manager")
			}
		}
	})

	t.Run("a minted token is good as it is", func(t *testing.T) {
		w := &harness.World{Stage: stage, Server: server}
		token, _, status := harness.Run(t, stage.Program, nil, "token", "--user", "9", "--name", "Nora")
		require.Equal(t, 0, status)
		s := w.Open(t, harness.Opening{Auth: P{"token": strings.TrimSpace(token)}}).Connected()
		assert.Equal(t, P{"roomId": nil}, s.Emit("user:getRoom", P{"userId": 9}))
	})
}

func TestDev_ListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", "[::]:0"} {
		_, stderr, status := harness.Run(t, stage.Program, nil, "serve", "--dev", "--listen", addr)
		assert.Equal(t, 2, status)
		assert.Contains(t, stderr, "loopback")
	}
}

func TestToken(t *testing.T) {
	t.Parallel()

	in(t, "is accepted by a server with that secret", func(t *testing.T) {
		stdout, stderr, status := harness.Run(t, stage.Program, nil, "token", "--user", "77", "--name", "Nora", "--secret", harness.Secret)
		require.Equal(t, 0, status, stderr)
		assert.Equal(t, 1, strings.Count(stdout, "\n"), "the token and nothing else")
		a := room(t).Join()
		b := shared(t).Open(t, harness.Opening{Auth: P{"token": strings.TrimSpace(stdout)}}).Connected()
		b.Emit("room:join", P{"roomId": a.Room})
		joined := a.Next()
		assert.Equal(t, "room:userJoined", joined.Event)
		assert.Equal(t, "Nora", joined.Args[0].(P)["user"].(P)["name"])
	})

	for what, args := range map[string][]string{
		"no user": {"--name", "Nora"}, "no name": {"--user", "7"}, "user 0": {"--user", "0", "--name", "Nora"},
		"a user that is no number": {"--user", "x", "--name", "Nora"},
		"a short secret":           {"--user", "7", "--name", "Nora", "--secret", "short"},
	} {
		in(t, "is refused for "+what, func(t *testing.T) {
			stdout, stderr, status := harness.Run(t, stage.Program, nil, append([]string{"token"}, args...)...)
			assert.Equal(t, 2, status)
			assert.Empty(t, stdout)
			assert.NotEmpty(t, stderr)
		})
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	w, r := shared(t), room(t)
	owner, a := r.JoinOwner(), r.Join()
	owner.Do("seat:lock", seat(5))
	a.Do("seat:take", seat(3))
	env := harness.Env{"REDIS_URL": w.Env()["REDIS_URL"]}

	in(t, "shows a room as JSON", func(t *testing.T) {
		stdout, stderr, status := harness.Run(t, stage.Program, env, "inspect", r.ID, "--json")
		require.Equal(t, 0, status, stderr)
		var shown struct {
			RoomID       string       `json:"roomId"`
			Participants string       `json:"participants"`
			Users        []int64      `json:"users"`
			Seats        map[string]P `json:"seats"`
			LockedSeats  []int        `json:"lockedSeats"`
		}
		require.NoError(t, json.Unmarshal([]byte(stdout), &shown), stdout)
		assert.Equal(t, r.ID, shown.RoomID)
		assert.Equal(t, "2", shown.Participants)
		assert.ElementsMatch(t, []int64{owner.User, a.User}, shown.Users)
		assert.Equal(t, map[string]P{"3": {"userId": float64(a.User), "muted": false}}, shown.Seats)
		assert.Equal(t, []int{5}, shown.LockedSeats)
	})

	in(t, "shows a room as a table", func(t *testing.T) {
		stdout, stderr, status := harness.Run(t, stage.Program, env, "inspect", r.ID)
		require.Equal(t, 0, status, stderr)
		assert.Regexp(t, `(?m)^participants +2$`, stdout)
		assert.Regexp(t, `(?m)^locked seats +5$`, stdout)
	})

	in(t, "says of a room that is not there that it is not", func(t *testing.T) {
		_, stderr, status := harness.Run(t, stage.Program, env, "inspect", "nobody-was-ever-here")
		assert.Equal(t, 1, status)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		assert.Contains(t, stderr, "nobody-was-ever-here")
	})

	in(t, "says in one line that Redis is not there", func(t *testing.T) {
		_, stderr, status := harness.Run(t, stage.Program, harness.Env{"REDIS_URL": "redis://127.0.0.1:1"}, "inspect", "42")
		assert.NotEqual(t, 0, status)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	})
}
