package laravel

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBackoff_doublesWithinItsBoundsLessUpToHalf(t *testing.T) {
	for n := range 100 {
		want := 30 * time.Second
		if n < 6 {
			want = 500 * time.Millisecond << n
		}
		for range 50 {
			wait := backoff(n, 500*time.Millisecond, 30*time.Second)
			require.LessOrEqual(t, wait, want)
			require.GreaterOrEqual(t, wait, want/2)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC()
		for value, want := range map[string]time.Duration{
			"0":             0,
			"7":             7 * time.Second,
			" 7 ":           7 * time.Second,
			"61":            time.Minute,
			"9999999999999": time.Minute,
			now.Add(9 * time.Second).Format(http.TimeFormat):  9 * time.Second,
			now.Add(-9 * time.Second).Format(http.TimeFormat): 0,
			now.Add(9 * time.Hour).Format(http.TimeFormat):    time.Minute,
		} {
			got, ok := retryAfter(http.Header{"Retry-After": {value}}, time.Minute)
			require.True(t, ok, value)
			require.Equal(t, want, got, value)
		}
		for _, value := range []string{"", "soon", "-1", "1.5", "0x10"} {
			_, ok := retryAfter(http.Header{"Retry-After": {value}}, time.Minute)
			require.False(t, ok, value)
		}
		// A backend whose clock is an hour ahead still means what it says.
		got, _ := retryAfter(http.Header{
			"Date":        {now.Add(time.Hour).Format(http.TimeFormat)},
			"Retry-After": {now.Add(time.Hour + 5*time.Second).Format(http.TimeFormat)},
		}, time.Minute)
		require.Equal(t, 5*time.Second, got)
	})
}
