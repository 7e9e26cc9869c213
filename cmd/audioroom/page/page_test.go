package page_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/page"
)

// storeOf is a store that holds these snapshots, the longest inactive first.
type storeOf struct {
	ids       []string
	snapshots map[string]string
	asked     int
	err       error
}

func (s *storeOf) Active(context.Context) ([]string, error) {
	s.asked++
	return s.ids, s.err
}

func (s *storeOf) Snapshot(_ context.Context, id string) ([]byte, error) {
	if text, found := s.snapshots[id]; found {
		return []byte(text), s.err
	}
	return nil, s.err
}

// minting is the configuration of development mode.
func minting(s *storeOf) page.Config {
	return page.Config{
		Store: s, SeatGrace: 45 * time.Second, InviteTTL: 30 * time.Second,
		Mint:   func(user int64, name string) (string, error) { return "token of " + name, nil },
		People: []page.Person{{ID: 1, Name: "Olivia", Rank: "owner"}},
	}
}

const here = "127.0.0.1:3030"

// ask asks a handler as a browser on this machine would.
func ask(h http.Handler, method, path, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://"+here+path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:50000"
	if method == http.MethodPost {
		r.Header.Set("Origin", "http://"+here)
		r.Header.Set("Content-Type", "application/json")
	}
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func get(h http.Handler, path string) *httptest.ResponseRecorder { return ask(h, "GET", path, "", nil) }

func TestHandler_serves_the_page_under_a_strict_policy(t *testing.T) {
	h := page.New(minting(&storeOf{}))
	for path, contentType := range map[string]string{
		"/": "text/html; charset=utf-8", "/page/app.js": "text/javascript; charset=utf-8", "/page/base.css": "text/css; charset=utf-8",
		"/page/icons.svg": "image/svg+xml", "/page/client/asyncapi.json": "application/json", "/page/client/events.d.ts": "text/plain; charset=utf-8",
	} {
		w := get(h, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Equal(t, contentType, w.Header().Get("Content-Type"), path)
		policy := w.Header().Get("Content-Security-Policy")
		for _, part := range []string{
			"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self' ws://" + here + " wss://" + here,
			"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
		} {
			require.Contains(t, strings.Split(policy, "; "), part)
		}
		require.NotContains(t, policy, "unsafe")
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))

		again := ask(h, "GET", path, "", func(r *http.Request) { r.Header.Set("If-None-Match", w.Header().Get("ETag")) })
		require.Equal(t, http.StatusNotModified, again.Code, path)
	}
	for _, path := range []string{"/page/", "/page/assets/app.js", "/page/../page.go", "/page/page_test.go", "/elsewhere"} {
		require.NotEqual(t, http.StatusOK, get(h, path).Code, path)
	}
	require.Equal(t, http.StatusMethodNotAllowed, ask(h, "POST", "/", "", nil).Code)
}

func TestHandler_answers_this_machine_only(t *testing.T) {
	h := page.New(minting(&storeOf{}))
	for what, change := range map[string]func(*http.Request){
		"another machine":            func(r *http.Request) { r.RemoteAddr = "192.0.2.1:50000" },
		"a name that was rebound":    func(r *http.Request) { r.Host = "evil.example:3030" },
		"a name that looks the part": func(r *http.Request) { r.Host = "127.0.0.1.evil.example" },
		"localhost of somebody":      func(r *http.Request) { r.Host = "localhost.evil.example:3030" },
		"no host":                    func(r *http.Request) { r.Host = "" },
		"no peer":                    func(r *http.Request) { r.RemoteAddr = "" },
	} {
		for _, path := range []string{"/", "/page/app.js", "/page/api/config", "/page/api/rooms", "/page/api/room?id=42"} {
			require.Equal(t, http.StatusForbidden, ask(h, "GET", path, "", change).Code, "%s: %s", what, path)
		}
		w := ask(h, "POST", "/page/api/token", `{"user":1,"name":"Eve"}`, func(r *http.Request) {
			change(r)
			r.Header.Set("Origin", "http://"+r.Host)
		})
		require.Equal(t, http.StatusForbidden, w.Code, what)
		require.NotContains(t, w.Body.String(), "token of", what)
	}
	for _, host := range []string{"localhost:3030", "LOCALHOST", "[::1]:3030", "[::1]", "127.0.0.1", "127.1.2.3:80"} {
		require.Equal(t, http.StatusOK, ask(h, "GET", "/", "", func(r *http.Request) { r.Host = host }).Code, host)
	}
	require.Equal(t, http.StatusOK, ask(h, "GET", "/", "", func(r *http.Request) { r.RemoteAddr = "[::1]:50000" }).Code)
}

func TestToken(t *testing.T) {
	h := page.New(minting(&storeOf{}))
	w := ask(h, "POST", "/page/api/token", `{"user":7,"name":" Ada "}`, nil)
	require.Equal(t, http.StatusOK, w.Code)
	require.JSONEq(t, `{"token":"token of Ada"}`, w.Body.String())
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))

	for what, c := range map[string]struct {
		body   string
		change func(*http.Request)
		want   int
	}{
		"another page":                {`{"user":7,"name":"Ada"}`, func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, http.StatusForbidden},
		"another port":                {`{"user":7,"name":"Ada"}`, func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8080") }, http.StatusForbidden},
		"a sandboxed page":            {`{"user":7,"name":"Ada"}`, func(r *http.Request) { r.Header.Set("Origin", "null") }, http.StatusForbidden},
		"no origin":                   {`{"user":7,"name":"Ada"}`, func(r *http.Request) { r.Header.Del("Origin") }, http.StatusForbidden},
		"a form":                      {`user=7&name=Ada`, func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, http.StatusUnsupportedMediaType},
		"text, as a form could send":  {`{"user":7,"name":"Ada"}`, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, http.StatusUnsupportedMediaType},
		"no JSON":                     {`{`, nil, http.StatusBadRequest},
		"user 0":                      {`{"user":0,"name":"Ada"}`, nil, http.StatusBadRequest},
		"a user that JavaScript lost": {`{"user":9007199254740992,"name":"Ada"}`, nil, http.StatusBadRequest},
		"a user that is no number":    {`{"user":"7","name":"Ada"}`, nil, http.StatusBadRequest},
		"no name":                     {`{"user":7,"name":"  "}`, nil, http.StatusBadRequest},
		"a long name":                 {`{"user":7,"name":"` + strings.Repeat("é", 65) + `"}`, nil, http.StatusBadRequest},
		"a name that controls":        {`{"user":7,"name":"A\u0007da"}`, nil, http.StatusBadRequest},
		"more than anybody needs":     {`{"user":7,"name":"Ada","more":"` + strings.Repeat("x", 5000) + `"}`, nil, http.StatusBadRequest},
	} {
		w := ask(h, "POST", "/page/api/token", c.body, c.change)
		require.Equal(t, c.want, w.Code, what)
		require.NotContains(t, w.Body.String(), "token of", what)
	}
}

func TestToken_is_not_minted_outside_development(t *testing.T) {
	h := page.New(page.Config{Store: &storeOf{}})
	require.NotEqual(t, http.StatusOK, ask(h, "POST", "/page/api/token", `{"user":1,"name":"Eve"}`, nil).Code)
	require.JSONEq(t, `{"mints":false,"people":null,"seatGrace":0,"inviteTTL":0}`, get(h, "/page/api/config").Body.String())
}

const snapshot = `{"version":1,"epoch":1,"revision":9,"id":"42","created_at":5,"activity":1000,"owner":1,"seat_count":5,"participants":3,
	"seats":[{"seat":0,"user":7},{"seat":2,"user":8,"muted":true,"held_until":2000}],"locked":[4],"invites":[{"seat":3,"user":9,"by":1,"until":3000}]}`

func TestRooms(t *testing.T) {
	s := &storeOf{ids: []string{"gone", "broken", "42"}, snapshots: map[string]string{"42": snapshot, "broken": "{"}}
	h := page.New(minting(s))
	var list struct {
		Now   int64            `json:"now"`
		Total int              `json:"total"`
		Rooms []map[string]any `json:"rooms"`
	}
	w := get(h, "/page/api/rooms")
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
	require.InDelta(t, time.Now().UnixMilli(), list.Now, 5000)
	require.Equal(t, 1, list.Total)
	require.Equal(t, []map[string]any{{
		"id": "42", "participants": 3.0, "seatCount": 5.0, "taken": 1.0, "held": 1.0, "locked": 1.0, "invites": 1.0, "activity": 1000.0, "createdAt": 5.0,
	}}, list.Rooms)

	require.Equal(t, w.Body.String(), get(h, "/page/api/rooms").Body.String())
	require.Equal(t, 1, s.asked, "many pages ask as often as one")

	require.Equal(t, http.StatusServiceUnavailable, get(page.New(minting(&storeOf{err: errors.New("away")})), "/page/api/rooms").Code)
}

func TestRooms_lists_the_latest_hundred(t *testing.T) {
	s := &storeOf{snapshots: map[string]string{}}
	for i := range 150 {
		id := string(rune('a'+i/26)) + string(rune('a'+i%26))
		s.ids = append(s.ids, id)
		s.snapshots[id] = strings.Replace(snapshot, `"id":"42"`, `"id":"`+id+`"`, 1)
	}
	var list struct {
		Total int                   `json:"total"`
		Rooms []struct{ ID string } `json:"rooms"`
	}
	require.NoError(t, json.Unmarshal(get(page.New(minting(s)), "/page/api/rooms").Body.Bytes(), &list))
	require.Equal(t, 150, list.Total)
	require.Len(t, list.Rooms, 100)
	require.Equal(t, s.ids[149], list.Rooms[0].ID)
	require.Equal(t, s.ids[50], list.Rooms[99].ID)
}

func TestRoom(t *testing.T) {
	h := page.New(minting(&storeOf{snapshots: map[string]string{"a b/42": snapshot}}))
	var got struct {
		Now  int64           `json:"now"`
		Room json.RawMessage `json:"room"`
	}
	require.NoError(t, json.Unmarshal(get(h, "/page/api/room?id=a+b%2F42").Body.Bytes(), &got))
	require.JSONEq(t, `{"id":"42","owner":1,"participants":3,"seatCount":5,
		"seats":[{"seatIndex":0,"userId":7,"isMuted":false,"heldUntil":0},{"seatIndex":2,"userId":8,"isMuted":true,"heldUntil":2000}],
		"lockedSeats":[4],"invites":[{"seatIndex":3,"userId":9,"invitedById":1,"expiresAt":3000}]}`, string(got.Room))

	w := get(h, "/page/api/room?id=nobody")
	require.Equal(t, http.StatusOK, w.Code)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Equal(t, "null", string(got.Room))

	require.Equal(t, http.StatusServiceUnavailable, get(page.New(minting(&storeOf{err: errors.New("away")})), "/page/api/room?id=42").Code)
}

func TestAdmit_lets_the_page_itself_through(t *testing.T) {
	var origin string
	h := page.Admit(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { origin = r.Header.Get("Origin") }))
	for given, want := range map[string]string{
		"http://" + here: "", "http://evil.example": "http://evil.example", "http://127.0.0.1:8080": "http://127.0.0.1:8080", "null": "null",
	} {
		ask(h, "GET", "/socket.io/", "", func(r *http.Request) { r.Header.Set("Origin", given) })
		require.Equal(t, want, origin)
	}
	ask(h, "GET", "/socket.io/", "", func(r *http.Request) { r.Host = "evil.example"; r.Header.Set("Origin", "http://evil.example") })
	require.Equal(t, "http://evil.example", origin, "a name that was rebound")
}

// The page never takes text for HTML or code, and loads nothing from elsewhere.
func TestAssets_leave_no_way_in(t *testing.T) {
	ways := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|\beval\b|new Function|createContextualFragment|DOMParser|javascript:|setHTML`)
	inline := regexp.MustCompile(`(?i)<script(?:>|[^>]*>[^<])|<style|\sstyle=|\son[a-z]+=`)
	elsewhere := regexp.MustCompile(`(?i)(?:src|href|url|import|from|fetch)\W{0,3}["'(]\s*(?:https?:)?//`)
	count := 0
	require.NoError(t, fs.WalkDir(os.DirFS("assets"), ".", func(name string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if entry.IsDir() {
			return nil
		}
		count++
		content, err := os.ReadFile("assets/" + name)
		require.NoError(t, err)
		text := string(content)
		assert.Empty(t, ways.FindString(text), name)
		assert.Empty(t, elsewhere.FindString(text), name)
		if strings.HasSuffix(name, ".html") || strings.HasSuffix(name, ".svg") {
			assert.Empty(t, inline.FindString(text), name)
		}
		return nil
	}))
	require.Greater(t, count, 20)
}

// All that a page or a module refers to is there.
func TestAssets_are_complete(t *testing.T) {
	h := page.New(minting(&storeOf{}))
	body, err := io.ReadAll(get(h, "/").Body)
	require.NoError(t, err)
	for _, reference := range regexp.MustCompile(`(?:src|href)="(/page/[^"#]+)`).FindAllStringSubmatch(string(body), -1) {
		require.Equal(t, http.StatusOK, get(h, reference[1]).Code, reference[1])
	}
	files, err := fs.Glob(os.DirFS("assets"), "*.js")
	require.NoError(t, err)
	icons, err := os.ReadFile("assets/icons.svg")
	require.NoError(t, err)
	for _, name := range files {
		text, err := os.ReadFile("assets/" + name)
		require.NoError(t, err)
		for _, imported := range regexp.MustCompile(`from "\./([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
			require.Contains(t, files, imported[1], name)
		}
		for _, icon := range regexp.MustCompile(`icon(?:: |\()"([a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
			require.Contains(t, string(icons), `id="`+icon[1]+`"`, name)
		}
	}
}
