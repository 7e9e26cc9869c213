package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// What Redis is told late it is told of several rooms at once.
func TestTwoSocketsInTwoRooms_WhileRedisIsAway(t *testing.T) {
	t.Parallel()
	const rounds, people = 4, 8
	w := stage.World(t, harness.Setup{Env: harness.Env{"COMMIT_TIMEOUT": "150ms"}})
	home := w.Room(t)
	goers := make([]*harness.Socket, people)
	for i := range goers {
		goers[i] = w.Connect(t, home.Join().User)
	}
	away := w.Room(t)
	for round := range rounds {
		if round%2 == 0 { // else it is open already
			away = w.Room(t)
			away.Join()
		}
		w.Redis.Stop()
		for _, event := range []string{"room:join", "room:leave"} {
			var requests []harness.Request
			for _, s := range goers {
				s.Room = away.ID
				requests = append(requests, harness.Request{By: s, Event: event, Payload: P{}})
			}
			for _, answer := range harness.AtOnce(requests...) {
				answer.Wait()
			}
		}
		require.NoError(t, w.Redis.Start())
		for _, s := range goers {
			harness.Eventually(t, "the user is in the room that they stayed in", func() bool { return home.RoomOf(s.User) == home.ID })
		}
		harness.Eventually(t, "both rooms are saved", func() bool { return w.Server.Metric(t, "audioroom_rooms_unsaved") == 0 })
		for _, s := range goers {
			harness.Eventually(t, "the user is still there", func() bool { return home.RoomOf(s.User) == home.ID })
		}
	}
}
