package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"audioroom/cmd/audioroom/e2e/harness"
)

// moderation is what managers do to a user who sits on a seat.
var moderation = map[string]func(user int64, index int) []says{
	"seat:remove": func(_ int64, index int) []says { return []says{{"seat:cleared", seat(index)}} },
	"seat:mute":   func(user int64, _ int) []says { return []says{{"seat:userMuted", muted(user, true)}} },
	"seat:unmute": func(user int64, _ int) []says { return []says{{"seat:userMuted", muted(user, false)}} },
}

func TestModeration(t *testing.T) {
	t.Parallel()

	for event, tells := range moderation {
		in(t, event+" is for managers, on themselves and who is below them", func(t *testing.T) {
			c := castOf(t, shared(t))
			for name, by := range c.named() {
				for target, of := range c.named() {
					for _, seated := range []bool{true, false} {
						if of == c.outside && seated {
							continue
						}
						if seated {
							c.sit(of, 3)
						}
						switch {
						case by == c.outside:
							by.Refused(event, on(of.User), "Not in room")
						case !c.manages(by):
							by.Refused(event, on(of.User), "Not room manager") // be it themselves
						case !c.mayModerate(by, of):
							by.Refused(event, on(of.User), "Not allowed on this user") // seated or not
						case !seated:
							by.Refused(event, on(of.User), "User is not seated")
						default:
							c.does(by, event, on(of.User), tells(of.User, 3)...)
							seats := []harness.Seat{{SeatIndex: 3, UserID: of.User, IsMuted: event == "seat:mute"}}
							if event == "seat:remove" {
								seats, seated = []harness.Seat{}, false
							}
							assert.Equal(t, seats, c.Settled().Seats, "%s: %s on %s", event, name, target)
						}
						if seated {
							c.stand(of, 3)
						}
					}
				}
			}
			assert.Empty(t, c.Settled().Seats)
			c.outside.Quiet()
		})

		in(t, event+" without an ack is done all the same", func(t *testing.T) {
			c := castOf(t, shared(t))
			c.sit(c.any, 3)
			c.owner.Tell(event, P{"roomId": c.ID, "userId": c.any.User})
			hear(c.Others(nil), tells(c.any.User, 3)...)
			c.Settled()
		})

		in(t, event+" is refused if the backend can't tell a rank, and changes nothing", func(t *testing.T) {
			w := stage.World(t, harness.Setup{})
			c := castOf(t, w)
			c.sit(c.member, 3)
			w.Laravel.Close()
			c.member.Refused(event, P{"roomId": "elsewhere", "userId": c.any.User}, "Not in room")
			c.admin.Refused(event, on(c.member.User), "INTERNAL_ERROR")
			assert.Len(t, c.Settled().Seats, 1)
		})
	}
}

func TestMute(t *testing.T) {
	t.Parallel()

	in(t, "is told to who joins, kept in Redis, and undone", func(t *testing.T) {
		w := shared(t)
		c := castOf(t, w)
		key := "room:" + c.ID + ":seat:3"
		c.sit(c.any, 3)
		for _, is := range []bool{true, true, false, false} { // to repeat is no error
			event := map[bool]string{true: "seat:mute", false: "seat:unmute"}[is]
			c.does(c.admin, event, on(c.any.User), says{"seat:userMuted", muted(c.any.User, is)})
			assert.JSONEq(t, string(mustJSON(t, P{"userId": c.any.User, "muted": is})), w.Redis.Get(t, key))
			c.Join()
			assert.Equal(t, []harness.Seat{{SeatIndex: 3, UserID: c.any.User, IsMuted: is}}, c.Settled().Seats)
		}
	})

	in(t, "follows the user who moves and is told to others who want the seat", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.sit(c.any, 3)
		c.does(c.owner, "seat:mute", on(c.any.User), says{"seat:userMuted", muted(c.any.User, true)})
		c.any.Do("seat:take", seat(4))
		hear(c.Others(c.any), says{"seat:cleared", seat(3)}, says{"seat:updated", sitting(4, c.any.User, true)})
		assert.Equal(t, P{"success": false, "error": "Seat is already taken", "occupant": harness.Plain(t, sitting(4, c.any.User, true))},
			c.member.Emit("seat:take", P{"roomId": c.ID, "seatIndex": 4}))
		assert.Equal(t, []harness.Seat{{SeatIndex: 4, UserID: c.any.User, IsMuted: true}}, c.Settled().Seats)
	})

	in(t, "does not stay with the chair, nor with who stands up", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.sit(c.any, 3)
		c.does(c.owner, "seat:mute", on(c.any.User), says{"seat:userMuted", muted(c.any.User, true)})
		c.stand(c.any, 3)
		c.sit(c.member, 3)
		c.sit(c.any, 4)
		assert.Equal(t, []harness.Seat{{SeatIndex: 3, UserID: c.member.User}, {SeatIndex: 4, UserID: c.any.User}}, c.Settled().Seats)
	})

	in(t, "ends with a removal", func(t *testing.T) {
		c := castOf(t, shared(t))
		c.sit(c.any, 3)
		c.does(c.owner, "seat:mute", on(c.any.User), says{"seat:userMuted", muted(c.any.User, true)})
		c.does(c.owner, "seat:remove", on(c.any.User), says{"seat:cleared", seat(3)})
		c.any.Refused("seat:leave", P{}, "You are not seated")
		c.sit(c.any, 3)
		assert.Equal(t, []harness.Seat{{SeatIndex: 3, UserID: c.any.User}}, c.Settled().Seats)
	})
}
