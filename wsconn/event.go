package wsconn

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/wsconn/socketio"
	"audioroom/wsconn/transport"
)

// event is how one event of the clients is handled: which fields it carries,
// and what is done once the payload is known to be valid and the session's
// budget allows it.
type event struct {
	code      EventCode
	need, may field
	// silent events don't answer an invalid payload.
	silent bool
	// free events are carried out even if the budget is used up: to leave must
	// always work.
	free  bool
	style errorStyle
	do    func(s *Session, p payload, ack transport.Ack)
}

// events is every event that clients may send.
var events = map[string]*event{
	"room:join":  {need: fieldRoomID, may: fieldSeatCount | fieldOwnerID, style: joinError, do: (*Session).join},
	"room:leave": {need: fieldRoomID, silent: true, free: true, style: plainError, do: (*Session).leave},
	"seat:take": {need: fieldRoomID | fieldSeatIndex, style: plainError, do: func(s *Session, p payload, ack transport.Ack) {
		s.command(p, ack, &room.TakeSeat{Session: s.id, Seat: p.seatIndex})
	}},
	"seat:leave": {need: fieldRoomID, style: plainError, do: func(s *Session, p payload, ack transport.Ack) {
		s.command(p, ack, &room.LeaveSeat{Session: s.id})
	}},
	"seat:lock": {need: fieldRoomID | fieldSeatIndex, style: plainError, do: func(s *Session, p payload, ack transport.Ack) {
		s.rankedCommand(p, ack, &room.LockSeat{Session: s.id, Seat: p.seatIndex})
	}},
	"seat:unlock": {need: fieldRoomID | fieldSeatIndex, style: plainError, do: func(s *Session, p payload, ack transport.Ack) {
		s.rankedCommand(p, ack, &room.UnlockSeat{Session: s.id, Seat: p.seatIndex})
	}},
	"seat:assign": {need: fieldRoomID | fieldUserID | fieldSeatIndex, style: plainError, do: func(s *Session, p payload, ack transport.Ack) {
		s.rankedCommand(p, ack, &room.AssignSeat{Session: s.id, Target: p.userID, Seat: p.seatIndex})
	}},
	"seat:remove": {need: fieldRoomID | fieldUserID, style: plainError, do: func(s *Session, p payload, ack transport.Ack) {
		s.rankedCommand(p, ack, &room.RemoveFromSeat{Session: s.id, Target: p.userID})
	}},
	"seat:mute": {need: fieldRoomID | fieldUserID, style: plainError, do: func(s *Session, p payload, ack transport.Ack) {
		s.rankedCommand(p, ack, &room.MuteSeat{Session: s.id, Target: p.userID, Muted: true})
	}},
	"seat:unmute": {need: fieldRoomID | fieldUserID, style: plainError, do: func(s *Session, p payload, ack transport.Ack) {
		s.rankedCommand(p, ack, &room.MuteSeat{Session: s.id, Target: p.userID})
	}},
	"seat:invite": {need: fieldRoomID | fieldUserID | fieldSeatIndex, style: plainError, do: func(s *Session, p payload, ack transport.Ack) {
		s.rankedCommand(p, ack, &room.Invite{Session: s.id, Target: p.userID, Seat: p.seatIndex})
	}},
	"seat:invite:accept": {need: fieldRoomID, may: fieldSeatIndex, style: plainError, do: func(s *Session, p payload, ack transport.Ack) {
		s.command(p, ack, &room.AcceptInvite{Session: s.id, Seat: p.seatIndex})
	}},
	"seat:invite:decline": {need: fieldRoomID, may: fieldSeatIndex, style: plainError, do: func(s *Session, p payload, ack transport.Ack) {
		s.command(p, ack, &room.DeclineInvite{Session: s.id, Seat: p.seatIndex})
	}},
	"chat:message": {need: fieldRoomID | fieldContent, may: fieldType, style: plainError, do: (*Session).chat},
	"user:getRoom": {need: fieldUserID, style: lookupError, do: (*Session).lookUp},
}

// handle takes an event of the session's client. It is called from the
// connection's reading goroutine.
func (s *Session) handle(e *transport.Event) {
	withinBudget := s.budget == nil || s.budget.Allow()
	spec := events[e.Name]
	s.mark = mark{begun: micros(s.conn.Heard())}
	if spec == nil {
		if withinBudget {
			s.answerError(e.Ack, plainError, textUnknownEvent)
			s.observe(s.mark, ResultRefused)
		} else {
			s.answerError(e.Ack, plainError, textTooManyRequests)
			s.observe(s.mark, ResultThrottled)
		}
		return
	}
	s.mark.event = spec.code
	p, ok := decodePayload(e.Args.First(), spec.need, spec.may)
	switch {
	case !ok && spec.silent:
		s.observe(s.mark, ResultInvalid)
	case !ok:
		s.answerError(e.Ack, spec.style, textInvalidPayload)
		s.observe(s.mark, ResultInvalid)
	case !withinBudget && !spec.free:
		s.answerError(e.Ack, spec.style, textTooManyRequests)
		s.observe(s.mark, ResultThrottled)
	default:
		spec.do(s, p, e.Ack)
	}
}

// panicked answers an event whose handling panicked.
func (s *Session) panicked(e *transport.Event) {
	style := plainError
	if spec := events[e.Name]; spec != nil {
		style = spec.style
	}
	s.answerError(e.Ack, style, textInternalError)
	s.observe(s.mark, ResultFailed)
}

func (s *Session) join(p payload, ack transport.Ack) {
	if result := s.gateway.quotas.takeJoin(s.user, s.current() == string(p.roomID)); result != ResultOK {
		s.answerError(ack, joinError, textTooManyRequests)
		s.observe(s.mark, result)
		return
	}
	if !s.begin() {
		return
	}
	r := s.request(string(p.roomID), ack, &room.Join{Session: s.id, User: s.user, Profile: s.profile, SeatCount: p.seatCount})
	s.mu.Lock()
	if s.gone.Load() {
		s.mu.Unlock()
		s.Abandon(r)
		return
	}
	if s.roomID != "" && s.roomID != r.RoomID {
		s.leaving = &actors.Request{RoomID: s.roomID, Session: s, Command: &room.Leave{Session: s.id}, Internal: true}
		s.send(s.leaving)
	}
	s.member = s.member && s.roomID == r.RoomID
	s.roomID, s.room, s.joining = r.RoomID, nil, r
	s.joins++
	wait := s.leaving != nil
	if wait {
		s.moves = append(s.moves, move{s.leaving, r})
	}
	s.mu.Unlock()
	if !wait {
		s.gateway.rooms.Join(r)
	}
}

func (s *Session) leave(p payload, ack transport.Ack) {
	if !s.begin() {
		return
	}
	s.mu.Lock()
	left := s.roomID
	if left != string(p.roomID) {
		if s.leaving != nil && s.leaving.RoomID == string(p.roomID) {
			s.echoes = append(s.echoes, ack) // said twice: the same answer
			s.mu.Unlock()
			s.observe(s.mark, ResultOK)
			return
		}
		s.mu.Unlock()
		s.end()
		s.answer(ack, success)
		s.observe(s.mark, ResultOK)
		return
	}
	s.leaving = s.request(left, ack, &room.Leave{Session: s.id})
	s.send(s.leaving)
	s.roomID, s.joining, s.member = "", nil, false
	s.mu.Unlock()
}

// command sends a participant's command to their room.
func (s *Session) command(p payload, ack transport.Ack, c room.Command) {
	if r := s.admit(p, ack, c); r != nil {
		s.dispatch(r)
	}
}

// rankedCommand sends a command to the room once the sender's rank is known.
// Commands of one session that wait for a rank keep their order; nothing else
// waits behind them.
func (s *Session) rankedCommand(p payload, ack transport.Ack, c ranked) {
	r := s.admit(p, ack, c)
	if r == nil {
		return
	}
	s.mu.Lock()
	first := len(s.asking[r.RoomID]) == 0
	s.mu.Unlock()
	if first { // nobody else puts one before it: this is the reading goroutine
		if rank, ok := s.knownRank(r.RoomID); ok {
			c.As(rank)
			if r.Trace != nil {
				r.Trace.Reached(actors.StepRanked)
			}
			s.dispatch(r)
			return
		}
	}
	s.mu.Lock()
	if s.asking == nil {
		s.asking = make(map[string][]*actors.Request)
	}
	s.asking[r.RoomID] = append(s.asking[r.RoomID], r)
	first = len(s.asking[r.RoomID]) == 1
	s.mu.Unlock()
	if first {
		s.ask(r)
	}
}

// knownRank returns the user's rank in a room if nobody has to be asked.
func (s *Session) knownRank(roomID string) (rank room.Rank, ok bool) {
	defer s.gateway.survive("rank", func() {})
	return s.gateway.backend.KnownRank(roomID, s.user)
}

// ranked is a command that needs its sender's rank.
type ranked interface {
	room.Command
	As(rank room.Rank)
}

// ask asks for the rank that the first waiting command needs.
func (s *Session) ask(r *actors.Request) {
	defer s.gateway.survive("rank", func() { s.ranked(r.RoomID, room.RankUnknown, errPanicked) })
	s.gateway.backend.Rank(r.Cause(), r.RoomID, s.user, func(rank room.Rank, err error) { s.ranked(r.RoomID, rank, err) })
}

var errPanicked = errors.New("wsconn: the question panicked")

// ranked goes on with the commands that waited for a rank in one room.
func (s *Session) ranked(roomID string, rank room.Rank, err error) {
	for {
		s.mu.Lock()
		waiting := s.asking[roomID]
		if len(waiting) == 0 {
			delete(s.asking, roomID)
			s.mu.Unlock()
			return
		}
		r := waiting[0]
		// Sent before it is taken out, so that no later one overtakes it.
		if err == nil {
			r.Command.(ranked).As(rank)
			if r.Trace != nil {
				r.Trace.Reached(actors.StepRanked)
			}
			r = s.route(r)
		}
		s.asking[roomID] = waiting[1:]
		s.mu.Unlock()
		if r == nil {
			continue
		}
		reply := room.Reply{Err: room.ErrNotInRoom}
		if err != nil {
			reply.Err = room.ErrInternal
		}
		s.Reply(r, reply)
		s.Flush()
	}
}

// chat has the room hear a message.
func (s *Session) chat(p payload, ack transport.Ack) {
	s.command(p, ack, &room.Chat{Session: s.id, Message: room.Message{
		ID: rand.Text(), Name: s.name, Avatar: s.avatar, Content: bytes.Clone(p.content), Type: p.kind,
	}})
}

// lookUp answers where a user is.
func (s *Session) lookUp(p payload, ack transport.Ack) {
	if !s.begin() {
		return
	}
	asked := s.mark
	go func() { // bounded by what a session may have under way
		result := ResultFailed
		defer func() { s.observe(asked, result) }()
		defer s.end()
		defer s.gateway.survive("lookup", func() { s.answerError(ack, lookupError, textInternalError) })
		ctx, cancel := context.WithTimeout(context.Background(), s.gateway.config.LookupTimeout)
		defer cancel()
		roomID, in, err := s.gateway.directory.RoomOf(ctx, int64(p.userID))
		switch {
		case err != nil:
			s.answerError(ack, lookupError, textInternalError)
		case !in:
			result = ResultOK
			s.answer(ack, []byte(`{"roomId":null}`))
		default:
			result = ResultOK
			b := socketio.AppendString([]byte(`{"roomId":`), roomID)
			s.answer(ack, append(b, '}'))
		}
	}()
}
