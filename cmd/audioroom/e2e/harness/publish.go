package harness

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Channel is where the backend publishes unless a test renames it.
const Channel = "flylive:msab:events"

// Envelope returns an event of the backend as it publishes it now, with a
// correlation id of its own. What is in over is put over that; a user or room
// that it doesn't name is null.
func Envelope(event string, over P) P {
	envelope := P{
		"event": event, "user_id": nil, "room_id": nil, "payload": P{},
		"timestamp": time.Now().UnixMilli(), "correlation_id": "c-" + NewID(8),
	}
	maps.Copy(envelope, over)
	return envelope
}

// Publish publishes an envelope as soon as the server listens to its channel.
func (w *World) Publish(t testing.TB, envelope P) {
	t.Helper()
	text, err := json.Marshal(envelope)
	require.NoError(t, err)
	Eventually(t, "the server listens to its channel", func() bool { return w.Redis.Publish(t, Channel, string(text)) == 1 })
}

// Tells publishes an event about a user in this room; 0 for none.
func (r *Room) Tells(event string, user int64, payload P) {
	r.t.Helper()
	over := P{"room_id": r.ID, "payload": payload}
	if user != 0 {
		over["user_id"] = user
	}
	r.world.Publish(r.t, Envelope(event, over))
}

// Heeded waits until the server has dealt with everything that was published so
// far about the room, in which somebody must be: what the backend says later
// comes later.
func (r *Room) Heeded() {
	r.t.Helper()
	payload := P{"marker": NewID(8)}
	r.world.Publish(r.t, Envelope("room.level_up", P{"room_id": r.ID, "payload": payload}))
	for _, s := range r.sockets {
		s.Expect("room.level_up", payload)
	}
}
