package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// compile compiles with TypeScript and returns what it has to say.
func compile(t *testing.T, project string) (out string, err error) {
	t.Helper()
	return node(t, nil, "node_modules/typescript/bin/tsc", "--pretty", "false", "-p", project)
}

// A sample client compiles with the types and the real socket.io-client; in
// wrong.ts each line that TypeScript has to refuse says so.
func TestTypes_of_the_events(t *testing.T) {
	t.Parallel()
	out, err := compile(t, "types/tsconfig.json")
	require.NoError(t, err, "%s", out)
}

// The page's own modules are checked against the same types.
func TestTypes_of_the_page(t *testing.T) {
	t.Parallel()
	out, err := compile(t, "types/page.json")
	require.NoError(t, err, "%s", out)
}

func TestTypes_refuse_a_wrong_payload(t *testing.T) {
	t.Parallel()
	config, err := filepath.Abs("client/types/tsconfig.json")
	require.NoError(t, err)
	sample, err := filepath.Abs("client/types/sample.ts")
	require.NoError(t, err)
	project := filepath.Join(t.TempDir(), "tsconfig.json")
	wrong := filepath.Join(filepath.Dir(project), "wrong.ts")
	require.NoError(t, os.WriteFile(project, []byte(`{"extends":"`+config+`","files":["wrong.ts"],"include":[]}`), 0o600))
	require.NoError(t, os.WriteFile(wrong, []byte(`import { socket } from "`+sample+`";
void socket.emitWithAck("seat:take", { roomId: "42", seatIndex: "3" });
`), 0o600))
	out, err := compile(t, project)
	require.Error(t, err)
	assert.Contains(t, out, "wrong.ts(2,54): error TS2322: Type 'string' is not assignable to type 'number'", "%s", out)
}
