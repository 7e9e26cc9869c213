package laravel

import "time"

// status is one status of a room.
type status struct {
	body        []byte
	closed      bool   // it is the room's last
	correlation string // of the command that led to it, "" if there is none
}

// track is one room's statuses: what waits, and when it may go. It exists
// while something waits, is on its way, or the window of the last one is open.
// The Reporter's lock guards it.
type track struct {
	room string

	// status is the next one to send; its body is nil if none waits.
	status
	tried bool // it was sent before, in vain
	// behind is a status of the room's next life, waiting behind a close that
	// was not sent yet.
	behind status

	flying   bool      // a call of this room is under way
	sentAt   time.Time // start of the latest call
	attempts int       // failed in a row
	retryAt  time.Time // when attempts > 0
	told     bool      // the log says that the backend doesn't know the room
	dropped  bool      // a call under way is not repeated

	queued bool      // in the Reporter's ready queue
	due    time.Time // when in the timetable
	index  int       // in the timetable, -1 when not
}

// put takes a newer status; it replaces what waits, except that a reopened
// room's waits behind a close which nobody has heard of yet.
func (t *track) put(s status) {
	t.dropped = false
	if !s.closed && t.body != nil && t.closed && !t.tried {
		t.behind = s
		return
	}
	t.status, t.tried, t.behind = s, false, status{}
}

// take removes the next status.
func (t *track) take() status {
	s := t.status
	t.status, t.tried, t.behind = t.behind, false, status{}
	return s
}

// giveBack returns a status that failed, unless a newer one has come.
func (t *track) giveBack(s status) {
	if t.body == nil && !t.dropped {
		t.status, t.tried = s, true
	}
}

// waits reports whether a status waits or is on its way.
func (t *track) waits() bool { return t.flying || t.body != nil }

// goAt returns when the next status may go: a fresh close at once, a retry
// after its backoff, anything else when the window is over.
func (t *track) goAt(window time.Duration) time.Time {
	switch {
	case t.body != nil && t.closed && !t.tried:
		return time.Time{}
	case t.attempts > 0 && t.body != nil:
		return t.retryAt
	case t.sentAt.IsZero():
		return time.Time{}
	}
	return t.sentAt.Add(window)
}

// timetable is a heap of tracks by the time they are due.
type timetable []*track

func (h timetable) Len() int           { return len(h) }
func (h timetable) Less(i, j int) bool { return h[i].due.Before(h[j].due) }

func (h timetable) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is for container/heap.
func (h *timetable) Push(x any) {
	t := x.(*track)
	t.index = len(*h)
	*h = append(*h, t)
}

// Pop is for container/heap.
func (h *timetable) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.index = -1
	return t
}
