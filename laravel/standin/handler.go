package standin

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxBody bounds what is read of a request, in bytes.
const maxBody = 64 << 10

// ServeHTTP answers one call.
func (b *Backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := route(r)
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	call.Body = body
	b.begin(call)
	answer := recorder{ResponseWriter: w}
	defer func() { b.end(call, answer.status) }()
	if err != nil {
		fail(&answer, http.StatusBadRequest)
		return
	}
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Internal-Key")), []byte(b.key)) != 1 {
		fail(&answer, http.StatusUnauthorized)
		return
	}
	if b.fault(call.Endpoint).strike(b, &answer, r) {
		return
	}
	switch call.Endpoint {
	case Room:
		b.answerRoom(&answer, call)
	case Role:
		b.answerRole(&answer, call)
	case Status:
		b.answerStatus(&answer, call)
	default:
		fail(&answer, http.StatusNotFound)
	}
}

// route reads the path as it came, segment by segment: an escaped slash is a
// part of an id, and nothing is tidied.
func route(r *http.Request) *Call {
	call := &Call{Endpoint: Other, Method: r.Method, Path: r.URL.EscapedPath(),
		Correlation: r.Header.Get("X-Correlation-ID"), Traceparent: r.Header.Get("Traceparent")}
	segments := strings.Split(strings.TrimPrefix(call.Path, "/"), "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return call
		}
		segments[i] = plain
	}
	if len(segments) < 3 || segments[0] != "internal" || segments[1] != "rooms" || segments[2] == "" {
		return call
	}
	rest := segments[3:]
	switch {
	case len(rest) == 0 && r.Method == http.MethodGet:
		call.Endpoint = Room
	case len(rest) == 1 && rest[0] == "status" && r.Method == http.MethodPost:
		call.Endpoint = Status
	case len(rest) == 3 && rest[0] == "members" && rest[2] == "role" && r.Method == http.MethodGet:
		user, err := strconv.ParseInt(rest[1], 10, 64)
		if err != nil {
			return call
		}
		call.Endpoint, call.User = Role, user
	default:
		return call
	}
	call.Room = segments[2]
	return call
}

func (b *Backend) answerRoom(w http.ResponseWriter, call *Call) {
	room := b.room(call.Room)
	if room.missing {
		fail(w, http.StatusNotFound)
		return
	}
	answer := map[string]any{"owner_id": nil}
	if room.owner != 0 {
		answer["owner_id"] = room.owner
	}
	if room.maxSeats != 0 {
		answer["max_seats"] = room.maxSeats
	}
	reply(w, http.StatusOK, answer)
}

func (b *Backend) answerRole(w http.ResponseWriter, call *Call) {
	role := b.role(call.Room, call.User)
	if b.room(call.Room).missing || role == "" {
		fail(w, http.StatusNotFound)
		return
	}
	reply(w, http.StatusOK, map[string]any{"role": role})
}

func (b *Backend) answerStatus(w http.ResponseWriter, call *Call) {
	if b.room(call.Room).missing {
		fail(w, http.StatusNotFound)
		return
	}
	var status struct {
		IsLive *bool `json:"is_live"`
		Count  *int  `json:"participant_count"`
	}
	if json.Unmarshal(call.Body, &status) != nil || status.IsLive == nil || status.Count == nil || *status.Count < 0 {
		fail(w, http.StatusUnprocessableEntity)
		return
	}
	reply(w, http.StatusOK, map[string]any{"success": true})
}

func fail(w http.ResponseWriter, status int) {
	reply(w, status, map[string]any{"message": http.StatusText(status)})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may be gone
}

// recorder remembers the status that was answered.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}
