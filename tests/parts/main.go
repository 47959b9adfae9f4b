package parts

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/inflect-dev/inflect/tests/leaks"
)

// shared is the state of this test binary. It is package-wide because it must
// be: tests of one binary share servers, and testing has no other place to keep
// them between two tests.
var shared struct {
	mu       sync.Mutex
	running  bool // inside Main
	scratch  string
	unlock   func() error
	kafka    lazy[*Cluster]
	registry lazy[*RegistryServer]
	postgres lazy[*PostgresServer]
	inflect  lazy[string]
	stops    []func() error
}

// lazy starts a shared server once. A start that failed fails every test that
// asks, with the same words.
type lazy[T any] struct {
	once  sync.Once
	value T
	err   error
}

func (l *lazy[T]) get(start func() (T, error)) (T, error) {
	l.once.Do(func() { l.value, l.err = start() })
	return l.value, l.err
}

// Main runs the package's tests, ends the shared servers, looks for goroutines
// that were left running (goleak; options say which ones are to be ignored) and
// exits. It is the whole of a TestMain.
func Main(m *testing.M, options ...goleak.Option) {
	os.Exit(runMain(m, options...))
}

func runMain(m *testing.M, options ...goleak.Option) int {
	shared.mu.Lock()
	shared.running = true
	shared.mu.Unlock()

	code := m.Run()
	if err := stopShared(); err != nil {
		fmt.Fprintln(os.Stderr, "parts:", err)
		code = max(code, 1)
	}
	if code == 0 {
		if err := leaks.Find(options...); err != nil {
			fmt.Fprintln(os.Stderr, "parts:", err)
			code = 1
		}
	}
	return code
}

func stopShared() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.running = false
	var problems []error
	for _, stop := range shared.stops {
		problems = append(problems, stop())
	}
	return errors.Join(append(problems, removeScratch())...)
}

// atExit has stop called at the end of Main.
func atExit(stop func() error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.stops = append(shared.stops, stop)
}
