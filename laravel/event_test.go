package laravel

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"audioroom/actors/room"
)

func TestDecodeEvent_reads_an_envelope(t *testing.T) {
	e, err := DecodeEvent([]byte(`{"event":"balance.updated","user_id":7,"room_id":"42","payload":{"coins": 5},` +
		`"timestamp":1767225600123,"correlation_id":"c-1","version":2}`))
	require.NoError(t, err)
	require.Equal(t, &Event{
		Name: "balance.updated", User: 7, Room: "42", Payload: json.RawMessage(`{"coins": 5}`), At: 1_767_225_600_123, CorrelationID: "c-1",
	}, e)
}

func TestDecodeEvent_reads_ids_however_they_are_written(t *testing.T) {
	for what, c := range map[string]struct {
		fields string
		user   int64
		room   string
	}{
		"numbers":               {`,"user_id":7,"room_id":42`, 7, "42"},
		"strings":               {`,"user_id":"7","room_id":"42"`, 7, "42"},
		"null":                  {`,"user_id":null,"room_id":null`, 0, ""},
		"nothing":               {``, 0, ""},
		"empty strings":         {`,"user_id":"","room_id":""`, 0, ""},
		"a room with a name":    {`,"room_id":"a \"room\" غرفة"`, 0, `a "room" غرفة`},
		"a room of 128 bytes":   {`,"room_id":"` + strings.Repeat("r", 128) + `"`, 0, strings.Repeat("r", 128)},
		"the largest user":      {`,"user_id":9007199254740991`, 1<<53 - 1, ""},
		"white space around it": {` , "user_id" : 7 , "room_id" : 42 `, 7, "42"},
	} {
		t.Run(what, func(t *testing.T) {
			e, err := DecodeEvent([]byte(`{"event":"level.up"` + c.fields + `}`))
			require.NoError(t, err)
			require.Equal(t, c.user, e.User)
			require.Equal(t, c.room, e.Room)
			require.Equal(t, "null", string(e.Payload))
			require.Zero(t, e.At)
			require.Empty(t, e.CorrelationID)
		})
	}
}

func TestDecodeEvent_reads_times_however_they_are_written(t *testing.T) {
	const want = 1_767_225_600_000 // 2026-01-01T00:00:00Z
	for written, at := range map[string]int64{
		`1767225600`: want, `"1767225600"`: want, `1767225600.0`: want, `1767225600.5`: want + 500, `1.7672256e9`: want,
		`1767225600000`: want, `"1767225600000"`: want, `1767225600001`: want + 1,
		`"2026-01-01T00:00:00Z"`: want, `"2026-01-01T00:00:00.25Z"`: want + 250, `"2026-01-01T00:00:00.250000Z"`: want + 250,
		`"2026-01-01T01:00:00+01:00"`: want, `"2025-12-31T19:00:00.001-05:00"`: want + 1,
		`null`: 0, `""`: 0,
	} {
		e, err := DecodeEvent([]byte(`{"event":"level.up","timestamp":` + written + `}`))
		require.NoError(t, err, written)
		require.Equal(t, at, e.At, written)
	}
}

func TestDecodeEvent_refuses(t *testing.T) {
	for what, envelope := range map[string]string{
		"nothing": ``, "garbage": "\x00\xff", "null": `null`, "a string": `"level.up"`, "an array": `[{"event":"level.up"}]`, "a number": `1`,
		"no event": `{}`, "an empty event": `{"event":""}`, "a null event": `{"event":null}`, "a number for an event": `{"event":7}`,
		"an object for an event": `{"event":{"name":"level.up"}}`, "an envelope cut short": `{"event":"level.up","user_id":7`,
		"two envelopes":            `{"event":"level.up"}{"event":"level.up"}`,
		"a user of 0":              `{"event":"level.up","user_id":0}`,
		"a user below 0":           `{"event":"level.up","user_id":-7}`,
		"a user with a fraction":   `{"event":"level.up","user_id":7.5}`,
		"a user of words":          `{"event":"level.up","user_id":"seven"}`,
		"a user of true":           `{"event":"level.up","user_id":true}`,
		"a user of an object":      `{"event":"level.up","user_id":{"id":7}}`,
		"a user of a list":         `{"event":"level.up","user_id":[7]}`,
		"a user beyond all bounds": `{"event":"level.up","user_id":9223372036854775808}`,
		"a user with a space":      `{"event":"level.up","user_id":" 7"}`,
		"a room of 129 bytes":      `{"event":"level.up","room_id":"` + strings.Repeat("r", 129) + `"}`,
		"a time of words":          `{"event":"level.up","timestamp":"yesterday"}`,
		"a time of true":           `{"event":"level.up","timestamp":true}`,
		"a time of an object":      `{"event":"level.up","timestamp":{}}`,
		"a date without a time":    `{"event":"level.up","timestamp":"2026-01-01"}`,
	} {
		t.Run(what, func(t *testing.T) {
			e, err := DecodeEvent([]byte(envelope))
			require.ErrorIs(t, err, ErrEvent)
			require.Nil(t, e)
		})
	}
}

// A client that is sent what is no UTF-8 drops its connection, and a room that
// is no string is none.
func TestDecodeEvent_refuses_what_no_client_could_take(t *testing.T) {
	for _, envelope := range []string{
		"{\"event\":\"level.up\",\"payload\":{\"name\":\"\xff\"}}",
		`{"event":"level.up","room_id":true}`, `{"event":"level.up","room_id":{}}`, `{"event":"level.up","room_id":[1]}`,
		`{"event":"level.up","timestamp":"Infinity"}`, `{"event":"level.up","timestamp":"NaN"}`, `{"event":"level.up","timestamp":1e300}`,
	} {
		_, err := DecodeEvent([]byte(envelope))
		require.ErrorIs(t, err, ErrEvent, "%q", envelope)
	}
}

// The times of one moment are one, to the millisecond, in each form.
func TestDecodeEvent_agrees_with_itself_about_a_moment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(1_500_000_000_000, 4_000_000_000_000).Draw(t, "ms")).UTC()
		for form, written := range map[string]string{
			"milliseconds": fmt.Sprint(at.UnixMilli()),
			"RFC 3339":     `"` + at.Format("2006-01-02T15:04:05.000Z07:00") + `"`,
		} {
			e, err := DecodeEvent([]byte(`{"event":"level.up","timestamp":` + written + `}`))
			require.NoError(t, err)
			require.Equal(t, at.UnixMilli(), e.At, form)
		}
		seconds, err := DecodeEvent(fmt.Appendf(nil, `{"event":"level.up","timestamp":%d.%03d}`, at.Unix(), at.UnixMilli()%1000))
		require.NoError(t, err)
		require.InDelta(t, at.UnixMilli(), seconds.At, 1, "seconds with a fraction")
	})
}

// FuzzDecodeEvent holds that nothing panics, and that an event that is read can
// be written and read again.
func FuzzDecodeEvent(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{"event":"level.up"}`, `{"event":"x","user_id":"7","room_id":42,"payload":[1,{"a":null}],"timestamp":"2026-01-01T00:00:00Z"}`,
		`{"event":"room.member_blocked","user_id":7,"room_id":"42","timestamp":1767225600,"payload":{"expires_at":1e99,"duration":-1}}`,
		`{"event":"room.updated","payload":{"max_seats":"8","user_id":"9"}}`, `{"event":"x","payload":{"permanent":true,"until":{},"remaining_seconds":"1e400"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, envelope []byte) {
		e, err := DecodeEvent(envelope)
		if err != nil {
			require.ErrorIs(t, err, ErrEvent)
			return
		}
		require.NotEmpty(t, e.Name)
		require.True(t, json.Valid(e.Payload))
		require.GreaterOrEqual(t, e.User, int64(0))
		require.LessOrEqual(t, len(e.Room), maxEventRoom)
		require.GreaterOrEqual(t, e.Subject(), int64(0))
		require.LessOrEqual(t, e.MaxSeats(), room.MaxSeats)
		e.Block(0)
		s := NewSequence()
		again := *e
		require.True(t, s.First(e))
		require.Equal(t, e.CorrelationID == "", s.First(&again))
	})
}

// The events that clients may hear of, and no others, to the letter.
func TestEvent_Relayed(t *testing.T) {
	const allowed = `balance.updated reward.earned badge.earned level.up
		room.level_up room.participant_count room.member_joined room.member_left room.member_kicked
		room.member_blocked room.member_role_changed room.join_request_created
		room.join_request_approved room.join_request_rejected income_target.completed income_target.member_completed
		agency.invitation agency.join_request agency.join_request_approved
		agency.join_request_rejected agency.member_kicked agency.member_joined agency.member_left agency.dissolved
		config:invalidate asset:invalidate`
	require.Len(t, relayed, len(strings.Fields(allowed)))
	for _, name := range strings.Fields(allowed) {
		require.True(t, (&Event{Name: name}).Relayed(), name)
		for _, other := range []string{strings.ToUpper(name), name + " ", " " + name, name + ".x", name[:len(name)-1], strings.NewReplacer(".", ":", ":", ".").Replace(name)} {
			require.False(t, (&Event{Name: other}).Relayed(), other)
		}
	}
	for _, name := range []string{
		"", "room.user_unblocked", "room.updated", "room.force_close", "auth.force_disconnect", "auth.revoke_tokens",
		"room:closed", "room:userJoined", "seat:updated", "seat:cleared", "chat:message", "auth:expired", "connect", "disconnect", "*",
	} {
		require.False(t, (&Event{Name: name}).Relayed(), name)
	}
}

func TestEvent_Block(t *testing.T) {
	const now, at = 2_000_000_000_000, 1_900_000_000_000
	for payload, want := range map[string]int64{
		``: 0, `null`: 0, `[]`: 0, `"x"`: 0, `{}`: 0, `{"permanent":true}`: 0, `{"permanent":true,"expires_at":2000000001}`: 0,
		`{"expires_at":2000000001}`: 2_000_000_001_000, `{"expires_at":"2000000001000"}`: 2_000_000_001_000,
		`{"expires_at":"2033-05-18T03:33:21Z"}`: 2_000_000_001_000, `{"blocked_until":2000000001}`: 2_000_000_001_000,
		`{"until":2000000001}`: 2_000_000_001_000, `{"permanent":false,"expires_at":2000000001}`: 2_000_000_001_000,
		`{"expires_at":null,"duration":60}`: at + 60_000, `{"duration_seconds":60}`: at + 60_000, `{"remaining_seconds":"0.5"}`: at + 500,
		`{"expires_at":2000000001,"duration":5}`: 2_000_000_001_000, `{"expires_at":"soon","remaining_seconds":1}`: at + 1000,
		`{"duration":0}`: 0, `{"duration":-5}`: 0, `{"duration":"x"}`: 0, `{"duration":{}}`: 0,
	} {
		e := &Event{Payload: json.RawMessage(payload), At: at}
		require.Equal(t, Block{Until: want}, e.Block(now), payload)
	}
	e := &Event{Payload: json.RawMessage(`{"duration":60}`)}
	require.Equal(t, Block{Until: now + 60_000}, e.Block(now), "without a time of its own it counts from now")
}

func TestEvent_MaxSeats(t *testing.T) {
	for payload, want := range map[string]int{
		`{"max_seats":8}`: 8, `{"max_seats":"8"}`: 8, `{"max_seats":1}`: 1, `{"max_seats":100}`: 100, `{"max_seats":8,"name":"x"}`: 8,
		``: 0, `null`: 0, `[8]`: 0, `8`: 0, `{}`: 0, `{"max_seats":null}`: 0, `{"max_seats":0}`: 0, `{"max_seats":-1}`: 0, `{"max_seats":101}`: 0,
		`{"max_seats":8.5}`: 0, `{"max_seats":true}`: 0, `{"max_seats":{}}`: 0, `{"max_seats":"many"}`: 0, `{"max_seats":99999999999999999999}`: 0,
	} {
		require.Equal(t, want, (&Event{Payload: json.RawMessage(payload)}).MaxSeats(), payload)
	}
}

func TestEvent_Subject(t *testing.T) {
	require.EqualValues(t, 7, (&Event{User: 7, Payload: json.RawMessage(`{"user_id":8}`)}).Subject(), "the envelope's comes first")
	for payload, want := range map[string]int64{
		`{"user_id":8}`: 8, `{"user_id":"8"}`: 8,
		``: 0, `null`: 0, `[]`: 0, `{}`: 0, `{"user_id":null}`: 0, `{"user_id":0}`: 0, `{"user_id":-8}`: 0, `{"user_id":"x"}`: 0, `{"user_id":{}}`: 0,
	} {
		require.Equal(t, want, (&Event{Payload: json.RawMessage(payload)}).Subject(), payload)
	}
}
