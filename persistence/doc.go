// Package persistence keeps rooms in Redis: what was acknowledged, and a
// readable copy of it for others.
//
// # Commits
//
// A Store implements actors.Store. Claims and commits of all rooms wait in one
// queue; a writer goroutine takes what is there, sends it as one pipeline,
// answers each, and repeats (group commit). A room has at most one commit under
// way, so the queue never holds more entries than there are rooms. Each commit
// is one Lua script and changes all of a room's keys or none.
//
// # The fence
//
// Claiming a room gives it a new epoch, larger than any before. rooms:fence:{id}
// holds the epoch that may write and the revision that the room has reached.
// A commit names the revision it builds on; the script compares and
//
//   - writes, if the room is where the commit expects it;
//   - confirms without writing, if it is where the commit leads: a repeat;
//   - refuses with actors.ErrFenced, if a newer epoch holds the room, or took
//     it over within the last day and closed it;
//   - refuses with actors.ErrDiverged otherwise: Redis lost data. A full commit
//     is written even then.
//
// So a commit whose outcome is unknown is simply sent again, also when Redis
// carries out the first sending late.
//
// # Keys
//
// Of a room, removed when it closes:
//
//	room:{id}:snapshot      string   the room's whole state, as room.AppendSnapshot wrote it
//	room:{id}:seat:{index}  string   {"userId":7,"muted":false}; absent when the seat is free
//	room:{id}:locked_seats  set      locked seat indices
//	room:{id}:participants  string   how many users are in the room
//	room:{id}:activity      string   Unix ms of the last activity; expires after Config.Inactivity
//	room:{id}:members       set      ids of the users in the room: whose user:{id}:room to clean up after a crash
//
// Of a room that was put aside, because it kept panicking or its snapshot can't be read:
//
//	room:{id}:quarantine    hash     reason, at (Unix ms), snapshot as it was; expires after 30 days
//
// Of all rooms:
//
//	user:{id}:room          string   room id; deleted only while it names the room that is left; expires after 24 h, refreshed while true
//	rooms:active            zset     room id by last activity, Unix ms
//	rooms:fence:{id}        string   epoch.revision: which claim of the room may write, and how far it is; removed when the room closes
//	rooms:owner             hash     room id → id of the server that claimed it last; removed when the room closes
//	rooms:servers           set      ids of servers that may own rooms; one that is gone is removed when its rooms were taken over
//	rooms:epoch             string   the last epoch given to any room: a counter that never falls behind Redis's clock in µs
//	rooms:claim:{id}        string   the room's last claim: epoch, token, "fresh" or "taken" (over from another); expires
//	rooms:blocked:{id}      hash     user id → until when the user may not join, Unix ms, 0 for ever; outlives the room
//	laravel:outbox          hash     room id → the latest status that the backend has not accepted yet
//
// Channels:
//
//	rooms:server:{id}       each server listens to its own: that is how others see that it lives. Who claims
//	                        a room of another server tells it there: epoch, space, room id
//
// Read, written by others:
//
//	auth:revoked:{sha256 hex of a token}   any      that token is refused while the key exists
//	auth:user_revoked:{user id}            string   Unix seconds; tokens issued before are refused
//
// The scripts compute keys from the room's id and touch keys of all rooms, so
// this needs one Redis (with replicas if wanted), not a Redis Cluster. It needs
// version 6.2 or newer.
package persistence
