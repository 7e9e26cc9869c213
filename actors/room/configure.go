package room

func (c *Configure) apply(r *Room, _ int64, events []Event) (Reply, []Event) {
	count := len(r.seats)
	if c.MaxSeats < 0 || c.MaxSeats > MaxSeats || c.SeatCount < 0 || c.SeatCount > MaxSeats {
		return Reply{}, events
	}
	if c.MaxSeats > 0 {
		count = c.MaxSeats
	} else if c.SeatCount > 0 && c.By != 0 && c.By == c.Owner {
		count = c.SeatCount
	}
	if c.Owner == r.owner && c.MaxSeats == r.maxSeats && count == len(r.seats) {
		return Reply{}, events
	}
	r.revision++
	r.owner, r.maxSeats = c.Owner, c.MaxSeats
	if r.seats != nil && count != len(r.seats) {
		events = r.resize(count, events)
	}
	return Reply{}, events
}

func (c *Resize) apply(r *Room, _ int64, events []Event) (Reply, []Event) {
	if c.MaxSeats < 1 || c.MaxSeats > MaxSeats || c.MaxSeats == r.maxSeats && (r.seats == nil || c.MaxSeats == len(r.seats)) {
		return Reply{}, events
	}
	r.revision++
	r.maxSeats = c.MaxSeats
	if r.seats != nil && c.MaxSeats != len(r.seats) {
		events = r.resize(c.MaxSeats, events)
	}
	return Reply{}, events
}

// resize sets the number of seats. Who sits beyond is cleared, locks beyond are
// lifted, invites beyond end, and the room is told of all of it.
func (r *Room) resize(count int, events []Event) []Event {
	for i := count; i < len(r.seats); i++ {
		events = r.clear(i, 0, events)
		if r.seats[i].locked {
			r.seats[i].locked = false
			events = append(events, Event{Kind: SeatLocked, Seat: i})
		}
	}
	for i := len(r.invites) - 1; i >= 0; i-- {
		if r.invites[i].seat >= count {
			events = r.endInvite(i, events)
		}
	}
	seats := make([]seat, count)
	copy(seats, r.seats)
	r.seats = seats
	return events
}
