// Package reference is the table of the events between clients and the server:
// what each carries, who may send it, what it causes and how it is refused. All
// that is written for web developers is made from it: client/events.d.ts,
// client/asyncapi.json and the events' part of wsconn/EVENTS.md, by
//
//	go generate ./cmd/audioroom/page/reference
//
// The server doesn't use the table. Tests hold it against the server's own
// tables of events and against what the server really sends.
package reference

//go:generate go run ./generate
