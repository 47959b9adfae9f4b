// Package leaks looks, when a test binary is done, for goroutines that were left
// running. It is goleak with patience: goleak by itself gives goroutines that are
// about to end less than half a second, which on a busy machine is not enough for
// connections to be closed.
package leaks

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long goroutines have to end.
const patience = time.Minute

// Main runs the package's tests, looks for goroutines that were left running, and
// exits. It is the whole of a TestMain.
func Main(m *testing.M, options ...goleak.Option) {
	code := m.Run()
	if code == 0 {
		if err := Find(options...); err != nil {
			fmt.Fprintln(os.Stderr, "leaks:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// Find waits until no goroutine but the testing package's is left. Its error shows
// those that stay.
func Find(options ...goleak.Option) error {
	return find(patience, options...)
}

func find(patience time.Duration, options ...goleak.Option) error {
	deadline := time.Now().Add(patience)
	for {
		err := goleak.Find(options...) // it takes its time before it says so
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
