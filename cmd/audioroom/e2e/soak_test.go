package e2e_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// TestSoak lets people do everything at once for a while, with Redis going away
// in between, and then compares what everyone believes. It prints its seed; the
// same seed and sizes play the same orders. The full one takes ten minutes:
//
//	AUDIOROOM_SOAK_SOCKETS=300 AUDIOROOM_SOAK_ROOMS=10 AUDIOROOM_SOAK_DURATION=10m \
//	go test -race -timeout 20m -run '^TestSoak$' -v ./cmd/audioroom/e2e
//
// To see one again, add AUDIOROOM_SOAK_SEED=….
func TestSoak(t *testing.T) {
	t.Parallel()
	number := func(name string, usual int) int {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.Atoi(text)
			require.NoError(t, err, name)
			return n
		}
		return usual
	}
	seed := uint64(number("AUDIOROOM_SOAK_SEED", rand.IntN(1<<31)))
	sockets, rooms := number("AUDIOROOM_SOAK_SOCKETS", 60), number("AUDIOROOM_SOAK_ROOMS", 4)
	duration, restarts := 25*time.Second, 1
	if text := os.Getenv("AUDIOROOM_SOAK_DURATION"); text != "" {
		var err error
		duration, err = time.ParseDuration(text)
		require.NoError(t, err, "AUDIOROOM_SOAK_DURATION")
	}
	if duration > time.Minute {
		restarts = 2
	}
	t.Logf("AUDIOROOM_SOAK_SEED=%d AUDIOROOM_SOAK_SOCKETS=%d AUDIOROOM_SOAK_ROOMS=%d AUDIOROOM_SOAK_DURATION=%v",
		seed, sockets, rooms, duration)

	k := newSoak(t, seed, sockets, rooms)
	k.play(duration, restarts)
	k.rest()
	k.compare()
	k.empty()
}

// soak is one play. It belongs to its test's goroutine.
type soak struct {
	t       *testing.T
	w       *harness.World
	rng     *rand.Rand
	rooms   []*harness.Room
	clients []*soakClient
	people  []int64
	outages [][2]time.Time
	did     map[string]int
	// published are the last envelopes, for repeating them.
	published []string
	blocked   map[[2]int64]bool // room's number and user
}

func newSoak(t *testing.T, seed uint64, sockets, rooms int) *soak {
	k := &soak{t: t, rng: rand.New(rand.NewPCG(seed, 0)), did: map[string]int{}, blocked: map[[2]int64]bool{}}
	k.w = crowded(t).World(t, harness.Setup{Env: harness.Env{
		"SEAT_GRACE": "2s", "INVITE_TTL": "2s", "ROOM_INACTIVITY_TIMEOUT": "4s", "STATUS_WINDOW": "500ms",
	}})
	for range max(sockets*4/5, 1) { // so that some have several sockets
		k.people = append(k.people, harness.NewUser())
	}
	for i := range rooms {
		r := k.w.Room(t)
		r.Owner = k.people[i%len(k.people)]
		k.w.Laravel.SetRoom(r.ID, r.Owner, 0)
		for j, user := range k.people {
			if j%5 == 4 {
				k.w.Laravel.SetRole(r.ID, user, "admin")
			}
		}
		k.rooms = append(k.rooms, r)
	}
	for i := range sockets {
		c := &soakClient{t: t, user: k.people[i%len(k.people)], refused: map[string]int{}, probed: map[int]string{}}
		c.open(k.w)
		k.clients = append(k.clients, c)
	}
	return k
}

// pace is the time between two orders.
const pace = 7 * time.Millisecond

// play has everyone act for the time, with Redis restarted so many times.
func (k *soak) play(duration time.Duration, restarts int) {
	steps := int(duration / pace)
	down, up := map[int]bool{}, map[int]bool{}
	for i := range restarts {
		at := steps * (i + 1) / (restarts + 1)
		down[at], up[at+int(1500*time.Millisecond/pace)] = true, true
	}
	begun := time.Now()
	for step := range steps {
		time.Sleep(time.Until(begun.Add(time.Duration(step) * pace)))
		switch {
		case down[step]:
			k.outages = append(k.outages, [2]time.Time{time.Now()})
			k.w.Redis.Stop()
		case up[step]:
			require.NoError(k.t, k.w.Redis.Start())
			k.outages[len(k.outages)-1][1] = time.Now()
		}
		var draw [4]int // the same number for every step, so that the seed tells all
		for i := range draw {
			draw[i] = k.rng.IntN(1 << 30)
		}
		k.step(draw)
		if step%500 == 0 {
			k.healthy()
		}
	}
	k.t.Logf("played for %v: %v", time.Since(begun).Round(time.Second), k.did)
}

// healthy fails if a client saw what can't be.
func (k *soak) healthy() {
	k.t.Helper()
	for _, c := range k.clients {
		c.mu.Lock()
		faults := c.faults
		c.mu.Unlock()
		if len(faults) > 0 {
			k.t.Fatalf("a client was told what does not fit:\n%s", faults[0])
		}
	}
	require.NoError(k.t, k.w.Server.Trouble())
}

// rest waits until nothing is under way any more: everything is answered, no
// seat is held, no invite stands, nobody is blocked.
func (k *soak) rest() {
	for which := range k.blocked {
		k.publish(harness.Envelope("room.user_unblocked", P{"room_id": k.rooms[which[0]].ID, "user_id": which[1]}))
	}
	for _, c := range k.clients {
		answered := func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return len(c.asked) == 0 && (c.online || c.over)
		}
		for late := time.Now().Add(20 * time.Second); !answered(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(late) {
				c.mu.Lock()
				k.t.Fatalf("user %d got no answer to %v; it saw:\n%s", c.user, c.asked, strings.Join(c.tail[max(0, len(c.tail)-40):], "\n"))
			}
		}
	}
	for _, r := range k.rooms {
		harness.Eventually(k.t, "no seat is held and no invite stands", func() bool {
			seen, there := k.w.Inspect(k.t, r.ID)
			return !there || len(seen.Snapshot.Invites) == 0 && !slices.ContainsFunc(seen.Snapshot.Seats, func(s harness.InspectedSeat) bool {
				return s.HeldUntil != 0
			})
		})
	}
	k.healthy()
	refusals := map[string]int{}
	for _, c := range k.clients {
		for text, n := range c.refused {
			refusals[text] += n
		}
	}
	k.t.Logf("refused: %v; Redis was away %v", refusals, k.outages)
}

func (k *soak) publish(envelope P) {
	text, err := json.Marshal(envelope)
	require.NoError(k.t, err)
	k.announce(string(text))
}

// announce publishes; while Redis is away that is lost, as it is for the backend.
func (k *soak) announce(text string) {
	if err := k.w.Redis.Announce(harness.Channel, text); err != nil {
		k.did["not published"]++
	}
}
