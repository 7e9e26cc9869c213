package socketio_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"unicode/utf8"

	"audioroom/wsconn/socketio"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// member is one field of an object.
type member struct{ key, value string }

func membersOf(object []byte) []member {
	var all []member
	for key, value := range socketio.Fields(object) {
		all = append(all, member{string(key), string(value)})
	}
	return all
}

func TestFields(t *testing.T) {
	cases := map[string]struct {
		in   string
		want []member
	}{
		"an empty object":      {`{}`, nil},
		"an object of spaces":  {" {\t\r\n } ", nil},
		"one field":            {`{"a":1}`, []member{{"a", `1`}}},
		"several in order":     {`{"b":1,"a":"2","":[3,{"c":4}]}`, []member{{"b", `1`}, {"a", `"2"`}, {"", `[3,{"c":4}]`}}},
		"a key twice":          {`{"a":1,"a":2}`, []member{{"a", `1`}, {"a", `2`}}},
		"spaces everywhere":    {" { \"a\" : 1 ,\t\"b\"\n:\r{ \"c\" : 2 } } ", []member{{"a", `1`}, {"b", `{ "c" : 2 }`}}},
		"keys with escapes":    {`{"room\u0049d":"x","\"\\":"\""}`, []member{{"roomId", `"x"`}, {`"\`, `"\""`}}},
		"values keep escapes":  {`{"a":"\u0041"}`, []member{{"a", `"\u0041"`}}},
		"syntax in strings":    {`{"},{":"}","[":",:"}`, []member{{"},{", `"}"`}, {"[", `",:"`}}},
		"an array":             {`[{"a":1}]`, nil},
		"a string":             {`"{\"a\":1}"`, nil},
		"a number":             {`12`, nil},
		"null":                 {`null`, nil},
		"nothing":              {``, nil},
		"nothing but spaces":   {`  `, nil},
		"a literal of each":    {`{"t":true,"f":false,"n":null,"d":-1.5e3}`, []member{{"t", `true`}, {"f", `false`}, {"n", `null`}, {"d", `-1.5e3`}}},
		"a key half a pair of": {`{"\ud800":1}`, []member{{"\ufffd", `1`}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, membersOf([]byte(c.in))) })
	}
}

func TestFields_stops_when_asked_to(t *testing.T) {
	var seen []string
	for key := range socketio.Fields([]byte(`{"a":1,"b":2,"c":3}`)) {
		seen = append(seen, string(key))
		if string(key) == "b" {
			break
		}
	}
	require.Equal(t, []string{"a", "b"}, seen)
}

// The values may be appended to without harm to what follows.
func TestFields_caps_its_values(t *testing.T) {
	object := []byte(`{"a":1,"b":2}`)
	for _, value := range socketio.Fields(object) {
		_ = append(value, "xxxx"...)
	}
	require.Equal(t, `{"a":1,"b":2}`, string(object))
}

func TestFields_allocates_nothing(t *testing.T) {
	object := []byte(`{"roomId":"42","seatIndex":3}`)
	fields := 0
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		for range socketio.Fields(object) {
			fields++
		}
	}))
	require.Positive(t, fields)
}

func TestFields_reads_what_was_marshalled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String())).Draw(t, "object")
		object, err := json.MarshalIndent(want, "", rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "indent"))
		require.NoError(t, err)
		got := make(map[string][]string)
		for key, value := range socketio.Fields(object) {
			var list []string
			require.NoError(t, json.Unmarshal(value, &list))
			got[string(key)] = list
		}
		require.Equal(t, want, got)
	})
}

// FuzzFields holds Fields against encoding/json: the same fields of valid
// objects, nothing of other values, and no panic on the rest.
func FuzzFields(f *testing.F) {
	for _, seed := range []string{
		``, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,"b`, `{}`, `[]`, `null`, `{"a":{"b":[1,{}]},"a":"}"}`, `{"\u0061\n":-0.5e1}`, ` { "" : "" } `,
		`{"\ud800":1}`, `{"a":1}}`, `{"a" 1}`, `{"a":tru}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got := membersOf(in)
		if !utf8.Valid(in) || !json.Valid(in) || nesting(in) > socketio.MaxDepth {
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(in))
		if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
			require.Empty(t, got)
			return
		}
		var want []member
		for decoder.More() {
			key, err := decoder.Token()
			require.NoError(t, err)
			var value json.RawMessage
			require.NoError(t, decoder.Decode(&value))
			want = append(want, member{key.(string), string(value)})
		}
		require.Equal(t, want, got)
	})
}

// nesting is no less than how deep a value nests.
func nesting(in []byte) int { return bytes.Count(in, []byte("{")) + bytes.Count(in, []byte("[")) }

func TestFields_sees_every_key_of_a_large_object(t *testing.T) {
	want := make(map[string]int)
	for i := range 1000 {
		want[string(rune('a'+i%26))+string(rune(0x4e00+i))] = i
	}
	object, err := json.Marshal(want)
	require.NoError(t, err)
	var keys []string
	for key := range socketio.Fields(object) {
		keys = append(keys, string(key))
	}
	require.Equal(t, slices.Sorted(maps.Keys(want)), keys)
}

func BenchmarkFields(b *testing.B) {
	object := []byte(`{"roomId":"42","seatIndex":3}`)
	b.ReportAllocs()
	for b.Loop() {
		for _, value := range socketio.Fields(object) {
			sink += len(value)
		}
	}
}
