package e2e_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

// exits are the ways in which a socket leaves a room, and whether the seat of a
// user who is gone that way is held.
var exits = map[string]struct {
	do    func(*harness.Socket)
	holds bool
}{
	"a cut":        {(*harness.Socket).Cut, true},
	"a disconnect": {(*harness.Socket).Disconnect, true},
	"a leave":      {func(s *harness.Socket) { s.Do("room:leave", P{}) }, false},
}

func TestTwoSocketsOfOneUser(t *testing.T) {
	t.Parallel()

	for first, firstExit := range exits {
		for last, lastExit := range exits {
			for _, sits := range []string{"first", "second"} {
				for _, goes := range []string{"first", "second"} {
					name := fmt.Sprintf("the %s sits down, the %s goes by %s, the other by %s", sits, goes, first, last)
					in(t, name, func(t *testing.T) {
						w, r := shared(t), room(t)
						b := r.Join()
						one := r.JoinAs(harness.NewUser())
						two := r.JoinAs(one.User)
						sitter, goer, stayer := one, one, two
						if sits == "second" {
							sitter = two
						}
						if goes == "second" {
							goer, stayer = two, one
						}
						sitter.Do("seat:take", seat(3))
						hear(r.Others(sitter), says{"seat:updated", updated(3, one.User)})
						before := r.Settled()
						assert.Equal(t, 2, before.ParticipantCount)

						firstExit.do(goer)
						r.Without(goer)
						if firstExit.holds {
							goer.Disconnected()
						}
						assert.Equal(t, before, r.Settled(), "nobody is told, nothing changes")
						assert.Equal(t, P{"roomId": r.ID}, b.Emit("user:getRoom", P{"userId": one.User}))
						w.Laravel.HearsCount(t, r.ID, 2)

						lastExit.do(stayer)
						r.Without(stayer)
						hear(r.Others(nil), says{"seat:cleared", seat(3)}, says{"room:userLeft", on(one.User)})
						after := r.Settled()
						assert.Equal(t, 1, after.ParticipantCount)
						assert.Empty(t, after.Seats)
						assert.Empty(t, r.RoomOf(one.User))
						if lastExit.holds {
							assert.Equal(t, P{"success": false, "error": "Seat is already taken", "occupant": nil},
								b.Emit("seat:take", P{"roomId": r.ID, "seatIndex": 3}))
						} else {
							b.Do("seat:take", seat(3))
						}
					})
				}
			}
		}
	}

	in(t, "share a seat: either may leave it, and each hears of what the other does", func(t *testing.T) {
		r := room(t)
		b := r.Join()
		one := r.JoinAs(harness.NewUser())
		two := r.JoinAs(one.User)
		one.Do("seat:take", seat(3))
		hear([]*harness.Socket{b, two}, says{"seat:updated", updated(3, one.User)})
		two.Do("seat:take", seat(4))
		hear([]*harness.Socket{b, one}, says{"seat:cleared", seat(3)}, says{"seat:updated", updated(4, one.User)})
		one.Do("seat:leave", P{})
		hear([]*harness.Socket{b, two}, says{"seat:cleared", seat(4)})
		two.Refused("seat:leave", P{}, "You are not seated")
		assert.Empty(t, r.Settled().Seats)
	})
}

func TestTwoSocketsInTwoRooms(t *testing.T) {
	t.Parallel()

	for how, exit := range exits {
		in(t, "by "+how+" of the later room the user is in the other one again", func(t *testing.T) {
			w := shared(t)
			early, late := w.Room(t), w.Room(t)
			a, b := early.Join(), late.Join()
			one := early.JoinAs(harness.NewUser())
			assert.Equal(t, early.ID, early.RoomOf(one.User))
			two := late.JoinAs(one.User)
			assert.Equal(t, late.ID, early.RoomOf(one.User), "the latest counts")
			one.Do("seat:take", seat(1))
			a.Expect("seat:updated", updated(1, one.User))
			two.Do("seat:take", seat(2)) // a seat in each
			b.Expect("seat:updated", updated(2, one.User))

			exit.do(two)
			late.Without(two)
			hear([]*harness.Socket{b}, says{"seat:cleared", seat(2)}, says{"room:userLeft", on(one.User)})
			harness.Eventually(t, "the user is in the other room", func() bool { return early.RoomOf(one.User) == early.ID })
			assert.Equal(t, P{"roomId": early.ID}, b.Emit("user:getRoom", P{"userId": one.User}))
			assert.Len(t, early.Settled().Seats, 1)
			assert.Empty(t, late.Settled().Seats)

			exit.do(one)
			early.Without(one)
			hear([]*harness.Socket{a}, says{"seat:cleared", seat(1)}, says{"room:userLeft", on(one.User)})
			assert.Equal(t, P{"roomId": nil}, b.Emit("user:getRoom", P{"userId": one.User}))
			assert.Equal(t, 1, early.Settled().ParticipantCount)
		})

		in(t, "by "+how+" of the earlier room the user stays in the later one", func(t *testing.T) {
			w := shared(t)
			early, late := w.Room(t), w.Room(t)
			a := early.Join()
			late.Join()
			one := early.JoinAs(harness.NewUser())
			two := late.JoinAs(one.User)
			exit.do(one)
			early.Without(one)
			a.Expect("room:userLeft", on(one.User))
			early.Settled()
			assert.Equal(t, 2, late.Settled().ParticipantCount)
			assert.Equal(t, late.ID, late.RoomOf(two.User))
		})
	}
}

func TestSwitchingRooms(t *testing.T) {
	t.Parallel()

	for how, end := range ends {
		in(t, "join A, join B, leave A, "+how, func(t *testing.T) {
			w := shared(t)
			first, second := w.Room(t), w.Room(t)
			a, b := first.Join(), second.Join()
			s := first.JoinAs(harness.NewUser())
			s.Do("seat:take", seat(1))
			a.Expect("seat:updated", updated(1, s.User))
			assert.Equal(t, first.ID, first.RoomOf(s.User))

			second.Enter(s)
			first.Without(s)
			hear([]*harness.Socket{a}, says{"seat:cleared", seat(1)}, says{"room:userLeft", on(s.User)})
			assert.Equal(t, 1, first.Settled().ParticipantCount)
			assert.Equal(t, 2, second.Settled().ParticipantCount)
			assert.Equal(t, second.ID, second.RoomOf(s.User))
			a.Do("seat:take", seat(1)) // a leave holds nothing
			s.Do("seat:take", seat(5))
			b.Expect("seat:updated", updated(5, s.User))

			s.Do("room:leave", P{"roomId": first.ID}) // late
			assert.Equal(t, second.ID, second.RoomOf(s.User))
			assert.Equal(t, 1, first.Settled().ParticipantCount)
			assert.Len(t, second.Settled().Seats, 1)

			end(s)
			second.Without(s)
			hear([]*harness.Socket{b}, says{"seat:cleared", seat(5)}, says{"room:userLeft", on(s.User)})
			assert.Empty(t, second.RoomOf(s.User))
			assert.Len(t, first.Settled().Seats, 1)
			assert.Empty(t, second.Settled().Seats)
			w.Laravel.HearsCount(t, first.ID, 1)
			w.Laravel.HearsCount(t, second.ID, 1)
		})
	}
}

// A room that opens only now takes a moment to be entered and left again.
func TestTwoSocketsInTwoRooms_InAndOutOfAnotherLeavesTheUserWhereTheyAre(t *testing.T) {
	t.Parallel()
	const rounds, people = 25, 8
	w := shared(t)
	home := w.Room(t)
	goers := make([]*harness.Socket, people)
	for i := range goers {
		goers[i] = w.Connect(t, home.Join().User)
	}
	for range rounds {
		away := w.Room(t)
		var requests []harness.Request
		for _, s := range goers {
			s.Room = away.ID
			requests = append(requests, harness.Request{By: s, Event: "room:join", Payload: P{}}, harness.Request{By: s, Event: "room:leave", Payload: P{}})
		}
		for _, answer := range harness.AtOnce(requests...) {
			answer.Wait()
		}
		for _, s := range goers {
			harness.Eventually(t, "the user is in the room that they stayed in", func() bool { return home.RoomOf(s.User) == home.ID })
		}
	}
}
