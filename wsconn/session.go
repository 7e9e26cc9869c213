package wsconn

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/wsconn/transport"
)

// maxUnderway bounds the requests of one session that are not answered yet.
// Beyond it nothing more is read from the connection until one is.
const maxUnderway = 256

// Session is one authenticated client: a user's stay in the main namespace of
// one connection. Rooms and the supervisor call the methods of actors.Session
// from their goroutines; everything else belongs to the connection's reading
// goroutine, unless it says otherwise.
type Session struct {
	gateway  *Gateway
	conn     *transport.Conn
	id       room.SessionID
	user     room.UserID
	profile  []byte
	name     []byte        // as a JSON string
	avatar   []byte        // as JSON
	issuedAt int64         // of the token, Unix seconds
	since    time.Duration // on the connection's clock
	budget   *rate.Limiter // nil for no limit
	mark     mark          // of the event that is being handled
	// underway holds a token for each request that is not answered yet.
	underway chan struct{}

	gone atomic.Bool // the session is over; set under mu

	mu     sync.Mutex  // guards what follows
	expiry *time.Timer // when the token runs out
	// roomID is the room that the session is in or on its way to, "" for none.
	roomID string
	// member says that a join of that room was answered with success.
	member bool
	// room is where its commands go, nil while the supervisor is finding out.
	// Requests are parked until then, each with the number of joins before it.
	room     *actors.Room
	joins    int
	attached int
	parked   []parkedRequest
	joining  *actors.Request // the last join, while it is unanswered
	// leaving is the last leave, while it is unanswered. A join waits for it, so
	// that nothing of the room that is left follows the answer to the join; more
	// leaves of that room are answered with it.
	leaving *actors.Request
	echoes  []transport.Ack
	moves   []move
	asking  map[string][]*actors.Request // by room, waiting for a rank
}

// move is a join that is sent once a leave was answered.
type move struct{ leave, join *actors.Request }

type parkedRequest struct {
	joins   int
	request *actors.Request
}

var _ actors.Session = (*Session)(nil)

// ID implements actors.Session.
func (s *Session) ID() room.SessionID { return s.id }

// User implements actors.Session.
func (s *Session) User() room.UserID { return s.user }

// Profile implements actors.Session.
func (s *Session) Profile() []byte { return s.profile }

// Alive implements actors.Session.
func (s *Session) Alive() bool { return !s.conn.Closed() && !s.gone.Load() }

// Attach implements actors.Session.
func (s *Session) Attach(r *actors.Room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attached++
	sent := 0
	for _, p := range s.parked {
		if p.joins != s.attached {
			break
		}
		r.Send(p.request)
		sent++
	}
	s.parked = s.parked[sent:]
	if len(s.parked) == 0 {
		s.parked = nil
	}
	if s.attached == s.joins {
		s.room = r
	}
}

// Deliver implements actors.Session.
func (s *Session) Deliver(frame actors.Frame) {
	if !s.gone.Load() { // the connection may have a new session by now
		s.conn.Share(frame.(transport.Frame))
	}
}

// Flush implements actors.Session.
func (s *Session) Flush() { s.conn.Flush() }

// FlushLate implements actors.Session.
func (s *Session) FlushLate() { s.conn.FlushLate() }

// FlushSoon implements actors.Session.
func (s *Session) FlushSoon() { s.conn.FlushSoon() }

// Reply implements actors.Session.
func (s *Session) Reply(r *actors.Request, reply room.Reply) {
	if _, ok := r.Command.(*room.Join); ok {
		s.mu.Lock()
		s.gateway.quotas.joined(s.user, &reply, s.member && s.roomID == r.RoomID)
		s.member = s.member || reply.Err == room.OK && s.roomID == r.RoomID
		if s.joining == r {
			s.joining = nil
			if !s.member { // else it was in the room before, and still is
				s.roomID, s.room = "", nil
			}
		}
		s.mu.Unlock()
	}
	if r.WantAck && !s.gone.Load() {
		if reply.Err == room.OK && reply.State == nil {
			s.conn.Send(transport.AckFrame(namespace, r.AckID, success))
		} else {
			var scratch [256]byte
			s.conn.Send(transport.AckFrame(namespace, r.AckID, appendReply(scratch[:0], r, &reply)))
		}
	}
	if !r.Internal {
		s.observeReply(r, reply.Err)
		s.end()
	}
	switch r.Command.(type) {
	case *room.Leave:
		s.moved(r)
		s.gateway.confirm(s.user, r.RoomID)
	case *room.Drop:
		s.gateway.confirm(s.user, r.RoomID)
	}
}

// Abandon implements actors.Session.
func (s *Session) Abandon(r *actors.Request) {
	if !r.Internal {
		s.observeResult(r, ResultAbandoned)
		s.end()
	}
}

// moved goes on when a leave was answered.
func (s *Session) moved(leave *actors.Request) {
	s.mu.Lock()
	var echoes []transport.Ack
	if s.leaving == leave {
		s.leaving, echoes, s.echoes = nil, s.echoes, nil
	}
	var joins []*actors.Request
	for len(s.moves) > 0 && s.moves[0].leave == leave {
		joins = append(joins, s.moves[0].join)
		s.moves = s.moves[1:]
	}
	if len(s.moves) == 0 {
		s.moves = nil
	}
	s.mu.Unlock()
	for _, ack := range echoes {
		s.answer(ack, success)
		s.end()
	}
	for _, join := range joins {
		if s.gone.Load() {
			s.Abandon(join)
		} else {
			s.gateway.rooms.Join(join)
		}
	}
}

// Left implements actors.Session.
func (s *Session) Left(roomID string) {
	s.mu.Lock()
	if s.roomID == roomID {
		s.member = false
		if s.joining == nil { // else the answer to the join decides
			s.roomID, s.room = "", nil
		}
	}
	s.mu.Unlock()
	s.gateway.confirm(s.user, roomID)
}

// current returns the room that the session is in or on its way to.
func (s *Session) current() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.roomID
}

// in returns the room that the session is in, "" for none. Any goroutine may
// call it.
func (s *Session) in() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.member {
		return ""
	}
	return s.roomID
}

// Cut implements actors.Session.
func (s *Session) Cut() { s.conn.Close(transport.ReasonMoved) }

// begin takes a token for a request, and waits for one if too many requests
// are under way. It reports false, and counts the event, if the connection ended
// meanwhile.
func (s *Session) begin() bool {
	select {
	case s.underway <- struct{}{}:
		return true
	default:
	}
	s.conn.Limited(transport.LimitUnderway)
	select {
	case s.underway <- struct{}{}:
		return true
	case <-s.conn.Done():
		s.observe(s.mark, ResultAbandoned)
		return false
	}
}

// end gives the token of a request back. It may be called from any goroutine.
func (s *Session) end() {
	select {
	case <-s.underway:
	default: // answered twice: a room must not hang over it
		s.gateway.config.Log.Error("a request was answered twice", "session", uint64(s.id))
	}
}

// request makes a request of this session.
func (s *Session) request(roomID string, ack transport.Ack, c room.Command) *actors.Request {
	r := &actors.Request{
		RoomID: roomID, Session: s, Command: c, AckID: ack.ID, WantAck: ack.Wanted,
		Event: uint8(s.mark.event), Begun: s.mark.begun,
	}
	if s.gateway.config.Tracer != nil {
		s.follow(r)
	}
	return r
}

// admit makes a request of a command for the session's room. It answers and
// returns nil if the session is not in that room.
func (s *Session) admit(p payload, ack transport.Ack, c room.Command) *actors.Request {
	roomID := s.current()
	if roomID != string(p.roomID) {
		s.answerError(ack, plainError, errorTexts[room.ErrNotInRoom])
		s.observe(s.mark, ResultRefused)
		return nil
	}
	if !s.begin() {
		return nil
	}
	return s.request(roomID, ack, c)
}

// dispatch sends a request to the session's room, or answers that it has left
// it.
func (s *Session) dispatch(r *actors.Request) {
	s.mu.Lock()
	r = s.route(r)
	s.mu.Unlock()
	if r != nil {
		s.Reply(r, room.Reply{Err: room.ErrNotInRoom})
		s.Flush()
	}
}

// route sends a request if the session is still in its room, and returns it
// otherwise. The caller holds mu.
func (s *Session) route(r *actors.Request) *actors.Request {
	if s.gone.Load() || s.roomID != r.RoomID {
		return r
	}
	s.send(r)
	return nil
}

// send sends a request to the room that the session is in, or on its way to.
// The caller holds mu.
func (s *Session) send(r *actors.Request) {
	if s.room == nil {
		s.parked = append(s.parked, parkedRequest{s.joins, r})
		return
	}
	s.room.Send(r)
}

// leaveAll ends the session: its connection closed, or its client left the
// namespace. It is called once.
func (s *Session) leaveAll() {
	s.mu.Lock()
	s.gone.Store(true)
	if s.roomID != "" {
		s.send(&actors.Request{
			RoomID: s.roomID, Session: s, Command: &room.Drop{Session: s.id}, Internal: true, Begun: micros(s.conn.Clock()),
		})
		s.roomID = ""
	}
	if s.expiry != nil {
		s.expiry.Stop()
	}
	s.mu.Unlock()
}

// answer answers an event that reached no room. It may be called from any
// goroutine.
func (s *Session) answer(ack transport.Ack, body []byte) {
	if ack.Wanted && !s.gone.Load() {
		s.conn.SendNow(transport.AckFrame(namespace, ack.ID, body))
	}
}

func (s *Session) answerError(ack transport.Ack, style errorStyle, message string) {
	if ack.Wanted {
		s.answer(ack, appendError(nil, style, message))
	}
}
