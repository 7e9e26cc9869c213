package actors

import "audioroom/actors/room"

// Session is one connection as a room sees it. Its methods are called from room
// goroutines, Attach from the supervisor's; none of them may block or panic.
type Session interface {
	// ID names the session, unique within the process.
	ID() room.SessionID
	// User is whose connection it is.
	User() room.UserID
	// Profile is the user's public profile, encoded, never altered.
	Profile() []byte
	// Alive reports whether the connection is still there. The join of a
	// session that is gone is not carried out.
	Alive() bool
	// Attach tells where the session's commands for the room it joins go from
	// now on. It is called when the join is on its way to the room, whose answer
	// may come sooner.
	Attach(room *Room)
	// Deliver appends a broadcast to what the session is to receive. It is
	// written no later than the next Flush.
	Deliver(frame Frame)
	// Reply answers a request, exactly once for each. It is written no later
	// than the next Flush.
	Reply(request *Request, reply room.Reply)
	// Abandon tells, in place of Reply, that a request will not be answered: the
	// room is given up, and the connection is about to be cut.
	Abandon(request *Request)
	// Flush has what was delivered written.
	Flush()
	// FlushLate is Flush for one of a crowd: what sessions of smaller rooms wait for
	// is written first.
	FlushLate()
	// FlushSoon is Flush within some milliseconds: more is about to be delivered,
	// which is to be written together with this.
	FlushSoon()
	// Left tells that the room let go of the session by itself.
	Left(roomID string)
	// Cut ends the connection, so that the client connects anew.
	Cut()
}

// Users reaches all sessions of a user, whatever room they are in.
type Users interface {
	// Deliver gives a frame to each session of a user. It is called from room
	// goroutines and doesn't block.
	Deliver(user room.UserID, frame Frame)
}

// Frame is an event as members receive it, made by the Encoder. Rooms hand it on
// and never look into it.
type Frame any

// Encoder turns an event of a room into what each member receives. It is pure,
// and is called from room goroutines, once for each event.
type Encoder func(roomID string, event *room.Event) Frame

// Request is one command on its way to a room. It belongs to the room once it
// is sent.
type Request struct {
	// RoomID is the room that the command is for.
	RoomID string
	// Session is who asked.
	Session Session
	// Command is what the room is to do.
	Command room.Command
	// AckID is the number under which the client waits for the answer, if
	// WantAck says that it does.
	AckID   uint64
	WantAck bool
	// Internal requests were not asked by the client: nothing waits for their
	// end.
	Internal bool
	// Event and Begun are the session's own, to measure the answer by: rooms hand
	// them back as they are.
	Event uint8
	Begun uint32
	// Trace hears how far the request is; nil if nobody asks.
	Trace Trace
}

// Cause names the request to the backend.
func (r *Request) Cause() Cause { return Cause{r.Session.ID(), r.Begun, r.Trace} }
