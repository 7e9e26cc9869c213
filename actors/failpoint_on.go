//go:build failpoint

package actors

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"audioroom/actors/room"
)

// FailpointVariable is the environment variable that tells a program built with
// the tag failpoint which commands panic: PREFIX/N, every N-th request to the
// rooms whose id begins with PREFIX.
const FailpointVariable = "AUDIOROOM_FAILPOINT"

func init() {
	prefix, every, ok := strings.Cut(os.Getenv(FailpointVariable), "/")
	n, err := strconv.ParseUint(every, 10, 64)
	if !ok || err != nil || n == 0 {
		return
	}
	var count atomic.Uint64
	injected = func(roomID string, _ room.Command) {
		if strings.HasPrefix(roomID, prefix) && count.Add(1)%n == 0 {
			panic("injected by " + FailpointVariable)
		}
	}
}
