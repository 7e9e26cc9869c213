package wsconn

import (
	"testing"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/wsconn/transport"
)

// BenchmarkSession_handle takes an event from its arguments to the mailbox of
// the room, which goes no further: its store never answers.
func BenchmarkSession_handle(b *testing.B) {
	for what, c := range map[string]struct{ name, args string }{
		"seat_lock":  {"seat:lock", `{"roomId":"42","seatIndex":3}`},
		"seat_leave": {"seat:leave", `{"roomId":"42"}`},
	} {
		b.Run(what, func(b *testing.B) {
			w := newWorld(b, Config{EventBudget: 1 << 30, EventRefill: 1 << 30})
			ada := w.connect(b, 1)
			s := w.session(b, 1)
			w.store.hold()
			ada.emit("room:join", inRoom("42"))
			receive(b, w.desk.came)
			eventually(b, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.room != nil }, "the room is unknown")
			e := transport.Event{Namespace: namespace, Name: c.name, Args: []byte(c.args), Ack: transport.Ack{ID: 7, Wanted: true}}
			b.ReportAllocs()
			for b.Loop() {
				s.handle(&e)
				<-s.underway // as if the room had answered
			}
			b.StopTimer()
			s.underway = make(chan struct{}, b.N+maxUnderway) // the room answers them all in the end
			for range b.N + 1 {
				s.underway <- struct{}{}
			}
		})
	}
}

// BenchmarkSession_Reply answers a request, up to the outbox.
func BenchmarkSession_Reply(b *testing.B) {
	command := new(room.LockSeat)
	for what, reply := range map[string]room.Reply{
		"success": {},
		"refusal": {Err: room.ErrAlreadyLocked},
		"taken":   {Err: room.ErrSeatTaken, Occupant: &room.SeatState{Seat: 3, User: 8}},
	} {
		b.Run(what, func(b *testing.B) {
			w := newWorld(b, Config{Transport: transport.Config{OutboxLimit: 1 << 30}})
			ada := w.connect(b, 1)
			s := w.session(b, 1)
			go func() { // the client reads it all, sooner or later
				for {
					if _, _, err := ada.ws.ReadMessage(); err != nil {
						return
					}
				}
			}()
			r := &actors.Request{RoomID: "42", Session: s, Command: command, AckID: 7, WantAck: true}
			b.ReportAllocs()
			for b.Loop() {
				s.underway <- struct{}{}
				s.Reply(r, reply)
				s.Flush()
			}
			if s.conn.Closed() {
				b.Fatal("the connection ended:", s.conn.Reason())
			}
		})
	}
}
