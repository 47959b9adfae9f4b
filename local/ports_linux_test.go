package local

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

func TestAPortIsKeptForItsPart(t *testing.T) {
	t.Parallel()
	p, err := OpenPorts(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	kept := address(t, p, "engine")
	// Whoever is given any free port has not asked to share one.
	stranger := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		return errors.Join(c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 0) }), err)
	}}
	if l, err := stranger.Listen(t.Context(), "tcp", kept); err == nil {
		l.Close()
		t.Errorf("somebody else was given %s", kept)
	}
	// The part itself has it now, and once more after it has ended.
	for range 2 {
		l, err := net.Listen("tcp", kept)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		if again := address(t, p, "engine"); again != kept {
			t.Errorf("%s became %s", kept, again)
		}
	}
}
