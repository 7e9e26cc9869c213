package wsconn

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/wsconn/transport"

	"github.com/stretchr/testify/require"
)

const adasProfile = `{"id":7,"name":"Ada","signature":null,"avatar":null,"frame":null,"gender":null,"country":null,"wealth_xp":null,"charm_xp":null,"isSpeaker":null}`

func wireOf(frame actors.Frame) string { return string(frame.(transport.Frame).Payload()) }

func TestEncode(t *testing.T) {
	for what, c := range map[string]struct {
		event room.Event
		want  string
	}{
		"seat:updated":        {room.Event{Kind: room.SeatUpdated, Seat: 3, User: 7}, `42["seat:updated",{"seatIndex":3,"userId":7,"isMuted":false}]`},
		"seat:updated, muted": {room.Event{Kind: room.SeatUpdated, Seat: 0, User: maxUserID, Muted: true}, `42["seat:updated",{"seatIndex":0,"userId":9007199254740991,"isMuted":true}]`},
		"seat:cleared":        {room.Event{Kind: room.SeatCleared, Seat: 99, User: 7}, `42["seat:cleared",{"seatIndex":99}]`},
		"seat:locked":         {room.Event{Kind: room.SeatLocked, Seat: 4, Locked: true}, `42["seat:locked",{"seatIndex":4,"isLocked":true}]`},
		"seat:locked, open":   {room.Event{Kind: room.SeatLocked, Seat: 4}, `42["seat:locked",{"seatIndex":4,"isLocked":false}]`},
		"room:userJoined": {room.Event{Kind: room.UserJoined, User: 7, Profile: []byte(adasProfile), Except: 1},
			`42["room:userJoined",{"userId":7,"user":` + adasProfile + `}]`},
		"room:userLeft": {room.Event{Kind: room.UserLeft, User: 7}, `42["room:userLeft",{"userId":7}]`},
		"room:closed, idle": {room.Event{Kind: room.Closed, Reason: room.CloseIdle, At: 1767225600000},
			`42["room:closed",{"roomId":"a \"room\" غرفة","reason":"auto_close","timestamp":1767225600000}]`},
	} {
		t.Run(what, func(t *testing.T) {
			before := c.event
			require.Equal(t, c.want, wireOf(Encode(`a "room" غرفة`, &c.event)))
			require.Equal(t, before, c.event)
		})
	}
}

// Every event that members hear has a name of the contract and one object.
func TestEncode_names_every_kind(t *testing.T) {
	for kind := room.SeatUpdated; kind < room.SessionJoined; kind++ {
		got := wireOf(Encode("42", &room.Event{Kind: kind, Reason: room.CloseIdle, Profile: []byte(`{}`)}))
		var event []any
		require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(got, "42")), &event))
		require.Len(t, event, 2)
		require.Regexp(t, `^(seat|room|chat|user):[a-zA-Z:]+$`, event[0])
		require.IsType(t, map[string]any{}, event[1])
	}
}

func TestEncode_takes_profiles_of_any_size(t *testing.T) {
	profile := `{"id":7,"name":"` + strings.Repeat("a", 1<<16) + `"}`
	got := wireOf(Encode("42", &room.Event{Kind: room.UserJoined, User: 7, Profile: []byte(profile)}))
	require.Equal(t, `42["room:userJoined",{"userId":7,"user":`+profile+`}]`, got)
}

func TestAppendReply(t *testing.T) {
	join, take := &room.Join{}, &room.TakeSeat{}
	for what, c := range map[string]struct {
		command room.Command
		reply   room.Reply
		want    string
	}{
		"done": {take, room.Reply{}, `{"success":true}`},
		"an empty room": {join, room.Reply{State: &room.State{SeatCount: 15, ParticipantCount: 1}},
			`{"roomId":"a\"b","participants":[],"seats":[],"lockedSeats":[],"seatCount":15,"participantCount":1}`},
		"a full room": {join, room.Reply{State: &room.State{
			Participants: [][]byte{[]byte(`{"id":1}`), []byte(`{"id":2}`)},
			Seats:        []room.SeatState{{Seat: 0, User: 1}, {Seat: 9, User: 2, Muted: true}},
			Locked:       []int{3, 14}, SeatCount: 100, ParticipantCount: 501,
		}}, `{"roomId":"a\"b","participants":[{"id":1},{"id":2}],"seats":[{"seatIndex":0,"userId":1,"isMuted":false},{"seatIndex":9,"userId":2,"isMuted":true}],` +
			`"lockedSeats":[3,14],"seatCount":100,"participantCount":501}`},
		"a refused join":            {join, room.Reply{Err: room.ErrInternal}, `{"error":"INTERNAL_ERROR"}`},
		"a join that came too late": {join, room.Reply{Err: room.ErrNotInRoom}, `{"error":"Not in room"}`},
		"a seat that is taken": {take, room.Reply{Err: room.ErrSeatTaken, Occupant: &room.SeatState{Seat: 3, User: 8, Muted: true}},
			`{"success":false,"error":"Seat is already taken","occupant":{"seatIndex":3,"userId":8,"isMuted":true}}`},
		"a seat that is held": {take, room.Reply{Err: room.ErrSeatTaken}, `{"success":false,"error":"Seat is already taken","occupant":null}`},
	} {
		t.Run(what, func(t *testing.T) {
			request := &actors.Request{RoomID: `a"b`, Command: c.command}
			require.Equal(t, c.want, string(appendReply(nil, request, &c.reply)))
			require.Equal(t, "before"+c.want, string(appendReply([]byte("before"), request, &c.reply)))
		})
	}
}

// The texts are the contract's, to the letter.
func TestAppendReply_has_the_text_of_every_error(t *testing.T) {
	want := map[room.Error]string{
		room.ErrInternal:      "INTERNAL_ERROR",
		room.ErrNotInRoom:     "Not in room",
		room.ErrNotManager:    "Not room manager",
		room.ErrNotAllowed:    "Not allowed on this user",
		room.ErrInvalidSeat:   "Invalid seat index",
		room.ErrSeatLocked:    "Seat is locked",
		room.ErrSeatTaken:     "Seat is already taken",
		room.ErrNotSeated:     "You are not seated",
		room.ErrAlreadyLocked: "Already locked",
		room.ErrNotLocked:     "Not locked",
	}
	for e := room.OK + 1; e < room.NumErrors; e++ {
		require.NotEmpty(t, errorTexts[e], "%v has no text", e)
		text, known := want[e]
		if !known || e == room.ErrSeatTaken {
			continue
		}
		got := appendReply(nil, &actors.Request{Command: &room.LeaveSeat{}}, &room.Reply{Err: e})
		require.Equal(t, `{"success":false,"error":"`+text+`"}`, string(got))
	}
}

func TestAppendError(t *testing.T) {
	for style, want := range map[errorStyle]string{
		plainError:  `{"success":false,"error":"Too many requests"}`,
		joinError:   `{"error":"Too many requests"}`,
		lookupError: `{"roomId":null,"error":"Too many requests"}`,
	} {
		require.Equal(t, want, string(appendError(nil, style, textTooManyRequests)))
	}
	require.Equal(t, "INVALID_PAYLOAD INTERNAL_ERROR UNKNOWN_EVENT",
		strings.Join([]string{textInvalidPayload, textInternalError, textUnknownEvent}, " "))
}

func TestAuthTexts(t *testing.T) {
	require.Equal(t, map[AuthOutcome]string{
		AuthOrigin: "Origin not allowed", AuthMissing: "Authentication required", AuthInvalid: "Invalid credentials",
		AuthRevoked: "Invalid credentials", AuthFailed: "Authentication failed", AuthConnections: "Too many connections",
	}, authTexts)
}

var sinkFrame actors.Frame

func BenchmarkEncode(b *testing.B) {
	for what, event := range map[string]room.Event{
		"seat_locked": {Kind: room.SeatLocked, Seat: 3, Locked: true},
		"user_joined": {Kind: room.UserJoined, User: 7, Profile: []byte(adasProfile)},
	} {
		b.Run(what, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkFrame = Encode("42", &event)
			}
		})
	}
}

func BenchmarkAppendState(b *testing.B) {
	state := &room.State{SeatCount: 15, ParticipantCount: math.MaxInt16}
	for range 500 {
		state.Participants = append(state.Participants, []byte(adasProfile))
	}
	b.ReportAllocs()
	for b.Loop() {
		sinkFrame = transport.AckFrame(namespace, 7, appendState(nil, "42", state))
	}
}
