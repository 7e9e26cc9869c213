package laravel

import "time"

// Endpoint names what was called, as a metric label.
type Endpoint string

// The endpoints.
const (
	EndpointRoom   Endpoint = "room"   // owner and seat count
	EndpointRole   Endpoint = "role"   // a user's role in a room
	EndpointStatus Endpoint = "status" // a room's status
)

// Endpoints returns every endpoint.
func Endpoints() []Endpoint { return []Endpoint{EndpointRoom, EndpointRole, EndpointStatus} }

// Outcome says how an attempt ended, as a metric label.
type Outcome string

// The outcomes.
const (
	OutcomeOK          Outcome = "ok"          // answered as asked
	OutcomeUnknown     Outcome = "unknown"     // the backend knows no such thing: 404, for a status also 410
	OutcomeRefused     Outcome = "refused"     // a definite no: any other 3xx or 4xx
	OutcomeThrottled   Outcome = "throttled"   // 429
	OutcomeFailed      Outcome = "failed"      // 5xx
	OutcomeUnreachable Outcome = "unreachable" // no answer: the connection failed
	OutcomeTimeout     Outcome = "timeout"     // no answer within Config.Timeout
	OutcomeGarbled     Outcome = "garbled"     // an answer that can't be read
	OutcomeCanceled    Outcome = "canceled"    // given up from this side
	OutcomeDropped     Outcome = "dropped"     // never sent: Config.ReportRooms or a shutdown; it stays in the outbox
)

// Outcomes returns every outcome.
func Outcomes() []Outcome {
	return []Outcome{
		OutcomeOK, OutcomeUnknown, OutcomeRefused, OutcomeThrottled, OutcomeFailed,
		OutcomeUnreachable, OutcomeTimeout, OutcomeGarbled, OutcomeCanceled, OutcomeDropped,
	}
}

// Observer is told of every attempt, as it ends: which endpoint, how it went
// and how long it took. It is called from the calling goroutine, from many at
// once, and must not block.
type Observer interface {
	LaravelCall(endpoint Endpoint, outcome Outcome, took time.Duration)
}

// ObserverFunc is a function as an Observer.
type ObserverFunc func(endpoint Endpoint, outcome Outcome, took time.Duration)

// LaravelCall calls the function.
func (f ObserverFunc) LaravelCall(endpoint Endpoint, outcome Outcome, took time.Duration) {
	f(endpoint, outcome, took)
}

type nobody struct{}

func (nobody) LaravelCall(Endpoint, Outcome, time.Duration) {}
