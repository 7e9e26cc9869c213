package socketio_test

import (
	"encoding/json"
	"testing"
	"time"

	"audioroom/wsconn/socketio"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAppend(t *testing.T) {
	cases := map[string]struct {
		got  []byte
		want string
	}{
		"open": {
			socketio.AppendOpen(nil, socketio.Handshake{SID: "s", PingInterval: 25 * time.Second, PingTimeout: time.Minute, MaxPayload: 16384}),
			`0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":60000,"maxPayload":16384}`,
		},
		"connect":                {socketio.AppendConnect(nil, "/", "s"), `0{"sid":"s"}`},
		"connect to a namespace": {socketio.AppendConnect(nil, "/custom", "s"), `0/custom,{"sid":"s"}`},
		"connect error":          {socketio.AppendConnectError(nil, "/random", "Invalid namespace"), `4/random,{"message":"Invalid namespace"}`},
		"disconnect":             {socketio.AppendDisconnect(nil, "/"), `1`},
		"event":                  {socketio.AppendEvent(nil, "/", "seat:cleared", []byte(`{"seatIndex":3}`)), `2["seat:cleared",{"seatIndex":3}]`},
		"event without args":     {socketio.AppendEvent(nil, "/custom", "a", nil), `2/custom,["a"]`},
		"a name to escape":       {socketio.AppendEvent(nil, "/", "a\"\\\n\u00e9", nil), `2["a\"\\\u000aé"]`},
		"ack":                    {socketio.AppendAck(nil, "/", 0, []byte(`{"success":true}`)), `30[{"success":true}]`},
		"ack of a namespace":     {socketio.AppendAck([]byte("4"), "/custom", 789, nil), `43/custom,789[]`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, string(c.got)) })
	}
}

func TestDecode_reads_what_was_appended(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		namespace := rapid.StringMatching(`/[a-z0-9/_-]{0,40}`).Draw(t, "namespace")
		name := rapid.String().Filter(func(s string) bool {
			_, _, err := socketio.SplitEvent(socketio.AppendEvent(nil, "/", s, nil)[1:])
			return err == nil
		}).Draw(t, "name")
		id := rapid.Uint64Max(socketio.MaxAckID).Draw(t, "id")
		values := rapid.SliceOfN(rapid.String(), 0, 4).Draw(t, "args")
		var args []byte
		for i, v := range values {
			if i > 0 {
				args = append(args, ',')
			}
			raw, err := json.Marshal(v)
			require.NoError(t, err)
			args = append(args, raw...)
		}

		p, err := socketio.Decode(socketio.AppendEvent(nil, namespace, name, args))
		require.NoError(t, err)
		require.Equal(t, namespace, p.Namespace)
		require.False(t, p.HasID)
		gotName, gotArgs, err := socketio.SplitEvent(p.Data)
		require.NoError(t, err)
		require.Equal(t, name, string(gotName))
		require.Equal(t, string(args), string(gotArgs))

		p, err = socketio.Decode(socketio.AppendAck(nil, namespace, id, args))
		require.NoError(t, err)
		require.Equal(t, socketio.Packet{
			Type: socketio.Ack, Namespace: namespace, ID: id, HasID: true, Data: []byte("[" + string(args) + "]"),
		}, p)

		var object struct{ SID, Message string }
		p, err = socketio.Decode(socketio.AppendConnect(nil, namespace, name))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(p.Data, &object))
		require.Equal(t, name, object.SID)
		p, err = socketio.Decode(socketio.AppendConnectError(nil, namespace, name))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(p.Data, &object))
		require.Equal(t, name, object.Message)

		p, err = socketio.Decode(socketio.AppendDisconnect(nil, namespace))
		require.NoError(t, err)
		require.Equal(t, socketio.Packet{Type: socketio.Disconnect, Namespace: namespace}, p)
	})
}

func BenchmarkAppendEvent(b *testing.B) {
	buf := make([]byte, 0, 256)
	args := []byte(`{"seatIndex":3,"userId":7,"isMuted":false}`)
	b.ReportAllocs()
	for b.Loop() {
		buf = socketio.AppendEvent(buf[:0], "/", "seat:updated", args)
	}
	sink += len(buf)
}
