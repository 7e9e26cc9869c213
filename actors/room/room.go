package room

// MaxSeats is the largest number of seats of a room; the contract allows seat
// indices up to 99.
const MaxSeats = 100

// MaxListed bounds the participants that a joiner is told by name;
// State.ParticipantCount tells the rest.
const MaxListed = 500

// MaxListedBytes bounds them too: the list ends with the profile that reaches
// it. 500 profiles of the usual 200 bytes are well within.
const MaxListedBytes = 256 << 10

// Config holds the times and numbers that all rooms share. Times are in
// milliseconds.
type Config struct {
	// SeatGrace is how long the seat of a dropped user is held, 0 for not at all.
	SeatGrace int64
	// InviteTTL is how long an invite stands.
	InviteTTL int64
	// ChatPerMinute is how many messages a user may send to a room within any
	// minute, 0 for any number.
	ChatPerMinute int
	// Participants is how many users may be in the room, 0 for any number. Who has
	// a seat held comes back in spite of it.
	Participants int
	// Inactivity is how long a room without anyone in it stays open.
	Inactivity int64
	// DefaultSeats is the number of seats of a room whose creator asks for none.
	DefaultSeats int
}

// Room is the state of one room. The zero value is of no use: see New and
// Restore.
type Room struct {
	id     string
	config *Config

	revision  uint64
	createdAt int64
	activity  int64
	closed    bool

	owner    UserID
	maxSeats int // as set by the backend, 0 if it sets none
	seats    []seat
	held     int // how many seats are held
	invites  []invite
	chats    map[UserID]*chatWindow
	// blocked is until when users may not join, in Unix ms, 0 for ever. It is the
	// actor's, which keeps it across respawns.
	blocked map[UserID]int64

	members  map[UserID]*member
	sessions map[SessionID]*member
	// first and last are the ends of the list of members by time of joining.
	first, last *member
}

// seat is one chair. user is who sits there or, if heldUntil is set, who is
// awaited there until then.
type seat struct {
	user      UserID
	heldUntil int64
	muted     bool
	locked    bool
}

func (s *seat) occupied() bool { return s.user != 0 && s.heldUntil == 0 }
func (s *seat) held() bool     { return s.heldUntil != 0 }

// member is one participant: a user with at least one session here.
type member struct {
	user       UserID
	seat       int // -1 if not seated
	profile    []byte
	sessions   []SessionID
	prev, next *member
}

// New returns an empty room that nobody joined yet. now is in Unix milliseconds.
// The room keeps config.
func New(id string, now int64, config *Config) *Room {
	return &Room{id: id, config: config, createdAt: now, activity: now}
}

// ID returns the room's id.
func (r *Room) ID() string { return r.id }

// Revision counts the changes since the room was created.
func (r *Room) Revision() uint64 { return r.revision }

// CreatedAt returns when the room was created, in Unix milliseconds.
func (r *Room) CreatedAt() int64 { return r.createdAt }

// Activity returns the time of the last activity, in Unix milliseconds.
func (r *Room) Activity() int64 { return r.activity }

// IsClosed reports whether the room is over. A closed room refuses every command.
func (r *Room) IsClosed() bool { return r.closed }

// Participants returns how many users are in the room.
func (r *Room) Participants() int { return len(r.members) }

// SeatCount returns how many seats the room has; 0 before the first join.
func (r *Room) SeatCount() int { return len(r.seats) }

// Owner returns the owner that the backend named, 0 if it named none yet.
func (r *Room) Owner() UserID { return r.owner }

// UserOf returns the user that a session of the room belongs to, 0 if the
// session is not in the room.
func (r *Room) UserOf(session SessionID) UserID {
	if m := r.sessions[session]; m != nil {
		return m.user
	}
	return 0
}

// Has reports whether the user is a participant.
func (r *Room) Has(user UserID) bool { return r.members[user] != nil }

// Seat returns who visibly sits on a seat. A held seat counts as free.
func (r *Room) Seat(index int) (s SeatState, occupied bool) {
	if index < 0 || index >= len(r.seats) || !r.seats[index].occupied() {
		return SeatState{}, false
	}
	return SeatState{Seat: index, User: r.seats[index].user, Muted: r.seats[index].muted}, true
}

// Locked reports whether a seat is locked.
func (r *Room) Locked(index int) bool {
	return index >= 0 && index < len(r.seats) && r.seats[index].locked
}

// EachMember calls f for each participant, by the time they joined.
func (r *Room) EachMember(f func(user UserID, profile []byte, sessions []SessionID)) {
	for m := r.first; m != nil; m = m.next {
		f(m.user, m.profile, m.sessions)
	}
}

// Deadline returns when the room next wants a Tick, in Unix milliseconds, or 0
// if time alone changes nothing.
func (r *Room) Deadline() int64 {
	if r.closed {
		return 0
	}
	var at int64
	earlier := func(t int64) {
		if t != 0 && (at == 0 || t < at) {
			at = t
		}
	}
	if r.held > 0 {
		for i := range r.seats {
			earlier(r.seats[i].heldUntil)
		}
	} else if len(r.members) == 0 {
		earlier(r.activity + r.config.Inactivity)
	}
	for i := range r.invites {
		earlier(r.invites[i].until)
	}
	return at
}

// Apply carries out one command at the given Unix time in milliseconds. It
// appends what happened to events, in the order in which members hear it, and
// returns the reply and the extended slice. A refused command changes nothing
// and appends nothing; what ran out by now ends first, whether or not a Tick
// told so in time.
func (r *Room) Apply(now int64, c Command, events []Event) (Reply, []Event) {
	if r.closed {
		return Reply{Err: ErrNotInRoom}, events
	}
	if r.held > 0 || len(r.invites) > 0 {
		events = r.expire(now, events)
	}
	return c.apply(r, now, events)
}

// expire ends the holds and invites that have run out. Of a hold nobody is told:
// the seat was shown as free all along.
func (r *Room) expire(now int64, events []Event) []Event {
	for i := 0; i < len(r.invites); {
		if r.invites[i].until > now {
			i++
			continue
		}
		events = r.endInvite(i, events)
		r.revision++
	}
	for i := range r.seats {
		if s := &r.seats[i]; s.held() && s.heldUntil <= now {
			events = r.clear(i, 0, events)
			r.revision++
		}
	}
	r.fold()
	return events
}

// active notes a change that counts as activity.
func (r *Room) active(now int64) {
	r.revision++
	r.activity = max(r.activity, now)
}

// clear empties a seat, whether it is occupied or held, and tells the room if
// somebody sat there.
func (r *Room) clear(index int, except SessionID, events []Event) []Event {
	s := &r.seats[index]
	switch {
	case s.held():
		r.held--
	case s.user != 0:
		if m := r.members[s.user]; m != nil {
			m.seat = -1
		}
		events = append(events, Event{Kind: SeatCleared, Seat: index, Except: except})
	default:
		return events
	}
	s.user, s.heldUntil, s.muted = 0, 0, false
	return events
}

// sit puts a participant on a free seat and tells the room.
func (r *Room) sit(m *member, index int, muted bool, except SessionID, events []Event) []Event {
	s := &r.seats[index]
	s.user, s.muted = m.user, muted
	m.seat = index
	return append(events, Event{Kind: SeatUpdated, Seat: index, User: m.user, Muted: muted, Except: except})
}
