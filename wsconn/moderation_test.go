package wsconn

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"audioroom/actors/room"

	"github.com/stretchr/testify/require"
)

func onUser(roomID string, user int) string {
	return fmt.Sprintf(`{"roomId":%q,"userId":%d}`, roomID, user)
}

func onSeat(roomID string, user, seat int) string {
	return fmt.Sprintf(`{"roomId":%q,"userId":%d,"seatIndex":%d}`, roomID, user, seat)
}

// Everyone is an admin here; what ranks make of it is the room's own business.
// The ack of an event comes last, behind what the event has everybody told.
func TestSession_manages_a_room(t *testing.T) {
	w := newWorld(t, Config{})
	ada, bob := w.connect(t, 1), w.connect(t, 2)
	ada.join("42")
	bob.join("42")
	ada.next()
	all := func(t *testing.T, sender *peer, event, payload string, told ...string) {
		t.Helper()
		ack := sender.emit(event, payload)
		for _, client := range []*peer{ada, bob} {
			client.expect(told...)
		}
		sender.expect(ackOf(ack, done))
	}

	t.Run("assigning_is_for_the_owner", func(t *testing.T) {
		require.Equal(t, refused("Not room owner"), ada.ask("seat:assign", onSeat("42", 2, 3)))
	})

	t.Run("oneself_may_be_muted_and_removed", func(t *testing.T) {
		require.Equal(t, done, ada.ask("seat:take", atSeat("42", 3)))
		bob.expect(`42["seat:updated",{"seatIndex":3,"userId":1,"isMuted":false}]`)
		all(t, ada, "seat:mute", onUser("42", 1), `42["seat:userMuted",{"userId":1,"isMuted":true}]`)
		all(t, ada, "seat:unmute", onUser("42", 1), `42["seat:userMuted",{"userId":1,"isMuted":false}]`)
		all(t, ada, "seat:remove", onUser("42", 1), `42["seat:cleared",{"seatIndex":3}]`)
		require.Equal(t, refused("User is not seated"), ada.ask("seat:remove", onUser("42", 1)))
	})

	t.Run("a_peer_may_not", func(t *testing.T) {
		for _, event := range []string{"seat:mute", "seat:unmute", "seat:remove"} {
			require.Equal(t, refused("Not allowed on this user"), bob.ask(event, onUser("42", 1)))
		}
	})

	t.Run("an_invite_reaches_every_socket_of_the_user_after_the_room", func(t *testing.T) {
		outside := w.connect(t, 2)
		before := time.Now().UnixMilli()
		ack := ada.emit("seat:invite", onSeat("42", 2, 5))
		ada.expect(`42["seat:invite:pending",{"seatIndex":5,"isPending":true,"invitedUserId":2}]`, ackOf(ack, done))
		bob.expect(`42["seat:invite:pending",{"seatIndex":5,"isPending":true,"invitedUserId":2}]`)
		for _, client := range []*peer{bob, outside} {
			body, found := strings.CutPrefix(client.next(), `42["seat:invite:received",`)
			require.True(t, found)
			var got map[string]int64
			require.NoError(t, json.Unmarshal([]byte(strings.TrimSuffix(body, "]")), &got))
			require.InDelta(t, before+inviteTTL.Milliseconds(), got["expiresAt"], 5_000)
			delete(got, "expiresAt")
			require.Equal(t, map[string]int64{"seatIndex": 5, "invitedById": 1, "targetUserId": 2}, got)
		}
		outside.expectNothing("")
		require.Equal(t, refused("Not in room"), outside.ask("seat:invite:accept", inRoom("42")))
		outside.close()
	})

	t.Run("an_accepted_invite_is_one_step", func(t *testing.T) {
		all(t, ada, "seat:lock", atSeat("42", 5), `42["seat:locked",{"seatIndex":5,"isLocked":true}]`)
		require.Equal(t, done, bob.ask("seat:take", atSeat("42", 4)))
		ada.expect(`42["seat:updated",{"seatIndex":4,"userId":2,"isMuted":false}]`)
		all(t, bob, "seat:invite:accept", inRoom("42"), `42["seat:invite:pending",{"seatIndex":5,"isPending":false}]`,
			`42["seat:locked",{"seatIndex":5,"isLocked":false}]`, `42["seat:cleared",{"seatIndex":4}]`,
			`42["seat:updated",{"seatIndex":5,"userId":2,"isMuted":false}]`)
		require.Equal(t, refused("No pending invite found"), bob.ask("seat:invite:accept", atSeat("42", 5)))
	})

	t.Run("an_invite_may_be_declined", func(t *testing.T) {
		require.Equal(t, refused("Cannot invite yourself"), ada.ask("seat:invite", onSeat("42", 1, 6)))
		require.Equal(t, refused("User is already seated"), ada.ask("seat:invite", onSeat("42", 2, 6)))
		all(t, bob, "seat:invite", onSeat("42", 7, 6), `42["seat:invite:pending",{"seatIndex":6,"isPending":true,"invitedUserId":7}]`)
		require.Equal(t, refused("Invite already pending for this seat"), bob.ask("seat:invite", onSeat("42", 8, 6)))
		require.Equal(t, refused("Seat is already occupied"), bob.ask("seat:invite", onSeat("42", 8, 5)))
		cid := w.connect(t, 7)
		cid.join("42")
		ada.next()
		bob.next()
		require.Equal(t, refused("No pending invite found"), cid.ask("seat:invite:decline", atSeat("42", 7)))
		ack := cid.emit("seat:invite:decline", atSeat("42", 6))
		cid.expect(`42["seat:invite:pending",{"seatIndex":6,"isPending":false}]`, ackOf(ack, done))
	})
}

func TestSession_chats(t *testing.T) {
	w := newWorld(t, Config{})
	ada, bob := w.dial(t, nil), w.connect(t, 2)
	ada.enter(tokenOfUser(t, 1, claimSet{"name": "Ada \"✨\"\n", "avatar": "https://a.example/b.png", "email": "ada@a.example"}))
	ada.join("42")
	bob.join("42")
	ada.next()

	type message struct {
		ID, UserName, Avatar, Content, Type string
		UserID, Timestamp                   int64
	}
	ids := make(map[string]bool)
	read := func(t *testing.T, frame string) message {
		t.Helper()
		body, found := strings.CutPrefix(frame, `42["chat:message",`)
		require.True(t, found, frame)
		body = strings.TrimSuffix(body, "]")
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(body), &fields))
		require.Len(t, fields, 7)
		var m message
		require.NoError(t, json.Unmarshal([]byte(body), &m))
		return m
	}
	for content, kind := range map[string]string{`"hi"`: "", `"\ud83c\udfa4 \u0041"`: "emoji", `"<b>"`: "sticker", `"a\"b"`: "gift", `"\n"`: "system"} {
		payload := `{"roomId":"42","content":` + content
		if kind != "" {
			payload += `,"type":"` + kind + `"`
		}
		before := time.Now().UnixMilli()
		ack := ada.emit("chat:message", payload+"}")
		frame := ada.next()
		ada.expect(ackOf(ack, done))
		require.Equal(t, frame, bob.next(), "all are told the same")
		m := read(t, frame)
		var said string
		require.NoError(t, json.Unmarshal([]byte(content), &said))
		if kind == "" {
			kind = "text"
		}
		require.NotEmpty(t, m.ID)
		require.False(t, ids[m.ID], "each has an id of its own")
		ids[m.ID] = true
		require.InDelta(t, before, m.Timestamp, 5_000)
		m.ID, m.Timestamp = "", 0
		require.Equal(t, message{UserName: "Ada \"✨\"\n", Avatar: "https://a.example/b.png", Content: said, Type: kind, UserID: 1}, m)
	}
	bob.tell("chat:message", `{"roomId":"42","content":"hi"}`)
	require.Contains(t, ada.next(), `"avatar":null`)
	require.Equal(t, refused("Not in room"), ada.ask("chat:message", `{"roomId":"43","content":"hi"}`))
	require.Equal(t, refused("INVALID_PAYLOAD"), ada.ask("chat:message", `{"roomId":"42","content":""}`))
}

func TestSession_is_taken_out_by_the_backend(t *testing.T) {
	together := func(t *testing.T) (w *world, ada, bob *peer) {
		t.Helper()
		w = newWorld(t, Config{})
		ada, bob = w.connect(t, 1), w.connect(t, 2)
		ada.join("42")
		bob.join("42")
		ada.next()
		require.Equal(t, done, bob.ask("seat:take", atSeat("42", 3)))
		ada.next()
		return w, ada, bob
	}

	t.Run("and_its_client_is_in_no_room_then", func(t *testing.T) {
		w, ada, bob := together(t)
		w.desk.rooms.Order("42", &room.Remove{User: 2})
		ada.expect(`42["seat:cleared",{"seatIndex":3}]`, `42["room:userLeft",{"userId":2}]`)
		require.Equal(t, refused("Not in room"), bob.ask("seat:take", atSeat("42", 3)))
		require.Equal(t, done, ada.ask("seat:take", atSeat("42", 3)), "no seat is held")
		bob.join("42")
		require.Contains(t, ada.next(), `"room:userJoined",{"userId":2,`)
		bob.close()
		ada.expect(`42["room:userLeft",{"userId":2}]`)
	})

	t.Run("and_kept_out_as_long_as_it_is_blocked", func(t *testing.T) {
		w, ada, bob := together(t)
		w.desk.rooms.Order("42", &room.Block{User: 2, Until: time.Now().Add(time.Hour).UnixMilli()})
		ada.expect(`42["seat:cleared",{"seatIndex":3}]`, `42["room:userLeft",{"userId":2}]`)
		ack := bob.ask("room:join", inRoom("42"))
		require.Regexp(t, `^\{"error":"room_blocked","permanent":false,"remaining_seconds":(3600|359\d)\}$`, ack)
		require.Equal(t, refused("Not in room"), bob.ask("seat:take", atSeat("42", 3)))
		w.desk.rooms.Order("42", &room.Block{User: 2})
		require.Equal(t, `{"error":"room_blocked","permanent":true,"remaining_seconds":null}`, bob.ask("room:join", inRoom("42")))
		bob.join("43")
		w.desk.rooms.Order("42", &room.Unblock{User: 2})
		bob.join("42")
		require.Contains(t, ada.next(), `"room:userJoined",{"userId":2,`)
		ada.expectNothing("42")
	})

	t.Run("with_everybody_else_when_the_room_is_closed", func(t *testing.T) {
		w, ada, bob := together(t)
		w.desk.rooms.Order("42", &room.Shut{})
		for _, client := range []*peer{ada, bob} {
			require.Regexp(t, `^42\["room:closed",\{"roomId":"42","reason":"admin_force_close","timestamp":\d{13}\}\]$`, client.next())
		}
		require.Equal(t, refused("Not in room"), ada.ask("seat:take", atSeat("42", 1)))
		require.Equal(t, emptyRoom("42"), bob.ask("room:join", inRoom("42")), "a fresh one")
	})

	t.Run("from_its_seat_alone_when_there_are_fewer", func(t *testing.T) {
		w, ada, bob := together(t)
		w.desk.rooms.Order("42", &room.Resize{MaxSeats: 3})
		ada.expect(`42["seat:cleared",{"seatIndex":3}]`)
		bob.expect(`42["seat:cleared",{"seatIndex":3}]`)
		require.Equal(t, refused("Invalid seat index"), bob.ask("seat:take", atSeat("42", 3)))
		require.Equal(t, done, bob.ask("seat:take", atSeat("42", 2)))
	})
}
