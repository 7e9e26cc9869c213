package persistence_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/persistence"
	"audioroom/persistence/redistest"
)

// state is what a room is to its readers.
type state struct {
	snapshot string
	seats    map[int]string
	locks    map[int]bool
	users    map[room.UserID]bool
}

func (s *state) clone() *state {
	return &state{s.snapshot, maps.Clone(s.seats), maps.Clone(s.locks), maps.Clone(s.users)}
}

func newState() *state {
	return &state{seats: map[int]string{}, locks: map[int]bool{}, users: map[room.UserID]bool{}}
}

// owner is one of two processes that both believe to own the room.
type owner struct {
	store *persistence.Store
	cable *proxy
	alive bool // has claimed, and was not refused or closed since
	epoch uint64
	// confirmed is the revision of its last confirmed commit, revision the last
	// it tried.
	confirmed, revision uint64
	state               *state
	last                *actors.Commit // the last confirmed
}

// world is two owners, and what has to be true of Redis.
type world struct {
	t      *testing.T
	redis  *goredis.Client
	owners [2]*owner
	// truth is what was confirmed last; nil if there is no room.
	truth *state
	// newest is the newest epoch that Redis has heard of since it lost its data,
	// highest the newest ever.
	newest, highest uint64
	// held: somebody has claimed the room and not closed it. taken: Redis knows
	// that an older owner may be about, because the room was claimed while held
	// or an owner found its data lost. Both since data was lost.
	held, taken bool
	// lost says that Redis lost data that an owner had been confirmed.
	lost map[*owner]bool
}

// The naive model: the room's state is what was confirmed last, and nothing is
// ever confirmed under an epoch when Redis has heard of a newer one.
func TestStore_two_owners_of_a_room_and_a_redis_that_fails(t *testing.T) {
	server := redistest.Start(t)
	w := &world{t: t, redis: client(t, server.URL())}
	for i := range w.owners {
		cable := startProxy(t, server.Addr())
		w.owners[i] = &owner{cable: cable, store: open(t, persistence.Config{URL: cable.URL(), Probe: time.Hour})}
	}
	rapid.Check(t, func(r *rapid.T) {
		w.forget(true)
		w.truth = nil
		for _, o := range w.owners {
			o.alive = false
		}
		pick := rapid.IntRange(0, 1)
		owned := func(act func(*rapid.T, *owner)) func(*rapid.T) {
			return func(r *rapid.T) {
				o := w.owners[pick.Draw(r, "owner")]
				if rapid.IntRange(0, 19).Draw(r, "lose reply") == 0 {
					o.cable.loseReplies(1, rapid.IntRange(0, 3).Draw(r, "bytes"))
				}
				act(r, o)
				o.cable.loseReplies(0, 0)
			}
		}
		change := owned(w.change)
		r.Repeat(map[string]func(*rapid.T){
			"claim":       owned(w.claim),
			"change":      change,
			"change more": change,
			"repeat":      owned(w.repeat),
			"overtaken":   owned(w.overtaken),
			"close":       owned(w.close),
			"lose data":   func(r *rapid.T) { w.forget(rapid.IntRange(0, 3).Draw(r, "lose") == 0) },
			"":            w.check,
		})
	})
}

// forget has Redis lose everything.
func (w *world) forget(really bool) {
	if !really {
		return
	}
	require.NoError(w.t, w.redis.FlushAll(context.Background()).Err())
	w.truth, w.newest, w.held, w.taken = nil, 0, false, false
	w.lost = map[*owner]bool{w.owners[0]: true, w.owners[1]: true}
}

func (w *world) claim(r *rapid.T, o *owner) {
	held := claim(w.t, o.store, "r")
	require.Greater(r, held.Epoch, w.highest, "also after Redis lost its data")
	w.newest, w.highest = held.Epoch, held.Epoch
	w.held, w.taken = true, w.taken || w.held
	o.alive, o.epoch, o.confirmed, o.revision, o.last = true, held.Epoch, 0, 0, nil
	w.lost[o] = false
	o.state = newState()
	if w.truth == nil {
		require.Nil(r, held.Snapshot)
		return
	}
	require.Equal(r, w.truth.snapshot, string(held.Snapshot))
	// Nobody is in a room that was taken over.
	w.truth = &state{w.truth.snapshot, map[int]string{}, w.truth.locks, map[room.UserID]bool{}}
	o.state = w.truth.clone()
}

// change draws a change, and commits it.
func (w *world) change(r *rapid.T, o *owner) {
	if !o.alive {
		return
	}
	c := actors.Commit{RoomID: "r", Epoch: o.epoch, Last: o.confirmed, Activity: 1}
	next := o.state.clone()
	for range rapid.IntRange(0, 3).Draw(r, "seats") {
		s := actors.SeatChange{
			Seat: rapid.SampledFrom([]int{0, 1, 57, 99}).Draw(r, "seat"),
			User: room.UserID(rapid.IntRange(0, 3).Draw(r, "sitter")), Muted: rapid.Bool().Draw(r, "muted"),
		}
		c.Seats = append(c.Seats, s)
		next.seat(s)
	}
	for i := range rapid.IntRange(0, 2).Draw(r, "locks") {
		l := actors.LockChange{Seat: rapid.IntRange(0, 1).Draw(r, "locked seat") + 2*i, Locked: rapid.Bool().Draw(r, "locked")}
		c.Locks = append(c.Locks, l)
		next.lock(l)
	}
	for i := range rapid.IntRange(0, 2).Draw(r, "users") {
		u := actors.UserChange{User: room.UserID(rapid.IntRange(0, 2).Draw(r, "user") + 3*i), In: rapid.Bool().Draw(r, "in")}
		c.Users = append(c.Users, u)
		next.user(u)
	}
	w.send(r, o, c, next)
}

// send commits c, in full if the store asks for it, and judges the outcome.
func (w *world) send(r *rapid.T, o *owner, c actors.Commit, next *state) {
	o.revision++
	c.Revision, c.Participants = o.revision, len(next.users)
	c.Snapshot = snapshot(o.epoch, o.revision)
	next.snapshot = string(c.Snapshot)
	err := commit(w.t, o.store, c)
	if errors.Is(err, actors.ErrDiverged) {
		require.True(r, w.lost[o], "diverged though nothing was lost")
		require.False(r, c.Full)
		full := actors.Commit{RoomID: "r", Epoch: o.epoch, Last: o.confirmed, Activity: 1, Full: true}
		full.Seats, full.Locks, full.Users = next.changes()
		w.send(r, o, full, next)
		return
	}
	if errors.Is(err, actors.ErrFenced) {
		require.Less(r, o.epoch, w.highest, "refused though it is the newest")
		o.alive = false
		return
	}
	require.NoError(r, err)
	require.GreaterOrEqual(r, o.epoch, w.newest, "confirmed under an old epoch")
	o.confirmed, o.last, o.state = o.revision, &c, next
	w.lost[o] = false
	w.held, w.taken = true, w.taken || c.Full
	w.newest, w.truth = o.epoch, next.clone()
}

// repeat sends the last confirmed commit again, as after a lost answer.
func (w *world) repeat(r *rapid.T, o *owner) {
	if o.last == nil || w.lost[o] {
		return
	}
	c := *o.last
	if err := commit(w.t, o.store, c); o.epoch == w.newest && o.alive {
		require.NoError(r, err)
	} else if !o.alive {
		require.Error(r, err)
	} else {
		require.ErrorIs(r, err, actors.ErrFenced)
	}
}

// overtaken sends a commit that a later one has overtaken.
func (w *world) overtaken(r *rapid.T, o *owner) {
	if o.last == nil || w.lost[o] || o.confirmed < 2 || !o.alive {
		return
	}
	c := *o.last
	c.Last, c.Revision = o.confirmed-2, o.confirmed-1
	c.Full = rapid.Bool().Draw(r, "full")
	c.Snapshot = []byte("stale")
	require.Error(r, commit(w.t, o.store, c))
}

func (w *world) close(r *rapid.T, o *owner) {
	if !o.alive {
		return
	}
	o.revision++
	err := commit(w.t, o.store, actors.Commit{
		RoomID: "r", Epoch: o.epoch, Last: o.confirmed, Revision: o.revision, Close: true,
	})
	o.alive, o.last = false, nil
	if errors.Is(err, actors.ErrFenced) {
		require.Less(r, o.epoch, w.highest, "refused though it is the newest")
		return
	}
	require.NoError(r, err)
	require.GreaterOrEqual(r, o.epoch, w.newest, "closed under an old epoch")
	w.newest, w.truth, w.held, w.taken = o.epoch, nil, false, w.taken || w.lost[o]
	if !w.taken {
		w.newest = 0 // nobody is about but one whom Redis has forgotten
	}
}

// check compares Redis with the truth.
func (w *world) check(r *rapid.T) {
	ctx := context.Background()
	seen, err := w.owners[0].store.Inspect(ctx, "r")
	require.NoError(r, err)
	if w.truth == nil {
		require.Nil(r, seen.Snapshot)
		require.Empty(r, w.redis.Keys(ctx, "room:r:*").Val())
		require.Empty(r, w.redis.Keys(ctx, "user:*").Val())
		return
	}
	require.Equal(r, w.truth.snapshot, string(seen.Snapshot))
	require.Equal(r, w.truth.seats, seen.Seats)
	assert.ElementsMatch(r, slices.Collect(maps.Keys(w.truth.locks)), seen.Locked)
	assert.ElementsMatch(r, slices.Collect(maps.Keys(w.truth.users)), seen.Members)
	require.Equal(r, strconv.Itoa(len(w.truth.users)), seen.Participants)
	require.Len(r, w.redis.Keys(ctx, "user:*").Val(), len(w.truth.users))
	require.True(r, seen.Active)
}

func (s *state) seat(c actors.SeatChange) {
	if c.User == 0 {
		delete(s.seats, c.Seat)
		return
	}
	s.seats[c.Seat] = `{"userId":` + strconv.Itoa(int(c.User)) + `,"muted":` + strconv.FormatBool(c.Muted) + `}`
}

func (s *state) lock(c actors.LockChange) {
	if delete(s.locks, c.Seat); c.Locked {
		s.locks[c.Seat] = true
	}
}

func (s *state) user(c actors.UserChange) {
	if delete(s.users, c.User); c.In {
		s.users[c.User] = true
	}
}

// changes lists everything, for a full commit.
func (s *state) changes() (seats []actors.SeatChange, locks []actors.LockChange, users []actors.UserChange) {
	for i, text := range s.seats {
		var seat struct {
			UserID room.UserID
			Muted  bool
		}
		if err := json.Unmarshal([]byte(text), &seat); err != nil {
			panic(err)
		}
		seats = append(seats, actors.SeatChange{Seat: i, User: seat.UserID, Muted: seat.Muted})
	}
	for i := range s.locks {
		locks = append(locks, actors.LockChange{Seat: i, Locked: true})
	}
	for u := range s.users {
		users = append(users, actors.UserChange{User: u, In: true})
	}
	return seats, locks, users
}
