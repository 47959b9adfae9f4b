//go:build !linux

package local

import (
	"io"
	"net"
)

// keep finds a loopback port that is free now. Another program may take it before the part does; only Linux lets us keep
// it.
func keep(port int) (free int, kept io.Closer, err error) {
	l, err := loopback(port)
	if err != nil {
		return 0, nil, err
	}
	return l.Addr().(*net.TCPAddr).Port, io.NopCloser(nil), l.Close()
}
