package wsconn

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"audioroom/actors/room"
	"audioroom/wsconn/socketio"

	"github.com/stretchr/testify/require"
)

// fieldNames are the names of the fields on the wire.
var fieldNames = map[field]string{
	fieldRoomID: "roomId", fieldSeatIndex: "seatIndex", fieldSeatCount: "seatCount", fieldUserID: "userId", fieldOwnerID: "ownerId",
	fieldContent: "content", fieldType: "type",
}

// shape is one way to write a field.
type shape struct {
	what, json string
	valid      bool
	want       any
}

// strangers are values of a type that no field has.
var strangers = []shape{
	{what: "null", json: `null`},
	{what: "true", json: `true`},
	{what: "false", json: `false`},
	{what: "an array", json: `[]`},
	{what: "an object", json: `{}`},
	{what: "a value within an array", json: `["42"]`},
	{what: "a value within an object", json: `{"roomId":"42","seatIndex":3,"userId":7}`},
	{what: "a nest of arrays", json: strings.Repeat("[", 40) + strings.Repeat("]", 40)},
}

func roomIDShapes() []shape {
	long := strings.Repeat("r", maxRoomID)
	wide := strings.Repeat("é", maxRoomID/2)
	shapes := []shape{
		{"one character", `"r"`, true, "r"},
		{"digits", `"42"`, true, "42"},
		{"a space", `" "`, true, " "},
		{"128 bytes", `"` + long + `"`, true, long},
		{"129 bytes", `"` + long + `r"`, false, nil},
		{"128 bytes of two each", `"` + wide + `"`, true, wide},
		{"129 bytes in fewer characters", `"` + wide + `r"`, false, nil},
		{"128 bytes, every one escaped", `"` + strings.Repeat(`\u0072`, maxRoomID) + `"`, true, long},
		{"129 bytes, every one escaped", `"` + strings.Repeat(`\u0072`, maxRoomID+1) + `"`, false, nil},
		{"letters of every script", `"Café 房间 غرفة 🎤"`, true, "Café 房间 غرفة 🎤"},
		{"a surrogate pair", `"\ud83c\udfa4"`, true, "🎤"},
		{"half a pair", `"\ud83c"`, true, "\ufffd"},
		{"the pair's other half", `"\udfa4r"`, true, "\ufffdr"},
		{"the pair the wrong way round", `"\udfa4\ud83c"`, true, "\ufffd\ufffd"},
		{"escapes", `"\"\\\/\u0041"`, true, `"\/A`},
		{"a line separator", "\"a\u2028b\"", true, "a\u2028b"},
		{"a byte order mark", "\"\ufeff\"", true, "\ufeff"},
		{"a no-break space, the first after C1", "\"\u00a0\"", true, "\u00a0"},
		{"empty", `""`, false, nil},
		{"a number", `42`, false, nil},
		{"a zero", `0`, false, nil},
		{"DEL", "\"a\u007f\"", false, nil},
		{"DEL escaped", `"a\u007f"`, false, nil},
		{"NUL escaped", `"a\u0000"`, false, nil},
		{"a newline escaped", `"\n"`, false, nil},
		{"a tab escaped", `"a\tb"`, false, nil},
		{"a backspace escaped", `"\b"`, false, nil},
		{"the last of C0 escaped", `"\u001f"`, false, nil},
		{"the first of C1", "\"a\u0080\"", false, nil},
		{"the next line", "\"\u0085\"", false, nil},
		{"the last of C1", "\"\u009f\"", false, nil},
		{"the first of C1 escaped", `"\u0080"`, false, nil},
		{"the last of C1 escaped", `"a\u009Fb"`, false, nil},
	}
	return append(shapes, strangers...)
}

// wholeShapes are ways to write a number that has to be whole and to lie within
// bounds, of which least is 0 or 1.
func wholeShapes(least, most string) []shape {
	bounds := map[string][4]string{ // below, beyond, and the next of it that is a float
		"0-99":               {"-1", "100", "99.5", "1e2"},
		"1-100":              {"0", "101", "100.5", "1.01e2"},
		"1-9007199254740991": {"0", "9007199254740992", "9007199254740992.5", "9.007199254740992e15"},
	}[least+"-"+most]
	n := map[string]int64{"0": 0, "1": 1, "99": 99, "100": 100, "9007199254740991": maxUserID}
	shapes := []shape{
		{"the least", least, true, n[least]},
		{"the most", most, true, n[most]},
		{"the most, with a fraction of zero", most + ".000", true, n[most]},
		{"the most, with an exponent of zero", most + "E-0", true, n[most]},
		{"3", "3", true, int64(3)},
		{"3.0", "3.0", true, int64(3)},
		{"3e0", "3e0", true, int64(3)},
		{"30e-1", "30e-1", true, int64(3)},
		{"0.3e+1", "0.3e+1", true, int64(3)},
		{"3 in very many digits", "3." + strings.Repeat("0", 500), true, int64(3)},
		{"one below", bounds[0], false, nil},
		{"one beyond", bounds[1], false, nil},
		{"half beyond", bounds[2], false, nil},
		{"beyond with an exponent", bounds[3], false, nil},
		{"a half", "0.5", false, nil},
		{"three and a bit", "3.0000001", false, nil},
		{"a minus", "-1", false, nil},
		{"a minus and a fraction", "-3.5", false, nil},
		{"2^53 and one", "9007199254740993", false, nil},
		{"2^63", "9223372036854775808", false, nil},
		{"2^64 and three", "18446744073709551619", false, nil},
		{"a three that only an overflow sees", "340282366920938463463374607431768211459", false, nil},
		{"five hundred digits", strings.Repeat("9", 500), false, nil},
		{"a large exponent", "1e308", false, nil},
		{"an exponent too large", "1e309", false, nil},
		{"an exponent far too large", "3e99999999999999999999", false, nil},
		{"digits in quotes", `"3"`, false, nil},
		{"an empty string", `""`, false, nil},
		{"a word", `"three"`, false, nil},
	}
	for _, zero := range []string{"0", "-0", "-0.0", "0e5", "-0E-5"} {
		shapes = append(shapes, shape{what: "zero as " + zero, json: zero, valid: least == "0", want: int64(0)})
	}
	return append(shapes, strangers...)
}

func contentShapes() []shape {
	longest, emoji := strings.Repeat("a", maxContent), strings.Repeat("🎤", maxContent)
	escaped := strings.Repeat(`\u00e9`, maxContent)
	var shapes []shape
	for what, content := range map[string]string{
		"a word": `"hi"`, "a space": `" "`, "500 characters": `"` + longest + `"`, "500 of four bytes each": `"` + emoji + `"`,
		"500, every one escaped": `"` + escaped + `"`, "500, pairs of escapes": `"` + strings.Repeat(`\ud83c\udfa4`, maxContent) + `"`,
		"what JSON escapes": `"\"\\\/\b\f\n\r\t\u0000"`, "half a pair": `"\ud83c"`, "markup": `"<script>alert(1)</script>&amp;"`,
		"what looks like a frame": `"42[\"room:closed\",{}]"`, "line separators": "\"\u2028\u2029\"",
	} {
		shapes = append(shapes, shape{what, content, true, content}) // passed on as it is written
	}
	shapes = append(shapes,
		shape{what: "empty", json: `""`},
		shape{what: "501 characters", json: `"` + longest + `a"`},
		shape{what: "501 of four bytes each", json: `"` + emoji + `a"`},
		shape{what: "501, every one escaped", json: `"` + escaped + `\u0041"`},
		shape{what: "a number", json: `5`},
	)
	return append(shapes, strangers...)
}

func typeShapes() []shape {
	shapes := []shape{
		{what: "escaped", json: `"\u0067ift"`, valid: true, want: "gift"},
		{what: "empty", json: `""`}, {what: "in upper case", json: `"TEXT"`}, {what: "with a space", json: `"text "`},
		{what: "unknown", json: `"image"`}, {what: "a number", json: `0`}, {what: "all of them", json: `"text|emoji"`},
	}
	for _, kind := range []string{"text", "emoji", "sticker", "gift", "system"} {
		shapes = append(shapes, shape{kind, `"` + kind + `"`, true, kind})
	}
	return append(shapes, strangers...)
}

var shapesOf = map[field][]shape{
	fieldRoomID:    roomIDShapes(),
	fieldSeatIndex: wholeShapes("0", "99"),
	fieldSeatCount: wholeShapes("1", "100"),
	fieldUserID:    wholeShapes("1", "9007199254740991"),
	fieldOwnerID:   wholeShapes("1", "9007199254740991"),
	fieldContent:   contentShapes(),
	fieldType:      typeShapes(),
}

// plainOf is a valid value of each field.
var plainOf = map[field]string{
	fieldRoomID: `"42"`, fieldSeatIndex: `7`, fieldSeatCount: `7`, fieldUserID: `7`, fieldOwnerID: `7`, fieldContent: `"hi"`, fieldType: `"emoji"`,
}

// written returns an object of the needed fields, one of which is given; an
// empty value leaves it out.
func written(need, given field, value string) string {
	members := []string{`"unknown":{"roomId":[null]}`}
	for f, name := range fieldNames {
		switch {
		case f == given && value != "":
			members = append(members, `"`+name+`":`+value)
		case f != given && need&f != 0:
			members = append(members, `"`+name+`":`+plainOf[f])
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// value returns what was decoded of a field.
func (p payload) value(f field) any {
	return map[field]any{
		fieldRoomID: string(p.roomID), fieldSeatIndex: int64(p.seatIndex), fieldSeatCount: int64(p.seatCount), fieldUserID: int64(p.userID),
		fieldContent: string(p.content), fieldType: p.kind,
	}[f]
}

// firstArgument passes a payload through the codec, as the transport does.
func firstArgument(t testing.TB, json string) []byte {
	t.Helper()
	_, args, err := socketio.SplitEvent([]byte(`["event",` + json + `]`))
	require.NoError(t, err)
	return args.First()
}

func TestDecodePayload_takes_and_refuses_each_field_of_each_event(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(events)) {
		e := events[name]
		for f, fieldName := range fieldNames {
			if f&(e.need|e.may) == 0 {
				continue
			}
			t.Run(name+"/"+fieldName, func(t *testing.T) {
				for _, s := range shapesOf[f] {
					p, ok := decodePayload(firstArgument(t, written(e.need, f, s.json)), e.need, e.may)
					require.Equal(t, s.valid, ok, s.what)
					switch {
					case !ok:
						require.Zero(t, p, s.what)
					case f != fieldOwnerID:
						require.Equal(t, s.want, p.value(f), s.what)
					}
				}
				_, ok := decodePayload(firstArgument(t, written(e.need, f, "")), e.need, e.may)
				require.Equal(t, e.need&f == 0, ok, "left out")
				if ok && f == fieldSeatIndex {
					p, _ := decodePayload(firstArgument(t, written(e.need, f, "")), e.need, e.may)
					require.Equal(t, room.AnySeat, p.seatIndex)
				}
			})
		}
	}
}

func TestDecodePayload_does_not_look_at_fields_of_other_events(t *testing.T) {
	for name, e := range events {
		for f := range fieldNames {
			if f&(e.need|e.may) == 0 {
				_, ok := decodePayload(firstArgument(t, written(e.need, f, `[null]`)), e.need, e.may)
				require.True(t, ok, "%s with a strange %s", name, fieldNames[f])
			}
		}
	}
}

func TestDecodePayload_wants_one_object(t *testing.T) {
	for what, in := range map[string]string{
		"no argument": `["e"]`, "null": `["e",null]`, "a string": `["e","{\"roomId\":\"42\"}"]`, "a number": `["e",42]`, "a boolean": `["e",true]`,
		"an array": `["e",[{"roomId":"42","userId":7,"seatIndex":3}]]`, "an empty object": `["e",{}]`, "an empty string": `["e",""]`,
		"the object as the second argument": `["e",null,{"roomId":"42","userId":7,"seatIndex":3}]`,
	} {
		_, args, err := socketio.SplitEvent([]byte(in))
		require.NoError(t, err, what)
		for name, e := range events {
			_, ok := decodePayload(args.First(), e.need, e.may)
			require.False(t, ok, "%s with %s", name, what)
		}
	}
}

func TestDecodePayload_reads_JSON_however_it_is_written(t *testing.T) {
	want := payload{roomID: []byte("42"), seatIndex: 3, kind: "text"}
	for what, in := range map[string]string{
		"plainly":                   `{"roomId":"42","seatIndex":3}`,
		"the other way round":       `{"seatIndex":3,"roomId":"42"}`,
		"with white space":          " {\t\"roomId\" :\n\"42\" , \r \"seatIndex\": 3 } ",
		"with more arguments":       `{"roomId":"42","seatIndex":3},{"roomId":"43"},null`,
		"with escaped keys":         `{"room\u0049d":"42","\u0073eatIndex":3}`,
		"with an escaped value":     `{"roomId":"\u00342","seatIndex":3}`,
		"with a key twice":          `{"roomId":"41","seatIndex":2,"roomId":"42","seatIndex":3}`,
		"with a key twice, escaped": `{"roomId":"41","seatIndex":3,"room\u0049d":"42"}`,
		"with keys alike":           `{"roomId":"42","RoomId":"43","roomid":1,"ROOMID":null,"roomId ":"","seatIndex":3,"seatindex":"4"}`,
		"with an empty key":         `{"":0,"roomId":"42","seatIndex":3}`,
		"with the fields deeper":    `{"a":{"roomId":1},"roomId":"42","seatIndex":3,"b":[{"seatIndex":null}]}`,
		"with quotes and braces":    `{"a":"\"},{\"roomId\":1","roomId":"42","seatIndex":3,"z":"}"}`,
		"with a prototype":          `{"__proto__":{"roomId":1},"constructor":null,"roomId":"42","seatIndex":3}`,
	} {
		t.Run(what, func(t *testing.T) {
			got, ok := decodePayload(firstArgument(t, in), fieldRoomID|fieldSeatIndex, 0)
			require.True(t, ok)
			require.Equal(t, want, got)
		})
	}
}

// Of a field that comes twice the last one counts, as in JavaScript: whether
// the others are valid makes no difference.
func TestDecodePayload_counts_the_last_of_a_field_that_comes_twice(t *testing.T) {
	for f, name := range fieldNames {
		t.Run(name, func(t *testing.T) {
			for _, first := range shapesOf[f] {
				for _, last := range shapesOf[f] {
					twice := `{"` + name + `":` + first.json + `,"x":0,"` + name + `":` + last.json + `}`
					p, ok := decodePayload(firstArgument(t, twice), f, 0)
					require.Equal(t, last.valid, ok, "%s, then %s", first.what, last.what)
					if ok && f != fieldOwnerID {
						require.Equal(t, last.want, p.value(f), "%s, then %s", first.what, last.what)
					}
				}
			}
		})
	}
}

// Every event of the contract is there, with its fields.
func TestEvents_carry_the_fields_of_the_contract(t *testing.T) {
	want := map[string][2][]string{
		"room:join":           {{"roomId"}, {"ownerId", "seatCount"}},
		"room:leave":          {{"roomId"}, nil},
		"seat:take":           {{"roomId", "seatIndex"}, nil},
		"seat:leave":          {{"roomId"}, nil},
		"seat:assign":         {{"roomId", "seatIndex", "userId"}, nil},
		"seat:remove":         {{"roomId", "userId"}, nil},
		"seat:lock":           {{"roomId", "seatIndex"}, nil},
		"seat:unlock":         {{"roomId", "seatIndex"}, nil},
		"seat:mute":           {{"roomId", "userId"}, nil},
		"seat:unmute":         {{"roomId", "userId"}, nil},
		"seat:invite":         {{"roomId", "seatIndex", "userId"}, nil},
		"seat:invite:accept":  {{"roomId"}, {"seatIndex"}},
		"seat:invite:decline": {{"roomId"}, {"seatIndex"}},
		"chat:message":        {{"content", "roomId"}, {"type"}},
		"user:getRoom":        {{"userId"}, nil},
	}
	names := func(mask field) (names []string) {
		for f, name := range fieldNames {
			if mask&f != 0 {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return names
	}
	require.Len(t, events, len(want))
	for name, e := range events {
		require.Equal(t, want[name], [2][]string{names(e.need), names(e.may)}, name)
		require.Equal(t, name == "room:leave", e.silent, name)
	}
}

func TestDecodePayload_allocates_nothing(t *testing.T) {
	raw := []byte(`{"roomId":"42","seatIndex":3}`)
	ok := true
	allocs := testing.AllocsPerRun(1000, func() {
		p, valid := decodePayload(raw, fieldRoomID|fieldSeatIndex, 0)
		ok = ok && valid && p.seatIndex == 3
	})
	require.True(t, ok)
	require.Zero(t, allocs)
}

var sinkPayload payload

func BenchmarkDecodePayload(b *testing.B) {
	for what, in := range map[string]string{
		"plain":  `{"roomId":"42","seatIndex":3}`,
		"escape": `{"roomId":"4\u0032","seatIndex":3}`,
		"float":  `{"roomId":"42","seatIndex":3.0}`,
		"crowd":  `{"a":1,"b":[1,2,3],"c":{"d":null},"roomId":"42","e":"text","seatIndex":3}`,
	} {
		b.Run(what, func(b *testing.B) {
			raw := []byte(in)
			b.ReportAllocs()
			for b.Loop() {
				sinkPayload, _ = decodePayload(raw, fieldRoomID|fieldSeatIndex, 0)
			}
		})
	}
}
