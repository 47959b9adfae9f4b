package local

import (
	"os"
	"path/filepath"
	"syscall"
)

// capDACOverride lets another user pass through directories that only root may enter (capabilities(7)).
const capDACOverride = 1

func attributes(u *User, orphaned syscall.Signal) *syscall.SysProcAttr {
	// A group of its own keeps the terminal's ctrl-C from reaching the child before we stop it in order.
	a := &syscall.SysProcAttr{Pdeathsig: orphaned, Setpgid: true}
	if u != nil {
		a.Credential = &syscall.Credential{Uid: u.UID, Gid: u.GID}
		if u.locked {
			a.AmbientCaps = []uintptr{capDACOverride}
		}
	}
	return a
}

// reachable reports whether any user may enter every directory above path.
func reachable(path string) bool {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}
