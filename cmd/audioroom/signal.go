package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// signalContext returns a context that ends with the first SIGINT or SIGTERM. A
// second one ends the process at once, after last was called.
func signalContext(parent context.Context, last func()) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
			return
		}
		<-signals
		last()
		os.Exit(exitFailed)
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
	}
}

// hearHangUps has each SIGHUP switch the log between debug and the level that is
// configured. What is returned ends that.
func hearHangUps(log *slog.Logger, level *slog.LevelVar, configured slog.Level) (stop func()) {
	signals, ended := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		defer close(ended)
		for range signals {
			next := slog.LevelDebug
			if level.Level() == slog.LevelDebug {
				next = configured
			}
			switchLevel(log, level, next)
		}
	}()
	return func() {
		signal.Ignore(syscall.SIGHUP) // and undo Notify
		close(signals)
		<-ended
	}
}

// switchLevel has a log begin at another level, and says so at whatever level that
// is.
func switchLevel(log *slog.Logger, level *slog.LevelVar, next slog.Level) {
	level.Set(next)
	log.Log(context.Background(), max(next, slog.LevelInfo), "log level switched", "level", next.String())
}
