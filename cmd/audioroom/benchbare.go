package main

import "audioroom/bench/bare"

// benchBare is the least that a server can do.
type benchBare struct {
	Address string `arg:"" help:"IPv4 address to listen on."`
	Redis   string `arg:"" help:"IPv4 address of the Redis to save rooms in."`
}

// Run implements command.
func (c *benchBare) Run(p *program) error { return bare.Serve(p.ctx, c.Address, c.Redis) }
