package harness

import (
	"os/exec"
	"syscall"
)

// dieWithParent sees to it that a process does not outlive a test run that was
// killed.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
