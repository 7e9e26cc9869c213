package actors

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// fromMemory opens a room whose claim the store is late with.
func fromMemory(t *testing.T, store *stepStore, config Config) (*fakeSession, *fakeBackend) {
	t.Helper()
	rooms, backend := startRooms(t, config, store)
	s := newSession(t, rooms, 1)
	s.join("r")
	eventually(t, func() bool { store.mu.Lock(); defer store.mu.Unlock(); return store.claimer != nil }, "the claim")
	store.claimer.ClaimLate("r")
	s.waitFor(1)
	return s, backend
}

func TestMemory_a_room_that_the_store_holds_is_opened_as_stored(t *testing.T) {
	store := newStepStore(false)
	store.snapshots["r"] = []byte(`{"version":2,"epoch":1,"revision":5,"id":"r","created_at":1,"activity":1,"seat_count":4,"told_live":true,"seats":[{"seat":0,"user":9}]}`)
	s, backend := fromMemory(t, store, Config{Room: room.Config{SeatGrace: 20, Inactivity: 40, DefaultSeats: 4}})
	eventually(t, func() bool { return len(backend.reported()) == 1 }, "told from memory")
	store.setAuto(true)
	store.answerClaim(t)
	eventually(t, s.wasCut, "the session cut")
	// Nobody comes: it closes like any other, and the backend hears of it.
	eventually(t, func() bool {
		store.mu.Lock()
		defer store.mu.Unlock()
		return store.snapshots["r"] == nil
	}, "the room closed")
	eventually(t, func() bool { return len(backend.reported()) > 1 }, "the backend told")
	reported := backend.reported()
	require.Contains(t, reported[len(reported)-1], `"is_live":false`)
}

func TestMemory_a_room_that_was_shut_opens_anew(t *testing.T) {
	store := newStepStore(false)
	s, _ := fromMemory(t, store, testConfig)
	s.rooms.Order("r", &room.Shut{})
	require.Equal(t, "closed", s.waitFor(2)[1])
	newSession(t, s.rooms, 2).joined("r")
	store.answerClaim(t)
	c := store.waitCommit(t)
	require.True(t, c.Full)
	require.Equal(t, []UserChange{{User: 2, In: true}}, c.Users)
	store.confirm(nil)
}

func TestReclaim_who_asked_is_cut_if_a_panic_hit_while_members_were_told(t *testing.T) {
	var broken atomic.Bool
	rooms := Start(testConfig, newStepStore(true), &fakeBackend{}, noUsers{}, func(id string, e *room.Event) Frame {
		if e.Kind == room.UserJoined && broken.CompareAndSwap(true, false) {
			panic("injected")
		}
		return describe(id, e)
	})
	t.Cleanup(func() { stop(t, rooms) })
	a := newSession(t, rooms, 1).joined("r")
	broken.Store(true)
	b := newSession(t, rooms, 2)
	b.join("r")
	eventually(t, func() bool { return a.wasCut() && b.wasCut() }, "both cut")
	require.Empty(t, append(a.lost(), b.lost()...), "who was being told may have been answered")
	newSession(t, rooms, 3).joined("r")
}
