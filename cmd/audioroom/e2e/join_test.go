package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestRoomJoin(t *testing.T) {
	t.Parallel()

	in(t, "opens the room and answers its state", func(t *testing.T) {
		w, r := shared(t), room(t)
		require.Empty(t, r.InRedis())
		a := w.Connect(t, harness.NewUser())
		assert.Equal(t, harness.Plain(t, P{
			"roomId": r.ID, "participants": []P{}, "seats": []P{}, "lockedSeats": []int{},
			"seatCount": 15, "participantCount": 1,
		}), a.Emit("room:join", P{"roomId": r.ID}))
		a.Quiet()
	})

	in(t, "answers who is there, who sits where and what is locked", func(t *testing.T) {
		w, r := shared(t), room(t)
		claims, public := harness.Profile(harness.NewUser())
		first := w.Open(t, harness.Opening{User: public["id"].(int64), Claims: claims}).Connected()
		first.Emit("room:join", P{"roomId": r.ID})
		owner := w.Connect(t, r.Owner)
		owner.Emit("room:join", P{"roomId": r.ID})
		first.Emit("seat:take", P{"roomId": r.ID, "seatIndex": 4})
		for _, index := range []int{9, 2} {
			owner.Emit("seat:lock", P{"roomId": r.ID, "seatIndex": index})
		}

		a := w.Connect(t, harness.NewUser())
		state := a.State(a.Ask("room:join", P{"roomId": r.ID}).Wait())
		require.Len(t, state.Participants, 2)
		assert.Equal(t, harness.Plain(t, public), harness.Plain(t, state.Participants[0]))
		assert.EqualValues(t, r.Owner, state.Participants[1]["id"])
		assert.Equal(t, []harness.Seat{{SeatIndex: 4, UserID: first.User}}, state.Seats)
		assert.Equal(t, []int{2, 9}, state.LockedSeats)
		assert.Equal(t, 3, state.ParticipantCount)
	})

	in(t, "tells the others the newcomer's public profile and no more", func(t *testing.T) {
		w, r := shared(t), room(t)
		a, b := r.Join(), r.Join()
		claims, public := harness.Profile(harness.NewUser())
		c := w.Open(t, harness.Opening{User: public["id"].(int64), Claims: claims}).Connected()
		c.Emit("room:join", P{"roomId": r.ID})
		for _, s := range []*harness.Socket{a, b} {
			s.Expect("room:userJoined", P{"userId": public["id"], "user": public})
		}
		c.Quiet()
		assert.Equal(t, 3, r.Settled().ParticipantCount)
	})

	in(t, "is written down for other readers", func(t *testing.T) {
		w, r := shared(t), room(t)
		user := harness.NewUser()
		require.Empty(t, r.RoomOf(user))
		before := time.Now().UnixMilli()
		r.JoinAs(user)
		r.Settled()
		prefix := "room:" + r.ID
		assert.NotEmpty(t, w.Redis.Get(t, prefix+":snapshot"))
		assert.Equal(t, "1", w.Redis.Get(t, prefix+":participants"))
		assert.Equal(t, r.ID, r.RoomOf(user))
		at, _ := w.Redis.ActiveAt(t, r.ID)
		assert.WithinRange(t, time.UnixMilli(at), time.UnixMilli(before), time.Now())
		assert.InDelta(t, 120, w.Redis.TTL(t, prefix+":activity").Seconds(), 10)
		assert.InDelta(t, 24*3600, w.Redis.TTL(t, harness.UserKey(user)).Seconds(), 60)
		for _, key := range []string{prefix + ":snapshot", prefix + ":participants"} {
			assert.Negative(t, w.Redis.TTL(t, key), "%s never expires while the room lives", key)
		}
	})

	in(t, "needs no ack", func(t *testing.T) {
		w, r := shared(t), room(t)
		a := r.Join()
		b := w.Connect(t, harness.NewUser())
		b.Tell("room:join", P{"roomId": r.ID})
		assert.EqualValues(t, b.User, a.Next().Args[0].(P)["userId"])
		assert.Equal(t, P{"roomId": r.ID}, a.Emit("user:getRoom", P{"userId": b.User}))
	})

	in(t, "again by the same socket answers the state and changes nothing", func(t *testing.T) {
		r := room(t)
		a, b := r.JoinOwner(), r.Join()
		a.Do("seat:take", seat(1))
		b.Expect("seat:updated", updated(1, a.User))
		before := r.Settled()
		state := a.State(a.Ask("room:join", P{"roomId": r.ID, "ownerId": a.User}).Wait())
		assert.Equal(t, 2, state.ParticipantCount)
		assert.Len(t, state.Participants, 1, "without the joiner")
		assert.Equal(t, []harness.Seat{{SeatIndex: 1, UserID: a.User}}, state.Seats)
		assert.Equal(t, before, r.Settled())
	})

	in(t, "by a second socket of a participant tells nobody", func(t *testing.T) {
		r := room(t)
		a, b := r.Join(), r.Join()
		a2 := r.JoinAs(a.User)
		assert.Equal(t, 2, r.Settled().ParticipantCount)
		b.Do("seat:take", seat(0))
		for _, s := range []*harness.Socket{a, a2} {
			s.Expect("seat:updated", updated(0, b.User))
		}
		a.Do("seat:take", seat(1))
		for _, s := range []*harness.Socket{b, a2} {
			s.Expect("seat:updated", updated(1, a.User))
		}
		r.Settled()
	})

	in(t, "of another room leaves the first, with all that a leave does", func(t *testing.T) {
		w, r, next := shared(t), room(t), room(t)
		a, b := r.Join(), r.Join()
		a.Do("seat:take", seat(3))
		b.Expect("seat:updated", updated(3, a.User))

		r.Without(a)
		next.Enter(a)
		b.Expect("seat:cleared", seat(3))
		b.Expect("room:userLeft", P{"userId": a.User})
		assert.Equal(t, 1, r.Settled().ParticipantCount)
		assert.Equal(t, 1, next.Settled().ParticipantCount)
		assert.Equal(t, next.ID, r.RoomOf(a.User))
		assert.Equal(t, P{"roomId": next.ID}, b.Emit("user:getRoom", P{"userId": a.User}))
		a.Refused("seat:take", P{"roomId": r.ID, "seatIndex": 3}, "Not in room")
		b.Do("seat:take", seat(3)) // it is not held
		a.Quiet()
		assert.Equal(t, "1", w.Redis.Get(t, "room:"+r.ID+":participants"))
	})

	in(t, "takes any room id of up to 128 bytes", func(t *testing.T) {
		w := shared(t)
		for _, id := range []string{
			strings.Repeat("x", 100) + harness.NewID(28), "غرفة-" + harness.NewID(8), "🎙 " + harness.NewID(8),
			"a:b/c?d=" + harness.NewID(8), `"quoted\` + harness.NewID(8),
		} {
			a := w.Connect(t, harness.NewUser())
			state := a.State(a.Ask("room:join", P{"roomId": id}).Wait())
			assert.Equal(t, id, state.RoomID)
			assert.Equal(t, id, w.Redis.Get(t, harness.UserKey(a.User)))
			assert.Equal(t, "1", w.Redis.Get(t, "room:"+id+":participants"))
		}
	})
}

func TestRoomJoin_SeatCount(t *testing.T) {
	t.Parallel()

	join := func(s *harness.Socket, r *harness.Room, p P) harness.State {
		p["roomId"] = r.ID
		return s.State(s.Ask("room:join", p).Wait())
	}

	in(t, "counts from who creates the room and from no later stranger", func(t *testing.T) {
		w, r := shared(t), room(t)
		a, b := w.Connect(t, harness.NewUser()), w.Connect(t, harness.NewUser())
		assert.Equal(t, 8, join(a, r, P{"seatCount": 8}).SeatCount)
		assert.Equal(t, 8, join(b, r, P{"seatCount": 3}).SeatCount)
		assert.Equal(t, 8, join(a, r, P{"seatCount": 4}).SeatCount)
		b.Room = r.ID
		b.Refused("seat:take", seat(8), "Invalid seat index")
		b.Do("seat:take", seat(7))
	})

	in(t, "may be anything from 1 to 100", func(t *testing.T) {
		w := shared(t)
		for _, count := range []int{1, 100} {
			r := room(t)
			a := w.Connect(t, harness.NewUser())
			assert.Equal(t, count, join(a, r, P{"seatCount": count}).SeatCount)
			a.Room = r.ID
			a.Do("seat:take", seat(count-1))
		}
	})

	in(t, "counts from the owner at any time", func(t *testing.T) {
		w, r := shared(t), room(t)
		a := r.Join()
		owner := w.Connect(t, r.Owner)
		join(owner, r, P{"seatCount": 20})
		harness.Eventually(t, "20 seats", func() bool { return join(a, r, P{}).SeatCount == 20 })
	})

	in(t, "is outranked by the backend's max_seats", func(t *testing.T) {
		w, r := shared(t), room(t)
		w.Laravel.SetRoom(r.ID, r.Owner, 5)
		owner := w.Connect(t, r.Owner)
		join(owner, r, P{"seatCount": 20})
		harness.Eventually(t, "5 seats", func() bool { return join(owner, r, P{"seatCount": 20}).SeatCount == 5 })
		owner.Room = r.ID
		owner.Refused("seat:take", seat(5), "Invalid seat index")
	})
}

func TestUserGetRoom(t *testing.T) {
	t.Parallel()

	in(t, "answers where a user is, asked by anyone", func(t *testing.T) {
		w, r := shared(t), room(t)
		a := r.Join()
		stranger := w.Connect(t, harness.NewUser())
		assert.Equal(t, P{"roomId": r.ID}, stranger.Emit("user:getRoom", P{"userId": a.User}))
		assert.Equal(t, P{"roomId": r.ID}, a.Emit("user:getRoom", P{"userId": a.User}))
		assert.Equal(t, P{"roomId": nil}, a.Emit("user:getRoom", P{"userId": stranger.User}))
		a.Do("room:leave", P{})
		assert.Equal(t, P{"roomId": nil}, stranger.Emit("user:getRoom", P{"userId": a.User}))
	})

	in(t, "refuses what is no user id", func(t *testing.T) {
		a := shared(t).Connect(t, harness.NewUser())
		for _, args := range [][]any{
			nil, {nil}, {"7"}, {[]int{7}}, {P{}}, {P{"userId": "7"}}, {P{"userId": 0}}, {P{"userId": -1}},
			{P{"userId": 1.5}}, {P{"userId": nil}}, {P{"userId": []int{1}}},
		} {
			assert.Equal(t, P{"roomId": nil, "error": "INVALID_PAYLOAD"}, a.Emit("user:getRoom", args...), "%v", args)
		}
	})
}
