package persistence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"audioroom/actors/room"
)

// Inspection is all that Redis holds of a room, as it is, for people to look at.
// What is absent is the zero value.
type Inspection struct {
	RoomID string
	// Fence is epoch.revision: who may write, and what was written last.
	Fence string
	// Claim is the room's last claim: epoch, token, fresh or taken.
	Claim    string
	Snapshot []byte
	// Active says that the room is in rooms:active.
	Active       bool
	Participants string
	// Activity is in Unix milliseconds, ActivityExpires how long its key lives.
	Activity        string
	ActivityExpires time.Duration
	// Seats holds room:{id}:seat:{index} by index.
	Seats   map[int]string
	Locked  []int
	Members []room.UserID
	// Status is the status that the backend has not accepted.
	Status []byte
}

// Inspect reads all that Redis holds of a room, at one moment. Any goroutine may
// call it; without a deadline in ctx it waits for one second at most.
func (s *Store) Inspect(ctx context.Context, roomID string) (*Inspection, error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	key := "room:" + roomID + ":"
	seatKeys := make([]string, room.MaxSeats)
	for i := range seatKeys {
		seatKeys[i] = key + "seat:" + strconv.Itoa(i)
	}
	p := s.ask.TxPipeline()
	fence := p.Get(ctx, "rooms:fence:"+roomID)
	claim := p.Get(ctx, "rooms:claim:"+roomID)
	snapshot := p.Get(ctx, key+"snapshot")
	score := p.ZScore(ctx, "rooms:active", roomID)
	participants := p.Get(ctx, key+"participants")
	activity := p.Get(ctx, key+"activity")
	expires := p.PTTL(ctx, key+"activity")
	seats := p.MGet(ctx, seatKeys...)
	locked := p.SMembers(ctx, key+"locked_seats")
	members := p.SMembers(ctx, key+"members")
	status := p.HGet(ctx, outboxKey, roomID)
	answers, err := p.Exec(ctx)
	for _, answer := range answers {
		if err == nil || errors.Is(err, redis.Nil) {
			err = answer.Err()
		}
	}
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("inspection of room %q: %w", roomID, err)
	}

	seen := &Inspection{
		RoomID: roomID, Fence: fence.Val(), Claim: claim.Val(), Active: score.Err() == nil,
		Participants: participants.Val(), Activity: activity.Val(), ActivityExpires: max(expires.Val(), 0),
		Seats: make(map[int]string),
	}
	seen.Snapshot, _ = snapshot.Bytes()
	seen.Status, _ = status.Bytes()
	for i, value := range seats.Val() {
		if text, ok := value.(string); ok {
			seen.Seats[i] = text
		}
	}
	for _, text := range locked.Val() {
		seat, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("inspection of room %q: locked seat %q", roomID, text)
		}
		seen.Locked = append(seen.Locked, seat)
	}
	for _, text := range members.Val() {
		user, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("inspection of room %q: member %q", roomID, text)
		}
		seen.Members = append(seen.Members, room.UserID(user))
	}
	slices.Sort(seen.Locked)
	slices.Sort(seen.Members)
	return seen, nil
}
