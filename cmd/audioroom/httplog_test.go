package main

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHTTPLog_leaves_out_who_was_there(t *testing.T) {
	for line, want := range map[string]string{
		"http: TLS handshake error from 203.0.113.7:41234: EOF\n":                                             `level=DEBUG msg="a request went wrong" error="TLS handshake error from …: EOF"`,
		"http: TLS handshake error from [2001:db8::7]:41234: EOF\n":                                           `error="TLS handshake error from …: EOF"`,
		"http: TLS handshake error from [fe80::7%eth0]:1: read tcp 192.0.2.1:443->203.0.113.7:41234: reset\n": `error="TLS handshake error from …: read tcp …->…: reset"`,
		"http: Accept error: accept tcp [::]:3030: accept4: too many open files; retrying in 5ms\n":           `level=WARN msg="no connection can be accepted for now" error="Accept error: accept tcp …: accept4: too many open files; retrying in 5ms"`,
	} {
		var out bytes.Buffer
		l := httpLog{log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), panicked: func() { t.Error("nothing panicked") }}
		n, err := l.Write([]byte(line))
		require.NoError(t, err)
		require.Equal(t, len(line), n)
		require.Contains(t, out.String(), want)
		require.NotContains(t, out.String(), "41234")
	}
}

func TestHTTPLog_tells_of_a_panic(t *testing.T) {
	var out bytes.Buffer
	metrics := newMetrics()
	s := &server{log: slog.New(slog.NewTextHandler(&out, nil)), metrics: metrics}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	side := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errors.New("a fault")) }), ErrorLog: s.httpLog()}
	served := make(chan error)
	go func() { served <- side.Serve(listener) }()
	_, err = http.Get("http://" + listener.Addr().String())
	require.Error(t, err)
	require.NoError(t, side.Shutdown(t.Context()))
	require.ErrorIs(t, <-served, http.ErrServerClosed)
	require.Equal(t, 1, strings.Count(out.String(), "\n"), "one line")
	require.Contains(t, out.String(), `level=ERROR msg="panic survived" component=http in=http reason="panic serving …: a fault"`)
	require.Contains(t, out.String(), "TestHTTPLog_tells_of_a_panic", "the stack says where")
	require.Contains(t, exposition(metrics.registry), `audioroom_panics_total{where="http"} 1`)
}
