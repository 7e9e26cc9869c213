package e2e_test

import "audioroom/cmd/audioroom/e2e/harness"

// operation is a row of the matrix in DURABILITY.md: something that happens in a
// room, with what it makes true.
type operation struct {
	name string
	// ranked ones need the backend's word on who asks.
	ranked bool
	// after names the operations that have to have happened before.
	after []string
	// A client's operation: by asks for event with payload.
	by      func(c *troupe) *harness.Socket
	event   string
	payload func(c *troupe) P
	// Another's: do has it happen, and nobody waits for an ack.
	do func(c *troupe)
	// heard is what the room hears, all of it if toAll, else but for who asked.
	heard func(c *troupe) []says
	toAll bool
	// then changes the picture to what is true from the ack on.
	then func(c *troupe)
	// closes says that the room is over soon after.
	closes bool
}

func theOwner(c *troupe) *harness.Socket    { return c.owner }
func theGuest(c *troupe) *harness.Socket    { return c.guest }
func theOutsider(c *troupe) *harness.Socket { return c.outsider }

func nothing(*troupe) P             { return P{} }
func atSeat(i int) func(*troupe) P  { return func(*troupe) P { return seat(i) } }
func onGuest(c *troupe) P           { return on(c.guest.User) }
func guestAt(i int) func(*troupe) P { return func(c *troupe) P { return at(c.guest.User, i) } }

// tells is for operations of which the room hears always the same.
func tells(all ...says) func(*troupe) []says { return func(*troupe) []says { return all } }

func joined(c *troupe) []says {
	return []says{{"room:userJoined", P{"userId": c.outsider.User, "user": harness.Public(c.outsider.User)}}}
}

func gone(c *troupe) []says {
	return []says{{"seat:cleared", seat(3)}, {"room:userLeft", on(c.guest.User)}}
}

func guestSits(i int) func(*troupe) []says {
	return func(c *troupe) []says { return []says{{"seat:updated", updated(i, c.guest.User)}} }
}

// operations are the rows of the matrix.
var operations = []operation{
	{
		name: "room:join", by: theOutsider, event: "room:join", payload: nothing, heard: joined,
		then: func(c *troupe) { c.enters(c.outsider) },
	},
	{
		name: "room:leave", after: []string{"seat:take"}, by: theGuest, event: "room:leave", payload: nothing, heard: gone,
		then: func(c *troupe) { c.leaves(c.guest); delete(c.seats, 3) },
	},
	{
		name: "seat:take", by: theGuest, event: "seat:take", payload: atSeat(3), heard: guestSits(3),
		then: func(c *troupe) { c.seats[3] = place{user: c.guest.User} },
	},
	{
		name: "seat:leave", after: []string{"seat:take"}, by: theGuest, event: "seat:leave", payload: nothing,
		heard: tells(says{"seat:cleared", seat(3)}),
		then:  func(c *troupe) { delete(c.seats, 3) },
	},
	{
		name: "seat:lock", ranked: true, by: theOwner, event: "seat:lock", payload: atSeat(4),
		heard: tells(says{"seat:locked", locked(4, true)}), toAll: true,
		then: func(c *troupe) { c.locked[4] = true },
	},
	{
		name: "seat:unlock", ranked: true, after: []string{"seat:lock"}, by: theOwner, event: "seat:unlock", payload: atSeat(4),
		heard: tells(says{"seat:locked", locked(4, false)}), toAll: true,
		then: func(c *troupe) { delete(c.locked, 4) },
	},
	{
		name: "seat:mute", ranked: true, after: []string{"seat:take"}, by: theOwner, event: "seat:mute", payload: onGuest,
		heard: func(c *troupe) []says { return []says{{"seat:userMuted", muted(c.guest.User, true)}} }, toAll: true,
		then: func(c *troupe) { c.seats[3] = place{user: c.guest.User, muted: true} },
	},
	{
		name: "seat:unmute", ranked: true, after: []string{"seat:take", "seat:mute"}, by: theOwner, event: "seat:unmute", payload: onGuest,
		heard: func(c *troupe) []says { return []says{{"seat:userMuted", muted(c.guest.User, false)}} }, toAll: true,
		then: func(c *troupe) { c.seats[3] = place{user: c.guest.User} },
	},
	{
		name: "seat:assign", ranked: true, by: theOwner, event: "seat:assign", payload: guestAt(5), heard: guestSits(5), toAll: true,
		then: func(c *troupe) { c.seats[5] = place{user: c.guest.User} },
	},
	{
		name: "seat:remove", ranked: true, after: []string{"seat:take"}, by: theOwner, event: "seat:remove", payload: onGuest,
		heard: tells(says{"seat:cleared", seat(3)}), toAll: true,
		then: func(c *troupe) { delete(c.seats, 3) },
	},
	{
		name: "seat:invite", ranked: true, by: theOwner, event: "seat:invite", payload: guestAt(6),
		heard: func(c *troupe) []says { return []says{{"seat:invite:pending", pending(6, c.guest.User)}} }, toAll: true,
		then: func(c *troupe) {
			c.invites[6] = c.guest.User
			heard := c.guest.Next()
			c.expectEqual("seat:invite:received", heard.Event)
		},
	},
	{
		name: "seat:invite:accept", after: []string{"seat:invite"}, by: theGuest, event: "seat:invite:accept", payload: nothing,
		heard: func(c *troupe) []says {
			return []says{{"seat:invite:pending", notPending(6)}, {"seat:updated", updated(6, c.guest.User)}}
		}, toAll: true,
		then: func(c *troupe) { delete(c.invites, 6); c.seats[6] = place{user: c.guest.User} },
	},
	{
		name: "seat:invite:decline", after: []string{"seat:invite"}, by: theGuest, event: "seat:invite:decline", payload: nothing,
		heard: tells(says{"seat:invite:pending", notPending(6)}), toAll: true,
		then: func(c *troupe) { delete(c.invites, 6) },
	},
	{
		name: "chat:message", by: theGuest, event: "chat:message", payload: func(*troupe) P { return P{"content": "hello"} },
		heard: tells(says{"chat:message", nil}), toAll: true,
		then: func(*troupe) {},
	},
	{
		name: "disconnect", after: []string{"seat:take"}, do: func(c *troupe) { c.guest.Cut() }, heard: gone,
		then: func(c *troupe) { c.leaves(c.guest); c.seats[3] = place{user: c.guest.User, held: true} },
	},
	{
		name: "status", by: theOutsider, event: "room:join", payload: nothing, heard: joined,
		then: func(c *troupe) { c.enters(c.outsider) },
	},
	{
		name: "backend event", after: []string{"seat:take"}, do: func(c *troupe) { c.Tells("room.member_kicked", c.guest.User, P{}) },
		heard: gone,
		then: func(c *troupe) {
			c.leaves(c.guest)
			delete(c.seats, 3)
			c.guest.Expect("room.member_kicked", P{})
		},
	},
	{
		name: "auto-close", after: []string{"seat:lock"}, closes: true,
		do: func(c *troupe) {
			c.guest.Do("room:leave", P{})
			c.leaves(c.guest)
			hear(c.Others(nil), says{"room:userLeft", on(c.guest.User)})
			c.owner.Do("room:leave", P{})
			c.leaves(c.owner)
		},
		heard: tells(), then: func(*troupe) {},
	},
}

// named returns an operation.
func named(name string) *operation {
	for i := range operations {
		if operations[i].name == name {
			return &operations[i]
		}
	}
	panic("no operation " + name)
}
