package harness

import (
	"encoding/json"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/laravel/standin"
)

// Laravel is a scripted backend at an address of its own, at which it can come
// and go.
type Laravel struct {
	*standin.Backend
	addr   string
	server *http.Server
}

// NewLaravel makes a backend and, if it is to be up, starts it.
func NewLaravel(key string, up bool) (*Laravel, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	l := &Laravel{Backend: standin.New(key), addr: addr}
	if up {
		err = l.Start()
	}
	return l, err
}

// URL returns where the server is configured to find it.
func (l *Laravel) URL() string { return "http://" + l.addr }

// Start lets it answer at its address.
func (l *Laravel) Start() error {
	listener, err := net.Listen("tcp", l.addr)
	if err != nil {
		return err
	}
	l.server = &http.Server{Handler: l.Backend}
	go l.server.Serve(listener)
	return nil
}

// Close cuts off who is connected and refuses connections from now on.
func (l *Laravel) Close() {
	if l.server != nil {
		l.server.Close()
	}
}

// Reported returns the statuses of a room that were accepted, in order.
func (l *Laravel) Reported(t testing.TB, roomID string) []P {
	t.Helper()
	reported := []P{}
	for _, body := range l.Accepted(roomID) {
		var status P
		require.NoError(t, json.Unmarshal([]byte(body), &status), body)
		reported = append(reported, status)
	}
	return reported
}

// Hears waits until the newest accepted status of a room is as described and
// returns it.
func (l *Laravel) Hears(t testing.TB, roomID, what string, is func(P) bool) P {
	t.Helper()
	var last P
	ctx, cancel := background()
	defer cancel()
	err := l.Wait(ctx, func() bool {
		if all := l.Reported(t, roomID); len(all) > 0 {
			last = all[len(all)-1]
		}
		return last != nil && is(last)
	})
	require.NoError(t, err, "the backend waited in vain for: %s; last it heard %v", what, last)
	return last
}

// Awaits waits until what the backend has seen is as described.
func (l *Laravel) Awaits(t testing.TB, what string, is func() bool) {
	t.Helper()
	ctx, cancel := background()
	defer cancel()
	require.NoError(t, l.Wait(ctx, is), "the backend waited in vain for: %s", what)
}

// HearsCount waits until the backend has last heard of so many participants.
func (l *Laravel) HearsCount(t testing.TB, roomID string, count int) P {
	t.Helper()
	return l.Hears(t, roomID, "a number of participants", func(s P) bool {
		return s["participant_count"] == float64(count) && s["is_live"] == (count > 0)
	})
}

// HearsClose waits until the backend has last heard that the room is closed.
func (l *Laravel) HearsClose(t testing.TB, roomID string) P {
	t.Helper()
	return l.Hears(t, roomID, "the room's end", func(s P) bool { return s["ended_at"] != nil })
}
