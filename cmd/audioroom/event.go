package main

import (
	"context"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/laravel"
	"audioroom/wsconn"
)

// eventTimeout bounds what an event writes to Redis.
const eventTimeout = 5 * time.Second

// eventStore is what events change in the store.
type eventStore interface {
	Block(ctx context.Context, roomID string, user, until int64) error
	Unblock(ctx context.Context, roomID string, user int64) error
	RevokeBefore(ctx context.Context, user int64, at time.Time) error
}

// eventRooms is what events change in rooms.
type eventRooms interface {
	Order(roomID string, c room.Command)
	Relay(roomID string, frame actors.Frame)
}

// events carries out and passes on what the backend publishes. It is used from
// one goroutine, that of the subscription.
type events struct {
	log      *slog.Logger
	sequence *laravel.Sequence
	client   *laravel.Client
	store    eventStore
	rooms    eventRooms
	users    *wsconn.Users
	// count hears what came of each event.
	count func(result string)
	// panicked hears of each panic that was survived.
	panicked func()
}

// What can come of an event, as a label.
const (
	eventDone     = "done"
	eventFailed   = "failed" // not carried out in full
	eventGarbled  = "garbled"
	eventRepeated = "repeated" // it came before
)

// handle takes one envelope. What panics over it loses that event, and no more.
func (v *events) handle(envelope []byte) {
	defer func() {
		if reason := recover(); reason != nil {
			v.log.Error("panic survived", "in", "event of the backend", "reason", reason, "stack", string(debug.Stack()))
			v.panicked()
			v.count(eventFailed)
		}
	}()
	e, err := laravel.DecodeEvent(envelope)
	if err != nil {
		v.log.Warn("event of the backend dropped", "error", err)
		v.count(eventGarbled)
		return
	}
	if !v.sequence.First(e) {
		v.count(eventRepeated)
		return
	}
	if e.Relayed() {
		v.relay(e)
	}
	if err := v.act(e); err != nil {
		v.log.Error("event of the backend not carried out in full", "event", e.Name, "error", err)
		v.count(eventFailed)
		return
	}
	v.count(eventDone)
}

// relay passes an event on to those whom it concerns.
func (v *events) relay(e *laravel.Event) {
	frame := wsconn.RelayFrame(e.Name, e.Payload)
	switch {
	case e.User != 0:
		v.users.Deliver(room.UserID(e.User), frame)
	case e.Room != "":
		v.rooms.Relay(e.Room, frame)
	default:
		v.users.DeliverAll(frame)
	}
}

// act does what an event asks the server to do.
func (v *events) act(e *laravel.Event) error {
	ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
	defer cancel()
	user := e.Subject()
	newestBlock := func() bool {
		return v.sequence.Newest("block "+strconv.FormatInt(user, 10)+" "+e.Room, e)
	}
	switch {
	case e.Name == "auth.force_disconnect" && user != 0:
		v.users.Kick(room.UserID(user))
		return nil
	case e.Name == "auth.revoke_tokens" && user != 0:
		at := time.Now()
		if e.At > 0 {
			at = time.UnixMilli(e.At)
		}
		err := v.store.RevokeBefore(ctx, user, at)
		v.users.KickIssuedBefore(room.UserID(user), at)
		return err
	case e.Room == "":
		return nil
	}
	switch e.Name {
	case "room.member_role_changed", "room.member_left":
		if user != 0 {
			v.client.Forget(e.Room, user)
		}
	case "room.member_kicked":
		if user != 0 {
			v.client.Forget(e.Room, user)
			v.rooms.Order(e.Room, &room.Remove{User: room.UserID(user)})
		}
	case "room.member_blocked":
		if user == 0 || !newestBlock() {
			return nil
		}
		v.client.Forget(e.Room, user)
		until := e.Block(time.Now().UnixMilli()).Until
		err := v.store.Block(ctx, e.Room, user, until)
		v.rooms.Order(e.Room, &room.Block{User: room.UserID(user), Until: until})
		return err
	case "room.user_unblocked":
		if user == 0 || !newestBlock() {
			return nil
		}
		err := v.store.Unblock(ctx, e.Room, user)
		v.rooms.Order(e.Room, &room.Unblock{User: room.UserID(user)})
		return err
	case "room.updated":
		v.client.ForgetRoom(e.Room)
		if seats := e.MaxSeats(); seats > 0 && v.sequence.Newest("seats "+e.Room, e) {
			v.rooms.Order(e.Room, &room.Resize{MaxSeats: seats})
		}
	case "room.force_close":
		v.rooms.Order(e.Room, &room.Shut{})
	}
	return nil
}
