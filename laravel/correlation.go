package laravel

import "context"

// CorrelationHeader carries what a call is made for, so that a log line of the
// backend can be found beside the one here.
const CorrelationHeader = "X-Correlation-ID"

type correlationKey struct{}

// WithCorrelation has the calls of a question carry an id. If several ask the same
// at the same time there is one call, with the id of the first.
func WithCorrelation(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, correlationKey{}, id)
}

// correlation returns the id that a context carries, "" if there is none.
func correlation(ctx context.Context) string {
	id, _ := ctx.Value(correlationKey{}).(string)
	return id
}
