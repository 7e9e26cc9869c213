package room

// chatMinute is the span over which messages are counted, in milliseconds.
const chatMinute = 60_000

// chatWindow is when a user's messages of the last minute were sent, a ring.
type chatWindow struct {
	times []int64
	next  int
}

func (c *Chat) apply(r *Room, now int64, events []Event) (Reply, []Event) {
	m := r.sessions[c.Session]
	if m == nil {
		return Reply{Err: ErrNotInRoom}, events
	}
	if !r.mayChat(m.user, now) {
		return Reply{Err: ErrTooManyMessages}, events
	}
	r.active(now)
	return Reply{}, append(events, Event{Kind: ChatSent, User: m.user, Chat: &c.Message, At: now})
}

// mayChat counts a message of a user, unless it would be one too many within a
// minute.
func (r *Room) mayChat(user UserID, now int64) bool {
	limit := r.config.ChatPerMinute
	if limit == 0 {
		return true
	}
	w := r.chats[user]
	if w == nil {
		r.forgetChats(now)
		if r.chats == nil {
			r.chats = make(map[UserID]*chatWindow)
		}
		w = new(chatWindow)
		r.chats[user] = w
	}
	if len(w.times) < limit {
		w.times = append(w.times, now)
		return true
	}
	if w.times[w.next] > now-chatMinute {
		return false
	}
	w.times[w.next] = now
	w.next = (w.next + 1) % limit
	return true
}

// forgetChats drops the counts of users who have been silent for a minute. They
// are kept for those who leave: coming back doesn't clear them.
func (r *Room) forgetChats(now int64) {
	for user, w := range r.chats {
		last := w.times[(w.next+len(w.times)-1)%len(w.times)]
		if last <= now-chatMinute {
			delete(r.chats, user)
		}
	}
}
