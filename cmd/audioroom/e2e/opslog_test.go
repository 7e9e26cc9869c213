package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
	"audioroom/laravel/standin"
)

func TestLog_correlates_commands_with_calls(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"LOG_LEVEL": "debug"}})
	r := w.Room(t)
	admin := r.JoinRole("admin")
	admin.Do("seat:lock", seat(1))
	w.Laravel.HearsCount(t, r.ID, 1)
	of := func(endpoint standin.Endpoint) string {
		for _, call := range w.Laravel.Calls(endpoint) {
			if call.Room == r.ID {
				return call.Correlation
			}
		}
		t.Fatalf("%v was not called", endpoint)
		return ""
	}
	join, lock, status := of(standin.Room), of(standin.Role), of(standin.Status)
	assert.NotEqual(t, join, lock, "each command has its own")
	assert.Equal(t, join, status, "the status tells what the join led to")
	server, err := w.Server.Logged("listening")
	require.NoError(t, err)
	admin.Disconnect()
	closed, err := w.Server.Logged("session closed")
	require.NoError(t, err)
	for _, id := range []string{join, lock} {
		assert.True(t, strings.HasPrefix(id, fmt.Sprintf("%v-%v-", server["server"], closed["session"])), "%s names server and session", id)
	}
	var logged []any
	for _, record := range w.Server.Records("laravel was called") {
		logged = append(logged, record["correlation"])
	}
	assert.Subset(t, logged, []any{join, lock}, "the log here has them, too")
}

// Whatever is asked of it and whoever is away: each line is of the log's format, and
// none has the address of a client.
func TestLog_is_all_that_is_written(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writePair(t, dir, 1)
	w := stage.World(t, harness.Setup{})
	env := w.Env()
	maps.Copy(env, harness.Env{
		"LISTEN": "127.0.0.1:0", "TLS_CERT": filepath.Join(dir, "cert.pem"), "TLS_KEY": filepath.Join(dir, "key.pem"), "LOG_LEVEL": "debug",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_HEADERS": "hunter2", "OTEL_EXPORTER_OTLP_TIMEOUT": "100",
		"OTEL_TRACES_SAMPLER": "always_on", "OTEL_BSP_SCHEDULE_DELAY": "50",
	})
	server, err := harness.Serve(stage.Program, env)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Stop()) })
	addr := strings.TrimPrefix(server.URL, "http://")
	var clients []string
	for _, request := range []string{"", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"} {
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		clients = append(clients, conn.LocalAddr().String())
		_, err = conn.Write([]byte(request))
		require.NoError(t, err)
		require.NoError(t, conn.(*net.TCPConn).CloseWrite())
		_, err = io.Copy(io.Discard, conn)
		require.NoError(t, err)
		conn.Close()
	}
	harness.Eventually(t, "both are in the log", func() bool { return len(server.Records("a request went wrong")) == 2 })
	joinOverTLS(t, server, filepath.Join(dir, "cert.pem"))
	for _, told := range []string{"OpenTelemetry complains", "traces can't be delivered"} {
		_, err = server.Logged(told)
		require.NoError(t, err)
	}
	server.Terminate()
	require.Equal(t, 0, server.Wait(t, 15*time.Second))
	lines := server.Lines()
	require.NotEmpty(t, lines)
	for _, line := range lines {
		assert.True(t, json.Valid([]byte(line)), line)
		assert.NotContains(t, line, "hunter2", "a header for the collector is a password")
		for _, client := range clients {
			assert.NotContains(t, line, client)
		}
	}
}

// Everything that a token or a client tells of a person stays out of the log, at
// whatever level.
func TestLog_tells_nothing_personal(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"LOG_LEVEL": "debug", "ADMIN_LISTEN": "127.0.0.1:0", "EVENT_BUDGET": "40"}})
	user := harness.NewUser()
	claims, _ := harness.Profile(user)
	token := harness.Token(t, user, claims)
	secrets := []string{
		token, strings.Split(token, ".")[1], strings.Split(token, ".")[2], harness.Secret, harness.OldSecret, "the-internal-key",
		"Ada", "ada@example.test", "+200000000", "1990-01-01", "img.test", "hello", "a word in private", "203.0.113.77", "socket-agent",
	}
	headers := map[string]string{"X-Forwarded-For": "203.0.113.77", "User-Agent": "socket-agent", "Authorization": "Bearer " + token}
	r := w.Room(t)
	w.Laravel.SetRole(r.ID, user, "admin")
	a := w.Open(t, harness.Opening{User: user, Auth: P{"token": token}, Headers: headers}).Connected()
	a.Room = r.ID
	a.Emit("room:join", P{"roomId": r.ID})
	a.Do("seat:take", seat(1))
	a.Do("seat:lock", seat(2))
	a.Do("chat:message", P{"content": "a word in private"})
	a.Tell("chat:message", "a word in private")
	for range 50 {
		a.Tell("a word in private", P{"name": "Ada"})
	}
	for _, bad := range []string{
		token + "x", harness.Sign(t, jwt.SigningMethodHS256, claims, []byte("another secret of thirty-two bytes")),
		harness.Token(t, user, harness.Claims{"exp": time.Now().Add(-time.Hour).Unix(), "email": "ada@example.test"}),
	} {
		w.Open(t, harness.Opening{User: user, Auth: P{"token": bad}, Headers: headers}).ConnectError()
	}
	expiring := harness.Token(t, user, harness.Claims{"exp": time.Now().Add(2 * time.Second).Unix()})
	b := w.Open(t, harness.Opening{User: user, Auth: P{"token": expiring}}).Connected()
	b.Send(`42["seat:take",{"roomId":"a word in private"`) // cut short
	b.Disconnected()
	for _, envelope := range []string{
		`{"event":"user.updated","user_id":` + fmt.Sprint(user) + `,"payload":{"name":"Ada","email":"ada@example.test"}}`,
		`{"event":"room.member_blocked","user_id":"ada@example.test","room_id":"` + r.ID + `"}`, `Ada, ada@example.test`,
	} {
		w.Redis.Publish(t, "flylive:msab:events", envelope)
	}
	w.Laravel.Fail(standin.Status, standin.Fault{Status: http.StatusInternalServerError})
	r.Join()
	w.Server.Admin(t, "GET", "/rooms/"+r.ID, "")
	w.Server.Admin(t, "POST", "/rooms/"+r.ID+"/close", "")
	harness.Eventually(t, "the room's end is told", func() bool { return len(w.Server.Records("room closed")) == 1 })
	w.Laravel.Heal()
	w.Redis.Stop()
	w.Open(t, harness.Opening{User: user, Auth: P{"token": token}}).ConnectError() // the revocation can't be checked
	require.NoError(t, w.Redis.Start())
	a.Disconnect()
	w.Server.Terminate()
	w.Server.Wait(t, 15*time.Second)
	for _, secret := range secrets {
		assert.False(t, w.Server.Said(secret), "the log has %q", secret)
	}
	assert.NotEmpty(t, w.Server.Records("session closed"), "what was looked through is the log")
}

func TestLog_has_a_line_for_each_life_and_none_for_messages(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"ROOM_INACTIVITY_TIMEOUT": "100ms", "SEAT_GRACE": "0s"}})
	before := len(w.Server.Records("session closed"))
	r := w.Room(t)
	a := r.JoinOwner()
	for i := range 100 {
		a.Do([]string{"seat:lock", "seat:unlock"}[i%2], seat(1))
	}
	a.Disconnect()
	closed, err := w.Server.Logged("room closed")
	require.NoError(t, err)
	assert.Equal(t, r.ID, closed["room"])
	assert.Equal(t, "idle", closed["reason"])
	harness.Eventually(t, "the session's line", func() bool { return len(w.Server.Records("session closed")) == before+1 })
	line := w.Server.Records("session closed")[before]
	assert.Equal(t, float64(a.User), line["user"])
	assert.NotEmpty(t, line["reason"])
	_, err = time.ParseDuration(fmt.Sprint(line["lasted"]))
	require.NoError(t, err)
	assert.Less(t, strings.Count(w.Server.Log(), "\n"), 12, w.Server.Log())
}

// A reload that comes while a server starts, which here waits for its certificate,
// does not end it.
func TestLog_hang_up_while_the_server_starts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writePair(t, dir, 1)
	cert, pipe := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "pipe.pem")
	pem, err := os.ReadFile(cert)
	require.NoError(t, err)
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	command := exec.Command(stage.Program, "serve", "--dev", "--listen", "127.0.0.1:0", "--tls-cert", pipe, "--tls-key", filepath.Join(dir, "key.pem"))
	log, err := command.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	late := time.AfterFunc(20*time.Second, func() { command.Process.Kill() })
	defer late.Stop()
	into, err := os.OpenFile(pipe, os.O_WRONLY, 0) // as soon as it is read
	require.NoError(t, err)
	require.NoError(t, command.Process.Signal(syscall.SIGHUP))
	_, err = into.Write(pem)
	require.NoError(t, err)
	require.NoError(t, into.Close())
	lines := bufio.NewScanner(log)
	for lines.Scan() && !strings.Contains(lines.Text(), "msg=listening") {
	}
	assert.Contains(t, lines.Text(), "msg=listening", "it went on")
	require.NoError(t, command.Process.Signal(syscall.SIGTERM))
	io.Copy(io.Discard, log)
	assert.NoError(t, command.Wait(), "it ends with 0")
}

func TestLog_changes_its_level_while_the_server_runs(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.AdminEnv})
	r := w.Room(t)
	r.Join()
	w.Laravel.HearsCount(t, r.ID, 1)
	require.Empty(t, w.Server.Records("laravel was called"))
	calls := func() int { return len(w.Server.Records("laravel was called")) }
	switched := func(n int) {
		t.Helper()
		harness.Eventually(t, "the level is switched", func() bool { return len(w.Server.Records("log level switched")) == n })
	}
	w.Server.HangUp()
	switched(1)
	w.Room(t).Join()
	harness.Eventually(t, "calls are logged", func() bool { return calls() > 0 })
	w.Server.HangUp()
	switched(2)
	_, answer := w.Server.Admin(t, "GET", "/log-level", "")
	assert.Equal(t, P{"level": "info"}, answer)
	_, answer = w.Server.Admin(t, "PUT", "/log-level", "error")
	assert.Equal(t, P{"level": "error"}, answer)
	switched(3)
	text, err := json.Marshal(w.Server.Records("session closed"))
	require.NoError(t, err)
	w.Connect(t, harness.NewUser()).Disconnect()
	w.Server.Terminate()
	assert.Equal(t, 0, w.Server.Wait(t, 10*time.Second))
	after, err := json.Marshal(w.Server.Records("session closed"))
	require.NoError(t, err)
	assert.Equal(t, string(text), string(after), "errors alone are logged")
}
