package actors

import (
	"errors"

	"audioroom/actors/room"
)

// ErrFenced tells a room that another process claimed it: nothing that it
// writes counts any more.
var ErrFenced = errors.New("actors: the room was claimed under a newer epoch")

// ErrDiverged tells a room that the store holds another state than the one that
// was last confirmed to it, because the store lost data. The room commits
// again, with Commit.Full set.
var ErrDiverged = errors.New("actors: the store lost what it had confirmed")

// Store keeps the rooms. Its methods don't block and may be called from any
// goroutine; the answers arrive later, on the store's own goroutines, and their
// receivers don't block either.
type Store interface {
	// Claim takes the room over under a new epoch and reads its last snapshot.
	// It tries until it succeeds or the store is closed, and calls
	// Claimer.Claimed once then. If that takes longer than the commit timeout it
	// calls Claimer.ClaimLate first, once.
	Claim(roomID string, by Claimer)
	// Commit writes a commit. It tries until it succeeds, is refused
	// (ErrFenced, ErrDiverged) or the store is closed, and calls
	// Committer.Committed once then. If that takes longer than the commit
	// timeout it calls Committer.CommitLate first, once. A room has at most one
	// commit under way; until Committed, c belongs to the store.
	Commit(c *Commit)
}

// Claimer hears of a claim.
type Claimer interface {
	ClaimLate(roomID string)
	Claimed(claim Claim, err error)
}

// Committer hears of a commit.
type Committer interface {
	CommitLate(c *Commit)
	Committed(c *Commit, err error)
}

// Claim is a room as taken over from the store.
type Claim struct {
	RoomID string
	// Epoch is the fence: larger than any epoch under which the room was
	// claimed before.
	Epoch uint64
	// Snapshot is what was last committed, nil if the room does not exist.
	Snapshot []byte
	// Blocked is who may not join and until when, in Unix milliseconds, 0 for
	// ever. The receiver may keep it.
	Blocked map[room.UserID]int64
}

// Commit is one atomic change of what the store holds of a room.
type Commit struct {
	RoomID string
	Epoch  uint64
	// Last is the revision of the room's last confirmed commit under this epoch,
	// 0 if there is none. Revision is the one that this commit makes.
	Last, Revision uint64
	// Full says that the lists below are complete, not differences, and that
	// what the store holds beside them goes.
	Full bool
	// Snapshot is the room's state, all that Claim will return.
	Snapshot []byte
	// Activity is the time of the last activity, in Unix milliseconds.
	Activity int64
	// Participants is how many users are in the room.
	Participants int
	// Seats, Locks and Users are what changed for other readers.
	Seats []SeatChange
	Locks []LockChange
	Users []UserChange
	// Status is the status that the backend is to be told, as JSON; nil if
	// nothing changed for it.
	Status []byte
	// Close says that the room is over: all that the store holds of it goes,
	// except Status, which is kept until the backend has accepted it.
	Close bool
	// Quarantine, with Close, is why the room is put aside: its snapshot is kept
	// for people to look at. Empty otherwise.
	Quarantine string
	// By hears of the outcome.
	By Committer
}

// SeatChange is a seat as other readers see it. User is 0 if it is free.
type SeatChange struct {
	Seat  int
	User  room.UserID
	Muted bool
}

// LockChange is a seat's lock.
type LockChange struct {
	Seat   int
	Locked bool
}

// UserChange says whether a user is in the room.
type UserChange struct {
	User room.UserID
	In   bool
}
