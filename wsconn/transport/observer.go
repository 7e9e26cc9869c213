package transport

// Observer hears what can be counted. Its methods are called from many
// goroutines, on hot paths, and must not block.
type Observer interface {
	// Refused: a handshake was answered with this HTTP status.
	Refused(status int)
	// Opened: a connection was upgraded. Closed follows, once.
	Opened()
	// Closed: a connection ended, and the handler has been told.
	Closed(reason CloseReason)
	// Received: a text frame with so many bytes of payload arrived.
	Received(bytes int)
	// Written: so many bytes of so many frames were handed to the network.
	Written(frames, bytes int)
	// Limited: a client came up against a limit of the server.
	Limited(limit Limit)
	// Panicked: a callback of the handler panicked.
	Panicked()
}

// NopObserver hears nothing. Embed it to implement part of Observer.
type NopObserver struct{}

var _ Observer = NopObserver{}

// Refused does nothing.
func (NopObserver) Refused(int) {}

// Opened does nothing.
func (NopObserver) Opened() {}

// Closed does nothing.
func (NopObserver) Closed(CloseReason) {}

// Received does nothing.
func (NopObserver) Received(int) {}

// Written does nothing.
func (NopObserver) Written(int, int) {}

// Limited does nothing.
func (NopObserver) Limited(Limit) {}

// Panicked does nothing.
func (NopObserver) Panicked() {}
