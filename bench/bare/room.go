//go:build linux

package bare

import (
	"bytes"
	"fmt"
	"strconv"
)

// room is who is in it and what its seats are.
type room struct {
	id      string
	members []*conn
	seats   map[int]*conn
	locked  map[int]bool
	changed bool // since it was saved
}

// enter is a join: its answer is the room's state, without the member.
func (r *room) enter(c *conn) []byte {
	state := r.appendState(nil, len(r.members)+1)
	r.tell(c, `room:userJoined`, `{"userId":%d,"user":{"id":%d}}`, c.user, c.user)
	r.members = append(r.members, c)
	c.room = r
	return state
}

// exit is a leave, or the end of a connection.
func (r *room) exit(c *conn) {
	r.stand(c)
	for i, m := range r.members {
		if m == c {
			r.members = append(r.members[:i], r.members[i+1:]...)
			break
		}
	}
	c.room = nil
	r.tell(c, `room:userLeft`, `{"userId":%d}`, c.user)
}

func (r *room) sit(c *conn, seat int) {
	r.seats[seat], c.seat = c, seat
	r.tell(c, `seat:updated`, `{"seatIndex":%d,"userId":%d,"isMuted":false}`, seat, c.user)
}

func (r *room) stand(c *conn) {
	if r.seats[c.seat] == c {
		delete(r.seats, c.seat)
		r.tell(c, `seat:cleared`, `{"seatIndex":%d}`, c.seat)
	}
}

func (r *room) lock(seat int, yes bool) {
	if r.locked[seat] = yes; !yes {
		delete(r.locked, seat)
	}
	r.tell(nil, `seat:locked`, `{"seatIndex":%d,"isLocked":%t}`, seat, yes)
}

// tell has everybody but one hear of something.
func (r *room) tell(but *conn, event, payload string, args ...any) {
	r.changed = true
	var scratch [256]byte
	packet := fmt.Appendf(append(append(append(scratch[:0], `42["`...), event...), `",`...), payload, args...)
	packet = append(packet, ']')
	for _, m := range r.members {
		if m != but {
			m.packet(packet)
		}
	}
}

func (r *room) appendState(b []byte, participants int) []byte {
	b = fmt.Appendf(b, `{"roomId":"%s","participantCount":%d,"participants":[`, r.id, participants)
	for _, m := range r.members {
		b = fmt.Appendf(b, `{"id":%d},`, m.user)
	}
	b = append(bytes.TrimSuffix(b, []byte(",")), `],"seats":[`...)
	for seat, m := range r.seats {
		b = fmt.Appendf(b, `{"seatIndex":%d,"userId":%d},`, seat, m.user)
	}
	b = append(bytes.TrimSuffix(b, []byte(",")), `],"lockedSeats":[`...)
	for seat := range r.locked {
		b = append(strconv.AppendInt(b, int64(seat), 10), ',')
	}
	return append(bytes.TrimSuffix(b, []byte(",")), `]}`...)
}

// appendSave appends the command that saves the room.
func (r *room) appendSave(b, scratch []byte) (command, used []byte) {
	scratch = r.appendState(scratch[:0], len(r.members))
	b = fmt.Appendf(b, "*3\r\n$3\r\nSET\r\n$%d\r\nbare:%s\r\n$%d\r\n", len("bare:")+len(r.id), r.id, len(scratch))
	return append(append(b, scratch...), '\r', '\n'), scratch
}
