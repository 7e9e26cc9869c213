package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dependencies returns the packages of this module that a package imports,
// directly or not, by their folders.
func dependencies(t *testing.T, folder string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "audioroom/"+folder).Output()
	require.NoError(t, err)
	var deps []string
	for line := range strings.Lines(string(out)) {
		if name, ours := strings.CutPrefix(strings.TrimSpace(line), "audioroom/"); ours && name != folder {
			deps = append(deps, name)
		}
	}
	slices.Sort(deps)
	return deps
}

// The adapters know the rooms and not each other; the rooms know no adapter.
func TestLayout_dependencies_point_inwards(t *testing.T) {
	for folder, want := range map[string][]string{
		"actors/room":      nil,
		"actors/fifo":      nil,
		"actors":           {"actors/fifo", "actors/room"},
		"wsconn/socketio":  nil,
		"wsconn/nonblock":  nil,
		"wsconn/transport": {"wsconn/nonblock", "wsconn/socketio"},
		"wsconn":           {"actors", "actors/fifo", "actors/room", "wsconn/nonblock", "wsconn/socketio", "wsconn/transport"},
		"persistence":      {"actors", "actors/fifo", "actors/room"},
		"laravel":          {"actors/fifo", "actors/room"},
		"laravel/standin":  nil,
		"bench/wire":       nil,
		"bench":            {"bench/proc", "bench/wire"},
		"bench/suite":      {"bench", "bench/proc", "bench/report", "bench/wire"},
	} {
		require.Equal(t, want, dependencies(t, folder), folder)
	}
}

func TestLayout_the_room_knows_the_standard_library_alone(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "audioroom/actors/room").Output()
	require.NoError(t, err)
	require.Equal(t, "audioroom/actors/room", strings.TrimSpace(string(out)))
}
