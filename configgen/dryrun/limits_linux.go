package dryrun

import (
	"fmt"
	"syscall"
)

// maxAddressSpace bounds what a child may map. Go maps much more than it uses.
const maxAddressSpace = 8 << 30

// attributes let the kernel kill a child whose parent was killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// Self is the command that starts this very program again, even if its file was replaced meanwhile.
func Self(subcommand string) ([]string, error) { return []string{"/proc/self/exe", subcommand}, nil }

// limitSelf bounds this process.
func limitSelf() error {
	limits := map[int]uint64{syscall.RLIMIT_AS: maxAddressSpace, syscall.RLIMIT_CORE: 0}
	for what, most := range limits {
		if err := syscall.Setrlimit(what, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("limiting the child process: %w", err)
		}
	}
	return nil
}
