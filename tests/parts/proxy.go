package parts

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// Link is a TCP proxy in front of one server that breaks what passes it: it
// cuts connections, holds bytes back or lets them vanish. Everything it is told
// holds for the connections there are and those to come.
type Link struct {
	target   string
	listener *net.TCPListener
	wait     sync.WaitGroup

	mu      sync.Mutex
	changed chan struct{} // closed and replaced with every change of state
	state   linkState
	pairs   map[*pair]struct{}
	closed  bool
}

// linkState is what a link does to bytes that pass.
type linkState struct {
	cut   bool          // connections are refused
	hold  bool          // bytes vanish: read and never passed on
	delay time.Duration // bytes wait
}

// pair is one client's connection and ours to the server behind it.
type pair struct {
	client, server *net.TCPConn
}

// Proxy starts a link to a target address and ends it with the test.
func Proxy(t testing.TB, target string) *Link {
	t.Helper()
	link, err := newLink(target)
	if err != nil {
		t.Fatal(err)
	}
	closeWith(t, link.close)
	return link
}

func newLink(target string) (*Link, error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("starting a proxy for %s: %w", target, err)
	}
	l := &Link{
		target:   target,
		listener: listener,
		changed:  make(chan struct{}),
		pairs:    make(map[*pair]struct{}),
	}
	l.wait.Go(l.accept)
	return l, nil
}

// Addr is where clients connect.
func (l *Link) Addr() string { return l.listener.Addr().String() }

// Cut closes every connection and every new one at once, until [Link.Heal].
func (l *Link) Cut() {
	l.change(func(s *linkState) { s.cut = true })
	l.dropAll()
}

// Blackhole swallows all bytes in both directions, connections staying open,
// until [Link.Heal]; connections from which bytes were swallowed are closed
// then, since their streams have holes.
func (l *Link) Blackhole() { l.change(func(s *linkState) { s.hold = true }) }

// Delay holds every chunk of bytes back for d, in both directions.
func (l *Link) Delay(d time.Duration) { l.change(func(s *linkState) { s.delay = d }) }

// Heal ends whatever was set.
func (l *Link) Heal() { l.change(func(s *linkState) { *s = linkState{} }) }

// Connections counts the connections that pass.
func (l *Link) Connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pairs)
}

func (l *Link) change(set func(*linkState)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	set(&l.state)
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *Link) now() (linkState, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state, l.changed
}

func (l *Link) accept() {
	for {
		client, err := l.listener.AcceptTCP()
		if err != nil {
			return // the listener was closed
		}
		if state, _ := l.now(); state.cut {
			reset(client)
			continue
		}
		l.wait.Go(func() { l.serve(client) })
	}
}

func (l *Link) serve(client *net.TCPConn) {
	server, err := net.Dial("tcp", l.target)
	if err != nil {
		reset(client)
		return
	}
	p := &pair{client: client, server: server.(*net.TCPConn)}
	if !l.add(p) {
		p.drop()
		return
	}
	defer l.remove(p)
	var both sync.WaitGroup
	both.Go(func() { l.pass(p, p.client, p.server) })
	both.Go(func() { l.pass(p, p.server, p.client) })
	both.Wait()
	_, _ = p.client.Close(), p.server.Close()
}

// pass copies one direction until a side closes. An orderly end is passed on as
// such; whatever else ends the direction breaks the pair.
func (l *Link) pass(p *pair, from, to *net.TCPConn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !l.await() {
				p.drop()
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				p.drop()
				return
			}
		}
		if errors.Is(err, io.EOF) {
			_ = to.CloseWrite() // fails only where the pair broke already
			return
		}
		if err != nil {
			p.drop()
			return
		}
	}
}

// await holds bytes that have been read back for as long as the link says. It
// reports whether they may still be passed on.
func (l *Link) await() bool {
	state, changed := l.now()
	swallowed := false
	for state.hold {
		swallowed = true
		<-changed
		state, changed = l.now()
	}
	if swallowed || state.cut {
		return false
	}
	if state.delay > 0 {
		timer := time.NewTimer(state.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-changed:
		}
	}
	return true
}

func (l *Link) add(p *pair) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.state.cut {
		return false
	}
	l.pairs[p] = struct{}{}
	return true
}

func (l *Link) remove(p *pair) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pairs, p)
}

func (l *Link) dropAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.pairs {
		p.drop()
	}
}

func (l *Link) close() error {
	err := l.listener.Close()
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.Heal() // lets go of bytes that are held
	l.dropAll()
	l.wait.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (p *pair) drop() {
	reset(p.client)
	reset(p.server)
}

// reset closes a connection so that the other side sees it break at once.
func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}
