package laravel

import (
	"net/url"
	"strconv"
	"strings"
)

// addressable reports whether a room id can stand in a URL's path and mean
// that room to everything on the way. An id with an empty, "." or ".." segment
// can't: proxies decode "%2F" and tidy such paths, so "x/../7" would speak for
// room 7. The backend can't have handed out such an id; it is not asked.
func addressable(roomID string) bool {
	for rest := roomID; ; {
		i := strings.IndexAny(rest, `/\`)
		segment := rest
		if i >= 0 {
			segment = rest[:i]
		}
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
		if i < 0 {
			return true
		}
		rest = rest[i+1:]
	}
}

func roomPath(roomID string) string { return "/internal/rooms/" + url.PathEscape(roomID) }

func statusPath(roomID string) string { return roomPath(roomID) + "/status" }

func rolePath(roomID string, user int64) string {
	return roomPath(roomID) + "/members/" + strconv.FormatInt(user, 10) + "/role"
}
