package persistence

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// blockedKey holds who may not join a room: user id → until when, Unix ms, 0
// for ever. It outlives the room.
func blockedKey(roomID string) string { return "rooms:blocked:" + roomID }

// Block notes that a user may not join a room until some time, in Unix
// milliseconds, 0 for ever. Claims tell it. Any goroutine may call it.
func (s *Store) Block(ctx context.Context, roomID string, user, until int64) error {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	if err := s.ask.HSet(ctx, blockedKey(roomID), strconv.FormatInt(user, 10), until).Err(); err != nil {
		return fmt.Errorf("block of user %d in room %q: %w", user, roomID, err)
	}
	return nil
}

// Unblock notes that a user may join a room again. Any goroutine may call it.
func (s *Store) Unblock(ctx context.Context, roomID string, user int64) error {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	if err := s.ask.HDel(ctx, blockedKey(roomID), strconv.FormatInt(user, 10)).Err(); err != nil {
		return fmt.Errorf("unblock of user %d in room %q: %w", user, roomID, err)
	}
	return nil
}

// RevokeBefore refuses the tokens of a user that were issued before some time.
// An earlier time than the one that is kept changes nothing. Any goroutine may
// call it.
func (s *Store) RevokeBefore(ctx context.Context, user int64, at time.Time) error {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	key := "auth:user_revoked:" + strconv.FormatInt(user, 10)
	if err := revokeScript.Run(ctx, s.ask, []string{key}, at.Unix()).Err(); err != nil {
		return fmt.Errorf("revocation of user %d: %w", user, err)
	}
	return nil
}
