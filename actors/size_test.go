package actors

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// An idle room is little else than its actor.
func TestRoomActor_fits_a_size_of_the_allocator(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(roomActor{}), uintptr(512))
}
