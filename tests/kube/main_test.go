package kube

import (
	"testing"

	"github.com/inflect-dev/inflect/tests/parts"
)

func TestMain(m *testing.M) { parts.Main(m) }
