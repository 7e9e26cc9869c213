package wsconn

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUsers_Deliver(t *testing.T) {
	w := newWorld(t, Config{})
	phone, laptop, bob := w.connect(t, 1), w.connect(t, 1), w.connect(t, 2)
	laptop.join("42")
	frame := RelayFrame("balance.updated", []byte(`{"coins": 5}`))
	const want = `42["balance.updated",{"coins": 5}]`

	t.Run("reaches_every_socket_of_the_user_whatever_room_they_are_in", func(t *testing.T) {
		w.users.Deliver(1, frame)
		phone.expect(want)
		laptop.expect(want)
		phone.expectNothing("")
		laptop.expectNothing("42")
		bob.expectNothing("")
	})

	t.Run("reaches_nobody_who_is_not_there", func(t *testing.T) {
		w.users.Deliver(7, frame)
		bob.expectNothing("")
	})

	t.Run("to_all_reaches_everybody_once", func(t *testing.T) {
		w.users.DeliverAll(frame)
		for _, client := range []*peer{phone, laptop, bob} {
			client.expect(want)
			client.expectNothing("")
		}
	})

	t.Run("reaches_nobody_who_has_not_entered_or_has_left", func(t *testing.T) {
		silent := w.dial(t, nil)
		phone.send("41")
		eventually(t, func() bool { return w.sessionsOf(1) == 1 }, "the phone's session is still there")
		w.users.Deliver(1, frame)
		w.users.DeliverAll(frame)
		laptop.expect(want, want)
		bob.expect(want)
		silent.enter(tokenOfUser(t, 3, nil))
		phone.enter(tokenOfUser(t, 1, nil))
		phone.expectNothing("")
		silent.expectNothing("")
	})
}

func TestUsers_Kick(t *testing.T) {
	w := newWorld(t, Config{})
	phone, laptop, bob := w.connect(t, 1), w.connect(t, 1), w.connect(t, 2)
	bob.join("42")
	laptop.join("42")
	require.Contains(t, bob.next(), `"room:userJoined",{"userId":1,`)
	require.Equal(t, done, laptop.ask("seat:take", atSeat("42", 1)))
	bob.next()
	w.users.Kick(1)
	phone.expect("41") // which has the client not come back by itself
	phone.expectClose()
	laptop.expect("41")
	laptop.expectClose()
	laptop.close()
	bob.expect(`42["seat:cleared",{"seatIndex":1}]`, `42["room:userLeft",{"userId":1}]`)
	bob.expectNothing("42")
	w.users.Kick(7)
	w.connect(t, 1).join("42") // the token is still good
}

func TestUsers_KickIssuedBefore(t *testing.T) {
	w := newWorld(t, Config{})
	at := time.Now().Truncate(time.Second)
	enter := func(issued any) *peer {
		client := w.dial(t, nil)
		client.enter(tokenOfUser(t, 1, claimSet{"iat": issued, "exp": at.Add(time.Hour).Unix()}))
		return client
	}
	older, undated := enter(at.Unix()-1), enter(nil)
	same, newer := enter(at.Unix()), enter(at.Unix()+1)
	w.users.KickIssuedBefore(1, at.Add(999*time.Millisecond)) // tokens count whole seconds
	for _, client := range []*peer{older, undated} {
		client.expect("41")
		client.expectClose()
	}
	same.expectNothing("")
	newer.expectNothing("")
	eventually(t, func() bool { return w.sessionsOf(1) == 2 }, "the older ones are still there")
	w.users.KickIssuedBefore(2, at.Add(time.Hour))
	same.expectNothing("")
}
