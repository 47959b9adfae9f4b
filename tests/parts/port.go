package parts

import "testing"

// Port returns a free port of the loopback interface that is kept for a server
// of the test's own until the test ends: it may start late, and again. See
// reservePort for what that asks of the server.
func Port(t testing.TB) int {
	t.Helper()
	port, release, err := reservePort()
	if err != nil {
		t.Fatal(err)
	}
	closeWith(t, release)
	return port
}
