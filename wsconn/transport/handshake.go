package transport

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
)

// handshakeError is an error of the Engine.IO handshake. The code and the
// message are the protocol's.
type handshakeError struct {
	status  int
	code    int
	message string
}

var (
	errTransport  = handshakeError{http.StatusBadRequest, 0, "Transport unknown"}
	errSession    = handshakeError{http.StatusBadRequest, 1, "Session ID unknown"}
	errMethod     = handshakeError{http.StatusBadRequest, 2, "Bad handshake method"}
	errBadRequest = handshakeError{http.StatusBadRequest, 3, "Bad request"}
	errProtocol   = handshakeError{http.StatusBadRequest, 5, "Unsupported protocol version"}
)

// forbidden is the protocol's code 4, which Engine.IO leaves to the server.
func forbidden(status int) handshakeError {
	return handshakeError{status, 4, http.StatusText(status)}
}

// ServeHTTP performs the Engine.IO handshake over the WebSocket transport, the
// only one served. It returns as soon as the connection has been taken over
// from net/http.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e := check(r); e != nil {
		s.answer(w, *e)
		return
	}
	if !s.enter() {
		s.answer(w, forbidden(http.StatusServiceUnavailable))
		return
	}
	upgraded := false
	defer func() {
		if !upgraded {
			s.exit()
		}
	}()
	if s.config.Admit != nil {
		if status, ok := s.config.Admit(r); !ok {
			s.answer(w, forbidden(status))
			return
		}
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.answer(w, errBadRequest)
		return
	}
	// net/http may have set deadlines of its own. Nothing may follow the
	// request before it is answered.
	if conn.SetDeadline(time.Time{}) != nil || buffered.Reader.Buffered() > 0 {
		conn.Close()
		return
	}
	upgraded = true
	c := newConn(s, conn, r)
	c.serve(r.Header.Get("Sec-Websocket-Key"))
}

// check holds a handshake against the protocol, in the order of the reference
// server, and against what the upgrade will ask for.
func check(r *http.Request) *handshakeError {
	query := r.URL.Query()
	switch {
	case query.Get("transport") != "websocket":
		return &errTransport
	case query.Get("sid") != "":
		return &errSession
	case r.Method != http.MethodGet:
		return &errMethod
	case !websocket.IsWebSocketUpgrade(r),
		r.Header.Get("Sec-Websocket-Version") != "13",
		!isChallenge(r.Header.Get("Sec-Websocket-Key")):
		return &errBadRequest
	case query.Get("EIO") != "4":
		return &errProtocol
	}
	return nil
}

// isChallenge says whether a key is 16 bytes in base64.
func isChallenge(key string) bool {
	decoded, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(decoded) == 16
}

func (s *Server) answer(w http.ResponseWriter, e handshakeError) {
	s.config.Observer.Refused(e.status)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.status)
	w.Write([]byte(`{"code":` + strconv.Itoa(e.code) + `,"message":"` + e.message + `"}`))
}
