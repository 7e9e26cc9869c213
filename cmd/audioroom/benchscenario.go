package main

import (
	"time"

	"audioroom/bench"
)

// benchLock runs the scenario lock.
type benchLock struct {
	benchFlags `embed:""`
	Sockets    int `name:"managers" default:"1" help:"Sockets of managers that ask."`
	Depth      int `default:"1" help:"Requests that each of them has under way."`
	Listeners  int `default:"0" help:"Further members, who only listen."`
}

// Run implements command.
func (c *benchLock) Run(p *program) error {
	return c.run(p, &bench.Lock{Managers: c.Sockets, Depth: c.Depth, Listeners: c.Listeners})
}

// benchSeats runs the scenario seats.
type benchSeats struct {
	benchFlags `embed:""`
	Users      int `default:"15" help:"Users who take and leave a seat of their own."`
	Listeners  int `default:"0" help:"Further members, who only listen."`
}

// Run implements command.
func (c *benchSeats) Run(p *program) error {
	return c.run(p, &bench.Seats{Users: c.Users, Listeners: c.Listeners})
}

// benchChurn runs the scenario churn.
type benchChurn struct {
	benchFlags `embed:""`
	Users      int `default:"50" help:"Users who come and go."`
	Rooms      int `default:"1" help:"Rooms that they are spread over; somebody stays in each and listens."`
	Stay       int `default:"0" help:"Further members of each room who stay: 5000, with one user and a rate, for joins into a big room."`
}

// Run implements command.
func (c *benchChurn) Run(p *program) error {
	return c.run(p, &bench.Churn{Users: c.Users, Rooms: c.Rooms, Stay: c.Stay})
}

// benchFanout runs the scenario fanout.
type benchFanout struct {
	benchFlags `embed:""`
	Listeners  int           `default:"1000" help:"Members who listen."`
	Limit      time.Duration `default:"100ms" help:"What the 99th percentile has to stay under when, without --rate, the highest rate is looked for."`
}

// Run implements command.
func (c *benchFanout) Run(p *program) error {
	return c.run(p, &bench.Fanout{Listeners: c.Listeners, Limit: c.Limit})
}

// benchRooms runs the scenario rooms.
type benchRooms struct {
	benchFlags `embed:""`
	Rooms      int  `default:"200" help:"Rooms."`
	Users      int  `default:"1" help:"Users who work in each."`
	Seats      bool `help:"They take and leave seats instead of locking them, and need not be managers."`
	InFlight   int  `help:"Requests under way at once in all rooms together; 0 for one of each user."`
}

// Run implements command.
func (c *benchRooms) Run(p *program) error {
	return c.run(p, &bench.Rooms{Rooms: c.Rooms, Users: c.Users, Seats: c.Seats, InFlight: c.InFlight})
}

// benchIdle runs the scenario idle.
type benchIdle struct {
	benchFlags `embed:""`
	Sockets    int           `default:"5000" help:"Sockets to connect."`
	Members    int           `default:"50" help:"How many of them share a room."`
	EmptyRooms int           `default:"5000" help:"Rooms to make and leave."`
	Settle     time.Duration `default:"1m" help:"How long the server's memory may take to stand still."`
}

// Run implements command.
func (c *benchIdle) Run(p *program) error {
	return c.run(p, &bench.Idle{Sockets: c.Sockets, Members: c.Members, EmptyRooms: c.EmptyRooms, Settle: c.Settle})
}

// benchMixed runs the scenario mixed.
type benchMixed struct {
	benchFlags `embed:""`
	Rooms      int `default:"20" help:"Rooms."`
	Members    int `default:"50" help:"Members of each, of whom four fifths listen."`
	InFlight   int `help:"Requests under way at once in a closed loop; 0 for one of each who does something."`
}

// Run implements command.
func (c *benchMixed) Run(p *program) error {
	return c.run(p, &bench.Mixed{Rooms: c.Rooms, Members: c.Members, InFlight: c.InFlight})
}

// benchStorm runs the scenario storm.
type benchStorm struct {
	benchFlags `embed:""`
	Clients    int `default:"1000" help:"Clients that reconnect."`
	Rooms      int `default:"20" help:"Rooms that they are spread over."`
}

// Run implements command.
func (c *benchStorm) Run(p *program) error {
	return c.run(p, &bench.Storm{Clients: c.Clients, Rooms: c.Rooms})
}

// benchDrop runs the scenario drop.
type benchDrop struct {
	benchFlags `embed:""`
	Members    int  `default:"1000" help:"Members who are gone at once."`
	Polite     bool `help:"They say goodbye instead of being cut off."`
}

// Run implements command.
func (c *benchDrop) Run(p *program) error {
	return c.run(p, &bench.Drop{Members: c.Members, Polite: c.Polite})
}
