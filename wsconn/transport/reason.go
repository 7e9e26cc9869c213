package transport

import "github.com/gorilla/websocket"

// CloseReason says what ended a connection. Its String is fit for a metric
// label. The zero value means that the connection is open.
type CloseReason uint8

// Every reason there is.
const (
	// ReasonClientClose: the client said goodbye, with packet 1 or a WebSocket
	// close frame.
	ReasonClientClose CloseReason = iota + 1
	// ReasonConnectionLost: the network connection ended or failed.
	ReasonConnectionLost
	// ReasonPingTimeout: the client let a ping go unanswered.
	ReasonPingTimeout
	// ReasonConnectTimeout: the client was in no namespace for too long.
	ReasonConnectTimeout
	// ReasonParseError: the client sent what is no Engine.IO or Socket.IO, or
	// what its state doesn't allow.
	ReasonParseError
	// ReasonProtocolError: the client broke the WebSocket protocol.
	ReasonProtocolError
	// ReasonInvalidUTF8: the client sent a text frame that is not UTF-8.
	ReasonInvalidUTF8
	// ReasonMessageTooBig: the client sent more than Config.MaxPayload at once.
	ReasonMessageTooBig
	// ReasonBinary: the client sent binary data.
	ReasonBinary
	// ReasonSlowReader: the client's outbox was full.
	ReasonSlowReader
	// ReasonWriteTimeout: a write made no progress for Config.WriteTimeout.
	ReasonWriteTimeout
	// ReasonFlooding: the client kept sending more than Config.FrameBudget.
	ReasonFlooding
	// ReasonRefused: Handler.Open returned an error.
	ReasonRefused
	// ReasonKicked: the program told the client to leave.
	ReasonKicked
	// ReasonExpired: what the client was let in by has run out.
	ReasonExpired
	// ReasonInternalError: a callback panicked and left the connection in a
	// state that nobody knows.
	ReasonInternalError
	// ReasonMoved: what the client was using is served by another server now; the
	// client should connect again.
	ReasonMoved
	// ReasonShutdown: the server stops; the client should connect elsewhere.
	ReasonShutdown

	reasonEnd
)

// reasons maps each reason to its label and to the WebSocket close code the
// client is told. Code 0 means that the connection is cut without a word: the
// client isn't listening, or is gone.
var reasons = [reasonEnd]struct {
	label string
	code  int
}{
	0:                    {"open", 0},
	ReasonClientClose:    {"client_close", websocket.CloseNormalClosure},
	ReasonConnectionLost: {"connection_lost", 0},
	ReasonPingTimeout:    {"ping_timeout", 0},
	ReasonConnectTimeout: {"connect_timeout", websocket.ClosePolicyViolation},
	ReasonParseError:     {"parse_error", websocket.CloseProtocolError},
	ReasonProtocolError:  {"protocol_error", websocket.CloseProtocolError},
	ReasonInvalidUTF8:    {"invalid_utf8", websocket.CloseInvalidFramePayloadData},
	ReasonMessageTooBig:  {"message_too_big", websocket.CloseMessageTooBig},
	ReasonBinary:         {"binary", websocket.CloseUnsupportedData},
	ReasonSlowReader:     {"slow_reader", 0},
	ReasonWriteTimeout:   {"write_timeout", 0},
	ReasonFlooding:       {"flooding", websocket.ClosePolicyViolation},
	ReasonRefused:        {"refused", websocket.CloseTryAgainLater},
	ReasonKicked:         {"kicked", websocket.CloseNormalClosure},
	ReasonExpired:        {"expired", websocket.CloseNormalClosure},
	ReasonInternalError:  {"internal_error", websocket.CloseInternalServerErr},
	ReasonMoved:          {"moved", websocket.CloseServiceRestart},
	ReasonShutdown:       {"shutdown", websocket.CloseServiceRestart},
}

// String returns the label of the reason, "unknown" for a value not listed.
func (r CloseReason) String() string {
	if r >= reasonEnd {
		return "unknown"
	}
	return reasons[r].label
}

// CloseReasons returns every reason, for metrics that want all their labels
// from the start.
func CloseReasons() []CloseReason {
	all := make([]CloseReason, 0, reasonEnd-1)
	for r := CloseReason(1); r < reasonEnd; r++ {
		all = append(all, r)
	}
	return all
}
