package persistence

import (
	"context"
	"time"
)

// refresh is the refresher's goroutine: it renews user:{id}:room of the users in
// all rooms, which would expire 24 h after they came.
func (s *Store) refresh() {
	ticker := time.NewTicker(s.config.Refresh)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-s.ctx.Done():
			return
		}
		rooms, err := s.Active(s.ctx)
		for _, room := range rooms {
			if err == nil {
				err = s.refreshRoom(s.ctx, room)
			}
		}
		if err != nil && s.ctx.Err() == nil {
			s.config.Logger.Warn("user rooms were not all renewed; the next round comes before they expire",
				"next", s.config.Refresh, "error", err)
		}
	}
}

// refreshRoom renews the keys of one room's users, some hundred at a time so
// that commits get in between.
func (s *Store) refreshRoom(ctx context.Context, roomID string) error {
	var cursor uint64
	for {
		next, err := s.refreshPage(ctx, roomID, cursor)
		if err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

func (s *Store) refreshPage(ctx context.Context, roomID string, cursor uint64) (next uint64, err error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	users, next, err := s.ask.SScan(ctx, "room:"+roomID+":members", cursor, "", 200).Result()
	if err != nil || len(users) == 0 {
		return next, err
	}
	args := make([]any, 0, 1+len(users))
	args = append(args, roomID)
	for _, user := range users {
		args = append(args, user)
	}
	return next, refreshScript.Run(ctx, s.ask, nil, args...).Err()
}
