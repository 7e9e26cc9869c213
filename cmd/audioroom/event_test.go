package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/laravel"
	"audioroom/laravel/standin"
	"audioroom/wsconn"
	"audioroom/wsconn/transport"
)

// stageHand notes what events have done, in its order, and stands for the store
// and the rooms.
type stageHand struct {
	did  []string
	fail error // of the store
	fall any   // what it panics with
}

func (h *stageHand) note(format string, args ...any) {
	h.did = append(h.did, fmt.Sprintf(format, args...))
	if h.fall != nil {
		panic(h.fall)
	}
}

// Block implements eventStore.
func (h *stageHand) Block(ctx context.Context, roomID string, user, until int64) error {
	if _, bounded := ctx.Deadline(); !bounded {
		h.note("no deadline")
	}
	h.note("store: block %d in %s until %d", user, roomID, until)
	return h.fail
}

// Unblock implements eventStore.
func (h *stageHand) Unblock(_ context.Context, roomID string, user int64) error {
	h.note("store: unblock %d in %s", user, roomID)
	return h.fail
}

// RevokeBefore implements eventStore.
func (h *stageHand) RevokeBefore(_ context.Context, user int64, at time.Time) error {
	h.note("store: revoke %d before %d", user, at.Unix())
	return h.fail
}

// Order implements eventRooms.
func (h *stageHand) Order(roomID string, c room.Command) {
	h.note("room %s: %T%+v", roomID, c, c)
}

// Relay implements eventRooms.
func (h *stageHand) Relay(roomID string, frame actors.Frame) {
	h.note("room %s hears %s", roomID, frame.(transport.Frame).Payload())
}

// eventStage is events with doubles around them.
type eventStage struct {
	*events
	*stageHand
	log     bytes.Buffer
	backend *standin.Backend
	counted []string
	panics  int
}

func newEventStage(t *testing.T) *eventStage {
	t.Helper()
	s := &eventStage{stageHand: new(stageHand), backend: standin.New("key")}
	client, err := laravel.New(laravel.Config{BaseURL: "http://laravel.test", Key: "key", Transport: s.backend.Transport(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	s.events = &events{
		log: slog.New(slog.NewTextHandler(&s.log, nil)), sequence: laravel.NewSequence(),
		client: client, store: s.stageHand, rooms: s.stageHand, users: wsconn.NewUsers(),
		count: func(result string) { s.counted = append(s.counted, result) }, panicked: func() { s.panics++ },
	}
	return s
}

// told hands an envelope over and returns what was done about it.
func (s *eventStage) told(envelope string) []string {
	s.did = nil
	s.handle([]byte(envelope))
	return s.did
}

func TestEvents_handle_does_what_the_backend_asks(t *testing.T) {
	for name, c := range map[string]struct {
		envelope string
		want     []string
	}{
		"a kick": {`{"event":"room.member_kicked","user_id":7,"room_id":"42","payload":{}}`,
			[]string{"room 42: *room.Remove&{User:7}"}},
		"a kick whose user is in the payload is told to the room": {`{"event":"room.member_kicked","room_id":42,"payload":{"user_id":"7"}}`,
			[]string{`room 42 hears 42["room.member_kicked",{"user_id":"7"}]`, "room 42: *room.Remove&{User:7}"}},
		"a block for good": {`{"event":"room.member_blocked","user_id":7,"room_id":"42","payload":{"permanent":true}}`,
			[]string{"store: block 7 in 42 until 0", "room 42: *room.Block&{User:7 Until:0}"}},
		"a block for a time": {`{"event":"room.member_blocked","user_id":7,"room_id":"42","payload":{"expires_at":1900000000}}`,
			[]string{"store: block 7 in 42 until 1900000000000", "room 42: *room.Block&{User:7 Until:1900000000000}"}},
		"a block from its time on": {`{"event":"room.member_blocked","user_id":7,"room_id":"42","timestamp":1900000000,"payload":{"duration":60}}`,
			[]string{"store: block 7 in 42 until 1900000060000", "room 42: *room.Block&{User:7 Until:1900000060000}"}},
		"an unblock": {`{"event":"room.user_unblocked","user_id":7,"room_id":"42"}`,
			[]string{"store: unblock 7 in 42", "room 42: *room.Unblock&{User:7}"}},
		"new seats":                     {`{"event":"room.updated","room_id":"42","payload":{"max_seats":8}}`, []string{"room 42: *room.Resize&{MaxSeats:8}"}},
		"a new name of a room":          {`{"event":"room.updated","room_id":"42","payload":{"name":"x"}}`, nil},
		"a closing":                     {`{"event":"room.force_close","room_id":"42"}`, []string{"room 42: *room.Shut&{Broken:false}"}},
		"a revocation":                  {`{"event":"auth.revoke_tokens","user_id":7,"timestamp":1800000000}`, []string{"store: revoke 7 before 1800000000"}},
		"a revocation by payload":       {`{"event":"auth.revoke_tokens","payload":{"user_id":7},"timestamp":1800000000}`, []string{"store: revoke 7 before 1800000000"}},
		"a revocation in a room":        {`{"event":"auth.revoke_tokens","user_id":7,"room_id":"42","timestamp":1800000000}`, []string{"store: revoke 7 before 1800000000"}},
		"a role":                        {`{"event":"room.member_role_changed","user_id":7,"room_id":"42"}`, nil},
		"a disconnect":                  {`{"event":"auth.force_disconnect","user_id":7}`, nil},
		"a kick of nobody":              {`{"event":"room.member_kicked","room_id":"42"}`, []string{`room 42 hears 42["room.member_kicked",null]`}},
		"a kick out of no room":         {`{"event":"room.member_kicked","user_id":7}`, nil},
		"a block of nobody":             {`{"event":"room.member_blocked","room_id":"42","payload":{}}`, []string{`room 42 hears 42["room.member_blocked",{}]`}},
		"an unblock of nobody":          {`{"event":"room.user_unblocked","room_id":"42"}`, nil},
		"a closing of no room":          {`{"event":"room.force_close"}`, nil},
		"a revocation of nobody":        {`{"event":"auth.revoke_tokens"}`, nil},
		"news of a room":                {`{"event":"room.level_up","room_id":"42","payload":{"level":3}}`, []string{`room 42 hears 42["room.level_up",{"level":3}]`}},
		"news without a payload":        {`{"event":"room.level_up","room_id":"42"}`, []string{`room 42 hears 42["room.level_up",null]`}},
		"news of a user in a room":      {`{"event":"room.join_request_approved","user_id":7,"room_id":"42","payload":{}}`, nil},
		"news that nobody may hear":     {`{"event":"room.secret","room_id":"42","payload":{}}`, nil},
		"an event of the server's own":  {`{"event":"room:closed","room_id":"42","payload":{}}`, nil},
		"an envelope that is none":      {`{"event":"room.force_close","room_id":"42"`, nil},
		"an envelope of a strange user": {`{"event":"room.member_kicked","user_id":"x","room_id":"42"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newEventStage(t)
			require.Equal(t, c.want, s.told(c.envelope))
		})
	}

	t.Run("a revocation without a time is one of this moment", func(t *testing.T) {
		s := newEventStage(t)
		before := time.Now().Unix()
		got := s.told(`{"event":"auth.revoke_tokens","user_id":7}`)
		require.Len(t, got, 1)
		var at int64
		_, err := fmt.Sscanf(got[0], "store: revoke 7 before %d", &at)
		require.NoError(t, err)
		require.GreaterOrEqual(t, at, before)
		require.LessOrEqual(t, at, time.Now().Unix())
	})

	t.Run("garbage is logged without its text", func(t *testing.T) {
		s := newEventStage(t)
		require.Empty(t, s.told(`{"event":"room.force_close","room_id":"42","secret":"hunter2"`))
		require.Contains(t, s.log.String(), "dropped")
		require.NotContains(t, s.log.String(), "hunter2")
	})
}

func TestEvents_handle_acts_once_and_in_the_sense_of_time(t *testing.T) {
	const (
		block   = `{"event":"room.member_blocked","user_id":7,"room_id":"42","payload":{},"timestamp":%d,"correlation_id":"%s"}`
		unblock = `{"event":"room.user_unblocked","user_id":7,"room_id":"42","timestamp":%d,"correlation_id":"%s"}`
		resize  = `{"event":"room.updated","room_id":"%s","payload":{"max_seats":%d},"timestamp":%d,"correlation_id":"%[2]d-%[3]d"}`
	)
	const at = 1_800_000_000_000
	blocks := []string{"store: block 7 in 42 until 0", "room 42: *room.Block&{User:7 Until:0}"}
	unblocks := []string{"store: unblock 7 in 42", "room 42: *room.Unblock&{User:7}"}

	t.Run("of the same envelope twice", func(t *testing.T) {
		for _, envelope := range []string{
			fmt.Sprintf(block, at, "a"), fmt.Sprintf(unblock, at, "a"), fmt.Sprintf(resize, "42", 8, at),
			`{"event":"room.member_kicked","user_id":7,"room_id":"42","correlation_id":"a"}`,
			`{"event":"room.force_close","room_id":"42","correlation_id":"a"}`,
			`{"event":"room.level_up","room_id":"42","correlation_id":"a"}`,
			`{"event":"auth.revoke_tokens","user_id":7,"timestamp":1800000000,"correlation_id":"a"}`,
		} {
			s := newEventStage(t)
			require.NotEmpty(t, s.told(envelope), envelope)
			require.Empty(t, s.told(envelope), envelope)
		}
	})

	t.Run("of an unblock before the block that it ends", func(t *testing.T) {
		s := newEventStage(t)
		require.Equal(t, unblocks, s.told(fmt.Sprintf(unblock, at+1, "b")))
		require.Empty(t, s.told(fmt.Sprintf(block, at, "a")))
		require.Equal(t, blocks, s.told(fmt.Sprintf(block, at+2, "c")))
	})

	t.Run("of a block before an older unblock", func(t *testing.T) {
		s := newEventStage(t)
		require.Equal(t, blocks, s.told(fmt.Sprintf(block, at+1, "b")))
		require.Empty(t, s.told(fmt.Sprintf(unblock, at, "a")))
	})

	t.Run("of two of the same moment, as they come", func(t *testing.T) {
		s := newEventStage(t)
		require.Equal(t, blocks, s.told(fmt.Sprintf(block, at, "a")))
		require.Equal(t, unblocks, s.told(fmt.Sprintf(unblock, at, "b")))
	})

	t.Run("of seats, room by room", func(t *testing.T) {
		s := newEventStage(t)
		require.Equal(t, []string{"room 42: *room.Resize&{MaxSeats:8}"}, s.told(fmt.Sprintf(resize, "42", 8, at+1)))
		require.Empty(t, s.told(fmt.Sprintf(resize, "42", 4, at)))
		require.Equal(t, []string{"room 43: *room.Resize&{MaxSeats:4}"}, s.told(fmt.Sprintf(resize, "43", 4, at)))
	})

	t.Run("of users and rooms, each by itself", func(t *testing.T) {
		s := newEventStage(t)
		s.told(fmt.Sprintf(block, at+1, "a"))
		require.NotEmpty(t, s.told(`{"event":"room.user_unblocked","user_id":8,"room_id":"42","timestamp":5}`))
		require.NotEmpty(t, s.told(`{"event":"room.user_unblocked","user_id":7,"room_id":"43","timestamp":5}`))
	})
}

// A store that is away keeps nobody in a room.
func TestEvents_handle_orders_the_room_though_the_store_fails(t *testing.T) {
	for envelope, order := range map[string]string{
		`{"event":"room.member_blocked","user_id":7,"room_id":"42","payload":{}}`: "room 42: *room.Block&{User:7 Until:0}",
		`{"event":"room.user_unblocked","user_id":7,"room_id":"42"}`:              "room 42: *room.Unblock&{User:7}",
	} {
		s := newEventStage(t)
		s.fail = errors.New("redis is away")
		require.Contains(t, s.told(envelope), order)
		require.Contains(t, s.log.String(), "redis is away")
	}
}

func TestEvents_handle_forgets_what_is_cached(t *testing.T) {
	asked := func(t *testing.T, s *eventStage) {
		t.Helper()
		for user, want := range map[int64]room.Rank{2: room.RankAdmin, 7: room.RankMember} {
			rank, err := s.client.Rank(t.Context(), "42", user)
			require.NoError(t, err)
			require.Equal(t, want, rank)
		}
	}
	cached := func(s *eventStage) (users []int64) {
		for _, user := range []int64{2, 7} {
			if _, ok := s.client.CachedRank("42", user); ok {
				users = append(users, user)
			}
		}
		return users
	}
	for envelope, left := range map[string][]int64{
		`{"event":"room.member_role_changed","user_id":2,"room_id":"42"}`:                           {7},
		`{"event":"room.member_role_changed","room_id":"42","payload":{"user_id":2,"role":"none"}}`: {7},
		`{"event":"room.member_role_changed","user_id":2,"room_id":"43"}`:                           {2, 7},
		`{"event":"room.member_left","user_id":2,"room_id":"42"}`:                                   {7},
		`{"event":"room.member_kicked","user_id":2,"room_id":"42"}`:                                 {7},
		`{"event":"room.member_blocked","user_id":2,"room_id":"42","payload":{"permanent":true}}`:   {7},
		`{"event":"room.member_kicked","room_id":"42"}`:                                             {2, 7},
		`{"event":"room.updated","room_id":"42","payload":{"name":"x"}}`:                            nil,
		`{"event":"room.updated","room_id":"43"}`:                                                   {2, 7},
		`{"event":"room.level_up","room_id":"42"}`:                                                  {2, 7},
	} {
		s := newEventStage(t)
		asked(t, s)
		require.Equal(t, []int64{2, 7}, cached(s))
		s.told(envelope)
		require.Equal(t, left, cached(s), envelope)
	}

	t.Run("so that a new rank counts at once", func(t *testing.T) {
		s := newEventStage(t)
		asked(t, s)
		s.backend.SetRole("42", 7, "admin")
		s.told(`{"event":"room.member_role_changed","user_id":7,"room_id":"42"}`)
		rank, err := s.client.Rank(t.Context(), "42", 7)
		require.NoError(t, err)
		require.Equal(t, room.RankAdmin, rank)
	})
}

// Everything that clients may hear goes to the room it is about.
func TestEvents_relay_passes_on_every_event_of_the_list(t *testing.T) {
	names := []string{
		"balance.updated", "reward.earned", "badge.earned", "level.up", "room.level_up", "room.participant_count", "room.member_joined",
		"room.member_left", "room.member_kicked", "room.member_blocked", "room.member_role_changed", "room.join_request_created",
		"room.join_request_approved", "room.join_request_rejected", "income_target.completed", "income_target.member_completed",
		"agency.invitation", "agency.join_request", "agency.join_request_approved", "agency.join_request_rejected", "agency.member_kicked",
		"agency.member_joined", "agency.member_left", "agency.dissolved", "config:invalidate", "asset:invalidate",
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(names))), 26)
	s := newEventStage(t)
	for _, name := range names {
		payload := `{"n": 1.50, "text": "غرفة \u0041"}` // as it is, to the letter
		require.Equal(t, []string{fmt.Sprintf("room 42 hears 42[%q,%s]", name, payload)},
			s.told(fmt.Sprintf(`{"event":%q,"room_id":"42","payload":%s,"timestamp":5,"correlation_id":"a"}`, name, payload)))
	}
}

func TestEvents_handle_counts_what_came_of_each(t *testing.T) {
	s := newEventStage(t)
	kick := `{"event":"room.member_kicked","user_id":7,"room_id":"42","correlation_id":"c1"}`
	for _, envelope := range []string{kick, kick, `no event`} {
		s.told(envelope)
	}
	s.fail = errors.New("away")
	s.told(`{"event":"room.user_unblocked","user_id":7,"room_id":"42"}`)
	require.Equal(t, []string{eventDone, eventRepeated, eventGarbled, eventFailed}, s.counted)
}

func TestEvents_handle_survives_a_panic(t *testing.T) {
	const kick = `{"event":"room.member_kicked","user_id":7,"room_id":"42","payload":{}}`
	for _, envelope := range []string{kick, `{"event":"room.level_up","room_id":"42","payload":{}}`} {
		s := newEventStage(t)
		s.fall = "a fault"
		require.Len(t, s.told(envelope), 1)
		require.Equal(t, []string{eventFailed}, s.counted)
		require.Equal(t, 1, s.panics)
		require.Contains(t, s.log.String(), `reason="a fault"`)
		require.Contains(t, s.log.String(), "stageHand", "the stack says where")

		s.fall = nil
		require.Len(t, s.told(kick), 1)
		require.Equal(t, []string{eventFailed, eventDone}, s.counted, "it goes on with the next")
	}
}

func TestBackend_ask_counts_a_panic_and_answers(t *testing.T) {
	metrics := newMetrics()
	b := &backend{log: slog.New(slog.DiscardHandler), panicked: metrics.backendPanicked}
	var failed error
	b.ask(func() { panic("a fault") }, func(err error) { failed = err })
	b.asking.Wait()
	require.ErrorContains(t, failed, "a fault")
	require.Contains(t, exposition(metrics.registry), `audioroom_panics_total{where="backend"} 1`)
}
