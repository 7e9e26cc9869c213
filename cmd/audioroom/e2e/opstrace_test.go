package e2e_test

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"audioroom/cmd/audioroom/e2e/harness"
	"audioroom/laravel/standin"
)

// collected is an OTLP collector that keeps the spans that it is sent.
type collected struct {
	mu    sync.Mutex
	spans []*otlp.Span
	names []string // of the services that sent them
}

// ServeHTTP implements http.Handler.
func (c *collected) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &request) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.ResourceSpans {
		for _, attribute := range resource.Resource.Attributes {
			if attribute.Key == "service.name" {
				c.names = append(c.names, attribute.Value.GetStringValue())
			}
		}
		for _, scope := range resource.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

// of returns the span of a name that is the whole of a trace, and those below it
// by their names.
func (c *collected) of(t *testing.T, name string) (root *otlp.Span, below map[string]*otlp.Span) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.Name == name && len(s.ParentSpanId) == 0 {
			root = s
		}
	}
	require.NotNil(t, root, "a trace of %s", name)
	below = make(map[string]*otlp.Span)
	for _, s := range c.spans {
		if string(s.TraceId) == string(root.TraceId) && s != root {
			below[s.Name] = s
			assert.Equal(t, root.SpanId, s.ParentSpanId, s.Name)
		}
	}
	return root, below
}

func TestTraces(t *testing.T) {
	t.Parallel()

	in(t, "follow a command through the server and into the backend", func(t *testing.T) {
		spans := new(collected)
		at := httptest.NewServer(spans)
		t.Cleanup(at.Close)
		w := stage.World(t, harness.Setup{Env: harness.Env{
			"OTEL_EXPORTER_OTLP_ENDPOINT": at.URL, "OTEL_TRACES_SAMPLER": "always_on",
		}})
		r := w.Room(t)
		admin := r.JoinRole("admin")
		admin.Do("seat:lock", seat(1))
		admin.Refused("seat:lock", seat(1), "Already locked")
		admin.Do("seat:take", seat(2))
		calls := w.Laravel.Calls(standin.Role)
		require.Len(t, calls, 1)
		w.Server.Terminate()
		require.Equal(t, 0, w.Server.Wait(t, 10*time.Second))

		take, stages := spans.of(t, "seat:take")
		for _, stage := range []string{"mailbox", "apply", "batch", "commit", "release"} {
			require.Contains(t, stages, stage)
			assert.GreaterOrEqual(t, stages[stage].StartTimeUnixNano, take.StartTimeUnixNano)
			assert.LessOrEqual(t, stages[stage].EndTimeUnixNano, take.EndTimeUnixNano)
		}
		assert.NotContains(t, stages, "rank", "nobody's rank is needed for that")
		assert.Equal(t, stages["apply"].EndTimeUnixNano, stages["batch"].StartTimeUnixNano, "no gaps")
		attributes := make(map[string]string)
		for _, a := range take.Attributes {
			attributes[a.Key] = a.Value.GetStringValue()
		}
		assert.Equal(t, r.ID, attributes["room"])
		assert.Equal(t, "ok", attributes["result"])

		spans.mu.Lock()
		locks := 0
		var asked *otlp.Span
		for _, s := range spans.spans {
			if s.Name == "seat:lock" {
				locks++
			}
			if s.Name == "GET laravel" && strings.Contains(calls[0].Traceparent, hex.EncodeToString(s.SpanId)) {
				asked = s
			}
		}
		assert.Equal(t, "audioroom", spans.names[0])
		spans.mu.Unlock()
		assert.Equal(t, 2, locks)
		require.NotNil(t, asked, "the backend was told of the call's span: %q", calls[0].Traceparent)
		assert.Contains(t, calls[0].Traceparent, hex.EncodeToString(asked.TraceId))
	})

	in(t, "are off without a collector, and a collector that is away harms nobody", func(t *testing.T) {
		for name, env := range map[string]harness.Env{
			"off":         nil,
			"disabled":    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
			"none":        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
			"unreachable": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_SAMPLER": "always_on"},
		} {
			w := stage.World(t, harness.Setup{Env: env})
			r := w.Room(t)
			admin := r.JoinRole("admin")
			admin.Do("seat:lock", seat(1))
			assert.Equal(t, name == "unreachable", w.Server.Said("tracing is on"), name)
			assert.Equal(t, name == "unreachable", w.Laravel.Calls(standin.Role)[0].Traceparent != "", name)
			w.Server.Terminate()
			assert.Equal(t, 0, w.Server.Wait(t, 10*time.Second), name)
		}
	})
}
