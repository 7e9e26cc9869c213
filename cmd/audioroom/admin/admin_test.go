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
	level    slog.LevelVar
}

var _ admin.Program = (*double)(nil)

func (d *double) Rooms(context.Context) ([]actors.View, int) {
	return []actors.View{{ID: "b", Phase: "serving"}, {ID: "a/1", Phase: "serving", Sessions: 3, Participants: 2}}, 3
}

func (d *double) Room(_ context.Context, id string) (actors.View, bool, error) {
	switch id {
	case "a/1":
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

func (d *double) Level() *slog.LevelVar { return &d.level }

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
	require.Equal(t, slog.LevelDebug, d.level.Level())
	for _, bad := range []string{"", "loud", strings.Repeat("x", 100)} {
		status, _ = ask(t, h, "PUT", "/log-level", bad)
		require.Equal(t, http.StatusBadRequest, status, bad)
	}
	require.Equal(t, slog.LevelDebug, d.level.Level())
}

func TestHandler_is_not_for_pages_in_a_browser(t *testing.T) {
	d := new(double)
	h := admin.New(d)
	for name, alter := range map[string]func(*http.Request){
		"a page's request":      func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
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
	for _, host := range []string{"localhost:3031", "[::1]:3031", "127.0.0.1"} {
		r := httptest.NewRequest("GET", "/debug/pprof/goroutine?debug=1", nil)
		r.Host = host
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
	room, err = admin.FetchRoom(t.Context(), addr, "nowhere")
	require.NoError(t, err)
	require.Nil(t, room)
	_, err = admin.FetchRoom(t.Context(), addr, "stuck")
	require.ErrorContains(t, err, "does not answer")
}
