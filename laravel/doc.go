// Package laravel is the adapter to the Laravel backend, which decides who may
// do what in a room and hears how many are present.
//
// A [Client] asks: who owns a room, how many seats it may have, what rank a
// user holds. Answers are cached, failures are not, and concurrent questions
// for the same thing share one call. A [Reporter] tells: each room's latest
// status, one call at a time per room, coalesced, never an older status after
// a newer one, for as long as it takes.
//
// Every method of both may be called from any goroutine. What they start ends
// with their Close; close the Reporter before its Client.
package laravel
