package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is a process that a stage consists of.
type child struct {
	name   string
	cmd    *exec.Cmd
	output *tail
	ended  chan struct{}
}

// startChild starts a process, on the core of the server or on the others.
func startChild(server bool, env []string, name string, args ...string) (*child, error) {
	c := &child{name: name, cmd: exec.Command(name, args...), output: new(tail), ended: make(chan struct{})}
	c.cmd.Env, c.cmd.Stdout, c.cmd.Stderr = env, c.output, c.output
	if err := startPinned(c.cmd, server); err != nil {
		return nil, err
	}
	go func() { // until the process has ended
		_ = c.cmd.Wait()
		close(c.ended)
	}()
	return c, nil
}

// answers waits until the process does.
func (c *child) answers(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-c.ended:
			return fmt.Errorf("%s ended: %s", c.name, c.output)
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", c.name, err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// stop has the process end in order, and kills it if it doesn't.
func (c *child) stop() error {
	select {
	case <-c.ended:
		return fmt.Errorf("%s ended by itself: %s", c.name, c.output)
	default:
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may be ending
	select {
	case <-c.ended:
	case <-time.After(stageTimeout):
		_ = c.cmd.Process.Kill()
		<-c.ended
		return fmt.Errorf("%s had to be killed", c.name)
	}
	return nil
}

// tail keeps the end of what a process prints.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// keptOutput is how much is kept of it, in bytes.
const keptOutput = 4 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - keptOutput; over > 0 {
		t.text = t.text[:copy(t.text, t.text[over:])]
	}
	return len(p), nil
}

// String returns the last line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.text))
	return text[strings.LastIndexByte(text, '\n')+1:]
}
