package persistence

import (
	"context"
	"strconv"

	"github.com/redis/go-redis/v9"

	"audioroom/actors"
)

// request is one script call, encoded. Redis commands are lists of any, and to
// box each argument would cost an allocation; so the arguments are pointers
// into parts, which is used again for the next pipeline, and numbers are
// written into buf. A slice or pointer into what append has outgrown stays
// valid: what it points to is not changed any more.
type request struct {
	buf   []byte
	parts []part
	args  []any
}

// part is one argument, for the encoding.BinaryMarshaler that the client knows.
type part struct{ bytes []byte }

// MarshalBinary returns the argument.
func (p *part) MarshalBinary() ([]byte, error) { return p.bytes, nil }

// Above these capacities a request is not used again: a full commit of a room
// with many users is rare.
const (
	maxKeptBytes = 16 << 10
	maxKeptParts = 256
)

func (r *request) reset(script *any) {
	if cap(r.buf) > maxKeptBytes || cap(r.parts) > maxKeptParts {
		*r = request{}
	}
	clear(r.parts)
	r.buf, r.parts = r.buf[:0], r.parts[:0]
	r.args = append(r.args[:0], evalSHA, *script, noKeys)
}

var (
	evalSHA any = "evalsha"
	noKeys  any = "0"

	claimSHA any = claimScript.Hash()
	writeSHA any = writeScript.Hash()
	closeSHA any = closeScript.Hash()
)

func (r *request) bytes(b []byte) {
	r.parts = append(r.parts, part{b})
	r.args = append(r.args, &r.parts[len(r.parts)-1])
}

// since makes what was appended to buf from start on an argument.
func (r *request) since(start int) { r.bytes(r.buf[start:len(r.buf):len(r.buf)]) }

func (r *request) string(s string) {
	start := len(r.buf)
	r.buf = append(r.buf, s...)
	r.since(start)
}

func (r *request) int(n int64) {
	start := len(r.buf)
	r.buf = strconv.AppendInt(r.buf, n, 10)
	r.since(start)
}

func (r *request) uint(n uint64) {
	start := len(r.buf)
	r.buf = strconv.AppendUint(r.buf, n, 10)
	r.since(start)
}

// change is one entry of write.lua's list.
func (r *request) change(kind string, which int64, yes bool) {
	r.string(kind)
	r.int(which)
	if yes {
		r.string("1")
	} else {
		r.bytes(nil)
	}
}

func (r *request) seat(s *actors.SeatChange) {
	r.string("seat")
	r.int(int64(s.Seat))
	start := len(r.buf)
	if s.User != 0 {
		r.buf = append(r.buf, `{"userId":`...)
		r.buf = strconv.AppendInt(r.buf, int64(s.User), 10)
		r.buf = append(r.buf, `,"muted":`...)
		r.buf = strconv.AppendBool(r.buf, s.Muted)
		r.buf = append(r.buf, '}')
	}
	r.since(start)
}

// claim encodes a claim; the answer is the epoch and the snapshot.
func (r *request) claim(ctx context.Context, roomID, token string) *redis.SliceCmd {
	r.reset(&claimSHA)
	r.string(roomID)
	r.string(token)
	return redis.NewSliceCmd(ctx, r.args...)
}

// commit encodes a commit; the answer is one of the answers of guard.lua.
func (r *request) commit(ctx context.Context, c *actors.Commit, server string, inactivity int64) *redis.IntCmd {
	if c.Close {
		r.reset(&closeSHA)
		r.guard(c, server)
		r.bytes(c.Status)
		r.string(c.Quarantine)
		return redis.NewIntCmd(ctx, r.args...)
	}
	r.reset(&writeSHA)
	r.guard(c, server)
	r.bytes(c.Snapshot)
	r.int(c.Activity)
	r.int(inactivity)
	r.int(int64(max(c.Participants, 0)))
	r.bytes(c.Status)
	for i := range c.Seats {
		r.seat(&c.Seats[i])
	}
	for _, l := range c.Locks {
		r.change("lock", int64(l.Seat), l.Locked)
	}
	for _, u := range c.Users {
		r.change("user", int64(u.User), u.In)
	}
	return redis.NewIntCmd(ctx, r.args...)
}

func (r *request) guard(c *actors.Commit, server string) {
	r.string(c.RoomID)
	r.uint(c.Epoch)
	r.uint(c.Last)
	r.uint(c.Revision)
	// Closing removes everything, whatever is there.
	if !c.Full && !c.Close {
		server = ""
	}
	r.string(server)
}

// sizeOf is roughly how many bytes an order takes on the wire.
func (o *order) size() int {
	const perScript, perChange = 300, 50
	if o.commit == nil {
		return perScript
	}
	c := o.commit
	return perScript + len(c.Snapshot) + len(c.Status) + perChange*(len(c.Seats)+len(c.Locks)+len(c.Users))
}
