package wsconn

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"unicode"
	"unicode/utf8"

	"audioroom/actors/room"
	"audioroom/wsconn/socketio"

	"github.com/stretchr/testify/require"
)

// FuzzDecodePayload holds the decoder against encoding/json for the fields of
// every event.
func FuzzDecodePayload(f *testing.F) {
	for _, shapes := range shapesOf {
		for _, s := range shapes {
			f.Add([]byte(`{"roomId":` + s.json + `,"seatIndex":` + s.json + `}`))
		}
	}
	for _, seed := range []string{
		``, `null`, `{}`, `[]`, `"a"`, `{"userId":7}`, `{"roomId":"42","seatCount":8,"ownerId":3}`, `{"roomId":"42"},{"roomId":1}`,
		`{"room\u0049d":"\u0034","seatIndex":3}`, `{"roomId":"1","roomId":"2"}`, `{"roomId":1,"roomId":"2"}`,
		`{"roomId":"1","roomId":2}`, `{"roomId":"1","content":"\ud83c \u0041🎤","type":"gift"}`, `{"roomId":"1","content":"","type":0,"content":"a","type":"text"}`,
		`{"roomId":"1","seatIndex":100,"seatIndex":1e0}`, `{"roomId":"1","type":"\u0074ext","content" : "a" }`,
	} {
		f.Add([]byte(seed))
	}
	type mask struct{ need, may field }
	masks := make(map[mask]string)
	for name, e := range events {
		masks[mask{e.need, e.may}] = name
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if !utf8.Valid(in) { // never gets past the transport
			return
		}
		data := []byte(`["e"`)
		if len(in) > 0 {
			data = append(append(data, ','), in...)
		}
		_, args, err := socketio.SplitEvent(append(data, ']'))
		if err != nil {
			return
		}
		raw := args.First()
		for m, name := range masks {
			got, ok := decodePayload(raw, m.need, m.may)
			want, wantOK := decodeSlowly(raw, m.need, m.may)
			require.Equal(t, wantOK, ok, "%s of %s", name, raw)
			if ok {
				require.Equal(t, want, got, "%s of %s", name, raw)
			}
		}
	})
}

// decodeSlowly is decodePayload as one would write it without care for speed.
func decodeSlowly(raw []byte, need, may field) (payload, bool) {
	var object map[string]json.RawMessage // in which the last of twins counts
	if json.NewDecoder(bytes.NewReader(raw)).Decode(&object) != nil {
		return payload{}, false
	}
	p := payload{seatIndex: -1, kind: "text"}
	for f, name := range fieldNames {
		value, there := object[name]
		if f&(need|may) == 0 || !there {
			if f&need != 0 {
				return payload{}, false
			}
			continue
		}
		if !p.setSlowly(f, value) {
			return payload{}, false
		}
	}
	return p, true
}

func (p *payload) setSlowly(f field, raw json.RawMessage) bool {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return false
	}
	said, isText := value.(string)
	switch f {
	case fieldRoomID:
		p.roomID = []byte(said)
		for _, r := range said {
			isText = isText && !unicode.IsControl(r)
		}
		return isText && len(said) >= 1 && len(said) <= 128
	case fieldContent:
		p.content = raw
		return isText && said != "" && len([]rune(said)) <= 500
	case fieldType:
		p.kind = said
		return isText && slices.Contains([]string{"text", "emoji", "sticker", "gift", "system"}, said)
	}
	number, ok := value.(json.Number)
	if !ok {
		return false
	}
	n, err := number.Float64() // what a JavaScript program sees
	if err != nil || n != math.Trunc(n) {
		return false
	}
	switch f {
	case fieldSeatIndex:
		p.seatIndex = int(n)
		return n >= 0 && n <= 99
	case fieldSeatCount:
		p.seatCount = int(n)
		return n >= 1 && n <= 100
	case fieldUserID:
		p.userID = room.UserID(n)
	}
	return n >= 1 && n <= 1<<53-1
}
