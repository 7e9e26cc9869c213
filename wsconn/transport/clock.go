package transport

import "time"

// Clock returns the time since the server's start, by a clock that is never set.
// Any goroutine may ask.
func (c *Conn) Clock() time.Duration { return time.Duration(c.server.now()) }

// Heard returns what Clock said when the client last sent something. In a
// callback that is when the message came that it is about.
func (c *Conn) Heard() time.Duration { return time.Duration(c.seen.Load()) }
