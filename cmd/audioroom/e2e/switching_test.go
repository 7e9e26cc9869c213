package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestSwitchingRooms_HearsNothingOfTheOldOneOnceToldOfTheNew(t *testing.T) {
	t.Parallel()
	const rounds, noise = 150, 8
	w := shared(t)
	busy, calm := w.Room(t), w.Room(t)
	a, b := busy.Join(), busy.Join()
	s := calm.JoinAs(harness.NewUser())
	for range rounds {
		s.Emit("room:join", P{"roomId": busy.ID})
		var requests []harness.Request
		for i := range noise {
			if i == noise/2 {
				requests = append(requests, harness.Request{By: s, Event: "room:join", Payload: P{"roomId": calm.ID}})
			}
			requests = append(requests,
				harness.Request{By: a, Event: "seat:take", Payload: seat(i)}, harness.Request{By: b, Event: "seat:take", Payload: seat(i + noise)})
		}
		answers := harness.AtOnce(requests...)
		told := answers[noise].Wait()
		for _, answer := range answers {
			answer.Wait()
		}
		s.Emit("user:getRoom", P{"userId": 1})
		for _, heard := range s.Unheard() {
			require.Less(t, heard.N, told.N, "of the room left behind: %v", heard)
		}
	}
}
