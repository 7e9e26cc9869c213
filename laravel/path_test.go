package laravel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"audioroom/laravel/standin"
)

func TestPath(t *testing.T) {
	t.Run("an_id_reaches_its_own_room_and_endpoint_as_it_is", func(t *testing.T) {
		b := standin.New(key)
		c := listening(t, b, func(cfg *Config) { cfg.BaseURL += "/" })
		r := newReporter(t, c, nil)
		for _, id := range []string{
			"1", "a b", "a/b", "1/status", "1/members/7/role", "..a", "a..b", "a?b=c", "a#b", "100%", "%2e%2e", "%2F..",
			"комната", "🎙️", "\xff\xfe", "a;b", "a+b", "a:b@c", "a&b=c", strings.Repeat("é", 64),
		} {
			_, err := c.Rank(t.Context(), id, 7)
			require.NoError(t, err, id)
			r.Report(id, live(1), false)
			require.NoError(t, b.Wait(within(t, 5e9), func() bool { return len(b.Accepted(id)) == 1 }), id)
			rooms, roles := b.Calls(standin.Room), b.Calls(standin.Role)
			require.Equal(t, id, rooms[len(rooms)-1].Room)
			require.Equal(t, id, roles[len(roles)-1].Room)
			require.EqualValues(t, 7, roles[len(roles)-1].User)
		}
		require.Zero(t, b.Count(standin.Other))
	})

	t.Run("an_id_that_proxies_would_tidy_away_is_no_room", func(t *testing.T) {
		b := standin.New(key)
		c := newClient(t, b)
		for _, id := range []string{"", ".", "..", "/", "a/", "/a", "a//b", "a/./b", "a/../b", `a\..\b`, `a\`} {
			rank, err := c.Rank(t.Context(), id, 1)
			require.NoError(t, err, id)
			require.False(t, rank.Manages(), id)
		}
		require.Zero(t, b.Count(standin.Room)+b.Count(standin.Role)+b.Count(standin.Other))
	})

	t.Run("no_id_leaves_its_segment", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			id := rapid.StringOfN(rapid.RuneFrom([]rune(`a./\%2F~?#;é `)), 1, 20, 128).Draw(t, "id")
			if !addressable(id) {
				return
			}
			segments := strings.Split(statusPath(id), "/")
			require.Len(t, segments, 5)
			require.NotContains(t, []string{"", ".", ".."}, segments[3])
			require.Equal(t, "status", segments[4])
		})
	})
}
