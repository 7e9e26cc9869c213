// Package linear tests that rooms are linearizable: that what real clients were
// answered and told, whatever went wrong meanwhile, is what one room would say
// that carries out one request after the other.
//
// Users of every rank join, leave, take and leave seats, lock, unlock, mute and
// assign, each over a socket.io-client of its own and all at once. What each
// called, when, what it was answered, when, and how many broadcasts it had heard
// by then is a history; porcupine looks for an order of its calls in which
// actors/room, the pure room, says all the same. That covers the broadcasts too:
// the model tells them as the server should, and what a socket heard must be
// that, from the first to the last, with its answers at their places between.
//
// A call without an answer counts as both carried out and not. A kill of the
// server is a call of its own, after which the room is as it is restored: what
// was acknowledged is there, and nobody is.
//
// By default some six thousand calls are made. The full run takes minutes:
//
//	AUDIOROOM_LINEAR_OPS=100000 go test -race -timeout 30m -v ./cmd/audioroom/e2e/linear
//
// The seed that a run prints fixes what clients choose, with
// AUDIOROOM_LINEAR_SEED=…, though not what comes first. A history that is refused
// is kept as a page that shows it, whose path is logged.
//
// That the checker has teeth is a test of its own: programs that were built with
// one line broken, see TestBroken, are caught by the plays that the real one
// passes.
package linear
