// Package redistest starts real redis-server processes for tests, and has them
// fail in the ways that a server can: stopped, killed, frozen, emptied.
package redistest

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a server may take to start or stop before a test fails.
const patience = 15 * time.Second

// Server is a redis-server of one test, on loopback, with its data in a
// directory of the test. Its methods fail the test on error and belong to the
// test's goroutine.
type Server struct {
	tb   testing.TB
	dir  string
	port int
	args []string

	process *exec.Cmd
	exited  chan struct{}
	output  *output
	frozen  bool
}

// Option alters how a server is started.
type Option func(*Server)

// AppendOnly has the server write each change to disk before it answers, so that
// nothing it confirmed is lost when it is killed.
func AppendOnly() Option {
	return Args("--appendonly", "yes", "--appendfsync", "always")
}

// Args adds arguments for redis-server, such as "--maxmemory", "2mb".
func Args(args ...string) Option {
	return func(s *Server) { s.args = append(s.args, args...) }
}

// Start starts a server on a free port and waits until it answers. It is killed
// when the test ends. The test fails at once if redis-server is not installed.
func Start(tb testing.TB, options ...Option) *Server {
	tb.Helper()
	s := &Server{tb: tb, dir: tb.TempDir()}
	for _, option := range options {
		option(s)
	}
	tb.Cleanup(func() {
		if s.process != nil {
			s.Kill()
		}
	})
	for range 5 { // another process may take the port before the server does
		s.port = freePort(tb)
		if s.launch() == nil {
			return s
		}
	}
	tb.Fatalf("redis-server does not start:\n%s", s.output)
	return nil
}

// Addr returns host and port, the same after a restart.
func (s *Server) Addr() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// URL returns the address as a Redis URL.
func (s *Server) URL() string { return "redis://" + s.Addr() + "/0" }

// Stop has the server shut down in good order.
func (s *Server) Stop() {
	s.tb.Helper()
	s.Thaw()
	s.signal(syscall.SIGTERM)
	s.gone()
}

// Kill ends the server at once, as a crash would.
func (s *Server) Kill() {
	s.tb.Helper()
	s.signal(syscall.SIGKILL)
	s.gone()
}

// Freeze stops the server's process without ending it: connections stay, and
// are made, but nothing is answered.
func (s *Server) Freeze() {
	s.tb.Helper()
	s.signal(syscall.SIGSTOP)
	s.frozen = true
}

// Thaw undoes Freeze.
func (s *Server) Thaw() {
	s.tb.Helper()
	if s.frozen {
		s.signal(syscall.SIGCONT)
		s.frozen = false
	}
}

// Restart starts a server that was stopped or killed again: same address, and
// what it had written to disk.
func (s *Server) Restart() {
	s.tb.Helper()
	if s.process != nil {
		s.tb.Fatal("redistest: Restart of a server that runs")
	}
	if err := s.launch(); err != nil {
		s.tb.Fatalf("redis-server does not start again: %v\n%s", err, s.output)
	}
}

// RestartEmpty is Restart with nothing on disk.
func (s *Server) RestartEmpty() {
	s.tb.Helper()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		s.tb.Fatal(err)
	}
	for _, entry := range entries {
		if err := os.RemoveAll(s.dir + "/" + entry.Name()); err != nil {
			s.tb.Fatal(err)
		}
	}
	s.Restart()
}

func (s *Server) launch() error {
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		s.tb.Fatal("redis-server is not installed; these tests run the real one. On Debian: apt-get install redis-server")
	}
	args := append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir,
		"--save", "", "--daemonize", "no", "--loglevel", "notice",
	}, s.args...)
	s.output = new(output)
	cmd := exec.Command(binary, args...)
	cmd.Stdout, cmd.Stderr = s.output, s.output
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	endWithTest(cmd.SysProcAttr)
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	s.process, s.exited = cmd, exited
	if err := s.ready(); err != nil {
		s.Kill()
		return err
	}
	return nil
}

// ready waits until the server answers and has loaded its data.
func (s *Server) ready() error {
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		select {
		case <-s.exited:
			return fmt.Errorf("it ended")
		case <-time.After(5 * time.Millisecond):
		}
		if pong(s.Addr()) {
			return nil
		}
	}
	return fmt.Errorf("no answer within %v", patience)
}

func pong(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && strings.HasPrefix(line, "+PONG")
}

func (s *Server) signal(signal syscall.Signal) {
	s.tb.Helper()
	if s.process == nil {
		s.tb.Fatalf("redistest: %v to a server that does not run", signal)
	}
	if err := s.process.Process.Signal(signal); err != nil {
		s.tb.Logf("redis-server: %v: %v", signal, err)
	}
}

func (s *Server) gone() {
	s.tb.Helper()
	select {
	case <-s.exited:
	case <-time.After(patience):
		s.tb.Fatalf("redis-server does not end:\n%s", s.output)
	}
	s.process, s.frozen = nil, false
}

func freePort(tb testing.TB) int {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// output is what the server printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
