package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// allCores is what this process may run on, as it was at the beginning.
var allCores = func() (set unix.CPUSet) {
	_ = unix.SchedGetaffinity(0, &set) // an empty set pins nothing
	return set
}()

// cores returns the core of the server, or the others. With one core alone there
// is no choice.
func cores(server bool) unix.CPUSet {
	var first unix.CPUSet
	others := allCores
	if allCores.Count() < 2 {
		return allCores
	}
	for core := 0; ; core++ {
		if allCores.IsSet(core) {
			first.Set(core)
			others.Clear(core)
			break
		}
	}
	if server {
		return first
	}
	return others
}

// pinSelf keeps this process off the core of the server.
func pinSelf() error {
	set := cores(false)
	if set.Count() == 0 {
		return nil
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			continue
		}
		if err := unix.SchedSetaffinity(id, &set); err != nil && err != unix.ESRCH {
			return fmt.Errorf("pinning a thread: %w", err)
		}
	}
	return nil
}

// startPinned starts a process on the core of the server, or on the others. It
// does not outlive this one.
func startPinned(cmd *exec.Cmd, server bool) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if !server || allCores.Count() == 0 {
		return cmd.Start()
	}
	// A process is pinned to what the thread is that starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	there, here := cores(true), cores(false)
	if err := unix.SchedSetaffinity(0, &there); err != nil {
		return err
	}
	return errors.Join(cmd.Start(), unix.SchedSetaffinity(0, &here))
}
