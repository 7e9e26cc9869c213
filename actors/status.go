package actors

import (
	"strconv"
	"time"
)

// timeFormat is RFC 3339 in UTC with milliseconds, as the backend parses it.
const timeFormat = "2006-01-02T15:04:05.000Z"

// appendStatus appends the status of a living room, as the backend reads it.
// startedAt is in Unix milliseconds.
func appendStatus(dst []byte, participants int, startedAt int64) []byte {
	dst = append(dst, `{"is_live":`...)
	dst = strconv.AppendBool(dst, participants > 0)
	dst = append(dst, `,"participant_count":`...)
	dst = strconv.AppendInt(dst, int64(participants), 10)
	dst = append(dst, `,"started_at":"`...)
	dst = time.UnixMilli(startedAt).UTC().AppendFormat(dst, timeFormat)
	return append(dst, `"}`...)
}

// appendEnded appends the last status of a room. endedAt is in Unix
// milliseconds.
func appendEnded(dst []byte, endedAt int64) []byte {
	dst = append(dst, `{"is_live":false,"participant_count":0,"ended_at":"`...)
	dst = time.UnixMilli(endedAt).UTC().AppendFormat(dst, timeFormat)
	return append(dst, `"}`...)
}
