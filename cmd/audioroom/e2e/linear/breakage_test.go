package linear_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// breakage is one line of the program, broken for some rooms.
type breakage struct {
	file string // from the module's root
	// line occurs once in the file; instead is put in its place.
	line, instead string
}

// The beginnings of the ids of rooms in which something is broken.
const (
	acksEarly     = "acks-early-"
	toldBackwards = "told-backwards-"
	unguarded     = "unguarded-"
)

// breakages is all that is broken in the broken program, for rooms with such ids
// alone. Production code has no part in it: the lines are exchanged while the
// program is built.
var breakages = []breakage{{
	file: "actors/commit.go", // acks before the commit is made
	line: "a.rooms.store.Commit(c)",
	instead: `a.rooms.store.Commit(c)
	if broken(a.handle.id, "` + acksEarly + `") {
		a.release(l.inflight)
		l.inflight = batches.Get().(*batch)
	}`,
}, {
	file: "actors/release.go", // the last first
	line: "a.life.telling = b\n",
	instead: `a.life.telling = b
	if broken(a.handle.id, "` + toldBackwards + `") {
		backwards := new(batch)
		for i := len(b.outcomes) - 1; i >= 0; i-- {
			from := 0
			if i > 0 {
				from = b.outcomes[i-1].end
			}
			backwards.events = append(backwards.events, b.events[from:b.outcomes[i].end]...)
			backwards.add(b.outcomes[i])
		}
		b = backwards
	}
`,
}, {
	file:    "persistence/guard.lua", // lets every epoch write
	line:    "if holder > ours then",
	instead: "if holder > ours and string.find(id, '" + unguarded + "', 1, true) ~= 1 then",
}, {
	file: "actors/roomactor.go", // lets requests panic also after the room has changed
	line: "l.changes.note(events[from:])",
	instead: `if r != nil && a.rooms.failpoint != nil {
		a.rooms.failpoint(a.handle.id, c)
	}
	l.changes.note(events[from:])`,
}}

// The function that the broken lines call.
const brokenGo = `package actors

import "strings"

func broken(roomID, how string) bool { return strings.HasPrefix(roomID, how) }
`

// brokenStage is a stage with the broken program, in which panics can be
// injected as well. It is built by the first test that needs it.
func brokenStage(t *testing.T) harness.Stage {
	t.Helper()
	program, err := buildBroken()
	require.NoError(t, err)
	return harness.Stage{Program: program, Bridge: stage.Bridge}
}

var buildBroken = sync.OnceValues(func() (program string, err error) {
	dir, err := os.MkdirTemp(filepath.Dir(stage.Program), "broken-")
	if err != nil {
		return "", err
	}
	root, err := filepath.Abs("../../../..")
	if err != nil {
		return "", err
	}
	replace := make(map[string]string)
	put := func(source, text string) error {
		replace[source] = filepath.Join(dir, filepath.Base(source))
		return os.WriteFile(replace[source], []byte(text), 0o600)
	}
	for _, b := range breakages {
		source := filepath.Join(root, b.file)
		text, err := os.ReadFile(source)
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(text), b.line); n != 1 {
			return "", fmt.Errorf("the line to break is gone: %s has %q %d times, not once; find what does the same now, and break that",
				b.file, b.line, n)
		}
		if err := put(source, strings.Replace(string(text), b.line, b.instead, 1)); err != nil {
			return "", err
		}
	}
	if err := put(filepath.Join(root, "actors/broken.go"), brokenGo); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, overlay, 0o600); err != nil {
		return "", err
	}
	return harness.BuildWith(dir, "broken", "-race", "-tags", "failpoint", "-overlay", path)
})
