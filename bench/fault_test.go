package bench_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/bench"
)

const (
	aBroadcast = `42["seat:`
	anAck      = `43`
)

// A server that lies fails the run, and the error names the lie.
func TestMeasure_finds_a_lie(t *testing.T) {
	lock := &bench.Lock{Managers: 4, Depth: 8, Listeners: 2}
	alone := &bench.Lock{Managers: 1, Depth: 8}
	seats := &bench.Seats{Users: 8, Listeners: 2}
	churn := &bench.Churn{Users: 8, Rooms: 1, Stay: 2}
	drop := func(string) []string { return nil }
	twice := func(packet string) []string { return []string{packet, packet} }
	another := func(old, new string) func(string) []string {
		return func(packet string) []string { return []string{strings.Replace(packet, old, new, 1)} }
	}
	for name, c := range map[string]struct {
		scenario bench.Scenario
		tell     func(int) lie
		says     []string // one of these
	}{
		"a broadcast in a thousand is dropped":  {lock, every(1000, aBroadcast, drop), []string{"broadcast missing"}},
		"the only hearer misses a broadcast":    {alone, every(500, aBroadcast, drop), []string{"broadcast missing"}},
		"two broadcasts are swapped":            {lock, swapped(1000, aBroadcast, aBroadcast), []string{"order", "ack before broadcast"}},
		"two are swapped for the only hearer":   {alone, swapped(500, aBroadcast, aBroadcast), []string{"order", "ack before broadcast"}},
		"an ack comes twice":                    {lock, every(1000, anAck, twice), []string{"ack twice"}},
		"an ack comes before its broadcast":     {alone, swapped(500, aBroadcast, anAck), []string{"ack before broadcast"}},
		"an ack never comes":                    {lock, every(1000, anAck, drop), []string{"ack missing"}},
		"a request is refused":                  {lock, every(1000, anAck, another("true", "false")), []string{`was answered [{"success":false}]`}},
		"a broadcast comes twice":               {lock, every(1000, aBroadcast, twice), []string{"broadcast twice"}},
		"a seat is another one":                 {lock, every(200, `42["seat:locked",{"seatIndex":1,`, another(":1,", ":2,")), []string{"payload", "order", "broadcast twice", "broadcast missing"}},
		"a lock is an unlock":                   {lock, every(1000, aBroadcast, another("true", "false")), []string{"payload", "order", "broadcast twice"}},
		"a field is missing":                    {lock, every(1000, aBroadcast, another("isLocked", "locked")), []string{"payload"}},
		"taken seats: a broadcast is dropped":   {seats, every(300, aBroadcast, drop), []string{"broadcast missing", "ack missing"}},
		"taken seats: two are swapped":          {seats, swapped(1000, aBroadcast, aBroadcast), []string{"order", "broadcast missing"}},
		"taken seats: another user":             {seats, every(1000, `42["seat:updated"`, another(`"userId":1`, `"userId":2`)), []string{"payload"}},
		"taken seats: an ack never comes":       {seats, every(300, anAck, drop), []string{"ack missing"}},
		"comings: a broadcast is dropped":       {churn, every(60, `42["room:userJoined"`, drop), []string{"broadcast missing"}},
		"comings: a name is another one":        {churn, every(60, `42["room:userJoined"`, another(`"name":"Bench `, `"name":"Lench `)), []string{"payload"}},
		"comings: a participant is hidden":      {churn, every(50, `43`, another(`{"id":10000`, `{"id":20000`)), []string{"ack: the join of user"}},
		"comings: they are miscounted":          {churn, every(50, `43`, another(`"participantCount":`, `"participantCount":1`)), []string{"ack: the join of user"}},
		"comings: an ack comes twice":           {churn, every(60, anAck, twice), []string{"ack twice"}},
		"comings: a leave is told twice":        {churn, every(100, `42["room:userLeft"`, twice), []string{"broadcast twice", "is in no room"}},
		"comings: the answer follows a message": {churn, swapped(4, `430[{"roomId"`, `42["`), []string{"order", "before the answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := short()
			config.Duration *= 8 // it ends with the lie
			_, err := measure(t, c.scenario, target(lying(t, c.tell).url), config)
			var fault *bench.Fault
			require.ErrorAs(t, err, &fault)
			for _, text := range c.says {
				if strings.Contains(err.Error(), text) {
					t.Log(err)
					return
				}
			}
			t.Fatalf("the error names something else: %v", err)
		})
	}
}
