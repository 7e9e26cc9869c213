// Package harness lets the end-to-end tests speak of rooms and the people in
// them: it runs the real program as a process, a real redis-server, a scripted
// backend and, in one Node process, real socket.io-clients.
//
// A World is one server with what it needs. A Room is a room of that world and
// knows the sockets that are in it; a Socket is one client. What a socket sees
// is kept in the order in which it saw it, so tests don't sleep: a room tells
// everyone everything in one order, hence once a socket has the answer to a
// request that it made later, it has heard all that it will ever hear of what
// was before.
//
// A Socket's methods fail the test that opened it and belong to its goroutine.
package harness
