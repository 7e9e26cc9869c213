package redistest

import "syscall"

// endWithTest has the kernel kill the server when the test process dies before
// its cleanup.
func endWithTest(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
