package e2e_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// A snapshot that can't be read costs its room, and nothing else; one of an older
// version costs nothing.
func TestRestore_UnreadableAndOlderSnapshots(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"SEAT_GRACE": "30m"}})
	w.Crash(t)
	user := harness.NewUser()
	names := []string{"sound", "older", "torn", "newer", "nonsense"}
	all, key := map[string]*furnished{}, func(f *furnished, of string) string { return "room:" + f.id + ":" + of }
	var rooms []*furnished
	for i, name := range names {
		f := furnish(i+3, user) // so that some are muted, and have locks
		f.id = name + "-" + f.id
		all[name] = f
		rooms = append(rooms, f)
	}
	moveIn(t, w, rooms)
	changed := func(name string, change func(text string) string) {
		t.Helper()
		was := w.Redis.Get(t, key(all[name], "snapshot"))
		now := change(was)
		require.NotEqual(t, was, now)
		w.Redis.Set(t, key(all[name], "snapshot"), now)
	}
	version := func(v int, rest string) func(string) string {
		return func(text string) string {
			_, tail, _ := strings.Cut(text, ",")
			return strings.Replace(`{"version":`+strconv.Itoa(v)+`,`+tail, `,"told_live":true`, rest, 1)
		}
	}
	changed("older", version(1, ""))
	changed("torn", func(text string) string { return text[:len(text)/2] })
	changed("newer", version(99, ""))
	changed("nonsense", func(text string) string { return strings.Replace(text, `"seat":`, `"seat":1000`, 1) })
	asItWas := map[string]string{}
	for _, name := range names[2:] {
		asItWas[name] = w.Redis.Get(t, key(all[name], "snapshot"))
	}

	w.Restart(t, nil)
	assert.EqualValues(t, 3, w.Server.Metric(t, "audioroom_rooms_quarantined_total"))
	s := newSitter(t, w, user)
	wrong := make(chan string, 10)
	for _, name := range names[:2] {
		s.visit(t, all[name], wrong)
	}
	close(wrong)
	for text := range wrong {
		t.Error(text)
	}
	reported := map[any]map[string]any{}
	for _, record := range w.Server.Records("room is put aside") {
		reported[record["room"]] = record
	}
	for _, name := range names[2:] {
		f := all[name]
		w.Laravel.HearsClose(t, f.id)
		kept := w.Redis.Fields(t, key(f, "quarantine"))
		assert.Equal(t, asItWas[name], kept["snapshot"], "as it was")
		at, err := strconv.ParseInt(kept["at"], 10, 64)
		require.NoError(t, err)
		assert.WithinDuration(t, time.Now(), time.UnixMilli(at), time.Minute)
		assert.Contains(t, kept["reason"], "unreadable snapshot")
		assert.Equal(t, "ERROR", reported[f.id]["level"], "it is reported")
		assert.Equal(t, kept["reason"], reported[f.id]["reason"])
		assert.Equal(t, []string{key(f, "quarantine")}, w.Redis.Keys(t, key(f, "*")), "nothing else is left")
		_, listed := w.Redis.ActiveAt(t, f.id)
		assert.False(t, listed)

		c := w.Connect(t, harness.NewUser()) // the next room of that name is a fresh one
		state := c.State(c.Ask("room:join", P{"roomId": f.id}).Wait())
		assert.Equal(t, harness.State{
			RoomID: f.id, Participants: []P{}, Seats: []harness.Seat{}, LockedSeats: []int{}, SeatCount: 15, ParticipantCount: 1,
		}, state)
	}
	assert.Equal(t, asItWas["torn"], w.Redis.Fields(t, key(all["torn"], "quarantine"))["snapshot"], "a new room leaves it alone")

	w.Crash(t)
	w.Restart(t, nil)
	assert.Zero(t, w.Server.Metric(t, "audioroom_rooms_quarantined_total"), "what was put aside is not looked at again")
}
