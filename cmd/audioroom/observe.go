package main

import (
	"errors"
	"time"

	"audioroom/actors"
	"audioroom/laravel"
	"audioroom/persistence"
	"audioroom/wsconn"
	"audioroom/wsconn/transport"
)

var (
	_ actors.Observer      = (*metrics)(nil)
	_ transport.Observer   = (*metrics)(nil)
	_ persistence.Observer = (*metrics)(nil)
	_ laravel.Observer     = (*metrics)(nil)
	_ wsconn.Observer      = (*metrics)(nil)
)

// RoomOpened implements actors.Observer.
func (m *metrics) RoomOpened() {
	m.openRooms.Add(1)
	m.roomsOpened.Inc()
}

// RoomClosed implements actors.Observer.
func (m *metrics) RoomClosed() { m.openRooms.Add(-1) }

// Participants implements actors.Observer.
func (m *metrics) Participants(change int) { m.participants.Add(int64(change)) }

// RoomPanicked implements actors.Observer.
func (m *metrics) RoomPanicked() { m.panics.WithLabelValues("room").Inc() }

// RoomRespawned implements actors.Observer.
func (m *metrics) RoomRespawned() { m.respawns.Inc() }

// RoomLost implements actors.Observer.
func (m *metrics) RoomLost() { m.lostRooms.Inc() }

// RoomQuarantined implements actors.Observer.
func (m *metrics) RoomQuarantined() { m.quarantined.Inc() }

// Dropped implements actors.Observer.
func (m *metrics) Dropped() { m.drops.WithLabelValues(dropMessage).Inc() }

// RoomUnsaved implements actors.Observer.
func (m *metrics) RoomUnsaved(unsaved bool) {
	if unsaved {
		m.unsavedRooms.Add(1)
	} else {
		m.unsavedRooms.Add(-1)
	}
}

// Refused implements transport.Observer.
func (m *metrics) Refused(status int) { m.handshakes.WithLabelValues(statusLabel(status)).Inc() }

// Opened implements transport.Observer.
func (m *metrics) Opened() { m.opened.Inc() }

// Closed implements transport.Observer.
func (m *metrics) Closed(reason transport.CloseReason) {
	m.closed.WithLabelValues(reason.String()).Inc()
	switch reason {
	case transport.ReasonSlowReader, transport.ReasonWriteTimeout:
		m.drops.WithLabelValues(dropConnection).Inc()
	case transport.ReasonRefused: // the gateway refuses for this alone
		m.tally.refused[budgetAddress].Add(1)
	}
}

// Limited implements transport.Observer.
func (m *metrics) Limited(limit transport.Limit) {
	switch limit {
	case transport.LimitConnections:
		m.tally.refused[budgetServer].Add(1)
	case transport.LimitFrames:
		m.tally.refused[budgetFrames].Add(1)
	case transport.LimitUnderway:
		m.tally.refused[budgetUnderway].Add(1)
	}
}

// Written implements transport.Observer.
func (m *metrics) Written(frames, bytes int) {
	m.sentFrames.Add(float64(frames))
	m.sentBytes.Add(float64(bytes))
}

// Panicked implements transport.Observer and wsconn.Observer.
func (m *metrics) Panicked() { m.panics.WithLabelValues("connection").Inc() }

// Authenticated implements wsconn.Observer.
func (m *metrics) Authenticated(outcome wsconn.AuthOutcome) {
	m.authenticated.WithLabelValues(string(outcome)).Inc()
	switch outcome {
	case wsconn.AuthTooMany:
		m.tally.refused[budgetConnects].Add(1)
	case wsconn.AuthConnections:
		m.tally.refused[budgetUser].Add(1)
	}
}

// Event implements wsconn.Observer.
func (m *metrics) Event(session uint64, event wsconn.EventCode, result wsconn.EventResult, took time.Duration) {
	m.tally.count(session, event, result, took)
}

// backendEvent counts an event of the backend by what came of it.
func (m *metrics) backendEvent(result string) {
	m.events.WithLabelValues(result).Inc()
	if result == eventGarbled {
		m.drops.WithLabelValues(dropEvent).Inc()
	}
}

// backendPanicked counts a panic over what the backend has to do with: an event of
// its, or a question to it.
func (m *metrics) backendPanicked() { m.panics.WithLabelValues("backend").Inc() }

// httpPanicked counts a panic over a request to what is no socket.
func (m *metrics) httpPanicked() { m.panics.WithLabelValues("http").Inc() }

// Pipeline implements persistence.Observer.
func (m *metrics) Pipeline(orders int, took time.Duration) {
	m.batches.Observe(float64(orders))
	m.pipelines.Observe(took.Seconds())
}

// Done implements persistence.Observer.
func (m *metrics) Done(took time.Duration, err error) {
	m.commitTime.Observe(took.Seconds())
	switch {
	case err == nil:
		m.confirmed.Inc()
	case errors.Is(err, actors.ErrFenced):
		m.commits.WithLabelValues("fenced").Inc()
	case errors.Is(err, actors.ErrDiverged):
		m.commits.WithLabelValues("diverged").Inc()
	default:
		m.commits.WithLabelValues("closed").Inc()
	}
}

// Late implements persistence.Observer.
func (m *metrics) Late() { m.lateCommits.Inc() }

// Fault implements persistence.Observer.
func (m *metrics) Fault(fault persistence.Fault) {
	m.storeFaults.WithLabelValues(string(fault)).Inc()
}

// LaravelCall implements laravel.Observer.
func (m *metrics) LaravelCall(endpoint laravel.Endpoint, outcome laravel.Outcome, took time.Duration) {
	m.laravelCalls.WithLabelValues(string(endpoint), string(outcome)).Inc()
	if outcome == laravel.OutcomeDropped { // there was no call
		m.drops.WithLabelValues(dropStatus).Inc()
		return
	}
	m.laravelTime.WithLabelValues(string(endpoint)).Observe(took.Seconds())
}
