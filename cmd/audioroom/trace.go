package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	tracesdk "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"

	"audioroom/actors"
	"audioroom/wsconn"
)

// sampled is the share of commands that are traced unless OTEL_TRACES_SAMPLER
// says otherwise.
const sampled = 0.01

// tracing follows commands through the server and tells an OTLP collector. It is
// configured by OpenTelemetry's own environment variables, and off unless they
// name an endpoint. Its methods may be called on nil, which is off.
type tracing struct {
	provider *tracesdk.TracerProvider
	otel     oteltrace.Tracer
	log      *slog.Logger
}

// startTracing returns nil if the environment names no collector.
func startTracing(ctx context.Context, server string, log *slog.Logger) (*tracing, error) {
	endpoint := os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") + os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	if endpoint == "" || os.Getenv("OTEL_TRACES_EXPORTER") == "none" || strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil
	}
	hearOpenTelemetry(log)
	exporter, err := otlptracehttp.New(ctx) // connects later
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	what, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "audioroom"), attribute.String("service.instance.id", server)),
		resource.WithFromEnv()) // last: OTEL_SERVICE_NAME wins
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	options := []tracesdk.TracerProviderOption{tracesdk.WithBatcher(exporter), tracesdk.WithResource(what)}
	if os.Getenv("OTEL_TRACES_SAMPLER") == "" {
		options = append(options, tracesdk.WithSampler(tracesdk.TraceIDRatioBased(sampled)))
	}
	t := &tracing{provider: tracesdk.NewTracerProvider(options...), log: log}
	t.otel = t.provider.Tracer("audioroom")
	log.Info("tracing is on")
	return t, nil
}

// stop sends what is left, until ctx ends.
func (t *tracing) stop(ctx context.Context) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Warn("the last traces are lost", "error", err)
	}
}

// tracer is for the gateway: nil if tracing is off.
func (t *tracing) tracer() wsconn.Tracer {
	if t == nil {
		return nil
	}
	return t
}

// Begin implements wsconn.Tracer.
func (t *tracing) Begin(event string, r *actors.Request) wsconn.Trace {
	now := time.Now()
	ctx, span := t.otel.Start(context.Background(), event, oteltrace.WithTimestamp(now),
		oteltrace.WithSpanKind(oteltrace.SpanKindServer),
		oteltrace.WithAttributes(attribute.String("room", r.RoomID), attribute.Int64("session", int64(r.Session.ID()))))
	if !span.IsRecording() {
		return nil
	}
	tr := &trace{tracing: t, ctx: ctx, span: span}
	tr.last.Store(now.UnixNano())
	return tr
}

// trace is the way of one command: a span for the whole and one for each stage.
type trace struct {
	tracing *tracing
	ctx     context.Context // of the whole
	span    oteltrace.Span
	last    atomic.Int64 // when the stage began, Unix ns
}

var _ wsconn.Trace = (*trace)(nil)

// stages names what lies before each step.
var stages = [...]string{
	actors.StepRanked: "rank", actors.StepReceived: "mailbox", actors.StepApplied: "apply",
	actors.StepSubmitted: "batch", actors.StepConfirmed: "commit",
}

// Reached implements actors.Trace.
func (t *trace) Reached(step actors.Step) { t.stage(stages[step]) }

func (t *trace) stage(name string) {
	now := time.Now()
	began := time.Unix(0, t.last.Swap(now.UnixNano()))
	_, span := t.tracing.otel.Start(t.ctx, name, oteltrace.WithTimestamp(began))
	span.End(oteltrace.WithTimestamp(now))
}

// End implements wsconn.Trace.
func (t *trace) End(result wsconn.EventResult) {
	t.stage("release")
	t.span.SetAttributes(attribute.String("result", result.String()))
	if result == wsconn.ResultFailed {
		t.span.SetStatus(codes.Error, "")
	}
	t.span.End()
}

// within returns a context whose calls belong to the trace.
func (t *trace) within(ctx context.Context) context.Context {
	return oteltrace.ContextWithSpan(ctx, t.span)
}

// wrap has calls to the backend carry the trace that they belong to: nil if
// tracing is off.
func (t *tracing) wrap() func(http.RoundTripper) http.RoundTripper {
	if t == nil {
		return nil
	}
	return func(next http.RoundTripper) http.RoundTripper { return &tracedCalls{t, next} }
}

// tracedCalls makes a span of each call that belongs to a trace.
type tracedCalls struct {
	tracing *tracing
	next    http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c *tracedCalls) RoundTrip(r *http.Request) (*http.Response, error) {
	if !oteltrace.SpanFromContext(r.Context()).IsRecording() {
		return c.next.RoundTrip(r)
	}
	ctx, span := c.tracing.otel.Start(r.Context(), r.Method+" laravel", oteltrace.WithSpanKind(oteltrace.SpanKindClient))
	defer span.End()
	r = r.Clone(ctx) // a RoundTripper leaves what it is given alone
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(r.Header))
	answer, err := c.next.RoundTrip(r)
	if err != nil {
		span.SetStatus(codes.Error, "no answer")
		return nil, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", answer.StatusCode))
	return answer, nil
}
