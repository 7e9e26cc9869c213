package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// Redis is a redis-server of its own, with its own port and folder. Stopped and
// started again it has the same of both.
type Redis struct {
	client *redis.Client
	addr   string
	dir    string
	args   []string // beside the usual ones
	cmd    *exec.Cmd
	ended  chan struct{}
}

// The tests let Redis come and go; its client need not comment on it.
func init() { redis.SetLogger(silence{}) }

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// NewRedis reserves an address and, if it is to be up, starts the process there,
// with arguments put over the usual ones.
func NewRedis(up bool, args ...string) (*Redis, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	dir, err := tempDir("redis")
	if err != nil {
		return nil, err
	}
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
	r := &Redis{client: client, addr: addr, dir: dir, args: args}
	if up {
		if err := r.Start(); err != nil {
			r.Close()
			return nil, err
		}
	}
	return r, nil
}

// URL returns where the server is configured to find it.
func (r *Redis) URL() string { return "redis://" + r.addr }

// Start starts the process on what it kept, and waits until it answers.
func (r *Redis) Start() error {
	_, port, _ := net.SplitHostPort(r.addr)
	args := []string{"--port", port, "--bind", "127.0.0.1", "--dir", r.dir,
		"--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--daemonize", "no"}
	r.cmd = exec.Command("redis-server", append(args, r.args...)...)
	dieWithParent(r.cmd)
	if err := r.cmd.Start(); err != nil {
		return fmt.Errorf("the tests need redis-server: %w", err)
	}
	cmd, ended := r.cmd, make(chan struct{})
	r.ended = ended
	go func() {
		cmd.Wait()
		close(ended)
	}()
	for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		ctx, cancel := background()
		err := r.client.Ping(ctx).Err()
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("redis-server ended: %v", cmd.ProcessState)
		default:
		}
		if time.Now().After(late) {
			return fmt.Errorf("redis-server does not answer: %w", err)
		}
	}
}

// Stop ends the process; what it holds is kept in its folder.
func (r *Redis) Stop() {
	if r.cmd == nil {
		return
	}
	r.cmd.Process.Signal(syscall.SIGCONT)
	r.cmd.Process.Signal(syscall.SIGTERM)
	<-r.ended
	r.cmd = nil
}

// Kill ends the process on the spot; what it had written is in its folder.
func (r *Redis) Kill() {
	r.cmd.Process.Kill()
	<-r.ended
	r.cmd = nil
}

// Freeze stops the process in its tracks: connections stay, nothing answers.
func (r *Redis) Freeze(t testing.TB) {
	t.Helper()
	require.NoError(t, r.cmd.Process.Signal(syscall.SIGSTOP))
	t.Cleanup(r.Thaw)
}

// Thaw lets a frozen process go on.
func (r *Redis) Thaw() {
	if r.cmd != nil {
		r.cmd.Process.Signal(syscall.SIGCONT)
	}
}

// Close ends the process and removes its folder.
func (r *Redis) Close() {
	r.client.Close()
	r.Stop()
	os.RemoveAll(r.dir)
}

// Keys returns the keys that match a pattern.
func (r *Redis) Keys(t testing.TB, pattern string) []string {
	t.Helper()
	ctx, cancel := background()
	defer cancel()
	keys, err := r.client.Keys(ctx, pattern).Result()
	require.NoError(t, err)
	return keys
}

// Get returns a string key, "" if there is none.
func (r *Redis) Get(t testing.TB, key string) string {
	t.Helper()
	ctx, cancel := background()
	defer cancel()
	value, err := r.client.Get(ctx, key).Result()
	if err != redis.Nil {
		require.NoError(t, err)
	}
	return value
}

// Set sets a string key.
func (r *Redis) Set(t testing.TB, key, value string) {
	t.Helper()
	ctx, cancel := background()
	defer cancel()
	require.NoError(t, r.client.Set(ctx, key, value, 0).Err())
}

// Announce publishes a message if Redis is there.
func (r *Redis) Announce(channel, message string) error {
	ctx, cancel := background()
	defer cancel()
	return r.client.Publish(ctx, channel, message).Err()
}

// Publish publishes a message and returns how many heard it.
func (r *Redis) Publish(t testing.TB, channel, message string) int64 {
	t.Helper()
	ctx, cancel := background()
	defer cancel()
	heard, err := r.client.Publish(ctx, channel, message).Result()
	require.NoError(t, err)
	return heard
}

// TTL returns how long a key still lives.
func (r *Redis) TTL(t testing.TB, key string) time.Duration {
	t.Helper()
	ctx, cancel := background()
	defer cancel()
	ttl, err := r.client.TTL(ctx, key).Result()
	require.NoError(t, err)
	return ttl
}

// ActiveAt returns the room's place in rooms:active, in Unix milliseconds, and
// whether it has one.
func (r *Redis) ActiveAt(t testing.TB, roomID string) (int64, bool) {
	t.Helper()
	ctx, cancel := background()
	defer cancel()
	score, err := r.client.ZScore(ctx, "rooms:active", roomID).Result()
	if err == redis.Nil {
		return 0, false
	}
	require.NoError(t, err)
	return int64(score), true
}

// Outbox returns the status that waits for a room, nil if there is none.
func (r *Redis) Outbox(t testing.TB, roomID string) P {
	t.Helper()
	ctx, cancel := background()
	defer cancel()
	text, err := r.client.HGet(ctx, "laravel:outbox", roomID).Result()
	if err == redis.Nil {
		return nil
	}
	require.NoError(t, err)
	var status P
	require.NoError(t, json.Unmarshal([]byte(text), &status), text)
	return status
}

// Kept is what the keys for other readers tell of a room.
type Kept struct {
	Seats        map[int]P // seat index → what its key says
	Locked       []int
	Participants int
}

// Kept reads the keys for other readers.
func (r *Redis) Kept(t testing.TB, roomID string) Kept {
	t.Helper()
	ctx, cancel := background()
	defer cancel()
	kept := Kept{Seats: map[int]P{}, Locked: []int{}}
	prefix := "room:" + roomID + ":"
	for _, key := range r.Keys(t, prefix+"seat:*") {
		index, err := strconv.Atoi(strings.TrimPrefix(key, prefix+"seat:"))
		require.NoError(t, err, key)
		var seat P
		require.NoError(t, json.Unmarshal([]byte(r.Get(t, key)), &seat), key)
		kept.Seats[index] = seat
	}
	locked, err := r.client.SMembers(ctx, prefix+"locked_seats").Result()
	require.NoError(t, err)
	for _, member := range locked {
		index, err := strconv.Atoi(member)
		require.NoError(t, err, "locked_seats has %q", member)
		kept.Locked = append(kept.Locked, index)
	}
	if count := r.Get(t, prefix+"participants"); count != "" {
		kept.Participants, err = strconv.Atoi(count)
		require.NoError(t, err)
	}
	return kept
}

// Empty lets Redis lose everything that it holds.
func (r *Redis) Empty(t testing.TB) {
	t.Helper()
	ctx, cancel := background()
	defer cancel()
	require.NoError(t, r.client.FlushAll(ctx).Err())
}

// Do carries out a command.
func (r *Redis) Do(t testing.TB, args ...any) {
	t.Helper()
	ctx, cancel := background()
	defer cancel()
	require.NoError(t, r.client.Do(ctx, args...).Err(), "%v", args)
}

// Fields returns a hash, empty if there is none.
func (r *Redis) Fields(t testing.TB, key string) map[string]string {
	t.Helper()
	ctx, cancel := background()
	defer cancel()
	fields, err := r.client.HGetAll(ctx, key).Result()
	require.NoError(t, err)
	return fields
}
