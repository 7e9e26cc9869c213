package main

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/actors"
)

func TestAnswers_are_asked_for_once_a_second_however_many_scrape(t *testing.T) {
	depths, lengths := 0, 0
	a := answers{
		askDepth: func(ctx context.Context) (actors.Depth, error) {
			depths++
			<-ctx.Done() // rooms are stuck
			return actors.Depth{}, ctx.Err()
		},
		askLength: func(context.Context) (int, error) {
			lengths++
			return lengths, nil
		},
	}
	var scrapes sync.WaitGroup
	for range 20 {
		scrapes.Go(func() {
			got := a.get()
			assert.Equal(t, 1, got.length)
			assert.ErrorIs(t, got.depthErr, context.DeadlineExceeded)
		})
	}
	scrapes.Wait()
	require.Equal(t, 1, depths)
	require.Equal(t, 1, lengths)

	a.at = time.Now().Add(-watchAge)
	a.askDepth = func(context.Context) (actors.Depth, error) { return actors.Depth{Waiting: 3, Deepest: 2}, nil }
	a.askLength = func(context.Context) (int, error) { return 0, errors.New("redis is away") }
	got := a.get()
	require.Equal(t, actors.Depth{Waiting: 3, Deepest: 2}, got.depth)
	require.NoError(t, got.depthErr)
	require.Error(t, got.lengthErr)
}
