//go:build unix && !linux

package parts

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
)

// dieWithParent does nothing: only Linux ends a process with its parent.
func dieWithParent(*exec.Cmd) {}

// awaitStopped does not wait: only Linux tells when a child has stopped.
func awaitStopped(int) error { return nil }

// relative is a process that another one has started.
type relative struct{ pid int }

// kin are none: only Linux tells them.
func kin(int) []relative { return nil }

func (relative) lives() bool { return false }

// limitFiles fails: only Linux limits another process.
func limitFiles(int, uint64) error {
	return errors.New("this test limits the size of another process' files, which only Linux can do")
}

// reservePort finds a port that is free now. Another program may take it before
// the server does; only Linux lets us keep it.
func reservePort() (port int, release func() error, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, fmt.Errorf("reserving a port: %w", err)
	}
	if err := listener.Close(); err != nil {
		return 0, nil, fmt.Errorf("reserving a port: %w", err)
	}
	return listener.Addr().(*net.TCPAddr).Port, func() error { return nil }, nil
}
