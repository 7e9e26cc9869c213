package bench

import (
	"crypto/tls"
	"fmt"
	"time"
)

// Config is what all scenarios have in common.
type Config struct {
	// WarmUp and Duration are how long the load goes on before it is measured, and
	// while it is.
	WarmUp, Duration time.Duration
	// Units is how many units of work are measured, in place of Duration; 0 for as
	// many as there are in that time.
	Units int
	// Rate is how many units of work begin each second, in an open loop; 0 for a
	// closed loop.
	Rate float64
	// Neighbour is how many requests a probe sends each second, beside the load and
	// before it, in a small room of its own; 0 for no probe.
	Neighbour float64
	// Patience is how long the server may take for anything that is waited for.
	Patience time.Duration
	// Prefix is how the ids of rooms begin. It should be another one for each
	// process that runs against the same server.
	Prefix string
	// Managers are users who may lock seats in every room.
	Managers []int64
	// FirstUser is the first of the ids that other users get.
	FirstUser int64
	// Progress is told how far a run is, from 0 to 1. Nil for nobody.
	Progress func(stage string, part float64)
}

// Target is a server to measure.
type Target struct {
	URL     string
	Profile Profile
	// PIDs are its processes, if they run on this machine.
	PIDs []int
	// TLS is how its certificate is checked, if its URL is of https or wss. Nil for
	// the usual way.
	TLS *tls.Config
}

// token mints the token of a user.
func (run *Run) token(user int64) string {
	token, err := run.target.Profile.Mint(user, fmt.Sprintf("Bench %d", user))
	if err != nil {
		run.fail("token", "%w", err)
	}
	return token
}

// users returns so many users, from the given one on.
func (run *Run) users(from, count int) []int64 {
	users := make([]int64, count)
	for i := range users {
		users[i] = run.config.FirstUser + int64(from+i)
	}
	return users
}

// manager returns the user of a manager's number: with fewer users than managers
// some have several sockets.
func (run *Run) manager(number int) int64 {
	return run.config.Managers[number%len(run.config.Managers)]
}
