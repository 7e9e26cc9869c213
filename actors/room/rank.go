package room

// Rank is a user's standing in one room, as the backend tells it. Ranks are
// ordered: a higher one outranks a lower one, nobody outranks their equal.
type Rank uint8

// The ranks, from the lowest. RankUnknown is the zero value: nobody asked the
// backend yet, so nothing may be decided by it.
const (
	RankUnknown Rank = iota
	RankMember
	RankAdmin
	RankOwner
)

// Manages reports whether the rank may lock, mute, invite and remove.
func (r Rank) Manages() bool { return r >= RankAdmin }

// Outranks reports whether the rank stands strictly above other.
func (r Rank) Outranks(other Rank) bool { return r > other }

// String returns the rank's name as the backend writes it.
func (r Rank) String() string {
	switch r {
	case RankMember:
		return "member"
	case RankAdmin:
		return "admin"
	case RankOwner:
		return "owner"
	}
	return "unknown"
}
