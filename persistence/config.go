package persistence

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// Defaults of Config's fields.
const (
	DefaultURL           = "redis://127.0.0.1:6379/0"
	DefaultInactivity    = 120 * time.Second
	DefaultCommitTimeout = time.Second
	// DefaultPipelines: one. A second pipeline in flight gains nothing while
	// Redis is the bottleneck, makes batches smaller, and would let two rooms'
	// commits overtake each other, which matters for a user who moves between
	// them.
	DefaultPipelines = 1
	// DefaultBatchCount bounds how long Redis works on one pipeline: some 10 ms
	// at 20 µs a commit.
	DefaultBatchCount = 512
	DefaultBatchBytes = 1 << 20
	DefaultProbe      = time.Second
	// DefaultRefresh leaves room for three failures before user:{id}:room
	// expires after 24 h.
	DefaultRefresh = 6 * time.Hour
)

// The connections. The timeouts bound how long a frozen or unreachable Redis
// holds a goroutine, and with it how long the store takes to notice that it is
// back.
const (
	dialTimeout = time.Second
	// ioTimeout is for one read or write of a pipeline. Far above what Redis
	// takes (milliseconds), so that a busy Redis is not asked everything twice.
	ioTimeout = 2 * time.Second
	// askTimeout is for questions whose context has no deadline.
	askTimeout = time.Second
	// askConnections is how many questions are under way at a time; more wait
	// their turn within their timeout.
	askConnections = 16

	// pipeBuffer is what a writer hands to the kernel at once: some 80 commits.
	pipeBuffer = 128 << 10
	askBuffer  = 4 << 10
)

// Config is what a store needs. A zero field means its default.
type Config struct {
	// URL of Redis: redis://user:password@host:port/db, rediss:// or unix://.
	URL string
	// Inactivity is after what time room:{id}:activity expires: the time after
	// which an empty room closes.
	Inactivity time.Duration
	// CommitTimeout is how long a claim or commit may take before its sender
	// is told that it is late.
	CommitTimeout time.Duration
	// Pipelines is how many pipelines are in flight at a time.
	Pipelines int
	// BatchCount and BatchBytes bound one pipeline: the number of claims and
	// commits in it, and roughly their size. One commit always goes, whatever
	// its size.
	BatchCount, BatchBytes int
	// Probe is the interval between two questions whether Redis is there.
	Probe time.Duration
	// Refresh is the interval at which user:{id}:room of the users in rooms is
	// renewed.
	Refresh time.Duration
	// Wrap returns the connection that commits use in the place of one that was
	// made. The default returns it as it is.
	Wrap func(net.Conn) net.Conn
	// Logger is for what an operator should know: Redis lost, Redis back. The
	// default discards.
	Logger *slog.Logger
	// Observer hears what metrics count. The default ignores it.
	Observer Observer
}

func (c Config) withDefaults() Config {
	if c.URL == "" {
		c.URL = DefaultURL
	}
	for _, d := range []struct {
		field    *time.Duration
		standard time.Duration
	}{
		{&c.Inactivity, DefaultInactivity},
		{&c.CommitTimeout, DefaultCommitTimeout},
		{&c.Probe, DefaultProbe},
		{&c.Refresh, DefaultRefresh},
	} {
		if *d.field == 0 {
			*d.field = d.standard
		}
	}
	for _, n := range []struct {
		field    *int
		standard int
	}{
		{&c.Pipelines, DefaultPipelines},
		{&c.BatchCount, DefaultBatchCount},
		{&c.BatchBytes, DefaultBatchBytes},
	} {
		if *n.field == 0 {
			*n.field = n.standard
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Wrap == nil {
		c.Wrap = asItIs
	}
	if c.Observer == nil {
		c.Observer = ignore{}
	}
	return c
}

func asItIs(c net.Conn) net.Conn { return c }

// Validate returns all that is wrong with the configuration, joined, or nil.
// The URL's password is not repeated in it.
func (c Config) Validate() error {
	c = c.withDefaults()
	var wrong []error
	if _, err := redis.ParseURL(c.URL); err != nil {
		wrong = append(wrong, errors.New("redis URL: want redis://[user:password@]host:port[/db], rediss://… or unix://…"))
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"inactivity", c.Inactivity}, {"commit timeout", c.CommitTimeout},
		{"probe interval", c.Probe}, {"refresh interval", c.Refresh},
	} {
		if d.value < time.Millisecond {
			wrong = append(wrong, fmt.Errorf("%s: %v is less than a millisecond", d.name, d.value))
		}
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"pipelines", c.Pipelines}, {"batch count", c.BatchCount}, {"batch bytes", c.BatchBytes},
	} {
		if n.value < 1 {
			wrong = append(wrong, fmt.Errorf("%s: %d is less than 1", n.name, n.value))
		}
	}
	return errors.Join(wrong...)
}
