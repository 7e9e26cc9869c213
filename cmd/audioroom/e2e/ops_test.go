package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	snapshot "audioroom/actors/room"
	"audioroom/cmd/audioroom/e2e/harness"
)

func TestAdmin(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.AdminEnv})

	in(t, "shows a room as it is in memory, and so does inspect", func(t *testing.T) {
		r := w.Room(t)
		owner, b := r.JoinOwner(), r.Join()
		b.Do("seat:take", seat(3))
		owner.Do("seat:lock", seat(4))
		status, room := w.Server.Admin(t, "GET", "/rooms/"+r.ID, "")
		require.Equal(t, http.StatusOK, status)
		assert.Equal(t, "serving", room["phase"])
		assert.EqualValues(t, 2, room["participants"])
		assert.EqualValues(t, 2, room["connections"])
		assert.Equal(t, room["revision"], room["confirmed"], "what was acknowledged is in Redis")
		assert.Equal(t, []any{P{"seat": 3.0, "user": float64(b.User)}}, room["state"].(P)["seats"])
		assert.Equal(t, []any{4.0}, room["state"].(P)["locked"])
		_, all := w.Server.Admin(t, "GET", "/rooms", "")
		assert.Contains(t, all["rooms"], without(room, "state"))

		env := w.Env()
		env["ADMIN_LISTEN"] = w.Server.AdminAddr(t)
		out, errs, code := harness.Run(t, w.Program, env, "inspect", "--json", r.ID)
		require.Equal(t, 0, code, errs)
		var seen P
		require.NoError(t, json.Unmarshal([]byte(out), &seen), out)
		assert.Equal(t, room, seen["here"])
		assert.Equal(t, "2", seen["participants"], "and Redis beside it")
		out, _, _ = harness.Run(t, w.Program, env, "inspect", r.ID)
		assert.Regexp(t, `(?m)^on this server +serving$`, out)

		env["ADMIN_LISTEN"] = "127.0.0.1:1"
		out, errs, code = harness.Run(t, w.Program, env, "inspect", r.ID)
		assert.Equal(t, 0, code, "without the server Redis is looked at: %s", errs)
		assert.NotContains(t, out, "on this server")
	})

	in(t, "is called by the program itself", func(t *testing.T) {
		env := harness.Env{"ADMIN_LISTEN": w.Server.AdminAddr(t)}
		call := func(args ...string) (string, string, int) {
			return harness.Run(t, stage.Program, env, append([]string{"admin"}, args...)...)
		}
		out, errs, status := call()
		assert.Equal(t, 0, status, errs)
		assert.Contains(t, out, "POST /drain", "what there is")
		out, errs, status = call("/readyz")
		assert.Equal(t, 0, status, errs)
		assert.JSONEq(t, `{"status":"ready"}`, out)
		out, errs, status = call("-X", "PUT", "-d", "info", "/log-level")
		assert.Equal(t, 0, status, errs)
		assert.JSONEq(t, `{"level":"info"}`, out)
		out, errs, status = call("/rooms/nowhere")
		assert.Equal(t, 1, status)
		assert.Contains(t, out, "not open on this server")
		assert.Contains(t, errs, "404 Not Found")
		for addr, want := range map[string]int{"127.0.0.1:1": 1, "off": 2} {
			out, errs, status = call("--admin-listen", addr, "/rooms")
			assert.Equal(t, want, status)
			assert.Empty(t, out)
			assert.Equal(t, 1, strings.Count(errs, "\n"), errs)
		}
	})

	in(t, "closes a room", func(t *testing.T) {
		r := w.Room(t)
		a := r.Join()
		a.Do("seat:take", seat(0))
		status, _ := w.Server.Admin(t, "POST", "/rooms/"+r.ID+"/close", "")
		require.Equal(t, http.StatusAccepted, status)
		assert.Equal(t, "room:closed", a.Next().Event)
		w.Laravel.HearsClose(t, r.ID)
		harness.Eventually(t, "the room is gone", func() bool {
			status, _ := w.Server.Admin(t, "GET", "/rooms/"+r.ID, "")
			return status == http.StatusNotFound
		})
		status, _ = w.Server.Admin(t, "POST", "/rooms/"+r.ID+"/close", "")
		assert.Equal(t, http.StatusNotFound, status)
	})

	in(t, "is not there for the world", func(t *testing.T) {
		for _, path := range []string{"/rooms", "/drain", "/debug/pprof/", "/log-level"} {
			assert.Equal(t, http.StatusNotFound, w.Server.Status(path), path)
		}
		_, stderr, status := harness.Run(t, stage.Program, complete(harness.Env{"ADMIN_LISTEN": "0.0.0.0:3031"}), "serve")
		assert.Equal(t, 2, status)
		assert.Contains(t, stderr, "ADMIN_LISTEN")
		answer, err := http.Get("http://" + w.Server.AdminAddr(t) + "/debug/pprof/goroutine?debug=1")
		require.NoError(t, err)
		defer answer.Body.Close()
		profile, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		assert.Contains(t, string(profile), "goroutine profile: total")

		// A page whose name resolves to 127.0.0.1 gets nothing of that listener.
		for _, path := range []string{"/", "/page/room.js", "/metrics", "/healthz", "/readyz", "/socket.io/?EIO=4&transport=websocket", "/rooms"} {
			request, err := http.NewRequest("GET", "http://"+w.Server.AdminAddr(t)+path, nil)
			require.NoError(t, err)
			request.Host = "evil.example:3031"
			answer, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			answer.Body.Close()
			assert.Equal(t, http.StatusForbidden, answer.StatusCode, path)
		}
	})
}

func without(p P, name string) P {
	q := P{}
	for k, v := range p {
		if k != name {
			q[k] = v
		}
	}
	return q
}

func TestVersion(t *testing.T) {
	t.Parallel()
	out, _, status := harness.Run(t, stage.Program, nil, "--version")
	assert.Equal(t, 0, status)
	version := strings.TrimSuffix(out, "\n")
	require.NotEmpty(t, version)
	assert.NotContains(t, version, "\n")
	w := shared(t)
	listening, err := w.Server.Logged("listening")
	require.NoError(t, err)
	assert.Equal(t, version, listening["version"])
	assert.Equal(t, 1.0, w.Server.Metric(t, fmt.Sprintf(`audioroom_build_info{snapshot_version="%d",version=%q}`, snapshot.SnapshotVersion, version)))
}
