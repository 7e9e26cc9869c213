package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestEventsChannel(t *testing.T) {
	t.Parallel()

	level := func(t *testing.T) string {
		t.Helper()
		return string(mustJSON(t, harness.Envelope("room.level_up", P{"payload": P{"level": 1}})))
	}

	in(t, "can be off", func(t *testing.T) {
		w := stage.World(t, harness.Setup{Env: harness.Env{"EVENTS_CHANNEL": "off"}})
		a := w.Room(t).Join()
		assert.Zero(t, w.Redis.Publish(t, harness.Channel, level(t)), "nobody listens")
		assert.Zero(t, w.Redis.Publish(t, "off", level(t)), "nobody listens")
		a.Quiet()
	})

	in(t, "can be renamed", func(t *testing.T) {
		w := stage.World(t, harness.Setup{Env: harness.Env{"EVENTS_CHANNEL": "other:events"}})
		a := w.Room(t).Join()
		harness.Eventually(t, "the server listens", func() bool { return w.Redis.Publish(t, "other:events", level(t)) == 1 })
		a.Expect("room.level_up", P{"level": 1})
		assert.Zero(t, w.Redis.Publish(t, harness.Channel, level(t)), "nobody listens to the usual one")
		a.Quiet()
	})

	in(t, "carries on after garbage", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		c := castOf(t, w)
		id := string(mustJSON(t, c.ID))
		for _, garbage := range []string{
			"", " ", "x", "null", "[]", "{}", "42", `"room.force_close"`, "{", "\x00\xff\xfe", strings.Repeat("[", 100_000), strings.Repeat("x", 1<<20),
			`{"event":null}`, `{"event":""}`, `{"event":7}`, `{"event":["room.force_close"]}`, `{"event":{}}`,
			`{"event":"room.force_close"}`, `{"event":"room.force_close","room_id":null}`, `{"event":"room.force_close","room_id":{}}`,
			`{"event":"room.force_close","room_id":["x"]}`, `{"event":"room.force_close","room_id":"` + strings.Repeat("x", 1000) + `"}`,
			`{"event":"room.member_kicked","room_id":` + id + `}`, `{"event":"room.member_kicked","room_id":` + id + `,"user_id":-1}`,
			`{"event":"room.member_kicked","room_id":` + id + `,"user_id":"x"}`, `{"event":"room.member_kicked","room_id":` + id + `,"user_id":1.5}`,
			`{"event":"room.member_kicked","room_id":` + id + `,"user_id":99999999999999999999}`,
			`{"event":"room.member_blocked","room_id":` + id + `,"payload":"x"}`, `{"event":"room.member_blocked","room_id":` + id + `,"payload":[]}`,
			`{"event":"room.updated","room_id":` + id + `}`, `{"event":"room.updated","room_id":` + id + `,"payload":7}`,
			`{"event":"room.updated","room_id":` + id + `,"payload":{"max_seats":0}}`,
			`{"event":"room.updated","room_id":` + id + `,"payload":{"max_seats":-5}}`,
			`{"event":"room.updated","room_id":` + id + `,"payload":{"max_seats":101}}`,
			`{"event":"room.updated","room_id":` + id + `,"payload":{"max_seats":1e99}}`,
			`{"event":"room.updated","room_id":` + id + `,"payload":{"max_seats":"many"}}`,
			`{"event":"auth.force_disconnect"}`, `{"event":"auth.revoke_tokens","user_id":0}`, `{"event":"auth.revoke_tokens","timestamp":"soon"}`,
		} {
			harness.Eventually(t, "the server listens", func() bool { return w.Redis.Publish(t, harness.Channel, garbage) == 1 })
		}
		w.Publish(t, harness.Envelope("room.level_up", P{"room_id": c.ID, "payload": P{"last": true}}))
		for _, s := range c.Others(nil) {
			for heard := s.Next(); ; heard = s.Next() { // of some it is told, as they are
				if p, ok := heard.Args[0].(P); ok && p["last"] == true {
					break
				}
				assert.Contains(t, []string{"room.member_kicked", "room.member_blocked"}, heard.Event)
			}
		}
		state := c.Settled()
		assert.Equal(t, 5, state.ParticipantCount)
		assert.Equal(t, 15, state.SeatCount)
	})

	in(t, "is listened to again after Redis was away", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		c := castOf(t, w)
		c.Heeded()
		for range 2 {
			w.Redis.Stop()
			c.sit(c.any, 3)
			if err := w.Redis.Start(); err != nil {
				t.Fatal(err)
			}
			c.Tells("room.member_kicked", c.any.User, P{})
			c.Without(c.any)
			hear(c.Others(nil), says{"seat:cleared", seat(3)}, says{"room:userLeft", on(c.any.User)})
			c.any.Expect("room.member_kicked", P{})
			c.Enter(c.any)
		}
		harness.Eventually(t, "the room is saved", func() bool { return w.Server.Metric(t, "audioroom_rooms_unsaved") == 0 })
		c.Settled()
	})
}

// Ids may be strings, and times may be seconds or text.
func TestEventsChannel_Spellings(t *testing.T) {
	t.Parallel()
	w := shared(t)
	c := castOf(t, w)
	for i, timestamp := range []any{1_900_000_000, 1_900_000_001_000, "2031-01-01T00:00:00Z", nil} {
		over := P{"room_id": c.ID, "user_id": json.Number(mustJSON(t, c.any.User)).String(), "timestamp": timestamp, "payload": P{"i": i}}
		w.Publish(t, harness.Envelope("room.member_kicked", over))
		c.Without(c.any)
		hear(c.Others(nil), says{"room:userLeft", on(c.any.User)})
		c.any.Expect("room.member_kicked", P{"i": i})
		c.Enter(c.any)
	}
	c.Settled()
}
