package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"audioroom/laravel/standin"
)

// benchManagers is how many users are managers of every room on a stage, from
// user 1 on.
const benchManagers = 1000

// stage is a server that is there to be measured, with a redis-server of its own:
// one of this program, without limits, which has a backend of its own, too, or the
// least that a server can do. On a machine with
// several cores the server has the first one to itself, everything else runs on
// the others.
type stage struct {
	redis, server *child
	backend       *http.Server
	dir           string
	url           string
}

// stageTimeout bounds the start of what a stage consists of.
const stageTimeout = 15 * time.Second

// openStage starts everything. close ends it.
func openStage(ctx context.Context, bare bool) (s *stage, err error) {
	s = new(stage)
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = os.MkdirTemp("", "audioroom-bench-"); err != nil {
		return s, err
	}
	if err := pinSelf(); err != nil {
		return s, err
	}
	ctx, cancel := context.WithTimeout(ctx, stageTimeout)
	defer cancel()
	redis, err := s.startRedis(ctx)
	if err != nil {
		return s, err
	}
	address, err := freeAddress()
	if err != nil {
		return s, err
	}
	program, err := os.Executable()
	if err != nil {
		return s, err
	}
	s.url = "http://" + address
	if bare {
		s.server, err = startChild(true, os.Environ(), program, "bench", "bare", address, redis)
		if err != nil {
			return s, err
		}
		return s, s.server.answers(ctx, func() error { return isOpen(address) })
	}
	backend, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return s, err
	}
	s.backend = &http.Server{Handler: managers(standin.New(devKey)), ReadHeaderTimeout: stageTimeout}
	go s.backend.Serve(backend) // until close
	s.server, err = startChild(true, []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
		"LISTEN=" + address, "REDIS_URL=redis://" + redis, "JWT_SECRET=" + devSecret,
		"LARAVEL_API_URL=http://" + backend.Addr().String(), "LARAVEL_INTERNAL_KEY=" + devKey,
		"EVENT_BUDGET=0", "CHAT_PER_MINUTE=0", "CONNECTIONS_PER_USER=0",
		"MAX_CONNECTIONS=0", "ROOMS_PER_MINUTE=0", "PARTICIPANTS_PER_ROOM=0",
	}, program, "serve")
	if err != nil {
		return s, err
	}
	return s, s.server.answers(ctx, func() error { return isReady(ctx, s.url+"/readyz") })
}

// startRedis starts Redis as it comes, but that nothing is written to disk, and
// returns its address.
func (s *stage) startRedis(ctx context.Context) (string, error) {
	address, err := freeAddress()
	if err != nil {
		return "", err
	}
	_, port, _ := net.SplitHostPort(address)
	s.redis, err = startChild(false, os.Environ(), "redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", s.dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no")
	if err != nil {
		return "", fmt.Errorf("to measure a server of this program redis-server is needed: %w", err)
	}
	return address, s.redis.answers(ctx, func() error {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(time.Second))
		answer := make([]byte, 7)
		if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "+PONG\r\n" {
			return fmt.Errorf("it answered %q", answer)
		}
		return nil
	})
}

func isOpen(address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

func isReady(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz answered %s", answer.Status)
	}
	return nil
}

// managers makes the users up to benchManagers admins of every room.
func managers(backend http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, rest, _ := strings.Cut(r.URL.Path, "/members/")
		text, isRole := strings.CutSuffix(rest, "/role")
		if user, err := strconv.Atoi(text); isRole && err == nil && user > 1 && user <= benchManagers {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"role":"admin"}`) // the server may be gone
			return
		}
		backend.ServeHTTP(w, r)
	})
}

// close ends everything.
func (s *stage) close() error {
	var wrong []error
	if s.server != nil {
		wrong = append(wrong, s.server.stop())
	}
	if s.backend != nil {
		wrong = append(wrong, s.backend.Close())
	}
	if s.redis != nil {
		wrong = append(wrong, s.redis.stop())
	}
	return errors.Join(append(wrong, os.RemoveAll(s.dir))...)
}

// freeAddress returns an address of loopback that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// stageManagers returns the users who are managers on a stage.
func stageManagers() []int64 {
	users := make([]int64, benchManagers)
	for i := range users {
		users[i] = int64(i + 1)
	}
	return users
}
