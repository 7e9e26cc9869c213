package main

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConfig_discreet_leaves_out_where_things_are(t *testing.T) {
	c := config{RedisURL: "redis://user:hunter2@redis.internal:6379/0", LaravelURL: "http://backend.internal:8080/api"}
	for reason, want := range map[string]string{
		"dial tcp 10.0.0.5:6379: connect: connection refused":                                                    "dial tcp …: connect: connection refused",
		"read tcp 10.0.0.7:41234->10.0.0.5:6379: i/o timeout":                                                    "read tcp …->…: i/o timeout",
		"dial tcp [fd00::5]:6379: connect: connection refused":                                                   "dial tcp …: connect: connection refused",
		"dial tcp: lookup redis.internal on 10.0.0.2:53: no such host":                                           "dial tcp: … on …: no such host",
		"dial tcp: lookup redis-1.internal: no such host":                                                        "dial tcp: … no such host",
		"dial unix /run/redis.sock: connect: no such file or directory":                                          "dial … connect: no such file or directory",
		`status: Post "http://backend.internal:8080/api/internal/rooms/42/status": dial tcp: connection refused`: "status: Post …: dial tcp: connection refused",
		"tls: failed to verify certificate: x509: certificate is valid for other.example, not backend.internal":  "tls: failed to verify certificate: x509: certificate is valid for other.example, not …",
		"LOADING Redis is loading the dataset in memory":                                                         "LOADING Redis is loading the dataset in memory",
		"MOVED 1234 10.0.0.9:6379":                                                                               "MOVED 1234 …",
		"redis was not reached yet":                                                                              "redis was not reached yet",
	} {
		require.Equal(t, want, c.discreet(reason))
	}
}

// stuck is a collector that does not answer until it may.
type stuck struct{ begun, free chan struct{} }

func (stuck) Describe(chan<- *prometheus.Desc) {}

func (s stuck) Collect(chan<- prometheus.Metric) {
	s.begun <- struct{}{}
	<-s.free
}

func TestServer_routes_bound_the_scrapes(t *testing.T) {
	s := &server{metrics: newMetrics(), config: new(config)}
	wait := stuck{make(chan struct{}), make(chan struct{})}
	s.metrics.registry.MustRegister(wait)
	routes := s.routes()
	scrape := func() int {
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		return w.Code
	}
	var under sync.WaitGroup
	for range scrapes {
		under.Go(func() { assert.Equal(t, http.StatusOK, scrape()) })
	}
	for range scrapes {
		<-wait.begun
	}
	require.Equal(t, http.StatusServiceUnavailable, scrape(), "one too many")
	close(wait.free)
	under.Wait()
	go func() { <-wait.begun }()
	require.Equal(t, http.StatusOK, scrape())
}
