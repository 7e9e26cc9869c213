package laravel

import (
	"hash/maphash"
	"sync"
	"time"
)

// cacheShards spreads the readers of the hot path over locks.
const cacheShards = 32

// cache keeps answers for a fixed time, bounded in number: the oldest make
// room. All answers that concern one room live in one shard, so that a room
// can be forgotten without looking at the others.
type cache[K comparable, V any] struct {
	seed   maphash.Seed
	ttl    time.Duration
	shards [cacheShards]shard[K, V]
}

// shard keeps its answers in a list from the oldest to the newest, which is
// also the order in which they expire.
type shard[K comparable, V any] struct {
	mu      sync.RWMutex
	limit   int
	answers map[K]*answer[K, V]
	oldest  *answer[K, V]
	newest  *answer[K, V]
	// forgets counts what was forgotten here: an answer asked for at an
	// earlier count must not be kept.
	forgets uint64
}

type answer[K comparable, V any] struct {
	key          K
	value        V
	expires      time.Time
	older, newer *answer[K, V]
}

func newCache[K comparable, V any](ttl time.Duration, size int) *cache[K, V] {
	c := &cache[K, V]{seed: maphash.MakeSeed(), ttl: ttl}
	for i := range c.shards {
		c.shards[i].limit = max(size/cacheShards, 1)
		c.shards[i].answers = make(map[K]*answer[K, V])
	}
	return c
}

func (c *cache[K, V]) shard(roomID string) *shard[K, V] {
	return &c.shards[maphash.String(c.seed, roomID)%cacheShards]
}

// get returns an answer that has not expired. It allocates nothing.
func (c *cache[K, V]) get(roomID string, key K) (value V, ok bool) {
	s := c.shard(roomID)
	s.mu.RLock()
	if a := s.answers[key]; a != nil && time.Now().Before(a.expires) {
		value, ok = a.value, true
	}
	s.mu.RUnlock()
	return value, ok
}

// seen returns the count of forgets that a question about the room starts at.
func (c *cache[K, V]) seen(roomID string) uint64 {
	s := c.shard(roomID)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.forgets
}

// put keeps an answer to a question that started at the given count, unless
// something was forgotten here since.
func (c *cache[K, V]) put(roomID string, key K, value V, seen uint64) {
	now := time.Now()
	s := c.shard(roomID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.forgets != seen {
		return
	}
	if a := s.answers[key]; a != nil {
		s.drop(a)
	}
	s.expire(now)
	for len(s.answers) >= s.limit {
		s.drop(s.oldest)
	}
	a := &answer[K, V]{key: key, value: value, expires: now.Add(c.ttl), older: s.newest}
	if s.newest == nil {
		s.oldest = a
	} else {
		s.newest.newer = a
	}
	s.newest = a
	s.answers[key] = a
}

// forget drops the room's answers whose key matches, and what is being asked
// at this moment.
func (c *cache[K, V]) forget(roomID string, match func(K) bool) {
	s := c.shard(roomID)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgets++
	for a := s.oldest; a != nil; {
		next := a.newer
		if match(a.key) {
			s.drop(a)
		}
		a = next
	}
}

// sweep drops what has expired.
func (c *cache[K, V]) sweep() {
	now := time.Now()
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		s.expire(now)
		s.mu.Unlock()
	}
}

// len returns the number of answers kept, expired ones included.
func (c *cache[K, V]) len() int {
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.RLock()
		n += len(s.answers)
		s.mu.RUnlock()
	}
	return n
}

func (s *shard[K, V]) expire(now time.Time) {
	for s.oldest != nil && !now.Before(s.oldest.expires) {
		s.drop(s.oldest)
	}
}

func (s *shard[K, V]) drop(a *answer[K, V]) {
	delete(s.answers, a.key)
	if a.older == nil {
		s.oldest = a.newer
	} else {
		a.older.newer = a.newer
	}
	if a.newer == nil {
		s.newest = a.older
	} else {
		a.newer.older = a.older
	}
	a.older, a.newer = nil, nil
}
