package e2e_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// Many rooms come back at the start, and the first to join each of them finds it
// as it was. The full size:
//
//	AUDIOROOM_PLAIN=1 AUDIOROOM_RESTORE_ROOMS=10000 \
//	go test -timeout 10m -run '^TestRestore_ManyRooms$' -v ./cmd/audioroom/e2e
func TestRestore_ManyRooms(t *testing.T) {
	t.Parallel()
	rooms, clients := number(t, "AUDIOROOM_RESTORE_ROOMS", 2000), 40
	w := measured(t).World(t, harness.Setup{Env: harness.Env{"SEAT_GRACE": "30m"}})
	empty, _ := w.Server.Memory(t)
	w.Crash(t)
	first := harness.NewUser()
	for range clients {
		harness.NewUser()
	}
	all := make([]*furnished, rooms)
	for i := range all {
		all[i] = furnish(i, first+int64(i%clients))
	}
	moveIn(t, w, all)

	begin := time.Now()
	w.Rise(t, nil)
	refusals := 0
	for w.Server.Status("/readyz") != http.StatusOK {
		require.Less(t, time.Since(begin), time.Minute)
		refusals++
		time.Sleep(10 * time.Millisecond)
	}
	took := time.Since(begin)
	assert.EqualValues(t, rooms, w.Server.Metric(t, "audioroom_rooms"), "ready means that all rooms are back")
	require.NotZero(t, refusals, "it is not ready sooner")
	_, err := w.Server.Logged("rooms restored")
	require.NoError(t, err)
	restored := w.Server.Records("rooms restored")
	require.Len(t, restored, 1)
	assert.EqualValues(t, rooms, restored[0]["rooms"])
	full, most := w.Server.Memory(t)

	begin = time.Now()
	var sitters sync.WaitGroup
	wrong := make(chan string, rooms)
	for i := range clients {
		s := newSitter(t, w, first+int64(i))
		sitters.Go(func() {
			for at := i; at < rooms; at += clients {
				s.visit(t, all[at], wrong)
			}
		})
	}
	sitters.Wait()
	close(wrong)
	for text := range wrong {
		t.Error(text)
	}
	t.Logf("%d rooms: ready %v after the start of the process, of which the rooms took %v; memory %d MB with them, %d MB at most, %d MB without any; "+
		"the first joins of all of them by %d clients took %v",
		rooms, took.Round(time.Millisecond), time.Duration(restored[0]["took"].(float64)), full>>20, most>>20, empty>>20,
		clients, time.Since(begin).Round(time.Millisecond))
}

// sitter is a client who goes from room to room, where seats are held for them.
type sitter struct {
	user   int64
	socket *harness.Socket
	acks   chan []any
}

func newSitter(t *testing.T, w *harness.World, user int64) *sitter {
	t.Helper()
	s := &sitter{user: user, acks: make(chan []any, 1)}
	connected := make(chan struct{})
	s.socket = w.Open(t, harness.Opening{User: user, Follow: func(seen harness.Seen) {
		switch seen.Saw {
		case "connect":
			close(connected)
		case "ack":
			s.acks <- seen.Args
		}
	}})
	<-connected
	return s
}

// visit joins a room as the first, and tries every kind of seat.
func (s *sitter) visit(t *testing.T, f *furnished, wrong chan<- string) {
	ask := func(event string, p P, want any) {
		p["roomId"] = f.id
		s.socket.Post(event, p)
		select {
		case got := <-s.acks:
			if have, want := harness.Plain(t, got), harness.Plain(t, []any{want}); !assert.ObjectsAreEqual(want, have) {
				wrong <- fmt.Sprintf("room %s: %s %v: %v in place of %v", f.id, event, p, have, want)
			}
		case <-time.After(20 * time.Second):
			wrong <- fmt.Sprintf("room %s: no answer to %s", f.id, event)
		}
	}
	refused := func(because string) P { return P{"success": false, "error": because} }
	ask("room:join", P{}, f.state())
	held := refused("Seat is already taken")
	held["occupant"] = nil
	ask("seat:take", seat(f.second), held)
	if len(f.locked) > 0 {
		ask("seat:take", seat(f.locked[0]), refused("Seat is locked"))
	}
}
