package socketio_test

import (
	"strings"
	"testing"

	"audioroom/wsconn/socketio"

	"github.com/stretchr/testify/require"
)

func TestDecode(t *testing.T) {
	cases := map[string]struct {
		in   string
		want socketio.Packet
	}{
		"connect":                    {`0`, socketio.Packet{Type: socketio.Connect, Namespace: "/"}},
		"connect with auth":          {`0{"token":"x"}`, socketio.Packet{Type: socketio.Connect, Namespace: "/", Data: []byte(`{"token":"x"}`)}},
		"connect to a namespace":     {`0/custom,`, socketio.Packet{Type: socketio.Connect, Namespace: "/custom"}},
		"a namespace without comma":  {`0/custom`, socketio.Packet{Type: socketio.Connect, Namespace: "/custom"}},
		"a namespace and auth":       {`0/custom,{}`, socketio.Packet{Type: socketio.Connect, Namespace: "/custom", Data: []byte(`{}`)}},
		"the main namespace spelled": {`0/,{}`, socketio.Packet{Type: socketio.Connect, Namespace: "/", Data: []byte(`{}`)}},
		"disconnect":                 {`1`, socketio.Packet{Type: socketio.Disconnect, Namespace: "/"}},
		"disconnect a namespace":     {`1/custom,`, socketio.Packet{Type: socketio.Disconnect, Namespace: "/custom"}},
		"event":                      {`2["a"]`, socketio.Packet{Type: socketio.Event, Namespace: "/", Data: []byte(`["a"]`)}},
		"event with ack id 0":        {`20["a"]`, socketio.Packet{Type: socketio.Event, Namespace: "/", HasID: true, Data: []byte(`["a"]`)}},
		"event with ack id":          {`2/custom,789["a",1]`, socketio.Packet{Type: socketio.Event, Namespace: "/custom", ID: 789, HasID: true, Data: []byte(`["a",1]`)}},
		"the largest ack id":         {`29007199254740991["a"]`, socketio.Packet{Type: socketio.Event, Namespace: "/", ID: socketio.MaxAckID, HasID: true, Data: []byte(`["a"]`)}},
		"ack":                        {`312[]`, socketio.Packet{Type: socketio.Ack, Namespace: "/", ID: 12, HasID: true, Data: []byte(`[]`)}},
		"connect error":              {`4{"message":"no"}`, socketio.Packet{Type: socketio.ConnectError, Namespace: "/", Data: []byte(`{"message":"no"}`)}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := socketio.Decode([]byte(c.in))
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestDecode_refuses(t *testing.T) {
	cases := map[string]struct {
		in   string
		want error
	}{
		"nothing":                  {``, socketio.ErrEmpty},
		"a letter for a type":      {`abc`, socketio.ErrType},
		"a type too high":          {`7`, socketio.ErrType},
		"a binary event":           {`51-["a",{"_placeholder":true,"num":0}]`, socketio.ErrBinary},
		"many attachments":         {`599999999999999999999-["a"]`, socketio.ErrBinary},
		"a binary ack":             {`61-1[]`, socketio.ErrBinary},
		"a long namespace":         {`0/` + strings.Repeat("n", socketio.MaxNamespace) + `,`, socketio.ErrNamespace},
		"auth that is no object":   {`0[1]`, socketio.ErrPayload},
		"auth that is a string":    {`0"token"`, socketio.ErrPayload},
		"auth that is cut off":     {`0{"token":`, socketio.ErrJSON},
		"auth of spaces":           {`0  `, socketio.ErrJSON},
		"disconnect with data":     {`1{}`, socketio.ErrPayload},
		"event without data":       {`2`, socketio.ErrPayload},
		"event with only an id":    {`212`, socketio.ErrPayload},
		"an ack id over 2^53":      {`29007199254740992["a"]`, socketio.ErrAckID},
		"an ack id of 17 digits":   {`200000000000000001["a"]`, socketio.ErrAckID},
		"an ack id without end":    {`2` + strings.Repeat("9", 4096), socketio.ErrAckID},
		"an ack without id":        {`3[]`, socketio.ErrAckID},
		"an ack that is no array":  {`31{}`, socketio.ErrPayload},
		"an ack without data":      {`31`, socketio.ErrJSON},
		"connect error, not JSON":  {`4nope`, socketio.ErrJSON},
		"auth that nests too deep": {`0{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, socketio.ErrJSON},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := socketio.Decode([]byte(c.in))
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestDecode_allocates_nothing(t *testing.T) {
	packet := []byte(`2104["seat:unlock",{"roomId":"room-1","seatIndex":7}]`)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		p, err := socketio.Decode(packet)
		if err != nil {
			t.Fatal(err)
		}
		_, args, err := socketio.SplitEvent(p.Data)
		if err != nil || args.First() == nil {
			t.Fatal(err)
		}
	}))
}

func TestType_String(t *testing.T) {
	require.Equal(t, "CONNECT_ERROR", socketio.ConnectError.String())
	require.Equal(t, "UNKNOWN", socketio.Type(9).String())
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		``, `0`, `0{"token":"x"}`, `0/custom,{}`, `0/`, `1`, `1/custom`, `2["a",1,"2",{"3":[true]}]`, `20["a"]`,
		`2/custom,789["a"]`, `29007199254740992["a"]`, `31[]`, `4{"message":"no"}`, `51-["a"]`, `2["\u0061"]`, `2[`, `2["a",`,
		`2["a",-0.1e+5]`, "2[\"a\xff\"]", `2abc["a"]`, `2{}`, `2"string"`, `2["connect"]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := socketio.Decode(in)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "socketio: "))
			return
		}
		require.LessOrEqual(t, p.ID, uint64(socketio.MaxAckID))
		require.NotEmpty(t, p.Namespace)
		if p.Type != socketio.Event {
			return
		}
		name, args, err := socketio.SplitEvent(p.Data)
		if err != nil {
			return
		}
		// What was taken apart can be put together again, and is the same.
		again, err := socketio.Decode(socketio.AppendEvent(nil, p.Namespace, string(name), args))
		require.NoError(t, err)
		require.Equal(t, p.Namespace, again.Namespace)
		name2, args2, err := socketio.SplitEvent(again.Data)
		require.NoError(t, err)
		require.Equal(t, string(name), string(name2))
		require.Equal(t, string(args), string(args2))
	})
}

var sink int

func BenchmarkDecode(b *testing.B) {
	packet := []byte(`2104["seat:unlock",{"roomId":"room-1","seatIndex":7}]`)
	b.Run("header", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p, _ := socketio.Decode(packet)
			sink += len(p.Data)
		}
	})
	b.Run("event", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p, _ := socketio.Decode(packet)
			name, args, _ := socketio.SplitEvent(p.Data)
			sink += len(name) + len(args.First())
		}
	})
}
