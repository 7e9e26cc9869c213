package e2e_test

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

var screenshots = flag.String("screenshots", "", "folder to keep pictures of the page in")

// browser returns the path of a Chromium.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("the tests of the page need Chromium: run .ci/setup")
	return ""
}

// node runs something of the client's folder to its end and returns what it
// said.
func node(t *testing.T, env []string, args ...string) (out string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Dir = "client"
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = 5 * time.Second
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// development is a server in development mode.
func development(t *testing.T) *harness.Server {
	t.Helper()
	server, err := harness.Serve(stage.Program, harness.Env{"LOG_FORMAT": "json"}, "--dev", "--listen", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Stop()) })
	require.NoError(t, server.Ready())
	return server
}

// TestPage looks at the page as people do, in browsers; client/page has the
// tests.
func TestPage(t *testing.T) {
	t.Parallel()
	env := []string{"PAGE_URL=" + development(t).URL, "PAGE_BROWSER=" + browser(t)}
	args := []string{"--test", "page/room.test.mjs"}
	if *screenshots != "" {
		folder, err := filepath.Abs(*screenshots)
		require.NoError(t, err)
		env = append(env, "PAGE_SCREENSHOTS="+folder)
		args = append(args, "page/screenshots.test.mjs")
	}
	out, err := node(t, env, args...)
	require.NoError(t, err, "%s", out)
}

// fetch asks a server for something and returns the answer and its body.
func fetch(t *testing.T, method, url string, body string, header http.Header) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header = header
	if host := header.Get("Host"); host != "" {
		r.Host = host
	}
	answer, err := (&http.Client{Timeout: 5 * time.Second}).Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(text)
}

func TestPage_mints_tokens_for_itself_alone(t *testing.T) {
	t.Parallel()
	w := &harness.World{Stage: stage, Server: development(t)}
	url := w.Server.URL
	minted := func(header http.Header) (int, string) {
		header.Set("Content-Type", "application/json")
		answer, body := fetch(t, "POST", url+"/page/api/token", `{"user":1,"name":"Olivia"}`, header)
		return answer.StatusCode, body
	}
	status, body := minted(http.Header{"Origin": {url}})
	require.Equal(t, http.StatusOK, status)
	var answer struct{ Token string }
	require.NoError(t, json.Unmarshal([]byte(body), &answer))

	s := w.Open(t, harness.Opening{Auth: P{"token": answer.Token}, Headers: map[string]string{"Origin": url}}).Connected()
	s.Room = "of-the-page"
	s.Emit("room:join", P{"roomId": s.Room})
	s.Do("seat:lock", seat(0)) // user 1 is the owner

	for what, header := range map[string]http.Header{
		"another page":        {"Origin": {"http://evil.example"}},
		"no page":             {},
		"a name that rebinds": {"Host": {"evil.example"}, "Origin": {"http://evil.example"}},
	} {
		status, body := minted(header)
		assert.Equal(t, http.StatusForbidden, status, what)
		assert.NotContains(t, body, "eyJ", what)
	}
	assert.Equal(t, "Origin not allowed", w.Open(t, harness.Opening{
		Auth: P{"token": answer.Token}, Headers: map[string]string{"Origin": "http://evil.example"},
	}).ConnectError())
}

func TestPage_for_the_operator(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"ADMIN_LISTEN": "127.0.0.1:0"}})
	record, err := w.Server.Logged("admin API")
	require.NoError(t, err)
	url := "http://" + record["addr"].(string)

	answer, body := fetch(t, "GET", url+"/", "", http.Header{"Accept": {"text/html,*/*"}})
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Contains(t, body, "<title>audioroom</title>")
	_, body = fetch(t, "GET", url+"/", "", http.Header{})
	assert.Contains(t, body, "GET /rooms/{id}", "programs get the index of the API")
	_, body = fetch(t, "GET", url+"/page/api/config", "", http.Header{})
	assert.Contains(t, body, `"mints":false`)
	answer, _ = fetch(t, "POST", url+"/page/api/token", `{"user":1,"name":"Eve"}`, http.Header{"Origin": {url}, "Content-Type": {"application/json"}})
	assert.NotEqual(t, http.StatusOK, answer.StatusCode)
	answer, _ = fetch(t, "GET", w.Server.URL+"/", "", http.Header{"Accept": {"text/html"}})
	assert.Equal(t, http.StatusNotFound, answer.StatusCode, "the public listener has no page")

	r := w.Room(t)
	out, err := node(t, []string{
		"PAGE_URL=" + url, "PAGE_BROWSER=" + browser(t), "PAGE_ROOM=" + r.ID, "PAGE_TOKEN=" + harness.Token(t, r.Owner, nil),
	}, "--test", "page/operator.test.mjs")
	require.NoError(t, err, "%s", out)

	r = w.Room(t)
	owner := r.JoinOwner()
	owner.Do("seat:take", seat(3))
	side := &harness.World{Stage: stage, Server: &harness.Server{URL: url}}
	s := side.Open(t, harness.Opening{User: harness.NewUser(), Headers: map[string]string{"Origin": url}}).Connected()
	r.Enter(s)
	_, body = fetch(t, "GET", url+"/page/api/rooms", "", http.Header{})
	assert.Contains(t, body, `"id":"`+r.ID+`","participants":2,"seatCount":15,"taken":1`)
	owner.Cut()
	s.Expect("seat:cleared", seat(3))
	_, body = fetch(t, "GET", url+"/page/api/room?id="+r.ID, "", http.Header{})
	assert.Regexp(t, `"seatIndex":3,"userId":\d+,"isMuted":false,"heldUntil":[1-9]`, body)
	assert.Equal(t, "Origin not allowed", side.Open(t, harness.Opening{
		User: harness.NewUser(), Headers: map[string]string{"Origin": "http://evil.example"},
	}).ConnectError())
}

// The overview is made of the metrics that the server exports.
func TestPage_knows_the_metrics(t *testing.T) {
	t.Parallel()
	_, metrics := fetch(t, "GET", shared(t).Server.URL+"/metrics", "", http.Header{})
	source, err := os.ReadFile("../page/assets/overview.js")
	require.NoError(t, err)
	names := regexp.MustCompile(`audioroom_\w+`).FindAllString(string(source), -1)
	require.Greater(t, len(names), 8)
	for _, name := range names {
		assert.Regexp(t, `(?m)^`+name+`(_bucket)?[ {]`, metrics)
	}
}
