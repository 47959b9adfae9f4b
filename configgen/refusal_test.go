package configgen_test

import (
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

func TestAFirstRevisionThatAnEngineRefusesHasFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	s := spec("first")
	s.Steps[0].Code = `(e) => "unbuildable"`
	w.create(t, s)
	failed := func(what string) {
		t.Helper()
		got := w.awaitStatus(t, "first", what, func(s pipeline.Status) bool { return s.Phase == pipeline.PhaseFailed })
		if !strings.HasPrefix(got.Message, "revision 1 rejected: an engine refused it: ") || !strings.HasSuffix(got.Message, "nothing is running") || got.AppliedRevision != 0 {
			t.Errorf("%s: %+v", what, got)
		}
	}
	failed("refused")
	w.awaitRejected(t, "first", 1)
	w.stop()
	w.start(t)
	failed("still refused after a restart")
}
