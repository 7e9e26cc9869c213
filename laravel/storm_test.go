package laravel

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/laravel/standin"
)

// sequenceOf reads the number that live and closing put into a status.
func sequenceOf(t testing.TB, body string) int {
	t.Helper()
	var status struct {
		Count int `json:"participant_count"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &status))
	return status.Count
}

// closing is the n-th status of a room, a close; the count is its number.
func closing(n int) []byte {
	return fmt.Appendf(nil, `{"is_live":false,"participant_count":%d,"ended_at":"2026-01-02T03:04:05.000Z"}`, n)
}

// moody answers as the backend does, or late, or not at all, or with an error,
// before or after the backend took the status.
func moody(next http.RoundTripper, dice *rand.Rand, lock *sync.Mutex, calm func() bool) transport {
	roll := func(n int) int {
		lock.Lock()
		defer lock.Unlock()
		return dice.IntN(n)
	}
	canned := func(status int, header http.Header) *http.Response {
		return &http.Response{StatusCode: status, Header: header, Body: http.NoBody}
	}
	return func(req *http.Request) (*http.Response, error) {
		if calm() {
			return next.RoundTrip(req)
		}
		if roll(3) == 0 {
			time.Sleep(time.Duration(roll(5000)) * time.Millisecond)
		}
		switch roll(12) {
		case 0, 1:
			return canned(503, nil), nil
		case 2:
			return nil, errors.New("connection refused")
		case 3:
			if resp, err := next.RoundTrip(req); err == nil {
				resp.Body.Close()
			}
			return nil, errors.New("connection lost after it was taken")
		case 4:
			return canned(429, http.Header{"Retry-After": {"2"}}), nil
		}
		return next.RoundTrip(req)
	}
}

func TestReporter_AnyOrderOfEvents(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed_%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var lock sync.Mutex
				dice := rand.New(rand.NewPCG(seed, 1))
				calm := false
				b, box := standin.New(key), newShelf()
				c := newClient(t, b, func(cfg *Config) {
					cfg.Transport = moody(b.Transport(), rand.New(rand.NewPCG(seed, 2)), &lock, func() bool {
						lock.Lock()
						defer lock.Unlock()
						return calm
					})
				})
				r := newReporter(t, c, box)
				rooms := 1 + dice.IntN(40)
				last := make([]string, rooms)
				for n := range 1500 {
					which := dice.IntN(rooms)
					closed := dice.IntN(5) == 0
					body := live(n)
					if closed {
						body = closing(n)
					}
					last[which] = string(body)
					committed(box, r, roomName(which), body, closed)
					if dice.IntN(3) == 0 {
						time.Sleep(time.Duration(dice.IntN(500)) * time.Millisecond)
					}
				}
				lock.Lock()
				calm = true
				lock.Unlock()
				time.Sleep(3 * time.Minute)

				require.Zero(t, r.Pending())
				require.Zero(t, tracked(r))
				require.Zero(t, box.len())
				require.LessOrEqual(t, b.Peak(standin.Status), 16)
				for which := range rooms {
					if last[which] == "" {
						continue
					}
					before := -1
					for _, call := range b.Statuses(roomName(which)) {
						require.Equal(t, 1, call.RoomCalls)
						number := sequenceOf(t, string(call.Body))
						require.GreaterOrEqual(t, number, before, "an older status after a newer one")
						before = number
					}
					accepted := b.Accepted(roomName(which))
					require.Equal(t, last[which], accepted[len(accepted)-1])
				}
			})
		})
	}
}

func TestReporter_WindowsUnderAnyLoad(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 3))
			b := standin.New(key)
			r := newReporter(t, newClient(t, b), nil)
			for n := range 2000 {
				closed := dice.IntN(20) == 0
				body := live(n)
				if closed {
					body = closing(n)
				}
				r.Report(roomName(dice.IntN(5)), body, closed)
				time.Sleep(time.Duration(dice.IntN(200)) * time.Millisecond)
			}
			time.Sleep(10 * time.Second)
			for n := range 5 {
				calls := b.Statuses(roomName(n))
				for i := 1; i < len(calls); i++ {
					if !isClose(calls[i].Body) {
						require.GreaterOrEqual(t, calls[i].At.Sub(calls[i-1].At), 3*time.Second)
					}
				}
			}
		})
	}
}

func TestReporter_OverRealConnections(t *testing.T) {
	b, box := standin.New(key), newShelf()
	c := listening(t, b, func(cfg *Config) {
		cfg.StatusWindow = 20 * time.Millisecond
		cfg.ReportBackoffMin, cfg.ReportBackoffMax = 5*time.Millisecond, 50*time.Millisecond
		cfg.Timeout = 200 * time.Millisecond
	})
	r := newReporter(t, c, box)
	const rooms, rounds = 1000, 10
	var group sync.WaitGroup
	for actor := range 4 { // each room's statuses come from one of them, in order
		group.Go(func() {
			for n := range rounds {
				if actor == 0 && n%4 == 0 {
					for _, fault := range []standin.Fault{
						{Times: 7, Drop: true}, {Times: 20, Status: 503}, {Times: 5, Hang: true}, {Times: 9, Delay: 20 * time.Millisecond},
					} {
						b.Fail(standin.Status, fault)
					}
				}
				for which := actor; which < rooms; which += 4 {
					closed := (which+n)%7 == 0
					body := live(n)
					if closed {
						body = closing(n)
					}
					committed(box, r, roomName(which), body, closed)
				}
			}
		})
	}
	group.Wait()
	require.Eventually(t, func() bool { return r.Pending() == 0 }, 30*time.Second, 5*time.Millisecond)
	require.NoError(t, r.Close(within(t, 5*time.Second)))
	require.Zero(t, box.len())
	last := make(map[string]int)
	for _, call := range b.Calls(standin.Status) {
		number := sequenceOf(t, string(call.Body))
		if call.Accepted() {
			require.GreaterOrEqual(t, number, last[call.Room], "an older status after a newer one")
			last[call.Room] = number
		}
	}
	require.Len(t, last, rooms)
	for name, number := range last {
		require.Equal(t, rounds-1, number, name)
	}
}
