// Package wire is a Socket.IO client made for load: thousands of connections
// driven by one goroutine, so that a driver on one core can saturate a server on
// another.
//
// A [Loop] owns its connections and calls their [Handler] from the goroutine that
// runs it; nothing here is safe for any other goroutine, and nothing needs a lock.
// It speaks Socket.IO v5 over the WebSocket transport of Engine.IO v4, main
// namespace, text packets. Frames are masked with a key of zeros, which leaves
// them as they are: what a load driver sends is no secret.
package wire
