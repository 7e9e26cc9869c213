//go:build failpoint

package actors

import (
	"os"
	"strconv"
	"strings"
	"sync"

	"audioroom/actors/room"
)

// FailpointVariable is the environment variable that tells a program built with
// the tag failpoint which commands panic. PREFIX/N: every N-th request to the
// rooms whose id begins with PREFIX, counted together; PREFIX/N/each: every N-th
// to each of these rooms.
const FailpointVariable = "AUDIOROOM_FAILPOINT"

func init() {
	prefix, rest, _ := strings.Cut(os.Getenv(FailpointVariable), "/")
	every, mode, _ := strings.Cut(rest, "/")
	n, err := strconv.ParseUint(every, 10, 64)
	if err != nil || n == 0 {
		return
	}
	var mu sync.Mutex
	counts := make(map[string]uint64) // by room, or all under ""
	injected = func(roomID string, _ room.Command) {
		if !strings.HasPrefix(roomID, prefix) {
			return
		}
		if mode != "each" {
			roomID = ""
		}
		mu.Lock()
		counts[roomID]++
		strikes := counts[roomID]%n == 0
		mu.Unlock()
		if strikes {
			panic("injected by " + FailpointVariable)
		}
	}
}
