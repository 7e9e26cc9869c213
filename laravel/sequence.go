package laravel

import (
	"container/list"
	"hash/maphash"
	"sync"
)

// Sequence keeps the backend's events in their sense although they may arrive
// twice or out of order. It remembers the last few thousand. Any goroutine may
// use it.
type Sequence struct {
	seed maphash.Seed

	mu    sync.Mutex
	seen  recent[uint64]
	times recent[string]
}

// maxRemembered bounds what a Sequence remembers of each kind.
const maxRemembered = 16_384

// NewSequence returns one that has seen nothing.
func NewSequence() *Sequence {
	return &Sequence{seed: maphash.MakeSeed(), seen: newRecent[uint64](), times: newRecent[string]()}
}

// First reports whether the event has not come before: the same envelope, told
// by its correlation id. An event without one is always the first.
func (s *Sequence) First(e *Event) bool {
	if e.CorrelationID == "" {
		return true
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	maphash.WriteComparable(&h, [...]string{e.Name, e.Room, e.CorrelationID, string(e.Payload)})
	maphash.WriteComparable(&h, [...]int64{e.User, e.At})
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.seen.put(h.Sum64(), 0)
	return !known
}

// Newest reports whether no later event about the same thing has come. An event
// that tells no time always counts as new. about names the thing.
func (s *Sequence) Newest(about string, e *Event) bool {
	if e.At == 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, known := s.times.get(about); known && at > e.At {
		return false
	}
	s.times.put(about, e.At)
	return true
}

// recent is a map that forgets what was not used for the longest time.
type recent[K comparable] struct {
	entries map[K]*list.Element
	order   *list.List // the latest first
}

type recentEntry[K comparable] struct {
	key   K
	value int64
}

func newRecent[K comparable]() recent[K] {
	return recent[K]{entries: make(map[K]*list.Element), order: list.New()}
}

func (r *recent[K]) get(key K) (int64, bool) {
	e := r.entries[key]
	if e == nil {
		return 0, false
	}
	return e.Value.(*recentEntry[K]).value, true
}

// put sets a value and returns the one before, if there was any.
func (r *recent[K]) put(key K, value int64) (before int64, known bool) {
	if e := r.entries[key]; e != nil {
		entry := e.Value.(*recentEntry[K])
		before, entry.value = entry.value, value
		r.order.MoveToFront(e)
		return before, true
	}
	r.entries[key] = r.order.PushFront(&recentEntry[K]{key, value})
	if r.order.Len() > maxRemembered {
		last := r.order.Back()
		delete(r.entries, last.Value.(*recentEntry[K]).key)
		r.order.Remove(last)
	}
	return 0, false
}
