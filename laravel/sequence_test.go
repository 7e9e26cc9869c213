package laravel

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSequence_First(t *testing.T) {
	envelope := func() *Event {
		return &Event{Name: "room.member_kicked", User: 7, Room: "42", Payload: json.RawMessage(`{"by":1}`), At: 5, CorrelationID: "c"}
	}

	t.Run("is_told_once_of_the_same_envelope", func(t *testing.T) {
		s := NewSequence()
		require.True(t, s.First(envelope()))
		for range 3 {
			require.False(t, s.First(envelope()))
		}
	})

	t.Run("tells_envelopes_apart_by_anything_in_them", func(t *testing.T) {
		s := NewSequence()
		require.True(t, s.First(envelope()))
		for _, change := range []func(*Event){
			func(e *Event) { e.Name = "room.member_blocked" }, func(e *Event) { e.User = 8 }, func(e *Event) { e.Room = "43" },
			func(e *Event) { e.Payload = json.RawMessage(`{"by":2}`) }, func(e *Event) { e.At = 6 }, func(e *Event) { e.CorrelationID = "d" },
			func(e *Event) { e.Name, e.Room = e.Name+"4", "2" }, // the same letters, cut elsewhere
		} {
			other := envelope()
			change(other)
			require.True(t, s.First(other), "%+v", other)
			require.False(t, s.First(other), "%+v", other)
		}
		require.False(t, s.First(envelope()))
	})

	t.Run("counts_an_envelope_without_a_correlation_id_each_time", func(t *testing.T) {
		s := NewSequence()
		e := envelope()
		e.CorrelationID = ""
		require.True(t, s.First(e))
		require.True(t, s.First(e))
	})

	t.Run("is_told_once_however_many_ask_at_once", func(t *testing.T) {
		s := NewSequence()
		var firsts atomic.Int32
		var asking sync.WaitGroup
		for range 8 {
			asking.Go(func() {
				for i := range 200 {
					e := envelope()
					e.At = int64(i)
					if s.First(e) {
						firsts.Add(1)
					}
				}
			})
		}
		asking.Wait()
		require.EqualValues(t, 200, firsts.Load())
	})
}

func TestSequence_Newest(t *testing.T) {
	at := func(ms int64) *Event { return &Event{At: ms} }

	t.Run("refuses_an_older_one_after_a_newer", func(t *testing.T) {
		s := NewSequence()
		require.True(t, s.Newest("a", at(10)))
		require.False(t, s.Newest("a", at(9)))
		require.True(t, s.Newest("a", at(11)))
		require.False(t, s.Newest("a", at(10)))
	})

	t.Run("takes_the_later_of_two_of_the_same_time", func(t *testing.T) {
		s := NewSequence()
		require.True(t, s.Newest("a", at(10)))
		require.True(t, s.Newest("a", at(10)))
	})

	t.Run("is_not_held_back_by_an_older_one_that_came_in_between", func(t *testing.T) {
		s := NewSequence()
		require.True(t, s.Newest("a", at(10)))
		require.False(t, s.Newest("a", at(5)))
		require.False(t, s.Newest("a", at(7)), "an older one moved nothing back")
	})

	t.Run("keeps_things_apart", func(t *testing.T) {
		s := NewSequence()
		require.True(t, s.Newest("a", at(10)))
		require.True(t, s.Newest("b", at(9)))
	})

	t.Run("takes_what_tells_no_time_and_learns_nothing_of_it", func(t *testing.T) {
		s := NewSequence()
		require.True(t, s.Newest("a", at(10)))
		require.True(t, s.Newest("a", at(0)))
		require.False(t, s.Newest("a", at(9)))
	})
}

func TestSequence_remembers_so_much_and_no_more(t *testing.T) {
	s := NewSequence()
	first := &Event{Name: "x", CorrelationID: "first"}
	require.True(t, s.First(first))
	require.True(t, s.Newest("first", &Event{At: 10}))
	for i := range 3 * maxRemembered {
		if i == maxRemembered-1 { // it is the oldest, but was asked for
			require.False(t, s.First(first))
			require.True(t, s.Newest("first", &Event{At: 10}))
		}
		if i == 2*maxRemembered-2 {
			require.False(t, s.First(first), "the last few thousand are remembered")
		}
		require.True(t, s.First(&Event{Name: "x", CorrelationID: fmt.Sprint(i)}))
		require.True(t, s.Newest(fmt.Sprint(i), &Event{At: 10}))
		require.LessOrEqual(t, len(s.seen.entries), maxRemembered)
		require.LessOrEqual(t, len(s.times.entries), maxRemembered)
	}
	require.Equal(t, maxRemembered, s.seen.order.Len())
	require.Equal(t, maxRemembered, len(s.seen.entries))
	require.Equal(t, maxRemembered, s.times.order.Len())
	require.True(t, s.Newest("first", &Event{At: 9}), "forgotten")
	require.True(t, s.First(&Event{Name: "x", CorrelationID: "0"}), "forgotten")
}
