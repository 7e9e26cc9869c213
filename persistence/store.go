package persistence

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/semaphore"

	"audioroom/actors"
	"audioroom/actors/fifo"
)

// ErrClosed answers claims and commits that the store can't carry out any more
// because it is closed. Whether such a commit reached Redis is unknown.
var ErrClosed = errors.New("persistence: the store is closed")

// Store keeps rooms in Redis. All its methods may be called from any
// goroutine.
//
// It owns these goroutines, from Open to Close: one writer for each pipeline
// (takes orders, sends them, delivers the answers), the watcher (tells who waits
// too long), the prober (asks whether Redis is there) and the refresher (renews
// user:{id}:room). Callbacks run on the first two, never two at a time for the
// same claim or commit, never under a lock; a slow one holds up all rooms.
type Store struct {
	config Config
	health health
	// pipe is for the writers alone, so that they never wait for a connection;
	// ask is for everything else.
	pipe, ask *redis.Client
	lookups   *semaphore.Weighted // of the connections of ask, those that clients may take

	// server names this store among those of other processes; with claims it
	// makes the tokens that tell claims apart.
	server string
	claims atomic.Uint64

	// ctx ends when the store gives up what is left; goroutines counts its
	// goroutines.
	ctx        context.Context
	stop       context.CancelFunc
	goroutines sync.WaitGroup

	// work tells a writer that the queue is not empty.
	work chan struct{}
	// hurry, one for each writer, cuts its backoff short.
	hurry []chan struct{}
	alarm *time.Timer // of the watcher

	mu       sync.Mutex
	queue    fifo.Queue[*order]
	watched  watchList
	alarmSet bool
	pending  int // orders not answered
	closing  bool
	drained  chan struct{} // closed when closing and pending is 0
	orders   sync.Pool
}

var _ actors.Store = (*Store)(nil)

// Open makes a store and starts its goroutines. It does not wait for Redis: if
// it is not there, Healthy says so and claims and commits wait for it. The error
// joins all that is wrong with config.
func Open(config Config) (*Store, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	pipe, err := newClient(config.URL, config.Pipelines, pipeBuffer, config.Wrap)
	if err != nil {
		return nil, err
	}
	ask, err := newClient(config.URL, askConnections, askBuffer, asItIs)
	if err != nil {
		return nil, err
	}
	s := &Store{
		config: config, pipe: pipe, ask: ask, lookups: semaphore.NewWeighted(askConnections / 2),
		server:  rand.Text(), // without "-"
		work:    make(chan struct{}, 1),
		alarm:   time.NewTimer(time.Hour),
		drained: make(chan struct{}),
	}
	s.alarm.Stop()
	s.orders.New = func() any { return new(order) }
	s.health.init(config.Logger)
	s.ctx, s.stop = context.WithCancel(context.Background())
	for range config.Pipelines {
		w := &writer{store: s, hurry: make(chan struct{}, 1)}
		s.hurry = append(s.hurry, w.hurry)
		s.goroutines.Go(w.run)
	}
	s.goroutines.Go(s.watch)
	s.goroutines.Go(s.probe)
	s.goroutines.Go(s.refresh)
	return s, nil
}

// Claim implements actors.Store. After Close it answers ErrClosed.
func (s *Store) Claim(roomID string, by actors.Claimer) {
	o := s.orders.Get().(*order)
	*o = order{
		roomID: roomID, claimer: by,
		token: s.server + "-" + strconv.FormatUint(s.claims.Add(1), 36),
	}
	s.hand(o)
}

// Commit implements actors.Store. After Close it answers ErrClosed.
func (s *Store) Commit(c *actors.Commit) {
	o := s.orders.Get().(*order)
	*o = order{commit: c}
	s.hand(o)
}

// hand puts o into the queue, whose length has no bound of its own: a room hands
// over one claim or commit at a time, so it is bounded by the number of rooms.
func (s *Store) hand(o *order) {
	o.handed = time.Now()
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		o.err = ErrClosed
		go o.deliver() // not on the caller's goroutine, which may hold locks
		return
	}
	s.pending++
	s.queue.Push(o)
	s.watched.add(o)
	s.setAlarm()
	s.mu.Unlock()
	s.signal()
}

// signal wakes a writer.
func (s *Store) signal() {
	select {
	case s.work <- struct{}{}:
	default:
	}
}

// finish delivers the outcomes of orders, whose err and claim are set. orders is
// altered.
func (s *Store) finish(orders []*order) {
	now := time.Now()
	s.mu.Lock()
	ours := orders[:0]
	relieved := 0
	for _, o := range orders {
		s.watched.remove(o)
		o.done = true
		if o.late {
			relieved++
		}
		if !o.telling {
			ours = append(ours, o)
		}
	}
	s.mu.Unlock()
	if relieved > 0 {
		s.health.unsaved(-relieved)
	}
	for _, o := range ours {
		s.deliver(o, now)
	}
}

// deliver tells the outcome of an order that is done, and forgets it.
func (s *Store) deliver(o *order, now time.Time) {
	s.config.Observer.Done(now.Sub(o.handed), o.err)
	o.deliver()
	*o = order{}
	s.orders.Put(o)
	s.mu.Lock()
	s.pending--
	s.checkDrained()
	s.mu.Unlock()
}

// checkDrained is called with mu held.
func (s *Store) checkDrained() {
	if s.closing && s.pending == 0 {
		select {
		case <-s.drained:
		default:
			close(s.drained)
		}
	}
}

// Close takes no new claims and commits, waits until those under way are
// answered or ctx ends, and ends the store's goroutines and connections.
// Whoever still waits then hears ErrClosed before Close returns; the error is
// ctx's in that case. Closing again does nothing.
func (s *Store) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	s.checkDrained()
	s.mu.Unlock()

	var err error
	select {
	case <-s.drained:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	s.stop()
	// Cuts short what the goroutines wait for.
	closing := errors.Join(s.pipe.Close(), s.ask.Close())
	s.goroutines.Wait()
	s.giveUp()
	if errors.Is(closing, redis.ErrClosed) {
		closing = nil
	}
	return errors.Join(err, closing)
}

// giveUp answers what no writer has taken. No goroutine of the store runs any
// more.
func (s *Store) giveUp() {
	var left []*order
	s.mu.Lock()
	for s.queue.Len() > 0 {
		o := s.queue.Pop()
		o.err = ErrClosed
		left = append(left, o)
	}
	s.mu.Unlock()
	s.finish(left)
}
