package main

import (
	"runtime/debug"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"audioroom/actors/room"
)

// version is what a release is called: -ldflags="-X main.version=1.2.3".
var version string

// versionName returns version or, if this is no release, what Go knows of the
// sources that the program was built from.
func versionName() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

// tellVersion exports which program this is. Rooms of a server whose snapshots are
// of a newer version can't be read by this one.
func (m *metrics) tellVersion() {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "audioroom_build_info", Help: "The program's version and that of its snapshots; always 1.",
		ConstLabels: prometheus.Labels{"version": versionName(), "snapshot_version": strconv.Itoa(room.SnapshotVersion)},
	})
	info.Set(1)
	m.registry.MustRegister(info)
}
