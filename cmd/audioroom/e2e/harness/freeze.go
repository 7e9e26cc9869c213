package harness

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Freeze stops the server in its tracks: connections stay, nothing answers.
func (s *Server) Freeze(t testing.TB) {
	t.Helper()
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGSTOP))
	t.Cleanup(s.Thaw)
}

// Thaw lets a frozen server go on.
func (s *Server) Thaw() { s.cmd.Process.Signal(syscall.SIGCONT) }
