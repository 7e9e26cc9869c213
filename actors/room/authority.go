package room

// moderated returns the seated participant on whom a manager acts, or nil and
// why they can't.
func (r *Room) moderated(session SessionID, rank Rank, target UserID, targetRank Rank) (*member, Reply) {
	m := r.sessions[session]
	if m == nil {
		return nil, Reply{Err: ErrNotInRoom}
	}
	if !rank.Manages() {
		return nil, Reply{Err: ErrNotManager}
	}
	if reply, may := r.mayModerate(m, rank, target, targetRank); !may {
		return nil, reply
	}
	if t := r.members[target]; t != nil && t.seat >= 0 {
		return t, Reply{}
	}
	return nil, Reply{Err: ErrUserNotSeated}
}

// mayModerate reports whether a manager may act on a user: on themselves and on
// those below them. The owner whom the backend names is above everyone; for
// anybody else the user's rank has to be known.
func (r *Room) mayModerate(m *member, rank Rank, target UserID, targetRank Rank) (Reply, bool) {
	switch {
	case m.user == target, rank == RankOwner && m.user == r.owner:
		return Reply{}, true
	case targetRank == RankUnknown:
		return Reply{Ask: target}, false
	case !rank.Outranks(targetRank):
		return Reply{Err: ErrNotAllowed}, false
	}
	return Reply{}, true
}

// As fills in the sender's rank.
func (c *AssignSeat) As(rank Rank) { c.Rank = rank }

// As fills in the sender's rank.
func (c *RemoveFromSeat) As(rank Rank) { c.Rank = rank }

// As fills in the sender's rank.
func (c *MuteSeat) As(rank Rank) { c.Rank = rank }

// As fills in the sender's rank.
func (c *LockSeat) As(rank Rank) { c.Rank = rank }

// As fills in the sender's rank.
func (c *UnlockSeat) As(rank Rank) { c.Rank = rank }

// Answer fills in the rank that a Reply.Ask asked for.
func (c *LockSeat) Answer(user UserID, rank Rank) { c.Occupant, c.OccupantRank = user, rank }

// Answer fills in the rank that a Reply.Ask asked for.
func (c *RemoveFromSeat) Answer(_ UserID, rank Rank) { c.TargetRank = rank }

// Answer fills in the rank that a Reply.Ask asked for.
func (c *MuteSeat) Answer(_ UserID, rank Rank) { c.TargetRank = rank }
