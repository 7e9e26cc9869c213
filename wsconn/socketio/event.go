package socketio

import (
	"bytes"
	"encoding/json"
	"iter"
)

// Args are the arguments of an event as they stand in the packet: JSON values
// with commas between them, without the brackets around. Empty means none.
type Args []byte

// First returns the first argument, nil if there is none. It aliases a.
func (a Args) First() []byte {
	start := skipSpace(a, 0)
	end := scanValue(a, start, 0)
	if end < 0 {
		return nil
	}
	return a[start:end:end]
}

// All yields each argument as raw JSON that aliases a.
func (a Args) All() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := skipSpace(a, 0); i < len(a); {
			end := scanValue(a, i, 0)
			if end < 0 || !yield(a[i:end:end]) {
				return
			}
			// Over the comma; SplitEvent has seen that there is one.
			i = skipSpace(a, skipSpace(a, end)+1)
		}
	}
}

// SplitEvent takes the data of an Event packet apart. It validates all of it:
// a JSON array whose first element is a string that is no reserved name. The
// name and the arguments alias data, but for a name written with escapes.
func SplitEvent(data []byte) (name []byte, args Args, err error) {
	i := skipSpace(data, 0)
	if i >= len(data) || data[i] != '[' {
		return nil, nil, notAnEvent(data)
	}
	start := skipSpace(data, i+1)
	if start >= len(data) || data[start] != '"' {
		return nil, nil, notAnEvent(data)
	}
	end := scanString(data, start)
	if end < 0 {
		return nil, nil, ErrJSON
	}
	if name, err = unquote(data[start:end]); err != nil {
		return nil, nil, err
	}
	i = skipSpace(data, end)
	first := -1
	for i < len(data) && data[i] == ',' {
		i = skipSpace(data, i+1)
		if first < 0 {
			first = i
		}
		if i = scanValue(data, i, 1); i < 0 {
			return nil, nil, ErrJSON
		}
		i = skipSpace(data, i)
	}
	if i >= len(data) || data[i] != ']' || skipSpace(data, i+1) != len(data) {
		return nil, nil, ErrJSON
	}
	if isReserved(name) {
		return nil, nil, ErrReserved
	}
	if first >= 0 {
		args = Args(data[first:i:i])
	}
	return name, args, nil
}

// notAnEvent tells JSON of the wrong form from what is no JSON at all.
func notAnEvent(data []byte) error {
	if validJSON(data) {
		return ErrPayload
	}
	return ErrJSON
}

func unquote(quoted []byte) ([]byte, error) {
	inner := quoted[1 : len(quoted)-1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner, nil
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return nil, ErrJSON
	}
	return []byte(s), nil
}

// isReserved knows the names that clients emit to themselves. The reference
// server refuses them too.
func isReserved(name []byte) bool {
	switch string(name) {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}
