package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"audioroom/bench"
	"audioroom/bench/report"
)

// benchCommand measures a server.
type benchCommand struct {
	Lock   benchLock   `cmd:"" help:"Managers lock and unlock the seats of one room."`
	Seats  benchSeats  `cmd:"" help:"Users take and leave seats."`
	Rooms  benchRooms  `cmd:"" help:"Many rooms at work at once."`
	Churn  benchChurn  `cmd:"" help:"Users join and leave."`
	Fanout benchFanout `cmd:"" help:"Broadcasts to a room full of listeners."`
	Idle   benchIdle   `cmd:"" help:"Memory of sockets that do nothing."`
}

// benchFlags are the flags of every scenario.
type benchFlags struct {
	URL      string        `arg:"" optional:"" default:"http://127.0.0.1:3030" help:"Server to measure."`
	WarmUp   time.Duration `default:"2s" help:"How long the load goes on before it is measured."`
	Duration time.Duration `default:"10s" help:"How long it is measured."`
	Rate     float64       `help:"Units of work each second, in an open loop; without it the loop is closed."`
	Local    bool          `help:"Start a server of this program to measure, with a Redis and a backend, on a core of its own."`
	PID      []int         `name:"pid" help:"Process ids of the server, to report its CPU and memory."`

	Secret    string  `name:"jwt-secret" env:"JWT_SECRET" help:"Secret to sign tokens with; of a comma list, the first. Default: the one of serve --dev."`
	Managers  []int64 `name:"manager-ids" default:"1,2,3" help:"Users who are managers of every room."`
	FirstUser int64   `default:"100000" help:"Id of the first other user."`
}

func (f *benchFlags) target() *bench.Target {
	profile := bench.DefaultProfile()
	profile.Secret = devSecret
	if f.Secret != "" {
		profile.Secret = firstOf(f.Secret)
	}
	return &bench.Target{URL: f.URL, Profile: profile, PIDs: f.PID}
}

func (f *benchFlags) run(p *program, s bench.Scenario) error {
	if err := s.Validate(); err != nil {
		return usageError{err}
	}
	config := &bench.Config{
		WarmUp: f.WarmUp, Duration: f.Duration, Rate: f.Rate, Managers: f.Managers, FirstUser: f.FirstUser,
		Prefix: "bench-" + strconv.FormatInt(time.Now().Unix(), 36) + "-" + strconv.Itoa(os.Getpid()),
	}
	target := f.target()
	if f.Local {
		here, err := openStage(p.ctx)
		if err != nil {
			return err
		}
		defer here.close()
		target = &bench.Target{URL: here.url, Profile: target.Profile, PIDs: []int{here.server.cmd.Process.Pid}}
		config.Managers = nil
		for user := range int64(benchManagers) {
			config.Managers = append(config.Managers, user+1)
		}
	}
	result, err := bench.Measure(p.ctx, s, target, config)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name(), err)
	}
	return report.Table(p.stdout, result)
}

type benchLock struct {
	benchFlags `embed:""`
	Count      int `name:"managers" default:"1" help:"Sockets that ask."`
	Depth      int `default:"1" help:"Requests that each of them has under way."`
	Listeners  int `default:"0" help:"Further members, who only listen."`
}

// Run implements command.
func (c *benchLock) Run(p *program) error {
	return c.run(p, &bench.Lock{Managers: c.Count, Depth: c.Depth, Listeners: c.Listeners})
}

type benchSeats struct {
	benchFlags `embed:""`
	Users      int `default:"15" help:"Users who take and leave."`
	Listeners  int `default:"0" help:"Further members, who only listen."`
}

// Run implements command.
func (c *benchSeats) Run(p *program) error {
	return c.run(p, &bench.Seats{Users: c.Users, Listeners: c.Listeners})
}

type benchRooms struct {
	benchFlags `embed:""`
	Rooms      int  `default:"200" help:"Rooms."`
	Users      int  `default:"1" help:"Users who work in each."`
	Seats      bool `help:"They take and leave seats instead of locking them."`
	InFlight   int  `help:"Requests under way at once in all rooms together; 0 for one of each user."`
}

// Run implements command.
func (c *benchRooms) Run(p *program) error {
	return c.run(p, &bench.Rooms{Rooms: c.Rooms, Users: c.Users, Seats: c.Seats, InFlight: c.InFlight})
}

type benchChurn struct {
	benchFlags `embed:""`
	Users      int `default:"50" help:"Users who come and go."`
	Rooms      int `default:"1" help:"Rooms that they are spread over."`
	Stay       int `default:"0" help:"Further members of each room, who stay."`
}

// Run implements command.
func (c *benchChurn) Run(p *program) error {
	return c.run(p, &bench.Churn{Users: c.Users, Rooms: c.Rooms, Stay: c.Stay})
}

type benchFanout struct {
	benchFlags `embed:""`
	Listeners  int           `default:"1000" help:"Members who listen."`
	Limit      time.Duration `default:"100ms" help:"What the 99th percentile has to stay under when the highest rate is looked for."`
}

// Run implements command.
func (c *benchFanout) Run(p *program) error {
	return c.run(p, &bench.Fanout{Listeners: c.Listeners, Limit: c.Limit})
}

type benchIdle struct {
	benchFlags `embed:""`
	Sockets    int           `default:"5000" help:"Sockets to connect."`
	Members    int           `default:"50" help:"How many of them share a room."`
	EmptyRooms int           `default:"5000" help:"Rooms to make and leave."`
	Settle     time.Duration `default:"15s" help:"How long the server's memory may take to stand still."`
}

// Run implements command.
func (c *benchIdle) Run(p *program) error {
	return c.run(p, &bench.Idle{Sockets: c.Sockets, Members: c.Members, EmptyRooms: c.EmptyRooms, Settle: c.Settle})
}
