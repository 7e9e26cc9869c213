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
// to each of these rooms, some spared.
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
	injected = func(roomID string, c room.Command) {
		if !strings.HasPrefix(roomID, prefix) || mode == "each" && spared(c) {
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

// spared reports whether a command doesn't count: a leave or a lost connection,
// because who leaves while the room panics stays in it, and one that waited for
// the rank of another user, because the others that waited with it are lost.
func spared(c room.Command) bool {
	switch c := c.(type) {
	case *room.LockSeat:
		return c.OccupantRank != room.RankUnknown
	case *room.RemoveFromSeat:
		return c.TargetRank != room.RankUnknown
	case *room.MuteSeat:
		return c.TargetRank != room.RankUnknown
	}
	return isDeparture(c)
}
