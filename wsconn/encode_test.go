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
		"seat:updated":            {room.Event{Kind: room.SeatUpdated, Seat: 3, User: 7}, `42["seat:updated",{"seatIndex":3,"userId":7,"isMuted":false}]`},
		"seat:updated, muted":     {room.Event{Kind: room.SeatUpdated, Seat: 0, User: maxUserID, Muted: true}, `42["seat:updated",{"seatIndex":0,"userId":9007199254740991,"isMuted":true}]`},
		"seat:cleared":            {room.Event{Kind: room.SeatCleared, Seat: 99, User: 7}, `42["seat:cleared",{"seatIndex":99}]`},
		"seat:locked":             {room.Event{Kind: room.SeatLocked, Seat: 4, Locked: true}, `42["seat:locked",{"seatIndex":4,"isLocked":true}]`},
		"seat:locked, open":       {room.Event{Kind: room.SeatLocked, Seat: 4}, `42["seat:locked",{"seatIndex":4,"isLocked":false}]`},
		"seat:userMuted":          {room.Event{Kind: room.SeatMuted, Seat: 3, User: 7, Muted: true}, `42["seat:userMuted",{"userId":7,"isMuted":true}]`},
		"seat:userMuted, unmuted": {room.Event{Kind: room.SeatMuted, Seat: 3, User: 7}, `42["seat:userMuted",{"userId":7,"isMuted":false}]`},
		"seat:invite:pending": {room.Event{Kind: room.SeatInvited, Seat: 0, User: 7, By: 8},
			`42["seat:invite:pending",{"seatIndex":0,"isPending":true,"invitedUserId":7}]`},
		"seat:invite:pending, ended": {room.Event{Kind: room.SeatInviteEnded, Seat: 99}, `42["seat:invite:pending",{"seatIndex":99,"isPending":false}]`},
		"seat:invite:received": {room.Event{Kind: room.InviteReceived, Seat: 5, User: 7, By: 8, At: 1767225630000},
			`42["seat:invite:received",{"seatIndex":5,"invitedById":8,"targetUserId":7,"expiresAt":1767225630000}]`},
		"chat:message": {room.Event{Kind: room.ChatSent, User: 7, At: 1767225600000, Chat: &room.Message{
			ID: "ABC", Name: []byte(`"A\"da"`), Avatar: []byte(`null`), Content: []byte(`"<b>\u0041 غرفة"`), Type: "gift",
		}}, `42["chat:message",{"id":"ABC","userId":7,"userName":"A\"da","avatar":null,"content":"<b>\u0041 غرفة","type":"gift","timestamp":1767225600000}]`},
		"room:closed, forced": {room.Event{Kind: room.Closed, Reason: room.CloseForced, At: 1},
			`42["room:closed",{"roomId":"a \"room\" غرفة","reason":"admin_force_close","timestamp":1}]`},
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
		got := wireOf(Encode("42", &room.Event{Kind: kind, Reason: room.CloseIdle, Profile: []byte(`{}`), Chat: &room.Message{
			ID: "A", Name: []byte(`"Ada"`), Avatar: []byte(`null`), Content: []byte(`"hi"`), Type: "text",
		}}))
		var event []any
		require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(got, "42")), &event))
		require.Len(t, event, 2)
		require.Regexp(t, `^(seat|room|chat|user):[a-zA-Z:]+$`, event[0])
		require.IsType(t, map[string]any{}, event[1])
	}
}

func TestEncode_takes_the_longest_messages(t *testing.T) {
	content := `"` + strings.Repeat("🎤", maxContent) + `"`
	got := wireOf(Encode("42", &room.Event{Kind: room.ChatSent, User: 7, Chat: &room.Message{
		ID: "A", Name: []byte(`"Ada"`), Avatar: []byte(`"a"`), Content: []byte(content), Type: "text",
	}}))
	require.Equal(t, `42["chat:message",{"id":"A","userId":7,"userName":"Ada","avatar":"a","content":`+content+`,"type":"text","timestamp":0}]`, got)
}

func TestEncode_takes_profiles_of_any_size(t *testing.T) {
	profile := `{"id":7,"name":"` + strings.Repeat("a", 1<<16) + `"}`
	got := wireOf(Encode("42", &room.Event{Kind: room.UserJoined, User: 7, Profile: []byte(profile)}))
	require.Equal(t, `42["room:userJoined",{"userId":7,"user":`+profile+`}]`, got)
}

func TestAppendReply(t *testing.T) {
	join, take, accept := &room.Join{}, &room.TakeSeat{}, &room.AcceptInvite{}
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
		"a join of a full room":     {join, room.Reply{Err: room.ErrRoomFull}, `{"error":"Room is full"}`},
		"a join that came too late": {join, room.Reply{Err: room.ErrNotInRoom}, `{"error":"Not in room"}`},
		"a seat that is taken": {take, room.Reply{Err: room.ErrSeatTaken, Occupant: &room.SeatState{Seat: 3, User: 8, Muted: true}},
			`{"success":false,"error":"Seat is already taken","occupant":{"seatIndex":3,"userId":8,"isMuted":true}}`},
		"a user who is blocked": {join, room.Reply{Err: room.ErrBlocked, BlockedFor: 60_000},
			`{"error":"room_blocked","permanent":false,"remaining_seconds":60}`},
		"a user who is blocked for a second more": {join, room.Reply{Err: room.ErrBlocked, BlockedFor: 1},
			`{"error":"room_blocked","permanent":false,"remaining_seconds":1}`},
		"a user who is blocked for a second and a bit": {join, room.Reply{Err: room.ErrBlocked, BlockedFor: 1001},
			`{"error":"room_blocked","permanent":false,"remaining_seconds":2}`},
		"a user who is blocked for good": {join, room.Reply{Err: room.ErrBlocked},
			`{"error":"room_blocked","permanent":true,"remaining_seconds":null}`},
		"an invite to a seat that is taken": {accept, room.Reply{Err: room.ErrSeatTaken}, `{"success":false,"error":"Seat is already taken"}`},
		"a seat that is held":               {take, room.Reply{Err: room.ErrSeatTaken}, `{"success":false,"error":"Seat is already taken","occupant":null}`},
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
	want := [room.NumErrors]string{
		room.ErrInternal:        "INTERNAL_ERROR",
		room.ErrNotInRoom:       "Not in room",
		room.ErrNotManager:      "Not room manager",
		room.ErrNotOwner:        "Not room owner",
		room.ErrNotAllowed:      "Not allowed on this user",
		room.ErrInvalidSeat:     "Invalid seat index",
		room.ErrSeatLocked:      "Seat is locked",
		room.ErrSeatTaken:       "Seat is already taken",
		room.ErrSeatOccupied:    "Seat is already occupied",
		room.ErrNotSeated:       "You are not seated",
		room.ErrUserNotSeated:   "User is not seated",
		room.ErrUserNotInRoom:   "User is not in room",
		room.ErrAlreadyLocked:   "Already locked",
		room.ErrNotLocked:       "Not locked",
		room.ErrInviteSelf:      "Cannot invite yourself",
		room.ErrAlreadySeated:   "User is already seated",
		room.ErrInvitePending:   "Invite already pending for this seat",
		room.ErrNoInvite:        "No pending invite found",
		room.ErrTooManyMessages: "Too many messages",
		room.ErrBlocked:         "room_blocked",
		room.ErrRoomFull:        "Room is full",
	}
	for e := room.OK + 1; e < room.NumErrors; e++ {
		require.NotEmpty(t, want[e], "%v has no text", e)
		got := appendReply(nil, &actors.Request{Command: &room.LeaveSeat{}}, &room.Reply{Err: e})
		require.Equal(t, `{"success":false,"error":"`+want[e]+`"}`, string(got))
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
		AuthTooMany: "Too many requests",
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
