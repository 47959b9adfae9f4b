package parts_test

import (
	"bufio"
	"errors"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/tests/parts"
)

func TestLinkPassesBytesBothWays(t *testing.T) {
	t.Parallel()
	link := parts.Proxy(t, echoServer(t))
	if got := exchange(t, dial(t, link), "hello\n"); got != "hello\n" {
		t.Errorf("got %q back", got)
	}
}

func TestLinkPassesAnOrderlyEndOn(t *testing.T) {
	t.Parallel()
	conn := dial(t, parts.Proxy(t, echoServer(t)))
	if _, err := conn.Write([]byte("last words\n")); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := bufio.NewReader(conn).ReadString('\n'); got != "last words\n" {
		t.Errorf("got %q, %v after the client had said all", got, err)
	}
}

func TestCutLinkBreaksConnectionsAndRefusesNewOnesUntilHealed(t *testing.T) {
	t.Parallel()
	link := parts.Proxy(t, echoServer(t))
	before := dial(t, link)
	exchange(t, before, "hello\n")

	link.Cut()
	if !broken(before) {
		t.Error("a connection survived the cut")
	}
	// It may be refused while it is made or right after.
	if conn, err := net.Dial("tcp", link.Addr()); err == nil {
		if !broken(conn) {
			t.Error("a connection was let through after the cut")
		}
		_ = conn.Close()
	}

	link.Heal()
	exchange(t, dial(t, link), "hello again\n")
}

func TestBlackholeSwallowsAndBreaksWhatItSwallowedFromWhenHealed(t *testing.T) {
	t.Parallel()
	link := parts.Proxy(t, echoServer(t))
	conn, idle := dial(t, link), dial(t, link)
	exchange(t, conn, "hello\n")
	exchange(t, idle, "hello\n")

	link.Blackhole()
	if _, err := conn.Write([]byte("is anybody there?\n")); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("reading from the blackhole: got %v, want silence", err)
	}
	_ = conn.SetReadDeadline(time.Time{})

	link.Heal()
	if !broken(conn) {
		t.Error("a connection lives on without the bytes that were swallowed")
	}
	exchange(t, idle, "still here\n")
}

func TestDelayedLinkHoldsBytesBack(t *testing.T) {
	t.Parallel()
	link := parts.Proxy(t, echoServer(t))
	conn := dial(t, link)
	const delay = 50 * time.Millisecond
	link.Delay(delay)
	start := time.Now()
	exchange(t, conn, "hello\n")
	if took := time.Since(start); took < 2*delay {
		t.Errorf("there and back took %s, want at least twice %s", took, delay)
	}
}

// dial connects through the link; the connection is closed with the test.
func dial(t *testing.T, link *parts.Link) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", link.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.(*net.TCPConn)
}

// exchange sends a line and returns the line that comes back.
func exchange(t *testing.T, conn net.Conn, line string) string {
	t.Helper()
	if _, err := conn.Write([]byte(line)); err != nil {
		t.Fatal(err)
	}
	back, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// broken waits for the other side to end the connection.
func broken(conn net.Conn) bool {
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	_, err := conn.Read(make([]byte, 1))
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// echoServer sends lines back until the test ends, and returns its address.
func echoServer(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	t.Cleanup(wait.Wait)
	t.Cleanup(func() { _ = listener.Close() })
	wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wait.Go(func() {
				defer func() { _ = conn.Close() }()
				lines := bufio.NewScanner(conn)
				for lines.Scan() {
					if _, err := conn.Write(append(lines.Bytes(), '\n')); err != nil {
						return
					}
				}
			})
		}
	})
	return listener.Addr().String()
}
