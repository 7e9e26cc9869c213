package harness

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Build compiles the program with the race detector into a folder and returns
// its path.
func Build(dir string) (string, error) { return BuildWith(dir, "audioroom", "-race") }

// BuildWith compiles the program with other flags of go build, under another
// name.
func BuildWith(dir, name string, flags ...string) (string, error) {
	path := dir + "/" + name
	args := append(append([]string{"build"}, flags...), "-o", path, "audioroom/cmd/audioroom")
	out, err := exec.Command("go", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, nil
}

// Env is a process's configuration; an empty value leaves a name out.
type Env map[string]string

// list returns the environment of a process: what it needs of ours, and what it
// is given.
func (e Env) list() []string {
	list := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "GORACE=halt_on_error=0"}
	for name, value := range e {
		if value != "" {
			list = append(list, name+"="+value)
		}
	}
	return list
}

// Run runs the program to its end, which must come within ten seconds, and
// returns what it printed and its exit status.
func Run(t testing.TB, program string, env Env, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = env.list()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	dieWithParent(cmd)
	err := cmd.Run()
	require.NoError(t, ctx.Err(), "audioroom %s did not end; it printed:\n%s%s", args, &out, &errs)
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// Server is a running `audioroom serve`.
type Server struct {
	// URL is where it listens, http://127.0.0.1:PORT.
	URL string

	cmd   *exec.Cmd
	ended chan struct{} // closed when the process and its output have ended

	mu    sync.Mutex
	out   strings.Builder // stdout
	lines []string        // stderr
	grown chan struct{}   // closed and replaced with every line of either
}

// Serve starts the server and waits until it listens.
func Serve(program string, env Env, args ...string) (*Server, error) {
	s := &Server{ended: make(chan struct{}), grown: make(chan struct{})}
	s.cmd = exec.Command(program, append([]string{"serve"}, args...)...)
	s.cmd.Env = env.list()
	dieWithParent(s.cmd)
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	var read sync.WaitGroup
	read.Go(func() { s.read(stdout, func(line string) { s.out.WriteString(line + "\n") }) })
	read.Go(func() { s.read(stderr, func(line string) { s.lines = append(s.lines, line) }) })
	go func() {
		read.Wait()
		s.cmd.Wait()
		close(s.ended)
	}()
	record, err := s.Logged("listening")
	if err != nil {
		s.Kill()
		return nil, err
	}
	s.URL = fmt.Sprintf("http://%v", record["addr"])
	return s, nil
}

func (s *Server) read(r io.Reader, keep func(line string)) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s.mu.Lock()
		keep(lines.Text())
		close(s.grown)
		s.grown = make(chan struct{})
		s.mu.Unlock()
	}
}

// Logged waits for a log record with this message and returns its fields.
func (s *Server) Logged(msg string) (map[string]any, error) {
	late := time.After(patience)
	for i := 0; ; {
		s.mu.Lock()
		lines, grown := s.lines, s.grown
		s.mu.Unlock()
		for ; i < len(lines); i++ {
			var record map[string]any
			if json.Unmarshal([]byte(lines[i]), &record) == nil && record["msg"] == msg {
				return record, nil
			}
		}
		select {
		case <-grown:
		case <-s.ended:
			return nil, fmt.Errorf("the server ended (%v) before it logged %q:\n%s", s.cmd.ProcessState, msg, s.Log())
		case <-late:
			return nil, fmt.Errorf("the server did not log %q:\n%s", msg, s.Log())
		}
	}
}

// Records returns the log records with this message so far.
func (s *Server) Records(msg string) []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var records []map[string]any
	for _, line := range s.lines {
		var record map[string]any
		if json.Unmarshal([]byte(line), &record) == nil && record["msg"] == msg {
			records = append(records, record)
		}
	}
	return records
}

// Said reports whether a line of what the server wrote to stderr has the text.
func (s *Server) Said(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.lines, func(line string) bool { return strings.Contains(line, text) })
}

// Lines returns what the server wrote to stderr so far.
func (s *Server) Lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

// Log returns the end of what the server wrote to stderr.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines[max(0, len(s.lines)-60):], "\n")
}

// Printed waits until the server's stdout has the text and returns all of it.
func (s *Server) Printed(t testing.TB, text string) string {
	t.Helper()
	late := time.After(patience)
	for {
		s.mu.Lock()
		out, grown := s.out.String(), s.grown
		s.mu.Unlock()
		if strings.Contains(out, text) {
			return out
		}
		select {
		case <-grown:
		case <-late:
			t.Fatalf("the server did not print %q but:\n%s", text, out)
		}
	}
}

// Trouble returns what a server must never write: a data race or a crash.
func (s *Server) Trouble() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, line := range s.lines {
		if strings.HasPrefix(line, "WARNING: DATA RACE") || strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return errors.New(strings.Join(s.lines[i:min(len(s.lines), i+80)], "\n"))
		}
	}
	return nil
}

// Status asks for a path by HTTP and returns the answer's status, 0 if there is
// none.
func (s *Server) Status(path string) int {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(s.URL + path)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// Metric returns the value of a metric without labels.
func (s *Server) Metric(t testing.TB, name string) float64 {
	t.Helper()
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(s.URL + "/metrics")
	require.NoError(t, err)
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			number, err := strconv.ParseFloat(value, 64)
			require.NoError(t, err)
			return number
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// Ready waits until the server says that it is.
func (s *Server) Ready() error {
	for late := time.Now().Add(patience); s.Status("/readyz") != http.StatusOK; {
		if time.Now().After(late) {
			return fmt.Errorf("the server is not ready:\n%s", s.Log())
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}

// Terminate asks the server to end.
func (s *Server) Terminate() { s.cmd.Process.Signal(syscall.SIGTERM) }

// Kill ends the server on the spot.
func (s *Server) Kill() {
	s.cmd.Process.Kill()
	<-s.ended
}

// Wait waits until the server has ended, which must be within the time, and
// returns its exit status.
func (s *Server) Wait(t testing.TB, within time.Duration) int {
	t.Helper()
	select {
	case <-s.ended:
	case <-time.After(within):
		t.Fatalf("the server did not end within %v:\n%s", within, s.Log())
	}
	return s.cmd.ProcessState.ExitCode()
}

// Stop ends the server politely and says what was wrong with it.
func (s *Server) Stop() error {
	select {
	case <-s.ended:
		return s.Trouble()
	default:
	}
	s.Terminate()
	select {
	case <-s.ended:
	case <-time.After(15 * time.Second):
		s.Kill()
		return errors.Join(fmt.Errorf("the server did not end when told to:\n%s", s.Log()), s.Trouble())
	}
	if err := s.Trouble(); err != nil {
		return err
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the server ended with status %d:\n%s", code, s.Log())
	}
	return nil
}
