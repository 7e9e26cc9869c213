// Package wsconn is the gateway between the web clients and the rooms: it lets
// clients in, turns their events into commands for rooms, and what rooms
// release into Socket.IO packets.
//
// The connections themselves are those of package transport, the packets those
// of package socketio; both know nothing of rooms. A Session belongs to three
// kinds of goroutines: the reading one of its connection, those of the rooms it
// is in, and the supervisor's. Its fields say which of them may touch what.
package wsconn
