package harness

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// Bridge is the Node process in which the socket.io-clients live. One is enough
// for all tests; it may be used by many goroutines.
type Bridge struct {
	cmd *exec.Cmd
	in  io.WriteCloser

	mu      sync.Mutex // also keeps the orders of one socket in line
	last    int
	sockets map[int]*Socket
	done    chan struct{} // closed when the process has said its last word
}

// Seen is one thing that a socket saw.
type Seen struct {
	Socket  int    `json:"s"`
	N       int    `json:"n"`   // its place among all that the socket saw
	Saw     string `json:"saw"` // event, ack, connect, connect_error, disconnect, reconnect_attempt, error
	Event   string `json:"event,omitempty"`
	Args    []any  `json:"args,omitempty"`
	Ack     int    `json:"ack,omitempty"`
	Message string `json:"message,omitempty"`
	Data    any    `json:"data,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Active  bool   `json:"active,omitempty"` // whether the client will try to reconnect
	ID      string `json:"id,omitempty"`
}

func (s Seen) String() string {
	line, _ := json.Marshal(s)
	return string(line)
}

// StartBridge starts the clients' process from the folder of bridge.mjs.
func StartBridge(dir string) (*Bridge, error) {
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "socket.io-client")); err != nil {
		return nil, errors.New("the tests' socket.io-client is not installed: run .ci/setup, or npm ci in " + dir)
	}
	cmd := exec.Command("node", "bridge.mjs")
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	dieWithParent(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("the tests' clients need node: %w", err)
	}
	b := &Bridge{cmd: cmd, in: in, sockets: make(map[int]*Socket), done: make(chan struct{})}
	go b.read(out)
	return b, nil
}

// Close ends the process and with it all its sockets.
func (b *Bridge) Close() {
	b.in.Close()
	select {
	case <-b.done:
	case <-time.After(5 * time.Second):
		b.cmd.Process.Kill()
		<-b.done
	}
	b.cmd.Wait()
}

// read hands what the sockets saw to them, until the process ends.
func (b *Bridge) read(out io.Reader) {
	defer close(b.done)
	r := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return
		}
		var seen Seen
		if err := json.Unmarshal(line, &seen); err != nil {
			seen = Seen{Saw: "error", Message: fmt.Sprintf("unreadable report %q: %v", line, err)}
		}
		b.mu.Lock()
		s := b.sockets[seen.Socket]
		b.mu.Unlock()
		if s != nil {
			s.add(seen)
		}
	}
}

// order is one line of stdin.
type order struct {
	Do      string         `json:"do"`
	Socket  int            `json:"s"`
	URL     string         `json:"url,omitempty"`
	Nsp     string         `json:"nsp,omitempty"`
	Options map[string]any `json:"options,omitempty"`
	Ack     int            `json:"ack,omitempty"`
	Event   string         `json:"event"`
	Args    []any          `json:"args,omitempty"`
	Text    string         `json:"text,omitempty"`
}

// carry hands orders to the process, all in one write.
func (b *Bridge) carry(orders ...order) error {
	var lines []byte
	for _, o := range orders {
		line, err := json.Marshal(o)
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	_, err := b.in.Write(lines)
	return err
}

// add gives a new socket its number.
func (b *Bridge) add(s *Socket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	s.number = b.last
	b.sockets[s.number] = s
}
