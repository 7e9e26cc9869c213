package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/cmd/audioroom/admin"
	"audioroom/cmd/audioroom/page"
)

// gate says whether new connections are let in. Two may close it: an operator,
// who may open it again, and the end of the server.
type gate struct {
	mu       sync.Mutex
	drained  bool // by an operator
	stopping bool
}

// closed reports whether new clients should go elsewhere.
func (g *gate) closed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.drained || g.stopping
}

var _ admin.Program = (*server)(nil)

// Rooms implements admin.Program.
func (s *server) Rooms(ctx context.Context) ([]actors.View, int) { return s.rooms.Views(ctx) }

// Room implements admin.Program.
func (s *server) Room(ctx context.Context, id string) (actors.View, bool, error) {
	return s.rooms.View(ctx, id)
}

// CloseRoom implements admin.Program.
func (s *server) CloseRoom(id string) {
	s.log.Info("room closed by an operator", "room", id)
	s.rooms.Order(id, &room.Shut{})
}

// Drain implements admin.Program.
func (s *server) Drain(on bool) bool {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if s.gate.stopping {
		return false
	}
	if on != s.gate.drained {
		s.log.Info("drain switched by an operator", "draining", on)
	}
	s.gate.drained = on
	if on {
		s.gateway.Refuse()
	} else {
		s.gateway.Readmit()
	}
	return true
}

// refuse lets nobody in any more, for good.
func (s *server) refuse() {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.stopping = true
	s.gateway.Refuse()
}

// State implements admin.Program.
func (s *server) State() admin.State {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	return admin.State{
		Draining: s.gate.drained || s.gate.stopping, Stopping: s.gate.stopping,
		Connections: s.gateway.Connections(), Rooms: int(s.metrics.openRooms.Load()),
		Unsaved: int(s.metrics.unsavedRooms.Load()), Pending: s.backend.reporter.Pending(),
	}
}

// Level implements admin.Program.
func (s *server) Level() slog.Level { return s.level.Level() }

// SetLevel implements admin.Program.
func (s *server) SetLevel(level slog.Level) { switchLevel(s.log, s.level, level) }

// listenAdmin opens the admin listener, if the configuration asks for one. What
// is returned ends it.
func (s *server) listenAdmin() (stop func(), err error) {
	if s.config.AdminListen == "" || s.config.AdminListen == "off" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", s.config.AdminListen)
	if err != nil {
		return nil, fmt.Errorf("can't listen for the operator: %w", err)
	}
	side := &http.Server{
		Handler: admin.Guard(s.look(admin.New(s), page.Config{})), ReadHeaderTimeout: requestTimeout, ErrorLog: s.httpLog(),
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := side.Serve(listener); err != http.ErrServerClosed {
			s.log.Error("the admin API ended", "error", err) // rooms go on without it
		}
	})
	s.log.Info("admin API", "addr", listener.Addr().String())
	return func() {
		side.Close()
		serving.Wait()
	}, nil
}
