package main

import (
	"log"
	"log/slog"
	"regexp"
	"strings"
)

// httpLog takes what net/http has to say, which comes as lines of text, into the
// log. Who was at the other end is left out. Its methods may be called from any
// goroutine.
type httpLog struct {
	log *slog.Logger
	// panicked hears of each panic that was survived.
	panicked func()
}

// httpLog returns what an http.Server of this program logs to.
func (s *server) httpLog() *log.Logger {
	return log.New(httpLog{s.log.With("component", "http"), s.metrics.httpPanicked}, "", 0)
}

// addresses are those of the network, with their ports.
var addresses = regexp.MustCompile(`(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+(?:%[^\]\s]*)?\]):\d+`)

// Write implements io.Writer, for one line at a time. What a peer did wrong is
// nothing that an operator has to know: anybody can do so, as often as they like.
func (l httpLog) Write(line []byte) (int, error) {
	text, stack, _ := strings.Cut(strings.TrimSpace(string(line)), "\n")
	text = addresses.ReplaceAllString(strings.TrimPrefix(text, "http: "), "…")
	switch {
	case strings.HasPrefix(text, "panic serving "):
		l.panicked()
		l.log.Error("panic survived", "in", "http", "reason", text, "stack", stack)
	case strings.HasPrefix(text, "Accept error: "):
		l.log.Warn("no connection can be accepted for now", "error", text)
	default:
		l.log.Debug("a request went wrong", "error", text)
	}
	return len(line), nil
}
