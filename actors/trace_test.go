package actors

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// steps notes how far a request got.
type steps struct {
	mu   sync.Mutex
	list []Step
}

func (s *steps) Reached(step Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, step)
}

func (s *steps) reached() []Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

func TestTrace_hears_each_step_of_its_request(t *testing.T) {
	store, _, s := opened(t, 1, 2)
	send := func(c room.Command) *steps {
		trace := new(steps)
		s[0].mu.Lock()
		r := s[0].room
		s[0].mu.Unlock()
		r.Send(&Request{RoomID: r.ID(), Session: s[0], Command: c, Trace: trace})
		return trace
	}
	first := send(&room.TakeSeat{Session: s[0].id, Seat: 1})
	store.waitCommit(t)
	require.Equal(t, []Step{StepReceived, StepApplied, StepSubmitted}, first.reached())
	second := send(&room.TakeSeat{Session: s[0].id, Seat: 2}) // waits behind the commit under way
	eventually(t, func() bool { return len(second.reached()) == 2 }, "it is applied")
	s[1].take(3) // one without a trace shares its commit
	store.confirm(nil)
	s[0].waitFor(1)
	require.Equal(t, []Step{StepReceived, StepApplied, StepSubmitted, StepConfirmed}, first.reached())
	store.waitCommit(t)
	store.confirm(nil)
	eventually(t, func() bool { return len(second.reached()) == 4 }, "it is confirmed")
	require.Equal(t, first.reached(), second.reached())
	idle := send(&room.TakeSeat{Session: s[0].id, Seat: 2}) // they sit there already
	eventually(t, func() bool { return len(idle.reached()) == 2 }, "it is applied")
}
