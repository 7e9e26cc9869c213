package reference

import (
	"bytes"
	"encoding/json"
	"strings"
)

// pair and pairs are a JSON object whose fields keep their order, so that what
// is made from the table reads as the table does.
type pair struct {
	key   string
	value any
}

type pairs []pair

var _ json.Marshaler = pairs(nil)

// get returns a field's value, nil if there is none.
func (p pairs) get(key string) any {
	for _, one := range p {
		if one.key == key {
			return one.value
		}
	}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (p pairs) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, one := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(compact(one.key))
		b.WriteByte(':')
		b.Write(compact(one.value))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// compact returns a value as JSON on one line. The table's values can be
// encoded, all of them.
func compact(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic(err) // the table itself is broken
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// example writes a value as one would in JavaScript: on one line if that is
// short.
func example(value any) string {
	if line := literalOf(value, ""); len(line) <= 100 {
		return line
	}
	return literalOf(value, "\n")
}

// literalOf writes a value as JavaScript; what follows the opening of a list or
// an object is on a line of its own if newline is given.
func literalOf(value any, newline string) string {
	between, deeper, shut := " ", "", " "
	if newline != "" {
		between, deeper, shut = newline+"  ", newline+"  ", newline
	}
	var parts []string
	braces := "{}"
	switch v := value.(type) {
	case pairs:
		for _, one := range v {
			inner := literalOf(one.value, "")
			if len(inner) > 100 {
				inner = literalOf(one.value, deeper)
			}
			parts = append(parts, one.key+": "+inner)
		}
	case []any:
		braces = "[]"
		for _, one := range v {
			inner := literalOf(one, "")
			if len(inner) > 100 {
				inner = literalOf(one, deeper)
			}
			parts = append(parts, inner)
		}
		if newline == "" {
			between, shut = "", ""
		}
	default:
		return string(compact(value))
	}
	if len(parts) == 0 {
		return braces
	}
	separator := ", "
	if newline != "" {
		separator = "," + between
	}
	return braces[:1] + between + strings.Join(parts, separator) + shut + braces[1:]
}
