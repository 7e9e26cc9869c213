package linear_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"audioroom/cmd/audioroom/e2e/harness"
)

// stage has the program and the clients of all tests.
var stage harness.Stage

// The sizes of this run: see the package's documentation.
var (
	requests = number("AUDIOROOM_LINEAR_OPS", 6000)
	seed     = number("AUDIOROOM_LINEAR_SEED", rand.IntN(1<<31))
)

func number(name string, usual int) int {
	if text := os.Getenv(name); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			panic(name + " is no number: " + text)
		}
		return n
	}
	return usual
}

// TestMain builds the program and starts the clients once.
func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) (status int) {
	fmt.Printf("AUDIOROOM_LINEAR_SEED=%d AUDIOROOM_LINEAR_OPS=%d\n", seed, requests)
	dir, err := os.MkdirTemp("", "audioroom-linear-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	if stage.Program, err = harness.Build(dir); err != nil {
		return fail(err)
	}
	if stage.Bridge, err = harness.StartBridge("../client"); err != nil {
		return fail(err)
	}
	status = m.Run()
	stage.Bridge.Close()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && status == 0 {
		return fail(err)
	}
	return status
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
