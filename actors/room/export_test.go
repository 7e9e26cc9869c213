package room

// UntouchedSeatsAreFree reports whether nobody wrote to the seats that rooms share.
func UntouchedSeatsAreFree() bool { return untouched == [MaxSeats]seat{} }

// HasSeatsOfItsOwn reports whether the room's seats take memory.
func (r *Room) HasSeatsOfItsOwn() bool { return len(r.seats) > 0 && &r.seats[0] != &untouched[0] }
