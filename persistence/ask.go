package persistence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Questions that this file answers wait for Redis until their context's
// deadline, one second if it has none, and return Redis's or the connection's
// error. Any goroutine may ask.

// Active returns the ids of the rooms that were open when last heard of, the
// longest inactive first: what to restore when the server starts.
func (s *Store) Active(ctx context.Context) ([]string, error) {
	const page = 1000
	var ids []string
	for {
		some, err := s.activePage(ctx, int64(len(ids)), page)
		if err != nil {
			return nil, fmt.Errorf("active rooms: %w", err)
		}
		ids = append(ids, some...)
		if len(some) < page {
			return ids, nil
		}
	}
}

func (s *Store) activePage(ctx context.Context, from, count int64) ([]string, error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	return s.ask.ZRange(ctx, "rooms:active", from, from+count-1).Result()
}

// RoomOf returns the room that user is in; ok is false if in none. Half of the
// connections are for these questions at most: clients may ask as many as they
// like, and none of theirs is as urgent as whether a token was revoked.
func (s *Store) RoomOf(ctx context.Context, user int64) (roomID string, ok bool, err error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	if err := s.lookups.Acquire(ctx, 1); err != nil {
		return "", false, fmt.Errorf("room of user %d: %w", user, err)
	}
	defer s.lookups.Release(1)
	roomID, err = s.ask.Get(ctx, userKey(user)).Result()
	if errors.Is(err, redis.Nil) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("room of user %d: %w", user, err)
	}
	return roomID, true, nil
}

// Snapshot returns what Claim would read of the room, without claiming it; nil
// if the room does not exist.
func (s *Store) Snapshot(ctx context.Context, roomID string) ([]byte, error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	snapshot, err := s.ask.Get(ctx, "room:"+roomID+":snapshot").Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot of room %q: %w", roomID, err)
	}
	return snapshot, nil
}

// Revoked reports whether the token, which user's claims came with, was
// revoked: it alone, or all that were issued to user before some time. issuedAt
// counts in whole seconds. One round trip. An error means that it is not known:
// fail closed.
func (s *Store) Revoked(ctx context.Context, token string, user int64, issuedAt time.Time) (bool, error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	hash := sha256.Sum256([]byte(token))
	pipeline := s.ask.Pipeline()
	one := pipeline.Exists(ctx, "auth:revoked:"+hex.EncodeToString(hash[:]))
	all := pipeline.Get(ctx, "auth:user_revoked:"+strconv.FormatInt(user, 10))
	_, _ = pipeline.Exec(ctx) // each has its own error
	if err := one.Err(); err != nil {
		return false, fmt.Errorf("revocation: %w", err)
	}
	before, err := all.Int64()
	if errors.Is(err, redis.Nil) {
		return one.Val() > 0, nil
	}
	if err != nil {
		return false, fmt.Errorf("revocation of user %d: %w", user, err)
	}
	return one.Val() > 0 || issuedAt.Unix() < before, nil
}

func userKey(user int64) string { return "user:" + strconv.FormatInt(user, 10) + ":room" }
