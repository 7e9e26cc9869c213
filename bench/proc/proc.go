// Package proc reads from /proc what processes have used, and what machine this
// is.
package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks is how many parts of a second the kernel counts CPU time in: USER_HZ, 100
// on every architecture that Go knows.
const ticks = 100

// Usage is what processes have used.
type Usage struct {
	// CPU is the time on a CPU, user and system, of all threads since they began,
	// to a hundredth of a second.
	CPU time.Duration
	// RSS is the memory that is resident, in bytes.
	RSS int64
}

// Read adds up what processes have used. Without any it returns zeros.
func Read(pids ...int) (Usage, error) {
	var sum Usage
	for _, pid := range pids {
		cpu, err := readCPU(pid)
		if err != nil {
			return Usage{}, err
		}
		rss, err := readRSS(pid)
		if err != nil {
			return Usage{}, err
		}
		sum.CPU += cpu
		sum.RSS += rss
	}
	return sum, nil
}

// readCPU reads utime and stime, fields 14 and 15 of stat. The second field, the
// name, is in brackets and may have spaces.
func readCPU(pid int) (time.Duration, error) {
	path := fmt.Sprintf("/proc/%d/stat", pid)
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("%s: unexpected format", path)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return time.Duration(user+system) * (time.Second / ticks), nil
}

// readRSS reads smaps_rollup, which is exact; status, which may lag, where that is
// missing.
func readRSS(pid int) (int64, error) {
	for _, file := range []struct{ name, field string }{{"smaps_rollup", "Rss:"}, {"status", "VmRSS:"}} {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file.name))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if rest, found := strings.CutPrefix(line, file.field); found {
				kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
				return kilobytes << 10, err
			}
		}
	}
	return 0, fmt.Errorf("/proc/%d: the memory can't be read", pid)
}

// Machine is what there is to say about a machine beside a measurement.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory int64  `json:"memory"` // bytes
	Kernel string `json:"kernel"`
}

// ThisMachine reads what machine this is; what can't be read stays empty.
func ThisMachine() Machine {
	var m Machine
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		name, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(name) {
		case "processor":
			m.Cores++
		case "model name":
			m.CPU = strings.TrimSpace(value)
		}
	}
	memory, _ := os.ReadFile("/proc/meminfo")
	if rest, found := strings.CutPrefix(string(memory), "MemTotal:"); found {
		number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		kilobytes, _ := strconv.ParseInt(number, 10, 64)
		m.Memory = kilobytes << 10
	}
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	m.Kernel = strings.TrimSpace(string(release))
	return m
}

// Busy measures, over a time, which part of the machine's cores is at work: 1 is
// all of them. Before a measurement there should be next to none. It returns 0
// where that can't be read.
func Busy(over time.Duration) float64 {
	before, idleBefore := coreTicks()
	time.Sleep(over)
	after, idle := coreTicks()
	if after <= before {
		return 0
	}
	return 1 - float64(idle-idleBefore)/float64(after-before)
}

// coreTicks reads the time that all cores have seen since the start, and the part
// of it in which they had nothing to do.
func coreTicks() (all, idle int64) {
	stat, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(stat), "\n")
	for i, field := range strings.Fields(line) {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil || i > 8 { // the name; what guests take is in the user's time
			continue
		}
		all += n
		if i == 4 || i == 5 { // idle, and waiting for a disk
			idle += n
		}
	}
	return all, idle
}
