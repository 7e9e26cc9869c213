package socketio

import "iter"

// Fields yields the members of a JSON object in their order: the key, without
// its quotes, and the raw value. Both alias data, but for a key written with
// escapes. Data that is no object yields nothing; it has to be valid JSON, as
// what SplitEvent and Decode return is.
func Fields(data []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		i := skipSpace(data, 0)
		if i >= len(data) || data[i] != '{' {
			return
		}
		for i = skipSpace(data, i+1); i < len(data) && data[i] == '"'; {
			end := scanString(data, i)
			if end < 0 {
				return
			}
			key, err := unquote(data[i:end])
			if err != nil {
				return
			}
			start := skipSpace(data, skipSpace(data, end)+1) // over the colon
			if end = scanValue(data, start, 0); end < 0 || !yield(key, data[start:end:end]) {
				return
			}
			i = skipSpace(data, skipSpace(data, end)+1) // over the comma or the brace
		}
	}
}
