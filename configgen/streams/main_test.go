package streams_test

import (
	"testing"

	"github.com/inflect-dev/inflect/tests/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }
