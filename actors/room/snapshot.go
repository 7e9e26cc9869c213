package room

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// SnapshotVersion is the version of the snapshots that AppendSnapshot writes.
// Decode reads this one and every older one, see migrations.
const SnapshotVersion = 2

// ErrSnapshot is what every error of Decode wraps: the bytes are no snapshot
// that this program can read.
var ErrSnapshot = errors.New("room: unreadable snapshot")

// Snapshot is a room's whole lasting state: all but who is connected. It is
// plain data, for the store, for restoring and for people to look at.
type Snapshot struct {
	Version   int    `json:"version"`
	Epoch     uint64 `json:"epoch"`
	Revision  uint64 `json:"revision"`
	ID        string `json:"id"`
	CreatedAt int64  `json:"created_at"`
	Activity  int64  `json:"activity"`
	Owner     UserID `json:"owner,omitempty"`
	MaxSeats  int    `json:"max_seats,omitempty"`
	SeatCount int    `json:"seat_count"`
	// Participants is a count for people who look: a restored room has none.
	Participants int `json:"participants"`
	// ToldLive says that the backend was told last that somebody is in the room.
	ToldLive bool             `json:"told_live,omitempty"`
	Seats    []SnapshotSeat   `json:"seats,omitempty"`
	Locked   []int            `json:"locked,omitempty"`
	Invites  []SnapshotInvite `json:"invites,omitempty"`
}

// SnapshotInvite is a seat that By offered to User until Until, in Unix
// milliseconds.
type SnapshotInvite struct {
	Seat  int    `json:"seat"`
	User  UserID `json:"user"`
	By    UserID `json:"by"`
	Until int64  `json:"until"`
}

// SnapshotSeat is a seat that somebody sits on or, with HeldUntil (Unix
// milliseconds), that is held for them.
type SnapshotSeat struct {
	Seat      int    `json:"seat"`
	User      UserID `json:"user"`
	Muted     bool   `json:"muted,omitempty"`
	HeldUntil int64  `json:"held_until,omitempty"`
}

// AppendSnapshot appends the room's snapshot, as JSON, to dst. epoch is the
// writer's, see the store, toldLive what it told the backend. The cost follows
// the number of seats, not of participants.
func (r *Room) AppendSnapshot(dst []byte, epoch uint64, toldLive bool) []byte {
	dst = append(dst, `{"version":`...)
	dst = strconv.AppendInt(dst, SnapshotVersion, 10)
	dst = append(dst, `,"epoch":`...)
	dst = strconv.AppendUint(dst, epoch, 10)
	dst = append(dst, `,"revision":`...)
	dst = strconv.AppendUint(dst, r.revision, 10)
	dst = append(dst, `,"id":`...)
	dst = appendString(dst, r.id)
	dst = append(dst, `,"created_at":`...)
	dst = strconv.AppendInt(dst, r.createdAt, 10)
	dst = append(dst, `,"activity":`...)
	dst = strconv.AppendInt(dst, r.activity, 10)
	if r.owner != 0 {
		dst = append(dst, `,"owner":`...)
		dst = strconv.AppendInt(dst, int64(r.owner), 10)
	}
	if r.maxSeats != 0 {
		dst = append(dst, `,"max_seats":`...)
		dst = strconv.AppendInt(dst, int64(r.maxSeats), 10)
	}
	dst = append(dst, `,"seat_count":`...)
	dst = strconv.AppendInt(dst, int64(len(r.seats)), 10)
	dst = append(dst, `,"participants":`...)
	dst = strconv.AppendInt(dst, int64(len(r.members)), 10)
	if toldLive {
		dst = append(dst, `,"told_live":true`...)
	}
	dst = r.appendSeats(dst)
	dst = r.appendLocked(dst)
	dst = r.appendInvites(dst)
	return append(dst, '}')
}

func (r *Room) appendInvites(dst []byte) []byte {
	sep := `,"invites":[`
	for _, v := range r.invites {
		dst = append(append(dst, sep...), `{"seat":`...)
		dst = strconv.AppendInt(dst, int64(v.seat), 10)
		dst = append(dst, `,"user":`...)
		dst = strconv.AppendInt(dst, int64(v.user), 10)
		dst = append(dst, `,"by":`...)
		dst = strconv.AppendInt(dst, int64(v.by), 10)
		dst = append(dst, `,"until":`...)
		dst = strconv.AppendInt(dst, v.until, 10)
		dst = append(dst, '}')
		sep = ","
	}
	if sep == "," {
		dst = append(dst, ']')
	}
	return dst
}

func (r *Room) appendSeats(dst []byte) []byte {
	sep := `,"seats":[`
	for i := range r.seats {
		s := &r.seats[i]
		if s.user == 0 {
			continue
		}
		dst = append(append(dst, sep...), `{"seat":`...)
		dst = strconv.AppendInt(dst, int64(i), 10)
		dst = append(dst, `,"user":`...)
		dst = strconv.AppendInt(dst, int64(s.user), 10)
		if s.muted {
			dst = append(dst, `,"muted":true`...)
		}
		if s.held() {
			dst = append(dst, `,"held_until":`...)
			dst = strconv.AppendInt(dst, s.heldUntil, 10)
		}
		dst = append(dst, '}')
		sep = ","
	}
	if sep == "," {
		dst = append(dst, ']')
	}
	return dst
}

func (r *Room) appendLocked(dst []byte) []byte {
	sep := `,"locked":[`
	for i := range r.seats {
		if r.seats[i].locked {
			dst = append(dst, sep...)
			dst = strconv.AppendInt(dst, int64(i), 10)
			sep = ","
		}
	}
	if sep == "," {
		dst = append(dst, ']')
	}
	return dst
}

// appendString appends s as a JSON string. Control characters never occur in a
// room id and are left out.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ':
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// migrations bring a snapshot of version i+1 to version i+2.
var migrations = [SnapshotVersion - 1]func(*Snapshot){
	// Version 1 did not say what the backend was told. Told once more that nobody
	// is there, it loses nothing.
	func(s *Snapshot) { s.ToldLive = true },
}

// Decode reads a snapshot and brings it to the present version. Every error
// wraps ErrSnapshot.
func Decode(data []byte) (*Snapshot, error) {
	s := new(Snapshot)
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	if s.Version < 1 || s.Version > SnapshotVersion {
		return nil, fmt.Errorf("%w: version %d, this program reads 1 to %d", ErrSnapshot, s.Version, SnapshotVersion)
	}
	for _, migrate := range migrations[s.Version-1:] {
		migrate(s)
		s.Version++
	}
	if s.SeatCount < 0 || s.SeatCount > MaxSeats || s.MaxSeats < 0 || s.MaxSeats > MaxSeats {
		return nil, fmt.Errorf("%w: %d seats, %d as the backend says", ErrSnapshot, s.SeatCount, s.MaxSeats)
	}
	const ages = 1 << 53 // Unix milliseconds
	if s.CreatedAt < 0 || s.CreatedAt >= ages || s.Activity < 0 || s.Activity >= ages {
		return nil, fmt.Errorf("%w: created at %d, active at %d", ErrSnapshot, s.CreatedAt, s.Activity)
	}
	beyond := func(i int) bool { return i < 0 || i >= s.SeatCount }
	if slices.ContainsFunc(s.Locked, beyond) {
		return nil, fmt.Errorf("%w: locked seats %v of %d", ErrSnapshot, s.Locked, s.SeatCount)
	}
	taken, sitting := make(map[int]bool), make(map[UserID]bool)
	for _, seat := range s.Seats {
		if beyond(seat.Seat) || seat.User <= 0 || taken[seat.Seat] || sitting[seat.User] || slices.Contains(s.Locked, seat.Seat) {
			return nil, fmt.Errorf("%w: seat %+v does not fit", ErrSnapshot, seat)
		}
		taken[seat.Seat], sitting[seat.User] = true, true
	}
	offered := make(map[int]bool)
	for _, v := range s.Invites {
		if beyond(v.Seat) || offered[v.Seat] || v.User <= 0 || v.By <= 0 || v.Until <= 0 {
			return nil, fmt.Errorf("%w: invite %+v does not fit", ErrSnapshot, v)
		}
		offered[v.Seat] = true
	}
	return s, nil
}

// Restore makes a room of a snapshot that Decode returned, after a restart. It
// has no participants; each seat that was taken or held is held from now on for
// the grace time, and the time without activity starts anew. now is in Unix
// milliseconds. The room keeps config.
func Restore(s *Snapshot, now int64, config *Config) *Room {
	if config.SeatGrace == 0 {
		seatless := *s
		seatless.Seats = nil
		s = &seatless
	}
	return Respawn(s, now, config)
}

// Respawn is Restore for a room whose sessions never went away: until they are
// reattached every seat is held, even without a grace time.
func Respawn(s *Snapshot, now int64, config *Config) *Room {
	r := &Room{
		id: s.ID, config: config, revision: s.Revision, createdAt: s.CreatedAt,
		activity: max(s.Activity, now), owner: s.Owner, maxSeats: s.MaxSeats,
	}
	if s.SeatCount > 0 {
		r.seats = make([]seat, s.SeatCount)
	}
	for _, i := range s.Locked {
		r.seats[i].locked = true
	}
	for _, v := range s.Invites {
		r.invites = append(r.invites, invite{seat: v.Seat, user: v.User, by: v.By, until: v.Until})
	}
	for _, held := range s.Seats {
		r.seats[held.Seat] = seat{user: held.User, muted: held.Muted, heldUntil: now + config.SeatGrace}
		r.held++
	}
	return r
}

// Reattach puts a session back into a respawned room, from which it never went
// away, and its user back on their seat. Nobody is told, nothing counts as a
// change.
func (r *Room) Reattach(session SessionID, user UserID, profile []byte) {
	m := r.members[user]
	if m == nil {
		m = r.add(&Join{User: user, Profile: profile})
		if i := r.heldFor(user); i >= 0 {
			r.held--
			r.seats[i].heldUntil = 0
			m.seat = i
		}
	}
	r.enter(m, session)
}
