package laravel

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
	"audioroom/laravel/standin"
)

func BenchmarkClient_CachedRank(b *testing.B) {
	backend := standin.New(key)
	c := newClient(b, backend)
	for n := range 1000 {
		_, err := c.Rank(context.Background(), roomName(n), 2)
		require.NoError(b, err)
	}
	name := roomName(500)
	for _, bc := range []struct {
		name string
		user int64
		want room.Rank
	}{{"owner", 1, room.RankOwner}, {"admin", 2, room.RankAdmin}} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if rank, ok := c.CachedRank(name, bc.user); !ok || rank != bc.want {
					b.Fatal("not cached")
				}
			}
		})
	}
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				c.CachedRank(name, 2)
			}
		})
	})
}

func TestClient_CachedRank_allocatesNothing(t *testing.T) {
	c := newClient(t, standin.New(key))
	_, err := c.Rank(t.Context(), "1", 2)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(1000, func() { c.CachedRank("1", 2) }))
	require.Zero(t, testing.AllocsPerRun(1000, func() { c.CachedRank("1", 1) }))
	require.Zero(t, testing.AllocsPerRun(1000, func() { c.CachedRank("2", 1) }))
	require.Zero(t, testing.AllocsPerRun(1000, func() { c.CachedRoom("1") }))
}

func BenchmarkReporter_Report(b *testing.B) {
	body := live(1)
	b.Run("a_room_whose_window_is_open", func(b *testing.B) {
		backend := standin.New(key)
		r := newReporter(b, newClient(b, backend), nil)
		b.ReportAllocs()
		for b.Loop() {
			r.Report("1", body, false)
		}
	})
	b.Run("ten_thousand_rooms_while_the_backend_is_away", func(b *testing.B) {
		backend := standin.New(key)
		backend.Fail(standin.Status, standin.Fault{Drop: true})
		r := newReporter(b, newClient(b, backend), nil)
		names := make([]string, 10_000)
		for n := range names {
			names[n] = roomName(n)
			r.Report(names[n], body, false)
		}
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			r.Report(names[n%len(names)], body, false)
			n++
		}
	})
}

// BenchmarkReporter_Delivery is a status's whole way over loopback, with the
// stand-in's own work; no more than 256 wait at a time.
func BenchmarkReporter_Delivery(b *testing.B) {
	backend := standin.New(key)
	waiting := make(chan struct{}, 256)
	c := listening(b, backend, func(cfg *Config) {
		cfg.StatusWindow = -1
		cfg.Observer = ObserverFunc(func(Endpoint, Outcome, time.Duration) { <-waiting })
	})
	r := newReporter(b, c, nil)
	body := live(1)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		waiting <- struct{}{}
		r.Report(roomName(n), body, false)
		n++
	}
}
