package persistence

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"audioroom/actors"
	"audioroom/actors/fifo"
	"audioroom/actors/room"
)

// How long to wait before sending again what was not confirmed: doubled from
// minBackoff to maxBackoff, cut short when the prober finds Redis back.
const (
	minBackoff = 50 * time.Millisecond
	maxBackoff = 500 * time.Millisecond
)

func backoff(attempts int) time.Duration {
	return min(minBackoff<<min(attempts, 10), maxBackoff)
}

// writer is one goroutine that has at most one pipeline in flight.
type writer struct {
	store *Store
	hurry chan struct{}
	// conn is kept from pipeline to pipeline: to take one from the pool each time
	// costs a system call that asks whether it is still there. Nil after a failure.
	conn *redis.Conn

	// again holds, in order, what goes first into the next pipeline: its last
	// one failed as a whole.
	again fifo.Queue[*order]
	// parked holds what failed for a reason of its own, while others went
	// through.
	parked []*order
	// failures counts failed pipelines in a row; not before resume is the next.
	failures int
	resume   time.Time
	loads    int // how often in a row Redis did not know the scripts

	// Of one pipeline, kept for the next.
	batch    []*order
	requests []*request
	answers  []redis.Cmder
	finished []*order

	complained time.Time // when a room's own fault was logged last
}

func (w *writer) run() {
	for w.next() {
		w.send()
		clear(w.batch)
		clear(w.answers)
	}
	w.hangUp()
	w.abandon()
}

// hangUp gives the connection up; the next pipeline takes another.
func (w *writer) hangUp() {
	if w.conn != nil {
		_ = w.conn.Close() // it failed already, or the store is closing
		w.conn = nil
	}
}

// next waits for orders and takes them into batch. It reports false when the
// store gives up.
func (w *writer) next() bool {
	s := w.store
	for s.ctx.Err() == nil {
		now := time.Now()
		if pause := w.resume.Sub(now); pause > 0 {
			select {
			case <-time.After(pause):
			case <-w.hurry:
				w.resume = time.Time{}
			case <-s.ctx.Done():
			}
			continue
		}
		if w.collect(now); len(w.batch) > 0 {
			return true
		}
		var due <-chan time.Time
		if len(w.parked) > 0 {
			first := w.parked[0].due
			for _, o := range w.parked {
				if o.due.Before(first) {
					first = o.due
				}
			}
			due = time.After(first.Sub(now))
		}
		select {
		case <-s.work:
		case <-due:
		case <-s.ctx.Done():
		}
	}
	return false
}

// collect fills batch: first what failed before, then what was handed over.
func (w *writer) collect(now time.Time) {
	s := w.store
	w.batch = w.batch[:0]
	bytes := 0
	fits := func(o *order) bool {
		bytes += o.size()
		return len(w.batch) == 0 || len(w.batch) < s.config.BatchCount && bytes <= s.config.BatchBytes
	}
	for w.again.Len() > 0 {
		if !fits(w.again.First()) {
			return
		}
		w.batch = append(w.batch, w.again.Pop())
	}
	waiting := w.parked[:0]
	for _, o := range w.parked {
		if !o.due.After(now) && fits(o) {
			w.batch = append(w.batch, o)
		} else {
			waiting = append(waiting, o)
		}
	}
	clear(w.parked[len(waiting):])
	w.parked = waiting

	s.mu.Lock()
	for s.queue.Len() > 0 && fits(s.queue.First()) {
		w.batch = append(w.batch, s.queue.Pop())
	}
	left := s.queue.Len() > 0
	s.mu.Unlock()
	if left {
		s.signal() // another writer may take it; or this one, next time
	}
}

// send sends batch as one pipeline and sees to each answer.
func (w *writer) send() {
	s := w.store
	w.answers = w.answers[:0]
	if w.conn == nil {
		w.conn = s.pipe.Conn()
	}
	pipeline := w.conn.Pipeline()
	for i, o := range w.batch {
		if i == len(w.requests) {
			w.requests = append(w.requests, new(request))
		}
		var answer redis.Cmder
		if o.commit != nil {
			answer = w.requests[i].commit(s.ctx, o.commit, s.server, s.config.Inactivity.Milliseconds())
		} else {
			answer = w.requests[i].claim(s.ctx, o.roomID, o.token)
		}
		w.answers = append(w.answers, answer)
		_ = pipeline.Process(s.ctx, answer) // only queues it
	}
	sent := time.Now()
	_, _ = pipeline.Exec(s.ctx) // each answer has its own error
	s.config.Observer.Pipeline(len(w.batch), time.Since(sent))
	w.settle()
}

// settle sorts the answers: finished, again, or parked.
func (w *writer) settle() {
	s := w.store
	w.finished = w.finished[:0]
	var broken error // what kept the pipeline as a whole from being confirmed
	unknown := false
	for i, o := range w.batch {
		err := read(o, w.answers[i])
		if err == nil {
			w.finished = append(w.finished, o)
			continue
		}
		if unknownScript(err) {
			unknown = true
			w.again.Push(o)
			continue
		}
		fault := faultOf(err)
		s.config.Observer.Fault(fault)
		if fault == FaultRoom {
			w.park(o, err)
			continue
		}
		broken = err
		w.again.Push(o)
	}
	finished := len(w.finished) > 0
	s.finish(w.finished)
	clear(w.finished)

	if unknown && broken == nil {
		if w.loads++; w.loads <= 2 {
			broken = loadScripts(s.ctx, w.conn)
		} else {
			broken = fmt.Errorf("redis forgets scripts as soon as they are loaded")
		}
	} else if broken == nil {
		w.loads = 0
	}
	switch {
	case broken != nil:
		w.hangUp()
		w.resume = time.Now().Add(backoff(w.failures))
		w.failures++
		if s.ctx.Err() == nil {
			s.health.writing(broken)
		}
	case finished:
		w.failures = 0
		s.health.writing(nil)
	}
}

// park keeps o, which failed for a reason of its own, for a later pipeline.
func (w *writer) park(o *order, err error) {
	now := time.Now()
	o.due = now.Add(backoff(o.attempts))
	o.attempts++
	w.parked = append(w.parked, o)
	if now.Sub(w.complained) >= 10*time.Second {
		w.complained = now
		w.store.config.Logger.Error("a room can't be saved; it serves from memory and the commit is repeated",
			"room", o.room(), "attempts", o.attempts, "error", err)
	}
}

// abandon answers all that the writer holds: the store is closed.
func (w *writer) abandon() {
	left := w.parked
	for w.again.Len() > 0 {
		left = append(left, w.again.Pop())
	}
	for _, o := range left {
		o.err = ErrClosed
	}
	w.store.finish(left)
}

func (o *order) room() string {
	if o.commit != nil {
		return o.commit.RoomID
	}
	return o.roomID
}

// read takes the outcome of o from its answer. An error means that there is no
// outcome yet.
func read(o *order, answer redis.Cmder) error {
	switch answer := answer.(type) {
	case *redis.IntCmd:
		code, err := answer.Result()
		if err != nil {
			return err
		}
		switch code {
		case answerWritten, answerRepeated:
			o.err = nil
		case answerFenced:
			o.err = actors.ErrFenced
		case answerDiverged:
			o.err = actors.ErrDiverged
		default:
			return fmt.Errorf("persistence: the commit script answered %d", code)
		}
		return nil
	case *redis.SliceCmd:
		reply, err := answer.Result()
		if err != nil {
			return err
		}
		return o.readClaim(reply)
	default:
		return fmt.Errorf("persistence: unexpected answer %T", answer)
	}
}

func (o *order) readClaim(reply []any) error {
	if len(reply) != 3 {
		return fmt.Errorf("persistence: the claim script answered %d values", len(reply))
	}
	text, _ := reply[0].(string)
	epoch, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return fmt.Errorf("persistence: the claim script answered %v as epoch", reply[0])
	}
	o.claim = actors.Claim{RoomID: o.roomID, Epoch: epoch}
	if snapshot, ok := reply[1].(string); ok {
		o.claim.Snapshot = []byte(snapshot)
	}
	o.claim.Blocked = readBlocked(reply[2])
	return nil
}

// readBlocked reads pairs of user and until; what is no number is left out.
func readBlocked(pairs any) map[room.UserID]int64 {
	list, _ := pairs.([]any)
	if len(list) == 0 {
		return nil
	}
	blocked := make(map[room.UserID]int64, len(list)/2)
	for pair := range slices.Chunk(list, 2) {
		user, err1 := strconv.ParseInt(fmt.Sprint(pair[0]), 10, 64)
		until, err2 := strconv.ParseInt(fmt.Sprint(pair[len(pair)-1]), 10, 64)
		if err1 == nil && err2 == nil {
			blocked[room.UserID(user)] = until
		}
	}
	return blocked
}
