//go:build !linux

package wire

// newPoller returns the poller for the loop's target.
func newPoller(l *Loop) (poller, error) { return newRelay(l), nil }
