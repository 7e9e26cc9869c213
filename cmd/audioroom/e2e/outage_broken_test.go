package e2e_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	snapshots "audioroom/actors/room"
	"audioroom/cmd/audioroom/e2e/harness"
)

// frail is a room whose every n-th request panics, in a world of its own.
func frail(t *testing.T, n int) (*harness.World, *harness.Room) {
	t.Helper()
	w := fragile(t).World(t, harness.Setup{Env: failing("frail-", n)})
	r := w.Room(t)
	r.ID = "frail-" + r.ID
	w.Laravel.SetRoom(r.ID, r.Owner, 0)
	return w, r
}

// panicked returns how many panics the server survived.
func panicked(t *testing.T, w *harness.World) int {
	t.Helper()
	return int(w.Server.Metric(t, `audioroom_panics_total{where="room"}`))
}

func TestOutage_Panic(t *testing.T) {
	t.Parallel()

	in(t, "costs its own request alone, of all that are queued", func(t *testing.T) {
		w, r := frail(t, 23)
		owner := w.Connect(t, r.Owner)
		owner.Emit("room:join", P{"roomId": r.ID, "seatCount": 100})
		owner.Room = r.ID
		r.With(owner)
		b := r.Join()
		var locks, heard []int
		refused := 0
		for from := 0; from < 80; from += 8 { // in small lots: what is applied again counts again
			var requests []harness.Request
			for i := range 8 {
				requests = append(requests, harness.Request{By: owner, Event: "seat:lock", Payload: seat(from + i)})
			}
			for i, answer := range harness.AtOnce(requests...) {
				if answer.Succeeded() {
					locks = append(locks, from+i)
					continue
				}
				assert.Equal(t, P{"success": false, "error": "INTERNAL_ERROR"}, answer.Value())
				refused++
			}
		}
		assert.GreaterOrEqual(t, refused, 3)
		owner.Unheard()
		for range locks {
			e := b.Next()
			assert.Equal(t, "seat:locked", e.Event)
			heard = append(heard, int(e.Args[0].(P)["seatIndex"].(float64)))
		}
		assert.Equal(t, locks, heard, "the others hear of what succeeded, in order")
		assert.Equal(t, refused, panicked(t, w), "each panic answers one request")
		kept := w.Redis.Kept(t, r.ID).Locked
		slices.Sort(kept)
		assert.Equal(t, locks, kept)
		assert.Zero(t, w.Server.Metric(t, "audioroom_rooms_quarantined_total"))
	})

	in(t, "is not felt in other rooms, nor by who is in this one", func(t *testing.T) {
		w := fragile(t).World(t, harness.Setup{Env: failing("crowd-0", 80)})
		k := newCrowd(t, w, 2*roomOf)
		for _, m := range k.members[1:roomOf] {
			m.round = memberRound[:4] // they stay
		}
		k.act(6*time.Second, 500*time.Millisecond)
		k.rest()
		refused := 0
		for _, m := range k.members {
			require.Empty(t, m.disconnected)
			for _, text := range m.refused {
				require.Contains(t, text, "INTERNAL_ERROR", "user %d: %v", m.user, m.refused)
				require.Zero(t, m.room, "only there")
				refused++
			}
		}
		assert.NotZero(t, refused)
		assert.Equal(t, panicked(t, w), refused, "each panic answers one request")
		for _, record := range w.Server.Records("room panicked") {
			assert.Equal(t, "crowd-0", record["room"])
			assert.Contains(t, record["stack"], "goroutine ")
		}
		k.kept()
	})

	in(t, "again and again puts the room aside", func(t *testing.T) {
		w, r := frail(t, 3)
		other := w.Room(t)
		elsewhere := other.Join()
		owner, guest := w.Connect(t, r.Owner), w.Connect(t, harness.NewUser())
		for i, s := range []*harness.Socket{owner, guest} {
			s.Emit("room:join", P{"roomId": r.ID, "seatCount": 50 - i})
			s.Room = r.ID
		}
		harness.Eventually(t, "a seat is locked", func() bool { return owner.Ask("seat:lock", P{"roomId": r.ID, "seatIndex": 48}).Succeeded() })
		locks := []int{48}
		var requests []harness.Request
		for i := range 45 {
			requests = append(requests, harness.Request{By: owner, Event: "seat:lock", Payload: seat(i)})
		}
		answers := map[string]int{}
		for i, answer := range harness.AtOnce(requests...) {
			value := answer.Value().(P)
			answers[fmt.Sprint(value["error"])]++
			if value["success"] == true {
				locks = append(locks, i)
			}
		}
		assert.Equal(t, len(requests), answers["<nil>"]+answers["INTERNAL_ERROR"]+answers["Not in room"], "each is answered")
		assert.NotZero(t, answers["Not in room"], "those that came after the end")
		for _, s := range []*harness.Socket{owner, guest} {
			var closed harness.Seen
			for closed.Event != "room:closed" {
				closed = s.Next()
			}
			payload := closed.Args[0].(P)
			assert.Equal(t, P{"roomId": r.ID, "reason": "internal_error", "timestamp": payload["timestamp"]}, payload)
			s.Quiet()
			s.Refused("seat:take", seat(49), "Not in room")
		}
		assert.EqualValues(t, 1, w.Server.Metric(t, "audioroom_rooms_quarantined_total"))
		w.Laravel.HearsClose(t, r.ID)
		kept := w.Redis.Fields(t, "room:"+r.ID+":quarantine")
		assert.Contains(t, kept["reason"], "keeps panicking")
		at, err := strconv.ParseInt(kept["at"], 10, 64)
		require.NoError(t, err)
		assert.WithinDuration(t, time.Now(), time.UnixMilli(at), time.Minute)
		snapshot, err := snapshots.Decode([]byte(kept["snapshot"]))
		require.NoError(t, err)
		assert.Subset(t, snapshot.Locked, locks, "with all that was answered")
		assert.Equal(t, []string{"room:" + r.ID + ":quarantine"}, r.InRedis())

		elsewhere.Do("seat:take", seat(1))
		assert.Len(t, other.Settled().Seats, 1)
		c := w.Connect(t, harness.NewUser()) // who comes now opens a fresh room
		harness.Eventually(t, "the room opens", func() bool {
			answer, _ := c.Emit("room:join", P{"roomId": r.ID}).(P)
			return answer["error"] == nil && assert.Equal(t, 15.0, answer["seatCount"])
		})
	})
}
