//go:build !linux

package bare

import (
	"context"
	"errors"
)

// Serve is there for Linux only.
func Serve(context.Context, string, string) error {
	return errors.New("the bare server runs on Linux only")
}
