package room_test

import (
	"flag"
	"testing"
)

// TestMain makes the property tests longer than they are by default; flags on
// the command line still win.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.checks": "200", "rapid.steps": "60"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	m.Run()
}
