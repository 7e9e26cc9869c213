package wsconn

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
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
			if !ok && wantOK && hasTwin(t, raw) { // a twin that is invalid is refused, too
				continue
			}
			require.Equal(t, wantOK, ok, "%s of %s", name, raw)
			if ok {
				require.Equal(t, want, got, "%s of %s", name, raw)
			}
		}
	})
}

// decodeSlowly is decodePayload as one would write it without care for speed.
func decodeSlowly(raw []byte, need, may field) (payload, bool) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object map[string]any
	if decoder.Decode(&object) != nil {
		return payload{}, false
	}
	var p payload
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

func (p *payload) setSlowly(f field, value any) bool {
	if f == fieldRoomID {
		id, ok := value.(string)
		p.roomID = []byte(id)
		for _, r := range id {
			ok = ok && !unicode.IsControl(r)
		}
		return ok && len(id) >= 1 && len(id) <= 128
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

// hasTwin reports whether an object has a key twice.
func hasTwin(t *testing.T, raw []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	_, err := decoder.Token() // the brace
	require.NoError(t, err)
	seen := make(map[string]bool)
	for decoder.More() {
		key, err := decoder.Token()
		require.NoError(t, err)
		if seen[key.(string)] {
			return true
		}
		seen[key.(string)] = true
		var value json.RawMessage
		if err := decoder.Decode(&value); err != io.EOF {
			require.NoError(t, err)
		}
	}
	return false
}
