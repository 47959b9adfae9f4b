package leaks

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { Main(m) }

// Neither test is parallel: each looks at all goroutines of the process.

func TestAGoroutineThatEndsLateIsNoLeak(t *testing.T) {
	end := make(chan struct{})
	go linger(end)
	time.AfterFunc(time.Second, func() { close(end) })
	if err := Find(); err != nil {
		t.Error(err)
	}
}

func TestAGoroutineThatStaysIsShown(t *testing.T) {
	end := make(chan struct{})
	defer close(end)
	go linger(end)
	if err := find(0); err == nil || !strings.Contains(err.Error(), "leaks.linger") {
		t.Errorf("got %v", err)
	}
	if err := find(0, goleak.IgnoreAnyFunction("github.com/inflect-dev/inflect/tests/leaks.linger")); err != nil {
		t.Errorf("what is to be ignored: %v", err)
	}
}

func linger(end <-chan struct{}) { <-end }
