package bench

import (
	"bytes"
	"strconv"
)

// object walks over the members of a JSON object, or the elements of an array, as
// a well-behaved server writes them: what it can't read it stops at, and the
// member that is missed then is what the check names.
type object struct {
	rest       []byte
	key, value []byte // of the current member; keys without their quotes
	array      bool
}

// scanObject starts at an object or array; anything else has no members.
func scanObject(text []byte) object {
	text = trimSpace(text)
	if len(text) < 2 || text[0] != '{' && text[0] != '[' {
		return object{}
	}
	return object{rest: text[1:], array: text[0] == '['}
}

// next goes to the next member and says whether there is one.
func (o *object) next() bool {
	o.rest = trimSpace(o.rest)
	if len(o.rest) > 0 && o.rest[0] == ',' {
		o.rest = trimSpace(o.rest[1:])
	}
	if len(o.rest) == 0 || o.rest[0] == '}' || o.rest[0] == ']' {
		return false
	}
	if !o.array {
		end := valueEnd(o.rest)
		if o.rest[0] != '"' || end < 2 {
			return false
		}
		o.key, o.rest = o.rest[1:end-1], trimSpace(o.rest[end:])
		if len(o.rest) == 0 || o.rest[0] != ':' {
			return false
		}
		o.rest = trimSpace(o.rest[1:])
	}
	end := valueEnd(o.rest)
	if end <= 0 {
		return false
	}
	o.value, o.rest = o.rest[:end], o.rest[end:]
	return true
}

// valueEnd returns where the value at the beginning of text ends, -1 if it
// doesn't.
func valueEnd(text []byte) int {
	if len(text) == 0 {
		return -1
	}
	switch text[0] {
	case '"':
		for i := 1; i < len(text); i++ {
			quote := bytes.IndexByte(text[i:], '"')
			if quote < 0 {
				return -1
			}
			i += quote
			escapes := 0
			for text[i-1-escapes] == '\\' {
				escapes++
			}
			if escapes%2 == 0 {
				return i + 1
			}
		}
		return -1
	case '{', '[':
		depth := 0
		for i := 0; i < len(text); i++ {
			switch text[i] {
			case '"':
				end := valueEnd(text[i:])
				if end < 0 {
					return -1
				}
				i += end - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
		return -1
	}
	for i, c := range text {
		if c == ',' || c == '}' || c == ']' || c == ':' || c <= ' ' {
			return i
		}
	}
	return len(text)
}

func trimSpace(text []byte) []byte {
	for len(text) > 0 && text[0] <= ' ' {
		text = text[1:]
	}
	return text
}

// number reads an integer.
func number(value []byte) (n int64, ok bool) {
	n, err := strconv.ParseInt(string(value), 10, 64)
	return n, err == nil
}

// text reads a string without escapes; one with escapes it leaves escaped.
func text(value []byte) []byte {
	if len(value) >= 2 && value[0] == '"' {
		return value[1 : len(value)-1]
	}
	return nil
}

// truth reads a boolean.
func truth(value []byte) (yes, ok bool) {
	yes = string(value) == "true"
	return yes, yes || string(value) == "false"
}
