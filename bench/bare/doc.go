// Package bare is the least that a server of rooms does, to hold others against:
// one thread that reads requests, saves the rooms that they change in Redis, and
// answers when Redis has confirmed. It checks nothing, not even tokens, knows
// neither ranks nor time, and copes with no fault: what it costs is what the kernel
// and a round trip to Redis cost.
//
// It understands what the scenarios lock, seats, churn and rooms send. Like a real
// server it tells each member of a room what happens, in one order, and saves what
// came together in one pipeline.
package bare
