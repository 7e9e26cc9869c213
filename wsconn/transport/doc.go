// Package transport is a Socket.IO server over WebSockets that knows nothing of
// what is said through it: handshake, heartbeat, namespaces, events and acks,
// the queue to each client, and why each connection ended.
//
// # Layers
//
//	Handler           the program: Open, Connect, Event, Disconnect, Closed
//	Socket.IO         namespaces, events, acks                      socket.go
//	Engine.IO         open packet, heartbeat, packets               engine.go, sweeper.go
//	outbox, flushers  ready frames, one vectored write for many     outbox.go, flusher.go
//	melody, gorilla   upgrade, frames from the client               upgrade.go, wire.go
//	net.Conn
//
// [New] makes a server of all layers; [NewEngine] stops below Socket.IO and
// hands each Engine.IO message to an [EngineHandler] as it is.
//
// # Goroutines
//
// Each connection has a goroutine that reads. It makes every callback of that
// connection, one at a time: Open first, Closed last. melody would have another
// for writing, which is ended at once. A callback that blocks
// holds up its own connection only. One sweeper for the whole server sends the
// pings and finds who is late. A few flushers write: a connection with frames
// waiting is queued at one of them, which writes what the socket takes without
// blocking. What it doesn't take goes to a goroutine that lives until the
// connection's outbox is empty. An idle connection owns no write buffer.
//
// Every method of [Conn] and [Server] may be called from any goroutine, and
// none of them blocks but Shutdown.
//
// # Queues
//
//   - outbox, one for each connection: Config.OutboxLimit bytes, shared frames
//     counted in full. At the bound the connection is cut (ReasonSlowReader).
//   - flush queues, three for each flusher. A connection is put into one when
//     something waits for it that it is not in a queue for already, so they are
//     bounded by the connections, and by how often one is written to before the
//     entries that this leaves behind have their turn, some milliseconds later.
//
// What a client sends waits in the kernel's buffer, and one message of
// Config.MaxPayload at most in ours. A client that sends more frames than
// Config.FrameBudget is read more slowly; TCP holds it up.
package transport
