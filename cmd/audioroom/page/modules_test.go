package page_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The page's modules that need no browser: what a room is made of what is heard,
// the packets, the connection, who may do what.
func TestModules(t *testing.T) {
	node, err := exec.LookPath("node")
	require.NoError(t, err, "the modules are tested with Node: run .ci/setup")
	files, err := filepath.Glob("test/*.test.js")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	out, err := exec.Command(node, append([]string{"--test"}, files...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}
