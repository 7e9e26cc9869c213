package actors

import "audioroom/actors/room"

// Cause names the request that a call to the backend is made for. It is put into
// words only when there is such a call.
type Cause struct {
	// Session is who asked, 0 if nobody did.
	Session room.SessionID
	// Begun is Request.Begun.
	Begun uint32
	// Trace is Request.Trace; nil for a status, which is told later.
	Trace Trace
}

// Backend is the authority over ranks and owners, and hears how rooms fare. Its
// methods don't block. Answers arrive once, on the calling goroutine if they
// are known, on another one otherwise.
type Backend interface {
	// KnownRank returns a user's rank in a room if the answer is at hand.
	KnownRank(roomID string, user room.UserID) (rank room.Rank, ok bool)
	// Rank asks for a user's rank in a room.
	Rank(cause Cause, roomID string, user room.UserID, answer func(room.Rank, error))
	// Info asks for a room's owner and its number of seats.
	Info(cause Cause, roomID string, answer func(RoomInfo, error))
	// Report tells a room's latest status, as in Commit.Status. closed says that
	// the room is over. cause is the last request that changed the count. A nil
	// status takes back what was not delivered yet: another process tells of the
	// room now.
	Report(cause Cause, roomID string, status []byte, closed bool)
}

// RoomInfo is what the backend knows of a room.
type RoomInfo struct {
	// Owner is 0 if the room has none.
	Owner room.UserID
	// MaxSeats is 0 if the backend leaves the number of seats to the room.
	MaxSeats int
}
