package e2e_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

// noRoomIDs are what no room id may be.
var noRoomIDs = []any{
	nil, 42, true, []string{"x"}, P{"id": "x"}, "", strings.Repeat("x", 129), strings.Repeat("غ", 65), "a\x00b", "a\nb", "a\x1fb", "a\x7fb",
}

// noSeats are what no seat index may be.
var noSeats = []any{nil, "3", true, []int{3}, P{}, -1, 100, 1.5, 1e20}

// noUsers are what no user id may be.
var noUsers = []any{nil, "7", true, []int{7}, P{}, 0, -1, 1.5, 1e20}

func TestPayload(t *testing.T) {
	t.Parallel()

	events := map[string]P{
		"seat:take": seat(0), "seat:leave": {}, "seat:lock": seat(0), "seat:unlock": seat(0),
		"seat:assign": at(7, 0), "seat:remove": on(7), "seat:mute": on(7), "seat:unmute": on(7), "seat:invite": at(7, 0),
		"seat:invite:accept": {}, "seat:invite:decline": {}, "chat:message": {"content": "x"},
	}
	for event, good := range events {
		in(t, "of "+event+" is refused unless it is one good object", func(t *testing.T) {
			r := room(t)
			a := r.JoinOwner()
			a.Do("seat:take", seat(7))
			refused := func(args ...any) {
				t.Helper()
				assert.Equal(t, P{"success": false, "error": "INVALID_PAYLOAD"}, a.Emit(event, args...), "%v", args)
			}
			with := func(name string, value any) P {
				p := P{"roomId": r.ID}
				maps.Copy(p, good)
				p[name] = value
				return p
			}
			refused()
			for _, arg := range []any{nil, "text", 42, true, []any{with("x", 1)}, []any{}, P{}} {
				refused(arg)
			}
			refused(good) // no room id
			for _, id := range noRoomIDs {
				refused(with("roomId", id))
			}
			if good["seatIndex"] != nil {
				refused(P{"roomId": r.ID}) // no seat
				for _, index := range noSeats {
					refused(with("seatIndex", index))
				}
			}
			if good["userId"] != nil {
				nobody := with("userId", nil)
				delete(nobody, "userId")
				refused(nobody)
				for _, user := range noUsers {
					refused(with("userId", user))
				}
			}
			if strings.HasPrefix(event, "seat:invite:") { // here it may be left out
				for _, index := range noSeats {
					refused(with("seatIndex", index))
				}
			}
			assert.Equal(t, []harness.Seat{{SeatIndex: 7, UserID: a.User}}, r.Settled().Seats)
		})
	}

	in(t, "of room:join is refused unless it is one good object", func(t *testing.T) {
		w := shared(t)
		a := w.Connect(t, harness.NewUser())
		refused := func(args ...any) {
			t.Helper()
			assert.Equal(t, P{"error": "INVALID_PAYLOAD"}, a.Emit("room:join", args...), "%v", args)
		}
		refused()
		for _, arg := range []any{nil, "text", 42, true, []any{P{"roomId": "x"}}, P{}, P{"seatCount": 3}} {
			refused(arg)
		}
		for _, id := range noRoomIDs {
			refused(P{"roomId": id})
		}
		id := "room-" + harness.NewID(1)
		for _, count := range []any{"5", true, []int{5}, 0, -1, 101, 1.5, 1e20} {
			refused(P{"roomId": id, "seatCount": count})
		}
		for _, owner := range []any{"7", true, []int{7}, 1.5} {
			refused(P{"roomId": id, "ownerId": owner})
		}
		assert.Equal(t, P{"roomId": nil}, a.Emit("user:getRoom", P{"userId": a.User}))
		assert.Empty(t, w.Redis.Keys(t, "room:"+id+":*"))
	})

	in(t, "may have unknown fields", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Do("seat:take", P{"seatIndex": 3, "userId": b.User, "isMuted": true, "constructor": P{"x": 1}, "deep": []any{P{"x": []any{}}}})
		b.Expect("seat:updated", updated(3, a.User))
		r.Settled()
	})

	in(t, "that is bad does nothing without an ack either", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Tell("seat:take", P{"roomId": r.ID, "seatIndex": 100})
		a.Tell("seat:take")
		a.Tell("room:join", P{"roomId": ""})
		assert.Empty(t, r.Settled().Seats)
		b.Quiet()
	})
}

func TestUnknownEvent(t *testing.T) {
	t.Parallel()

	in(t, "is refused if an ack was asked for", func(t *testing.T) {
		a := room(t).Join()
		unknown := P{"success": false, "error": "UNKNOWN_EVENT"}
		for _, event := range []string{"seat:fly", "", "room:userLeft", "Room:Join", "seat:unlocked", strings.Repeat("x", 1000)} {
			assert.Equal(t, unknown, a.Emit(event, P{}), event)
		}
	})

	in(t, "is ignored otherwise", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a.Tell("seat:fly", P{"roomId": r.ID})
		a.Tell("room:userLeft", P{"userId": b.User})
		r.Settled()
	})
}
