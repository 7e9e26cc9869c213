package wsconn

import (
	"audioroom/actors"
)

// Tracer follows some of the requests on their way.
type Tracer interface {
	// Begin returns what hears of the way of a request for an event, nil if it is
	// not followed. It is called from reading goroutines and must not block.
	Begin(event string, r *actors.Request) Trace
}

// Trace hears of the way of a request to its end.
type Trace interface {
	actors.Trace
	// End is called once, after every Reached, when the request was answered.
	End(result EventResult)
}

// follow has a request traced, if it is one of those that are.
func (s *Session) follow(r *actors.Request) {
	if t := s.gateway.config.Tracer.Begin(eventNames[r.Event], r); t != nil {
		r.Trace = t
	}
}
