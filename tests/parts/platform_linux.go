package parts

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithParent has the kernel kill the process when this one dies.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}

// awaitStopped waits until every thread of a child that was sent SIGSTOP has
// stopped, and leaves the child's exit to whoever waits for that.
func awaitStopped(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return os.NewSyscallError("waitid", err)
		}
	}
}

// relative is a process and when it was started, which tells it from one that is
// given its id later.
type relative struct {
	pid     int
	started string
}

// kin are the processes that a process has started, and theirs.
func kin(pid int) []relative {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	var out []relative
	for _, list := range lists {
		ids, err := os.ReadFile(list)
		if err != nil {
			continue // it ended meanwhile
		}
		for id := range strings.FieldsSeq(string(ids)) {
			child, err := strconv.Atoi(id)
			if err != nil {
				continue
			}
			if started, lives := look(child); lives {
				out = append(append(out, relative{child, started}), kin(child)...)
			}
		}
	}
	return out
}

// lives reports whether a process has not ended, be it that nobody has heard of
// its end yet.
func (r relative) lives() bool {
	started, lives := look(r.pid)
	return lives && started == r.started
}

// look reads when a process was started, see proc_pid_stat(5). What follows its
// name in parentheses begins with its state.
func look(pid int) (started string, lives bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return "", false
	}
	return fields[19], true
}

// limitFiles bounds the size of files that a process writes.
func limitFiles(pid int, size uint64) error {
	limit := unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}
	return os.NewSyscallError("prlimit", unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil))
}

// reservePort finds a free port of the loopback interface and keeps it for a
// server that starts later, and starts again: a socket that is bound and does
// not listen keeps the kernel from giving the port to anybody who asks for any,
// while a server that sets SO_REUSEADDR, as all of ours do, may still listen.
func reservePort() (port int, release func() error, err error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, fmt.Errorf("reserving a port: %w", os.NewSyscallError("socket", err))
	}
	release = func() error { return syscall.Close(socket) }
	err = syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err == nil {
		err = syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	var address syscall.Sockaddr
	if err == nil {
		address, err = syscall.Getsockname(socket)
	}
	if err != nil {
		_ = release()
		return 0, nil, fmt.Errorf("reserving a port: %w", err)
	}
	return address.(*syscall.SockaddrInet4).Port, release, nil
}
