// Package room is one audio room as a pure state machine: who is in it, who
// holds which seat, what is locked, muted and offered. It does no I/O, reads no
// clock, starts no goroutine and writes no log: the time is an argument, and
// what happened is returned as events. One goroutine at a time may use a Room;
// the room actor in package actors is that goroutine.
package room
