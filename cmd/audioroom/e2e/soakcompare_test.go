package e2e_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// probe asks a question whose answer tells whether a client is in the room of
// its picture. Everything that the room said before has been heard then.
func (k *soak) probe(c *soakClient) string {
	c.mu.Lock()
	there := c.room
	c.mu.Unlock()
	n := c.post(question{event: "seat:invite:decline", payload: P{"roomId": there, "seatIndex": 99}, probe: true})
	var because string
	harness.Eventually(k.t, "the answer to a probe", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		answer, came := c.probed[n]
		because = answer
		return came
	})
	return because
}

// compare fails unless a fresh joiner, every client, Redis and the backend tell
// the same of each room.
func (k *soak) compare() {
	in := map[int64]map[string]bool{} // user → the rooms that they are in
	for _, r := range k.rooms {
		fresh := k.w.Connect(k.t, harness.NewUser())
		fresh.Room = r.ID
		state := fresh.State(fresh.Ask("room:join", P{"roomId": r.ID}).Wait())
		want := newReplay(k.t, state)
		want.users[fresh.User] = true

		there := map[int64]bool{fresh.User: true}
		pictures := 0
		for _, c := range k.clients {
			if c.over || c.room != r.ID {
				continue
			}
			because := k.probe(c)
			if because == "Not in room" {
				continue // it was put out and not told
			}
			require.Equal(k.t, "No pending invite found", because)
			c.mu.Lock()
			got, tail := c.picture, c.tail[max(0, len(c.tail)-40):]
			story := fmt.Sprintf("user %d in %s; it saw:\n%q", c.user, r.ID, tail)
			require.Equal(k.t, want.seats, got.seats, "seats: %s", story)
			require.Equal(k.t, want.muted, got.muted, "mutes: %s", story)
			require.Equal(k.t, want.locked, got.locked, "locks: %s", story)
			require.Equal(k.t, want.users, got.users, "participants: %s", story)
			require.Empty(k.t, got.offered, "invites: %s", story)
			c.mu.Unlock()
			pictures++
			there[c.user] = true
			if in[c.user] == nil {
				in[c.user] = map[string]bool{}
			}
			in[c.user][r.ID] = true
		}
		require.Equal(k.t, there, want.users, "participants of %s: who is there, and who a fresh joiner is told is", r.ID)
		require.Len(k.t, there, state.ParticipantCount)
		fresh.Do("chat:message", P{"content": "still here"}) // the activity is kept for a while only
		r.SameInRedis(state)
		k.sameInSnapshot(r.ID, state, there)
		k.w.Laravel.HearsCount(k.t, r.ID, state.ParticipantCount)
		k.t.Logf("%s: %d participants, %d pictures, %d of %d seats taken, %d locked",
			r.ID, state.ParticipantCount, pictures, len(state.Seats), state.SeatCount, len(state.LockedSeats))
		fresh.Do("room:leave", P{})
		fresh.Disconnect()
	}
	for _, user := range k.people {
		at := k.w.Redis.Get(k.t, harness.UserKey(user))
		if len(in[user]) == 0 {
			assert.Empty(k.t, at, "user %d is in no room", user)
		} else {
			assert.Contains(k.t, in[user], at, "user %d is in these; %s", user, k.story(user))
		}
	}
}

// story tells what the clients of a user saw last.
func (k *soak) story(user int64) string {
	var b strings.Builder
	for _, c := range k.clients {
		if c.user == user {
			c.mu.Lock()
			fmt.Fprintf(&b, "a client of theirs in %q saw\n", c.room)
			for _, line := range c.tail {
				fmt.Fprintf(&b, "    %.300s\n", line)
			}
			c.mu.Unlock()
		}
	}
	return b.String()
}

// sameInSnapshot fails if what the server would restore tells something else.
func (k *soak) sameInSnapshot(roomID string, state harness.State, there map[int64]bool) {
	seen, found := k.w.Inspect(k.t, roomID)
	require.True(k.t, found)
	require.True(k.t, seen.Active)
	require.Equal(k.t, state.SeatCount, seen.Snapshot.SeatCount)
	require.Equal(k.t, strconv.Itoa(state.ParticipantCount), seen.Participants)
	require.Equal(k.t, state.ParticipantCount, seen.Snapshot.Participants)
	require.ElementsMatch(k.t, state.LockedSeats, seen.Snapshot.Locked)
	require.ElementsMatch(k.t, state.LockedSeats, seen.Locked)
	seats := []harness.Seat{}
	for _, s := range seen.Snapshot.Seats {
		seats = append(seats, harness.Seat{SeatIndex: s.Seat, UserID: s.User, IsMuted: s.Muted})
	}
	require.ElementsMatch(k.t, state.Seats, seats)
	require.ElementsMatch(k.t, slices.Collect(maps.Keys(there)), seen.Users)
}

// empty has everyone go, and fails unless every room ends and leaves nothing
// behind.
func (k *soak) empty() {
	for _, c := range k.clients {
		c.socket.Part()
	}
	for _, r := range k.rooms {
		k.w.Laravel.HearsClose(k.t, r.ID)
	}
	var left []string
	late := time.Now().Add(10 * time.Second)
	for {
		left = append(k.w.Redis.Keys(k.t, "room:*"), k.w.Redis.Keys(k.t, "user:*")...)
		left = append(left, k.w.Redis.Keys(k.t, "rooms:active")...)
		if len(left) == 0 || time.Now().After(late) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	require.Empty(k.t, left, "nothing of a room outlives it")
	require.NoError(k.t, k.w.Server.Trouble())
}
