package standin

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start returns a function that calls the backend over loopback and returns
// the answer's status, 0 for none, and body.
func start(t *testing.T, b *Backend) func(method, path, body string) (int, string) {
	t.Helper()
	server, err := b.Start()
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{}, Timeout: 5 * time.Second}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		require.NoError(t, server.Stop(ctx))
	})
	return func(method, path, body string) (int, string) {
		req, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("X-Internal-Key", "k")
		resp, err := client.Do(req)
		if err != nil {
			return 0, ""
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, strings.TrimSpace(string(answer))
	}
}

func TestBackend_Defaults(t *testing.T) {
	b := New("k")
	call := start(t, b)
	for _, tc := range []struct {
		method, path, body string
		status             int
		answer             string
	}{
		{"GET", "/internal/rooms/any", "", 200, `{"owner_id":1}`},
		{"GET", "/internal/rooms/any/members/2/role", "", 200, `{"role":"admin"}`},
		{"GET", "/internal/rooms/any/members/3/role", "", 200, `{"role":"admin"}`},
		{"GET", "/internal/rooms/any/members/4/role", "", 404, `{"message":"Not Found"}`},
		{"GET", "/internal/rooms/any/members/x/role", "", 404, `{"message":"Not Found"}`},
		{"POST", "/internal/rooms/any/status", `{"is_live":true,"participant_count":1}`, 200, `{"success":true}`},
		{"POST", "/internal/rooms/any/status", `{"is_live":true}`, 422, `{"message":"Unprocessable Entity"}`},
		{"GET", "/internal/rooms/any/status", "", 404, `{"message":"Not Found"}`},
		{"GET", "/internal/rooms/", "", 404, `{"message":"Not Found"}`},
		{"GET", "/", "", 404, `{"message":"Not Found"}`},
	} {
		status, answer := call(tc.method, tc.path, tc.body)
		require.Equal(t, tc.status, status, tc.path)
		require.Equal(t, tc.answer, answer, tc.path)
	}
	b.SetRoom("a/b", 7, 12)
	_, answer := call("GET", "/internal/rooms/a%2Fb", "")
	require.Equal(t, `{"max_seats":12,"owner_id":7}`, answer)
	b.RemoveRoom("gone")
	status, _ := call("POST", "/internal/rooms/gone/status", `{"is_live":true,"participant_count":1}`)
	require.Equal(t, 404, status)
}

func TestBackend_wantsItsKey(t *testing.T) {
	b := New("another")
	call := start(t, b)
	status, _ := call("GET", "/internal/rooms/1", "")
	require.Equal(t, 401, status)
	require.Equal(t, 401, b.Calls(Room)[0].Answer)
}

func TestBackend_Faults(t *testing.T) {
	b := New("k")
	call := start(t, b)
	b.Fail(Room, Fault{Times: 1, Status: 503})
	b.Fail(Room, Fault{Times: 1, Drop: true})
	b.Fail(Room, Fault{Times: 1, Body: "odd"})
	b.Fail(Room, Fault{Status: 500})
	var got []int
	for range 5 {
		status, _ := call("GET", "/internal/rooms/1", "")
		got = append(got, status)
	}
	// A dropped GET is sent again by net/http itself when its connection was
	// in use before.
	require.Contains(t, [][]int{{503, 0, 200, 500, 500}, {503, 200, 500, 500, 500}}, got)
	b.Heal()
	status, _ := call("GET", "/internal/rooms/1", "")
	require.Equal(t, 200, status)
}

func TestBackend_Hang(t *testing.T) {
	b := New("k")
	call := start(t, b)
	b.Fail(Status, Fault{Times: 1, Hang: true})
	answered := make(chan int)
	go func() {
		status, _ := call("POST", "/internal/rooms/1/status", `{"is_live":true,"participant_count":1}`)
		answered <- status
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	require.NoError(t, b.Wait(ctx, func() bool { return b.Flying(Status) == 1 }))
	b.Release()
	require.Equal(t, 200, <-answered)
	require.NoError(t, b.Wait(ctx, func() bool { return len(b.Accepted("1")) == 1 }))
}

func TestBackend_Wait_endsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, New("k").Wait(ctx, func() bool { return false }), context.Canceled)
}
