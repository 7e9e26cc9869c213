package persistence

import (
	"errors"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Fault is why a commit was not confirmed: a small fixed set, fit for metric
// labels.
type Fault string

// The faults.
const (
	// FaultConnection: no connection, or it broke.
	FaultConnection Fault = "connection"
	// FaultTimeout: no answer in time.
	FaultTimeout Fault = "timeout"
	// FaultRefused: Redis answers, but can't take writes now (LOADING, OOM,
	// READONLY, BUSY, NOAUTH and the like).
	FaultRefused Fault = "refused"
	// FaultRoom: Redis takes writes, but not this one, for example because one
	// of the room's keys has another type.
	FaultRoom Fault = "room"
)

// Faults returns every fault.
func Faults() []Fault { return []Fault{FaultConnection, FaultTimeout, FaultRefused, FaultRoom} }

// faultOf tells what kind of fault err is. All but FaultRoom concern every
// room.
func faultOf(err error) Fault {
	var reply redis.Error
	if !errors.As(err, &reply) {
		var n net.Error
		if errors.As(err, &n) && n.Timeout() {
			return FaultTimeout
		}
		return FaultConnection
	}
	text := reply.Error()
	if strings.HasPrefix(text, "WRONGTYPE") || strings.HasPrefix(text, "ERR") && !strings.HasPrefix(text, "ERR max number of clients") {
		return FaultRoom
	}
	return FaultRefused
}

// unknownScript reports whether err says that Redis does not know a script,
// because it restarted or was told to forget it.
func unknownScript(err error) bool {
	return redis.HasErrorPrefix(err, "NOSCRIPT")
}
