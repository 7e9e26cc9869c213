package wsconn

import (
	"maps"
	"slices"
	"time"

	"audioroom/actors"
	"audioroom/actors/room"
)

// EventCode numbers the events that clients may send, for those who count them.
// 0 is any event that there is not.
type EventCode uint8

// eventNames is what each EventCode stands for.
var eventNames []string

func init() {
	eventNames = append([]string{"unknown"}, slices.Sorted(maps.Keys(events))...)
	for code, name := range eventNames[1:] {
		events[name].code = EventCode(code + 1)
	}
}

// EventNames returns the name of each event by its EventCode.
func EventNames() []string { return slices.Clone(eventNames) }

// EventResult is how an event was answered, fit for a metric label.
type EventResult uint8

// Every result.
const (
	ResultOK        EventResult = iota
	ResultRefused               // by the rules of the room, or for a want of rank
	ResultInvalid               // the payload
	ResultThrottled             // the session's budget was used up, or the user's for joins
	ResultFlooded               // the user's budget for chat messages was used up
	ResultSprawling             // the user's budget for rooms was used up
	ResultFull                  // the room has as many participants as it may
	ResultFailed                // through no fault of the client
	ResultAbandoned             // not at all: the connection ended, or was cut with its room

	resultEnd
)

var resultNames = [resultEnd]string{"ok", "refused", "invalid", "throttled", "flooded", "sprawling", "full", "failed", "abandoned"}

// String returns the label of the result.
func (r EventResult) String() string { return resultNames[r] }

// EventResults returns every result.
func EventResults() []EventResult {
	all := make([]EventResult, resultEnd)
	for i := range all {
		all[i] = EventResult(i)
	}
	return all
}

// resultOf maps the answer of a room.
func resultOf(err room.Error) EventResult {
	switch err {
	case room.OK:
		return ResultOK
	case room.ErrInternal:
		return ResultFailed
	case room.ErrTooManyMessages:
		return ResultFlooded
	case room.ErrRoomFull:
		return ResultFull
	}
	return ResultRefused
}

// AuthOutcomes returns every outcome of a CONNECT.
func AuthOutcomes() []AuthOutcome {
	return append([]AuthOutcome{AuthAccepted}, slices.Sorted(maps.Keys(authTexts))...)
}

// mark is what is remembered of an event until it is answered.
type mark struct {
	event EventCode
	begun uint32 // µs on the connection's clock, modulo 2³²: 71 minutes
}

// micros is a reading of a connection's clock as a mark holds it.
func micros(clock time.Duration) uint32 { return uint32(clock / time.Microsecond) }

// observe counts an event as answered. It may be called from any goroutine.
func (s *Session) observe(m mark, result EventResult) {
	took := time.Duration(micros(s.conn.Clock())-m.begun) * time.Microsecond
	s.gateway.config.Observer.Event(uint64(s.id), m.event, result, took)
}

// observeReply counts the event of a request as answered.
func (s *Session) observeReply(r *actors.Request, err room.Error) {
	s.observeResult(r, resultOf(err))
}

// observeResult counts the event of a request, and ends its trace.
func (s *Session) observeResult(r *actors.Request, result EventResult) {
	s.observe(mark{EventCode(r.Event), r.Begun}, result)
	if r.Trace != nil {
		r.Trace.(Trace).End(result)
	}
}
