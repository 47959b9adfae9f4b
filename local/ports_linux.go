package local

import (
	"io"
	"os"
	"syscall"
)

// keep takes a loopback port, any free one for 0, for a part that binds it itself, now and after each of its ends: a
// socket that is bound and does not listen keeps the kernel from giving the port to anybody who asks for any, while a
// server that sets SO_REUSEADDR, as Postgres and Go's do, may still listen.
func keep(port int) (taken int, kept io.Closer, err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, os.NewSyscallError("socket", err)
	}
	socket := os.NewFile(uintptr(fd), "port")
	defer func() {
		if err != nil {
			_ = socket.Close()
		}
	}()
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, nil, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, nil, os.NewSyscallError("bind", err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, nil, os.NewSyscallError("getsockname", err)
	}
	return bound.(*syscall.SockaddrInet4).Port, socket, nil
}
