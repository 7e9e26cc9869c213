package actors

import "audioroom/actors/room"

// failpoint is called before a request's command is applied, on the room's
// goroutine. Tests panic in it.
type failpoint func(roomID string, c room.Command)

// injected is the failpoint of every Rooms: nil, but in programs that are built
// with the tag failpoint, see failpoint_on.go.
var injected failpoint
