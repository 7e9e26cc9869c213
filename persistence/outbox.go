package persistence

import (
	"context"
	"fmt"
	"strconv"
)

const outboxKey = "laravel:outbox"

// Accepted removes a room's status from the outbox: the backend has it. A newer
// status that was committed meanwhile stays. Any goroutine may call it; without
// a deadline in ctx it waits for one second at most.
func (s *Store) Accepted(ctx context.Context, roomID string, body []byte) error {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	if err := acceptedScript.Run(ctx, s.ask, nil, roomID, body).Err(); err != nil {
		return fmt.Errorf("outbox of room %q: %w", roomID, err)
	}
	return nil
}

// Pending returns the statuses that the backend has not accepted, by room id,
// without those that another living server still sends itself. A status that
// changes meanwhile may be the old or the new one. Any goroutine may
// call it; without a deadline in ctx each page of some hundred takes one second
// at most.
func (s *Store) Pending(ctx context.Context) (map[string][]byte, error) {
	pending := make(map[string][]byte)
	var cursor uint64
	for {
		fields, next, err := s.outboxPage(ctx, cursor)
		if err != nil {
			return nil, fmt.Errorf("outbox: %w", err)
		}
		for i := 0; i+1 < len(fields); i += 2 {
			pending[fields[i]] = []byte(fields[i+1])
		}
		if cursor = next; cursor == 0 {
			return pending, nil
		}
	}
}

func (s *Store) outboxPage(ctx context.Context, cursor uint64) ([]string, uint64, error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	page, err := pendingScript.Run(ctx, s.ask, nil, s.server, strconv.FormatUint(cursor, 10), outboxPageSize).Slice()
	if err != nil {
		return nil, 0, err
	}
	if len(page) != 2 {
		return nil, 0, fmt.Errorf("the script answered %d values", len(page))
	}
	next, err := strconv.ParseUint(fmt.Sprint(page[0]), 10, 64)
	return texts(page[1]), next, err
}

// outboxPageSize is how many entries a page looks at.
const outboxPageSize = 500

// OutboxLen returns how many rooms have a status that the backend has not
// accepted. Any goroutine may call it; without a deadline in ctx it waits for
// one second at most.
func (s *Store) OutboxLen(ctx context.Context) (int, error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	n, err := s.ask.HLen(ctx, outboxKey).Result()
	if err != nil {
		return 0, fmt.Errorf("outbox: %w", err)
	}
	return int(n), nil
}
