package api_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
)

// pipes is a network within the process, so that the clock of a synctest bubble is the clock of its servers' timeouts.
type pipes struct {
	dialled chan net.Conn
	closed  chan struct{}
	close   func()
}

// servePipes serves until the test ends and returns what clients dial with.
func servePipes(t *testing.T, server *http.Server) func(context.Context, string, string) (net.Conn, error) {
	t.Helper()
	p := &pipes{dialled: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	var wait sync.WaitGroup
	wait.Go(func() { _ = server.Serve(p) })
	t.Cleanup(func() { _ = server.Close(); wait.Wait() })
	return p.dial
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.dialled <- there:
		return here, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.dialled:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.close(); return nil }

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }
