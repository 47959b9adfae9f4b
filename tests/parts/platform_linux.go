package parts

import (
	"fmt"
	"os"
	"os/exec"
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
