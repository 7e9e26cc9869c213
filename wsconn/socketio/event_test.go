package socketio_test

import (
	"encoding/json"
	"strings"
	"testing"

	"audioroom/wsconn/socketio"

	"github.com/stretchr/testify/require"
)

func TestSplitEvent(t *testing.T) {
	cases := map[string]struct {
		in, name string
		args     []string
	}{
		"no arguments":           {`["a"]`, "a", nil},
		"one argument":           {`["a",{"x":[1,2]}]`, "a", []string{`{"x":[1,2]}`}},
		"several arguments":      {`["a",1,"2",{"3":[true]}]`, "a", []string{`1`, `"2"`, `{"3":[true]}`}},
		"spaces everywhere":      {" [ \"a\" , 1 ,\t[ ] ] ", "a", []string{`1`, `[ ]`}},
		"brackets in strings":    {`["a","]},{","\"]"]`, "a", []string{`"]},{"`, `"\"]"`}},
		"a name with escapes":    {`["room\u003ajoin"]`, "room:join", nil},
		"an empty name":          {`["",null]`, "", []string{`null`}},
		"numbers of every shape": {`["a",-0,0.5,1e9,-1.25E-3]`, "a", []string{`-0`, `0.5`, `1e9`, `-1.25E-3`}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, args, err := socketio.SplitEvent([]byte(c.in))
			require.NoError(t, err)
			require.Equal(t, c.name, string(got))
			var all []string
			for arg := range args.All() {
				all = append(all, string(arg))
			}
			require.Equal(t, c.args, all)
			if len(c.args) == 0 {
				require.Nil(t, args.First())
			} else {
				require.Equal(t, c.args[0], string(args.First()))
			}
		})
	}
}

func TestSplitEvent_refuses(t *testing.T) {
	deep := strings.Repeat("[", socketio.MaxDepth) + strings.Repeat("]", socketio.MaxDepth)
	cases := map[string]struct {
		in   string
		want error
	}{
		"nothing":                {``, socketio.ErrJSON},
		"an object":              {`{}`, socketio.ErrPayload},
		"a string":               {`"string"`, socketio.ErrPayload},
		"an empty array":         {`[]`, socketio.ErrPayload},
		"a number for a name":    {`[1,2]`, socketio.ErrPayload},
		"no JSON":                {`abc["a"]`, socketio.ErrJSON},
		"an open array":          {`["a",1`, socketio.ErrJSON},
		"an open string":         {`["a`, socketio.ErrJSON},
		"a comma too many":       {`["a",]`, socketio.ErrJSON},
		"a comma too few":        {`["a" 1]`, socketio.ErrJSON},
		"something behind":       {`["a"]]`, socketio.ErrJSON},
		"a leading zero":         {`["a",01]`, socketio.ErrJSON},
		"a bare minus":           {`["a",-]`, socketio.ErrJSON},
		"half an escape":         {`["a","\u12"]`, socketio.ErrJSON},
		"a control character":    {"[\"a\",\"\n\"]", socketio.ErrJSON},
		"too deep":               {`["a",` + deep + `]`, socketio.ErrJSON},
		"far too deep":           {`["a",` + strings.Repeat("[", 1<<20), socketio.ErrJSON},
		"the name connect":       {`["connect"]`, socketio.ErrReserved},
		"the name disconnecting": {`["disconnecting",1]`, socketio.ErrReserved},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := socketio.SplitEvent([]byte(c.in))
			require.ErrorIs(t, err, c.want)
		})
	}
}

// FuzzSplitEvent holds the scanner against encoding/json, which nests deeper
// and is of the same opinion otherwise.
func FuzzSplitEvent(f *testing.F) {
	for _, seed := range []string{
		`["a"]`, `["a",1]`, `["a",1,"2",{"3":[true]}]`, `["a",-0.1e+5,null,false]`, `["\ud800"]`, `["a","\\\""]`, ` [ "a" , {} ] `, `[]`,
		`{"a":1}`, `["a",tru]`, `["a",1.]`, `["a",{"b":}]`, `["a",{"b":1,}]`, `["disconnect"]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		name, args, err := socketio.SplitEvent(in)
		if err != nil {
			var whole []any
			if json.Unmarshal(in, &whole) != nil || len(whole) == 0 {
				return
			}
			first, isString := whole[0].(string)
			switch err {
			case socketio.ErrReserved:
				require.True(t, isString, first)
			case socketio.ErrPayload:
				require.False(t, isString)
			default:
				require.Greater(t, strings.Count(string(in), "[")+strings.Count(string(in), "{"), socketio.MaxDepth)
			}
			return
		}
		var whole []json.RawMessage
		require.NoError(t, json.Unmarshal(in, &whole))
		var want string
		require.NoError(t, json.Unmarshal(whole[0], &want))
		require.Equal(t, want, string([]rune(string(name))), "invalid UTF-8 is the caller's to refuse")
		i := 0
		for arg := range args.All() {
			i++
			require.Equal(t, string(whole[i]), string(arg))
		}
		require.Len(t, whole, i+1)
	})
}

func BenchmarkSplitEvent(b *testing.B) {
	chat := []byte(`["chat:message",{"roomId":"room-1","content":"` + strings.Repeat("hello there ", 20) + `","type":"text"}]`)
	b.SetBytes(int64(len(chat)))
	b.ReportAllocs()
	for b.Loop() {
		name, args, _ := socketio.SplitEvent(chat)
		sink += len(name) + len(args)
	}
}
