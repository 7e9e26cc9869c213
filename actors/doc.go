// Package actors runs the rooms: one Proto.Actor actor for each, so that every
// command on a room is atomic without a lock, and a supervisor that spawns them
// on the first join, respawns them after a panic and keeps their timers.
//
// A command goes through a room in four steps, all on the room's own goroutine:
// it is applied to the pure state machine of package room; what came of it
// waits in a batch; the batch's state is committed through a Store; when the
// store confirms, the batch's events and replies are released in the order in
// which they were applied.
//
// The package knows no adapter: the interfaces it needs are declared here.
package actors
