package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

// relayed is every event of the backend that clients hear of.
var relayed = []string{
	"balance.updated", "reward.earned", "badge.earned", "level.up", "room.level_up", "room.participant_count", "room.member_joined",
	"room.member_left", "room.member_kicked", "room.member_blocked", "room.member_role_changed", "room.join_request_created",
	"room.join_request_approved", "room.join_request_rejected", "income_target.completed", "income_target.member_completed",
	"agency.invitation", "agency.join_request", "agency.join_request_approved", "agency.join_request_rejected",
	"agency.member_kicked", "agency.member_joined", "agency.member_left", "agency.dissolved", "config:invalidate", "asset:invalidate",
}

// kept is what clients don't hear of although the backend publishes it.
var kept = []string{
	"room.user_unblocked", "room.updated", "auth.revoke_token", "chat:message", "seat:updated", "room:closed", "connect", "disconnect",
	"balance.updated ", "Balance.updated", "room.deleted", "*",
}

func TestRelay(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{}) // what everyone hears would disturb other tests
	r, other := w.Room(t), w.Room(t)
	a, b, c := r.Join(), r.Join(), other.Join()
	a2 := other.JoinAs(a.User)
	a3 := w.Connect(t, a.User)
	c.Unheard()
	lone := w.Connect(t, harness.NewUser())
	all := []*harness.Socket{a, a2, a3, b, c, lone}
	payload := P{"id": 12345678901, "text": "غرفة \"x\" 🎤\n</script>", "list": []any{1, nil, P{"deep": true}}, "zero": 0.0, "none": nil}
	tell := func(event string, over P) {
		t.Helper()
		over["payload"] = payload
		w.Publish(t, harness.Envelope(event, over))
	}
	// only expects that these sockets hear the event, and no other does.
	only := func(event string, sockets ...*harness.Socket) {
		t.Helper()
		hear(sockets, says{event, payload})
		for _, s := range all {
			s.Poke()
			if unheard := s.Unheard(); len(unheard) > 0 {
				t.Fatalf("%v heard %v", s, unheard)
			}
		}
	}
	for _, event := range relayed {
		tell(event, P{"user_id": a.User})
		only(event, a, a2, a3)
		if event != "room.member_kicked" && event != "room.member_blocked" { // which put out whom they name
			tell(event, P{"user_id": a.User, "room_id": r.ID})
			only(event, a, a2, a3)
		}
		tell(event, P{"room_id": r.ID})
		only(event, a, b)
		tell(event, P{})
		only(event, all...)
		tell(event, P{"user_id": harness.NewUser()})
		tell(event, P{"room_id": "nowhere"})
		only(event)
	}
	for _, event := range kept {
		tell(event, P{"user_id": a.User})
		tell(event, P{"room_id": r.ID})
		tell(event, P{})
	}
	tell("level.up", P{})
	only("level.up", all...) // and nothing of what was before
	assert.Equal(t, 2, r.Agreed().ParticipantCount)
	assert.Equal(t, 2, other.Agreed().ParticipantCount)
}
