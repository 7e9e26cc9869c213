//go:build !linux

package main

import "os/exec"

// pinSelf does nothing: only Linux can.
func pinSelf() error { return nil }

// startPinned starts a process where the system likes.
func startPinned(cmd *exec.Cmd, _ bool) error { return cmd.Start() }
