package wsconn

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestSession_a_journey_through_rooms_is_answered_as_if_it_had_no_haste sends
// events without waiting for any answer, while joins are let in late, and
// expects what a client would hear that waits each time.
func TestSession_a_journey_through_rooms_is_answered_as_if_it_had_no_haste(t *testing.T) {
	w := newWorld(t, Config{})
	journeys := 0
	whole := t
	rapid.Check(t, func(t *rapid.T) {
		journeys++
		ada := w.connect(whole, journeys)
		defer ada.close()
		var model journey
		var want []string
		w.desk.keep()
		kept := 0
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			roomID := fmt.Sprintf("%s-%d", rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "room"), journeys)
			seat := rapid.IntRange(0, 2).Draw(t, "seat")
			switch event := rapid.SampledFrom([]string{"room:join", "room:leave", "seat:take", "seat:leave", "let in"}).Draw(t, "event"); event {
			case "let in":
				if kept > 0 {
					w.desk.letIn(1)
					kept--
				}
			default:
				if event == "room:join" {
					kept++
				}
				want = append(want, ada.emit(event, atSeat(roomID, seat))+model.after(event, roomID, seat))
			}
		}
		w.desk.letIn(-1)
		got := make([]string, 0, len(want))
		for range want {
			got = append(got, ackOnly(t, ada.next()))
		}
		require.ElementsMatch(t, want, got)
	})
}

// journey is what a client should know of itself.
type journey struct {
	roomID string
	seat   int // one more than the index, 0 for none
}

// after returns how the answer to an event looks, as ackOnly writes it.
func (j *journey) after(event, roomID string, seat int) string {
	switch {
	case event == "room:join":
		if j.roomID != roomID {
			*j = journey{roomID: roomID}
		}
		return fmt.Sprintf("%s %d", roomID, j.seat)
	case event == "room:leave":
		if j.roomID == roomID {
			*j = journey{}
		}
		return done
	case j.roomID != roomID:
		return refused("Not in room")
	case event == "seat:take":
		j.seat = seat + 1
		return done
	case j.seat == 0:
		return refused("You are not seated")
	}
	j.seat = 0
	return done
}

// ackOnly returns the number and the body of an ack; of the state of a room
// just its id and the seat of who asked.
func ackOnly(t *rapid.T, frame string) string {
	require.True(t, strings.HasPrefix(frame, "43"), frame)
	number, body, _ := strings.Cut(strings.TrimSuffix(frame, "]"), "[")
	var state struct {
		RoomID string
		Seats  []struct{ SeatIndex int }
	}
	require.NoError(t, json.Unmarshal([]byte(body), &state))
	if state.RoomID == "" {
		return number + body
	}
	seat := 0
	for _, s := range state.Seats {
		seat = s.SeatIndex + 1
	}
	return number + state.RoomID + " " + strconv.Itoa(seat)
}
