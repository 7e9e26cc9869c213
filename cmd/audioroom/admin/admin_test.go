package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors"
	"audioroom/cmd/audioroom/admin"
)

// double is a program with two rooms, of which one is stuck.
type double struct {
	closed   []string
	draining bool
	stopping bool
	level    slog.Level
}

var _ admin.Program = (*double)(nil)

func (d *double) Rooms(context.Context) ([]actors.View, int) {
	return []actors.View{{ID: "b", Phase: "serving"}, {ID: "a/1", Phase: "serving", Sessions: 3, Participants: 2}}, 3
}

func (d *double) Room(_ context.Context, id string) (actors.View, bool, error) {
	switch id {
	case "a/1", ".", "..", "...":
		return actors.View{ID: id, Phase: "serving", Snapshot: []byte(`{"seat_count":15}`)}, true, nil
	case "stuck":
		return actors.View{}, false, errors.New("deadline exceeded")
	}
	return actors.View{}, false, nil
}

func (d *double) CloseRoom(id string) { d.closed = append(d.closed, id) }

func (d *double) Drain(on bool) bool {
	if !d.stopping {
		d.draining = on
	}
	return !d.stopping
}

func (d *double) State() admin.State {
	return admin.State{Draining: d.draining, Stopping: d.stopping, Connections: 7}
}

func (d *double) Level() slog.Level { return d.level }

func (d *double) SetLevel(level slog.Level) { d.level = level }

// ask calls the API as a program on this machine would.
func ask(t *testing.T, h http.Handler, method, path, body string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:3031"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var answer map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer), w.Body.String())
	return w.Code, answer
}

func TestHandler_shows_and_closes_rooms(t *testing.T) {
	d := new(double)
	h := admin.New(d)
	status, answer := ask(t, h, "GET", "/rooms", "")
	require.Equal(t, http.StatusOK, status)
	require.EqualValues(t, 3, answer["total"])
	rooms := answer["rooms"].([]any)
	require.Len(t, rooms, 2)
	require.Equal(t, "a/1", rooms[0].(map[string]any)["id"], "in order")
	require.EqualValues(t, 3, rooms[0].(map[string]any)["connections"])
	require.NotContains(t, rooms[0], "state")

	status, answer = ask(t, h, "GET", "/rooms/a%2F1", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, map[string]any{"seat_count": 15.0}, answer["state"])

	for path, want := range map[string]int{"/rooms/c": http.StatusNotFound, "/rooms/stuck": http.StatusGatewayTimeout} {
		status, answer = ask(t, h, "GET", path, "")
		require.Equal(t, want, status)
		require.NotEmpty(t, answer["error"])
		status, _ = ask(t, h, "POST", path+"/close", "")
		require.Equal(t, want, status)
	}
	require.Empty(t, d.closed)
	status, _ = ask(t, h, "POST", "/rooms/a%2F1/close", "")
	require.Equal(t, http.StatusAccepted, status)
	require.Equal(t, []string{"a/1"}, d.closed)
}

func TestHandler_drains_and_sets_the_level(t *testing.T) {
	d := new(double)
	h := admin.New(d)
	for path, draining := range map[string]bool{"/drain": true, "/undrain": false} {
		status, answer := ask(t, h, "POST", path, "")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, draining, answer["draining"])
		require.EqualValues(t, 7, answer["connections"])
	}
	d.stopping = true
	status, _ := ask(t, h, "POST", "/undrain", "")
	require.Equal(t, http.StatusConflict, status)

	status, answer := ask(t, h, "PUT", "/log-level", "debug\n")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "debug", answer["level"])
	require.Equal(t, slog.LevelDebug, d.level)
	for _, bad := range []string{"", "loud", strings.Repeat("x", 100)} {
		status, _ = ask(t, h, "PUT", "/log-level", bad)
		require.Equal(t, http.StatusBadRequest, status, bad)
	}
	require.Equal(t, slog.LevelDebug, d.level)
}

func TestHandler_is_not_for_pages_in_a_browser(t *testing.T) {
	d := new(double)
	h := admin.New(d)
	for name, alter := range map[string]func(*http.Request){
		"a page's request":      func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"a neighbour's":         func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"a form's":              func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a name that resolves":  func(r *http.Request) { r.Host = "evil.example:3031" },
		"another machine's":     func(r *http.Request) { r.Host = "10.0.0.1:3031" },
		"an origin of its own":  func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:3031") },
		"a loopback look-alike": func(r *http.Request) { r.Host = "127.0.0.1.evil.example" },
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/rooms/a%2F1/close", nil)
			r.Host = "127.0.0.1:3031"
			alter(r)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, http.StatusForbidden, w.Code)
		})
	}
	require.Empty(t, d.closed)
	for host, site := range map[string]string{"localhost:3031": "none", "[::1]:3031": "same-origin", "127.0.0.1": ""} {
		r := httptest.NewRequest("GET", "/debug/pprof/goroutine?debug=1", nil)
		r.Host = host
		r.Header.Set("Sec-Fetch-Site", site)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, http.StatusOK, w.Code, host)
		require.Contains(t, w.Body.String(), "goroutine profile")
	}
}

func TestFetchRoom(t *testing.T) {
	server := httptest.NewServer(admin.New(new(double)))
	t.Cleanup(server.Close)
	addr := strings.TrimPrefix(server.URL, "http://")
	room, err := admin.FetchRoom(t.Context(), addr, "a/1")
	require.NoError(t, err)
	require.JSONEq(t, `{"seat_count":15}`, string(room.State))
	for _, id := range []string{".", "..", "..."} { // none is another path
		room, err = admin.FetchRoom(t.Context(), addr, id)
		require.NoError(t, err)
		require.NotNil(t, room, id)
		require.Equal(t, id, room.ID)
	}
	room, err = admin.FetchRoom(t.Context(), addr, "nowhere")
	require.NoError(t, err)
	require.Nil(t, room)
	_, err = admin.FetchRoom(t.Context(), addr, "stuck")
	require.ErrorContains(t, err, "does not answer")
}

func TestHandler_takes_no_profile_over_more_than_a_minute(t *testing.T) {
	h := admin.New(new(double))
	for _, path := range []string{"profile?seconds=61", "trace?seconds=1e9", "trace?seconds=NaN", "heap?seconds=3600"} {
		status, answer := ask(t, h, "GET", "/debug/pprof/"+path, "")
		require.Equal(t, http.StatusBadRequest, status, path)
		require.Equal(t, "seconds may be 60 at most", answer["error"])
	}
	r := httptest.NewRequest("GET", "/debug/pprof/trace?seconds=0.01", nil)
	r.Host = "localhost"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code)
	require.NotZero(t, w.Body.Len())
}

func TestGuard_is_for_requests_to_this_machine(t *testing.T) {
	h := admin.Guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for host, want := range map[string]int{
		"127.0.0.1:3031": http.StatusTeapot, "localhost": http.StatusTeapot, "evil.example:3031": http.StatusForbidden, "": http.StatusForbidden,
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.Host = host
		r.Header.Set("Origin", "http://"+host) // what is behind decides on that
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, want, w.Code, host)
	}
}
