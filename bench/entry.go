package bench

import (
	"errors"
	"fmt"
	"math/bits"
)

// enter has the member join a room. The first one of a room is waited for before
// others follow, and somebody stays in it while others come and go: where in the
// sequence a join stands is known from who hears of it.
func (m *member) enter(r *room, q *request) {
	if m.room != nil {
		panic("bench: a member enters a second room")
	}
	m.room, m.join = r, q
	m.inside, m.joined, m.placed = false, false, false
	q.event, q.payload, q.answer, q.toOthers, q.count = "room:join", r.payload, entry, true, 0
	if len(r.members) > 0 && r.users[m.user] == 0 {
		q.causes(fact{kind: userJoined, user: m.user})
		r.waiting[m.user] = m
	}
	r.members = append(r.members, m)
	m.send(q, m.run.loop.Now())
}

// entered takes the answer to a join.
func (m *member) entered(q *request, data []byte) {
	told, err := readState(data, m.room.id)
	if err != nil {
		m.run.fail("ack", "the join of user %d was answered badly: %w: %s", m.user, err, clip(data))
		return
	}
	m.joined, m.told = true, told
	switch {
	case m.placed: // others heard of it first
		m.arrive()
	case q.count == 0: // there are no others, or they knew the user
		if len(m.room.expected) > 0 {
			panic("bench: a silent join while the room is busy")
		}
		m.room.join(m.user)
		m.place(m.room.end())
	}
}

// place tells the member its place in the sequence: behind its own join.
func (m *member) place(cursor int) {
	m.cursor, m.placed, m.last = cursor, true, cursor-1
	m.is = m.room.view
	m.is.userSum -= mix(m.user)
	if m.joined {
		m.arrive()
	}
}

// arrive goes on when the join was answered and its place is known.
func (m *member) arrive() {
	if m.told.participants > maxListed {
		m.is.userSum = 0 // not all are listed
	}
	if m.told != m.is {
		// If it is because somebody missed a broadcast, that is what is told.
		told, is, id := m.told, m.is, m.room.id
		m.doubt = new(doubt) // what it hears from now on is no matter
		m.run.doubts++
		m.run.loop.After(2*doubtTime, func() {
			m.run.doubts--
			m.run.fail("ack", "the join of user %d was told of %s, where room %s has %s%s", m.user, told, id, is, told.unlike(is))
		})
		return
	}
	m.inside = true
	early := m.early
	m.early = nil
	for _, data := range early {
		m.Event(data)
	}
	m.join.finish()
}

// exit has the member leave its room. Its request tells what it causes for its
// seat.
func (m *member) exit(q *request) {
	q.event, q.payload, q.answer, q.toOthers = "room:leave", m.room.payload, success, true
	q.facts[0], q.count = fact{kind: userLeft, user: m.user}, 1
	for seat, user := range m.room.seats {
		if user == m.user {
			q.causes(fact{kind: seatCleared, seat: int16(seat)}, fact{kind: userLeft, user: m.user})
		}
	}
	m.send(q, m.run.loop.Now())
}

// gone takes the member out of its room once that is answered, or at once if its
// connection is cut.
func (m *member) gone() {
	m.room.remove(m)
	m.room, m.inside = nil, false
}

var errState = errors.New("no state")

// maxListed is how many participants a room's state lists at most.
const maxListed = 500

// readState reads the answer to a join.
func readState(data []byte, roomID string) (view, error) {
	array := scanObject(data)
	if !array.next() {
		return view{}, errState
	}
	var v view
	listed, found := 0, 0
	for fields := scanObject(array.value); fields.next(); {
		switch string(fields.key) {
		case "roomId":
			if string(text(fields.value)) != roomID {
				return v, fmt.Errorf("it is of room %s", text(fields.value))
			}
			found |= 1
		case "participantCount":
			n, ok := number(fields.value)
			if !ok {
				return v, errState
			}
			v.participants = int(n)
			found |= 2
		case "participants":
			for users := scanObject(fields.value); users.next(); listed++ {
				v.userSum += mix(member64(users.value, "id"))
			}
			found |= 4
		case "seats":
			for seats := scanObject(fields.value); seats.next(); v.seats++ {
				v.placeSum += place(int16(member64(seats.value, "seatIndex")), member64(seats.value, "userId"))
			}
			found |= 8
		case "lockedSeats":
			for seats := scanObject(fields.value); seats.next(); v.locks++ {
				n, _ := number(seats.value)
				v.placeSum += place(int16(n), -1)
			}
			found |= 16
		}
	}
	if missing := ^found & 31; missing != 0 {
		names := []string{"roomId", "participantCount", "participants", "seats", "lockedSeats"}
		return v, fmt.Errorf("it lacks %s", names[bits.TrailingZeros(uint(missing))])
	}
	if v.participants > maxListed {
		v.userSum = 0
	} else if listed != v.participants-1 {
		return v, fmt.Errorf("it lists %d participants beside the joiner and counts %d in all", listed, v.participants)
	}
	return v, nil
}

// member64 returns a number of an object.
func member64(object []byte, key string) int64 {
	for fields := scanObject(object); fields.next(); {
		if string(fields.key) == key {
			n, _ := number(fields.value)
			return n
		}
	}
	return 0
}
