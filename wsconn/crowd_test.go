package wsconn

import (
	"strings"
	"testing"
	"time"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/wsconn/transport"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// maxJoinAck is what a joiner is told at most, in bytes, however many are there
// and however much they say of themselves.
const maxJoinAck = 300_000

func TestSession_the_ack_of_a_join_stays_within_bounds(t *testing.T) {
	// fattest returns the longest profile of a valid token, give or take: what a
	// token says shortly may be long as others are told it.
	profileOfToken := func(t *testing.T, user int, over claimSet) []byte {
		t.Helper()
		made := tokenOfUser(t, user, over)
		require.LessOrEqual(t, len(made), maxToken)
		who, err := testVerifier.verify(made, time.Now())
		require.NoError(t, err)
		return who.profile
	}
	for what, over := range map[string]claimSet{
		"plain profiles":                       nil,
		"profiles with large avatars":          {"avatar": strings.Repeat("a", 5_800)},
		"profiles with names of line breaks":   {"name": strings.Repeat("\n", 2_900)},
		"profiles with names of three bytes":   {"name": strings.Repeat("界", 1_900)},
		"profiles with large frames":           {"frame": []string{strings.Repeat("<", 900)}},
		"profiles a little over half a kibyte": {"avatar": strings.Repeat("a", 400)},
	} {
		t.Run(what, func(t *testing.T) {
			profile := profileOfToken(t, 7, over)
			config := &room.Config{DefaultSeats: room.MaxSeats}
			r := room.New(strings.Repeat("é", maxRoomID/2), 1, config)
			var events []room.Event
			var ack []byte
			for n := room.SessionID(1); n <= 2_000; n++ {
				join := &room.Join{Session: n, User: maxUserID - 10_000 + room.UserID(n), Profile: profile}
				var reply room.Reply
				reply, events = r.Apply(1, join, events[:0])
				if n <= room.MaxSeats {
					_, events = r.Apply(1, &room.TakeSeat{Session: n, Seat: int(n) - 1}, events[:0])
				}
				require.LessOrEqual(t, len(reply.State.Participants), room.MaxListed)
				require.EqualValues(t, n, reply.State.ParticipantCount)
				if n%100 == 0 {
					ack = appendReply(ack[:0], &actors.Request{RoomID: r.ID(), Command: join}, &reply)
					require.Less(t, len(ack), maxJoinAck, "the %d. to join", n)
				}
			}
			if len(profile) < room.MaxListedBytes/room.MaxListed {
				reply, _ := r.Apply(1, &room.Join{Session: 3_000, User: 1, Profile: profile}, nil)
				require.Len(t, reply.State.Participants, room.MaxListed, "usual profiles are all listed")
			}
		})
	}
}

// Over the wire: a crowd of large profiles, and one who joins last.
func TestSession_joins_a_crowd_of_large_profiles(t *testing.T) {
	const crowd = 60
	w := newWorld(t, Config{})
	large := strings.Repeat("a", 5_800)
	for user := 1; user <= crowd; user++ {
		client := w.dial(t, nil)
		client.enter(tokenOfUser(t, user, claimSet{"avatar": large}))
		require.Less(t, len(client.ask("room:join", inRoom("42"))), maxJoinAck)
		go func() { // it reads on, or it would be cut as too slow
			for {
				if _, _, err := client.ws.ReadMessage(); err != nil {
					return
				}
			}
		}()
	}
	last := w.connect(t, crowd+1)
	ack := last.ask("room:join", inRoom("42"))
	require.Less(t, len(ack), maxJoinAck)
	require.Greater(t, len(ack), room.MaxListedBytes)
	require.Contains(t, ack, `"participantCount":61`)
	require.Equal(t, done, last.ask("seat:take", atSeat("42", 1)))
}

// What a room tells after it has waited for its store comes in one go, however
// much; the answers that one client has asked for meanwhile may not.
func TestSession_hears_a_burst_and_may_not_cause_one(t *testing.T) {
	w := newWorld(t, Config{Transport: transport.Config{OutboxLimit: 4 << 10}})
	ada, bob, eve := w.connect(t, 1), w.connect(t, 2), w.connect(t, 3)
	for _, c := range []*peer{ada, bob, eve} {
		c.join("42")
	}
	ada.next()
	ada.next()
	bob.next()
	w.store.hold()
	for range 50 {
		bob.tell("chat:message", `{"roomId":"42","content":"`+strings.Repeat("x", 200)+`"}`)
	}
	require.Equal(t, refused("UNKNOWN_EVENT"), bob.ask("no:event", ""), "all of it is on its way")
	for range 50 {
		eve.emit("room:join", inRoom("42"))
	}
	require.Equal(t, refused("UNKNOWN_EVENT"), eve.ask("no:event", ""), "all of it is on its way")
	w.store.confirm()
	for range 50 {
		require.Contains(t, ada.next(), `42["chat:message"`)
	}
	require.Equal(t, websocket.CloseAbnormalClosure, eve.expectClose())
	require.Equal(t, `42["room:userLeft",{"userId":3}]`, ada.next())
}
