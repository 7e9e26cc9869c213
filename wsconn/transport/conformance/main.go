// Command conformance serves what the official test suites of the Engine.IO v4
// and Socket.IO v5 protocols expect of a server, as far as it goes over
// WebSockets and without binary data:
//
//   - /engine.io/ sends every message back;
//   - /socket.io/ has the namespaces / and /custom. A client that enters one is
//     told its auth in the event auth, gets message back as message-back, and
//     message-with-ack as an ack, both with the same arguments.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"audioroom/wsconn/socketio"
	"audioroom/wsconn/transport"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:3000", "address to listen on")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, *listen); err != nil {
		slog.Error("conformance server failed", "err", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, listen string) error {
	suites, err := newSuites(config())
	if err != nil {
		return err
	}
	server := &http.Server{Addr: listen, Handler: suites, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	slog.Info("listening", "address", listen)
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	bound, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(bound), suites.shutdown(bound))
}

// config is what both suites expect.
func config() transport.Config {
	return transport.Config{
		Namespaces:     []string{"/", "/custom"},
		PingInterval:   300 * time.Millisecond,
		PingTimeout:    200 * time.Millisecond,
		ConnectTimeout: time.Second,
		MaxPayload:     1000000,
	}
}

// suites serves both test suites.
type suites struct {
	http.ServeMux
	engine, socket *transport.Server
}

func newSuites(config transport.Config) (*suites, error) {
	engine, err := transport.NewEngine(config, engineEcho{})
	if err != nil {
		return nil, err
	}
	socket, err := transport.New(config, socketEcho{})
	if err != nil {
		return nil, err
	}
	s := &suites{engine: engine, socket: socket}
	s.Handle("/engine.io/", engine)
	s.Handle("/socket.io/", socket)
	return s, nil
}

func (s *suites) shutdown(ctx context.Context) error {
	return errors.Join(s.engine.Shutdown(ctx), s.socket.Shutdown(ctx))
}

// engineEcho sends every message back.
type engineEcho struct{}

var _ transport.EngineHandler = engineEcho{}

func (engineEcho) Open(*transport.Conn) error                    { return nil }
func (engineEcho) Closed(*transport.Conn, transport.CloseReason) {}
func (engineEcho) Message(c *transport.Conn, data []byte) {
	c.SendNow(transport.NewFrame(append([]byte{socketio.EngineMessage}, data...)))
}

// socketEcho lets everyone in and sends everything back.
type socketEcho struct{}

var _ transport.Handler = socketEcho{}

func (socketEcho) Open(*transport.Conn) error                    { return nil }
func (socketEcho) Disconnect(*transport.Conn, string)            {}
func (socketEcho) Closed(*transport.Conn, transport.CloseReason) {}

func (socketEcho) Connect(c *transport.Conn, namespace string, auth []byte) {
	if auth == nil {
		auth = []byte("{}")
	}
	c.Accept(namespace)
	c.SendNow(transport.EventFrame(namespace, "auth", auth))
}

func (socketEcho) Event(c *transport.Conn, e transport.Event) {
	switch e.Name {
	case "message":
		c.SendNow(transport.EventFrame(e.Namespace, "message-back", e.Args))
	case "message-with-ack":
		if e.Ack.Wanted {
			c.SendNow(transport.AckFrame(e.Namespace, e.Ack.ID, e.Args))
		}
	}
}
