package main

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync"

	"audioroom/actors"
	"audioroom/actors/room"
	"audioroom/laravel"
)

// backend answers what rooms and sessions ask, with Laravel's word. A cached
// answer comes at once; another is waited for on a goroutine of its own. How
// many of these there are is bounded by what each session may have under way,
// and by the client's own queue.
type backend struct {
	client   *laravel.Client
	reporter *laravel.Reporter
	log      *slog.Logger
	server   string          // this process, in correlation ids
	ctx      context.Context // ends what is asked when the server stops
	asking   sync.WaitGroup
	panicked func() // hears of each panic that was survived
}

var _ actors.Backend = (*backend)(nil)

// correlation names a request, in this log and in the backend's: the process, the
// session, and the moment at which the request came, in µs.
func (b *backend) correlation(cause actors.Cause) string {
	if cause.Session == 0 {
		return ""
	}
	return b.server + "-" + strconv.FormatUint(uint64(cause.Session), 10) + "-" + strconv.FormatUint(uint64(cause.Begun), 36)
}

// KnownRank implements actors.Backend.
func (b *backend) KnownRank(roomID string, user room.UserID) (room.Rank, bool) {
	return b.client.CachedRank(roomID, int64(user))
}

// Rank implements actors.Backend.
func (b *backend) Rank(cause actors.Cause, roomID string, user room.UserID, answer func(room.Rank, error)) {
	if rank, ok := b.KnownRank(roomID, user); ok {
		answer(rank, nil)
		return
	}
	b.ask(func() { answer(b.client.Rank(b.context(cause), roomID, int64(user))) }, func(err error) { answer(room.RankUnknown, err) })
}

// Info implements actors.Backend.
func (b *backend) Info(cause actors.Cause, roomID string, answer func(actors.RoomInfo, error)) {
	tell := func(info laravel.Info, err error) {
		answer(actors.RoomInfo{Owner: room.UserID(info.OwnerID), MaxSeats: info.MaxSeats}, err)
	}
	if info, ok := b.client.CachedRoom(roomID); ok {
		tell(info, nil)
		return
	}
	b.ask(func() { tell(b.client.Room(b.context(cause), roomID)) }, func(err error) { tell(laravel.Info{}, err) })
}

// context is that of a question.
func (b *backend) context(cause actors.Cause) context.Context {
	ctx := laravel.WithCorrelation(b.ctx, b.correlation(cause))
	if t, ok := cause.Trace.(*trace); ok {
		ctx = t.within(ctx)
	}
	return ctx
}

// ask asks on a goroutine of its own. A panic there is an answer, too.
func (b *backend) ask(question func(), failed func(error)) {
	b.asking.Go(func() {
		defer func() {
			if reason := recover(); reason != nil {
				b.log.Error("panic survived", "in", "question", "reason", reason, "stack", string(debug.Stack()))
				b.panicked()
				failed(fmt.Errorf("panic: %v", reason))
			}
		}()
		question()
	})
}

// Report implements actors.Backend.
func (b *backend) Report(cause actors.Cause, roomID string, status []byte, closed bool) {
	if status == nil {
		b.reporter.Drop(roomID)
		return
	}
	b.reporter.ReportFor(b.correlation(cause), roomID, status, closed)
}
