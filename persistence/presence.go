package persistence

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// presenceChannel is where a server listens: that is how others see that it
// lives, and tell it of rooms that they took over.
func presenceChannel(server string) string { return "rooms:server:" + server }

// Present lets other servers on the same Redis see that this one lives, and
// calls taken for each room that one of them takes over from it, under the
// epoch named, until ctx ends. It calls ready once others can see it. As with
// Subscribe, what is told while Redis is away is lost: the fence holds all the
// same.
func (s *Store) Present(ctx context.Context, ready func(), taken func(roomID string, epoch uint64)) {
	channel := presenceChannel(s.server)
	s.subscribe(ctx, channel, ready, func(message []byte) {
		number, roomID, _ := strings.Cut(string(message), " ")
		if epoch, err := strconv.ParseUint(number, 10, 64); err == nil {
			taken(roomID, epoch)
		}
	})
}

// Orphans returns the rooms that were open when last heard of and that no living
// server owns: what to restore when a server starts. It is asked while Present
// runs. Any goroutine may ask; the answer may take some 10 ms for 10,000 rooms,
// during which Redis does nothing else.
func (s *Store) Orphans(ctx context.Context) (roomIDs []string, err error) {
	return s.orphansOf(ctx, nil)
}

// orphansOf returns the rooms of servers that are gone, of all of them if none are
// named, and forgets the servers.
func (s *Store) orphansOf(ctx context.Context, servers []string) ([]string, error) {
	_, gone, rooms, err := s.orphans(ctx, true, servers)
	if servers != nil {
		gone = servers
	}
	if err == nil && len(gone) > 0 {
		ctx, cancel := withTimeout(ctx)
		err = s.ask.SRem(ctx, "rooms:servers", toAny(gone)...).Err()
		cancel()
	}
	if err != nil {
		return nil, fmt.Errorf("rooms without a server: %w", err)
	}
	return rooms, nil
}

// AdoptInterval is between two looks whether a server is gone. A server counts
// as gone that is missing twice in a row: its connection may just have been
// replaced.
const AdoptInterval = 2 * time.Second

// Adopt calls adopt with the rooms of servers that ended without closing them,
// which may be none, some seconds after they did, and lost when Redis does not know this server any
// more, so that it may have lost its rooms as well; until ctx ends. Orphans was
// asked before.
func (s *Store) Adopt(ctx context.Context, adopt func(roomIDs []string), lost func()) {
	ticker := time.NewTicker(AdoptInterval)
	defer ticker.Stop()
	var missing []string
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		unknown, gone, _, err := s.orphans(ctx, false, nil)
		if err != nil { // the prober complains
			missing = nil
			continue
		}
		if unknown {
			lost()
		}
		again := slices.DeleteFunc(slices.Clone(gone), func(server string) bool { return !slices.Contains(missing, server) })
		missing = gone
		if len(again) == 0 {
			continue
		}
		if rooms, err := s.orphansOf(ctx, again); err == nil {
			adopt(rooms)
		}
	}
}

// orphans asks whether Redis knows this server, which servers are gone and, if
// rooms are wanted, which rooms have no living server.
func (s *Store) orphans(ctx context.Context, wanted bool, servers []string) (unknown bool, gone, rooms []string, err error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	flag := "0"
	if wanted {
		flag = "1"
	}
	args := append([]any{s.server, flag}, toAny(servers)...)
	lists, err := orphansScript.Run(ctx, s.ask, nil, args...).Slice()
	if err != nil {
		return false, nil, nil, err
	}
	if len(lists) != 3 {
		return false, nil, nil, fmt.Errorf("the script answered %d values", len(lists))
	}
	return lists[0] == int64(1), texts(lists[1]), texts(lists[2]), nil
}

// texts takes the strings out of a script's answer.
func texts(list any) []string {
	values, _ := list.([]any)
	out := make([]string, 0, len(values))
	for _, v := range values {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func toAny(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
