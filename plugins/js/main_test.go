package js

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/inflect-dev/inflect/tests/leaks"
)

func TestMain(m *testing.M) {
	// The matcher of regular expressions keeps a coarse clock of its own, which ends when it is not needed any more.
	leaks.Main(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock"))
}
