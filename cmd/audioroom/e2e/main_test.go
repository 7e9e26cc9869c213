package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// P is a payload.
type P = harness.P

// stage has the program and the clients of all tests.
var stage harness.Stage

// TestMain builds the program and starts the clients once.
func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) (status int) {
	// The tests wait for other processes most of the time.
	if flag.Lookup("test.parallel").Value.String() < "8" {
		flag.Set("test.parallel", "8")
	}
	if os.Getenv(mobVariable) != "" { // somebody else's server is its stage
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "audioroom-e2e-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	if stage.Program, err = harness.Build(dir); err != nil {
		return fail(err)
	}
	if stage.Bridge, err = harness.StartBridge("client"); err != nil {
		return fail(err)
	}
	defer stage.Bridge.Close()
	status = m.Run()
	if err := closeShared(); err != nil {
		return fail(err)
	}
	return status
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// The world of all tests that need nothing unusual. They don't meet in it: each
// has rooms and users of its own.
var (
	sharedOnce  sync.Once
	sharedWorld *harness.World
	sharedErr   error
)

func shared(t *testing.T) *harness.World {
	t.Helper()
	sharedOnce.Do(func() { sharedWorld, sharedErr = stage.New(harness.Setup{}) })
	require.NoError(t, sharedErr)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the shared server's log ended with:\n%s", sharedWorld.Server.Log())
		}
	})
	return sharedWorld
}

func closeShared() error {
	if sharedWorld == nil {
		return nil
	}
	return sharedWorld.Close()
}

// room is a fresh room in the shared world.
func room(t *testing.T) *harness.Room {
	t.Helper()
	return shared(t).Room(t)
}

// in runs a case beside the others.
func in(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		test(t)
	})
}

func seat(index int) P { return P{"seatIndex": index} }

func updated(index int, user int64) P {
	return P{"seatIndex": index, "userId": user, "isMuted": false}
}

func locked(index int, is bool) P { return P{"seatIndex": index, "isLocked": is} }
