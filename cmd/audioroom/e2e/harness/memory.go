package harness

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Memory returns what the server's process holds in memory, and the most that it
// ever held, in bytes: VmRSS and VmHWM of /proc. Without a /proc the test is
// skipped.
func (s *Server) Memory(t testing.TB) (now, most int64) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if os.IsNotExist(err) {
		t.Skip("memory is read from /proc, which is not here")
	}
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		kB, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			now = kB << 10
		case "VmHWM":
			most = kB << 10
		}
	}
	require.NotZero(t, now, "the memory of the server, from:\n%s", text)
	return now, most
}
