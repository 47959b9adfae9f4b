package configgen_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

func TestRowsBecomeStreams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	w.create(t, spec("orders"))
	w.awaitConfig(t, "orders", "version: 1")

	w.exec(t, `update pipeline_steps set code = '(e) => ({...e, version: 2})' where pipeline = 'orders'`)
	w.awaitConfig(t, "orders", "version: 2")
	w.awaitApplied(t, "orders", 2)
	config, err := w.Config(t.Context(), "orders")
	if err != nil || !strings.Contains(string(config), "version: 2") || !strings.Contains(string(config), "revision: 2") {
		t.Errorf("the config is %s, %v", config, err)
	}

	for _, state := range []pipeline.State{pipeline.Paused, pipeline.Stopped} {
		if _, err := w.store.SetState(t.Context(), "orders", state, "ann"); err != nil {
			t.Fatal(err)
		}
		w.engine.Await(t, string(state), func() bool { return len(w.engine.Running()) == 0 })
		w.awaitStatus(t, "orders", string(state), func(s pipeline.Status) bool { return string(s.Phase) == string(state) })
		if _, err := w.store.SetState(t.Context(), "orders", pipeline.Running, "ann"); err != nil {
			t.Fatal(err)
		}
		w.awaitConfig(t, "orders", "version: 2")
	}

	w.exec(t, `delete from pipelines where name = 'orders'`)
	w.engine.Await(t, "the deletion", func() bool { return len(w.engine.Running()) == 0 })
	w.engine.Await(t, "nothing is known of it", func() bool {
		_, err := w.Status(t.Context(), "orders")
		return pipeline.CodeOf(err) == pipeline.CodeNotFound
	})
}

func TestTheStatusAfterAChangeIsNotOfTheRevisionBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	w.create(t, spec("orders"))
	w.awaitApplied(t, "orders", 1)
	for n := int64(1); n <= 50; n++ {
		next := spec("orders")
		next.Description = fmt.Sprint("change ", n)
		saved, err := w.store.Update(t.Context(), "orders", n, next, "ann")
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Status(t.Context(), "orders")
		if err != nil || s.Revision != saved.Revision || s.AppliedRevision > s.Revision {
			t.Fatalf("revision %d was saved, and the status is %+v (%v)", saved.Revision, s, err)
		}
	}
	w.awaitApplied(t, "orders", 51)
}

func TestWhatRanKeepsRunningThroughABrokenEdit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	w.lookup.set(func(l *lookup) { l.refuse = "gatecrash" })
	w.create(t, spec("orders"))
	w.awaitConfig(t, "orders", "version: 1")
	tests := []struct{ name, set, want string }{
		{"does not parse", `update pipeline_steps set code = '(e => {'`, "steps[0].code: "},
		{"does not pass the gate", `update pipeline_steps set code = '(e) => "gatecrash"'`, "cannot be built: gatecrash"},
		{"is refused by the engine", `update pipeline_steps set code = '(e) => "unbuildable"'`, "an engine refused it: failed to init processor"},
		{"is nonsense", `update pipelines set batch = '{"linger": "soon"}'`, "batch.linger: is not a duration"},
		{"reads a topic that is not there", `update pipelines set batch = '{}', source_topic = 'elsewhere'`, `source.topic: there is no topic "elsewhere"`},
	}
	for i, tt := range tests {
		w.exec(t, tt.set)
		s := w.awaitStatus(t, "orders", tt.name, func(s pipeline.Status) bool {
			return s.Phase == pipeline.PhaseRejected && s.Revision == int64(i+2)
		})
		if !strings.Contains(s.Message, tt.want) || !strings.HasSuffix(s.Message, "; revision 1 is running") ||
			!strings.HasPrefix(s.Message, "revision "+string(rune('2'+i))+" rejected: ") || s.AppliedRevision != 1 {
			t.Errorf("%s: applied %d, message %q", tt.name, s.AppliedRevision, s.Message)
		}
		if !strings.Contains(w.engine.Config("orders"), "version: 1") {
			t.Errorf("%s: revision 1 does not run any more, but %s", tt.name, w.engine.Config("orders"))
		}
	}

	w.stop()
	w.engine.Lose()
	w.start(t)
	w.awaitConfig(t, "orders", "version: 1")
	w.exec(t, `update pipelines set source_topic = 'in'`)
	w.exec(t, `update pipeline_steps set code = '(e) => "mended"'`)
	w.awaitConfig(t, "orders", "mended")
	w.awaitStatus(t, "orders", "mended", func(s pipeline.Status) bool { return s.AppliedRevision == s.Revision && s.Message == "" })
}

func TestARefusalIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	w.create(t, spec("orders"))
	w.awaitApplied(t, "orders", 1)
	w.exec(t, `update pipeline_steps set code = '(e) => "unbuildable"'`)
	w.awaitStatus(t, "orders", "the refusal", func(s pipeline.Status) bool { return s.Phase == pipeline.PhaseRejected })
	const tried = "POST orders, PUT orders, POST orders"
	w.awaitRejected(t, "orders", 2)
	w.stop()
	w.start(t)
	w.awaitStatus(t, "orders", "the refusal, after a restart", func(s pipeline.Status) bool { return s.Phase == pipeline.PhaseRejected })
	if got := strings.Join(w.engine.Changes(), ", "); got != tried {
		t.Errorf("the engine was asked for %s, want %s", got, tried)
	}
	if !strings.Contains(w.engine.Config("orders"), "version: 1") {
		t.Errorf("revision 1 does not run, but %s", w.engine.Config("orders"))
	}
}

func TestCodeIsWhatWasBundled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	file := filepath.Join(w.transforms, "step.ts")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte("export default (e: object) => ({...e, text: \""+text+"\"})"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	s := spec("orders")
	s.Steps[0].Code, s.Steps[0].Transform = "", "step.ts"
	w.create(t, s)
	w.awaitApplied(t, "orders", 1)
	write("second")
	w.stop()
	w.engine.Lose()
	w.start(t)
	w.awaitConfig(t, "orders", "first")
	w.awaitStatus(t, "orders", "applied", func(s pipeline.Status) bool { return s.AppliedRevision == 1 })

	if names, err := w.Rebundle(t.Context()); err != nil || len(names) != 1 || names[0] != "orders" {
		t.Errorf("rebundled %v, %v", names, err)
	}
	w.awaitConfig(t, "orders", "second")
	w.awaitApplied(t, "orders", 2)
	if names, err := w.Rebundle(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("rebundled what has not changed: %v, %v", names, err)
	}

	if _, err := w.store.Rollback(t.Context(), "orders", 1, 0, "ann"); err != nil {
		t.Fatal(err)
	}
	w.awaitConfig(t, "orders", "first")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	w.awaitApplied(t, "orders", 3)
	if _, err := w.Rebundle(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := w.awaitStatus(t, "orders", "the rejection", func(s pipeline.Status) bool { return s.Phase == pipeline.PhaseRejected })
	if !strings.Contains(st.Message, "steps[0].transform: ") || !strings.Contains(w.engine.Config("orders"), "first") {
		t.Error(st.Message)
	}
	write("third")
	if _, err := w.Rebundle(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.awaitConfig(t, "orders", "third")
}

// TestRollbackOutlivesTheFiles has files that hold what was gone back from, until they change once more.
func TestRollbackOutlivesTheFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(w.transforms, "step.ts"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rebundle := func(want int) {
		t.Helper()
		if names, err := w.Rebundle(t.Context()); err != nil || len(names) != want {
			t.Errorf("rebundled %v, %v", names, err)
		}
	}
	write(`export default () => "first"`)
	s := spec("orders")
	s.Steps[0].Code, s.Steps[0].Transform = "", "step.ts"
	s.Source.Schema = &pipeline.Schema{Subject: "in-value", Version: pipeline.Latest}
	w.create(t, s)
	w.awaitApplied(t, "orders", 1)
	write(`export default () => "second"`)
	rebundle(1)
	w.awaitApplied(t, "orders", 2)
	if _, err := w.store.Rollback(t.Context(), "orders", 1, 0, "ann"); err != nil {
		t.Fatal(err)
	}
	w.awaitApplied(t, "orders", 3)
	rebundle(0)

	for i, state := range []pipeline.State{pipeline.Paused, pipeline.Running} {
		if p, err := w.store.SetState(t.Context(), "orders", state, "ann"); err != nil || p.Revision != int64(4+i) {
			t.Fatal(p.Revision, err)
		}
	}
	w.awaitApplied(t, "orders", 5)
	w.lookup.set(func(l *lookup) { l.versions["in-value"] = 5 })
	w.awaitApplied(t, "orders", 6)
	w.stop()
	w.start(t)
	w.awaitApplied(t, "orders", 6)
	rebundle(0)
	if config := w.engine.Config("orders"); !strings.Contains(config, "first") {
		t.Errorf("the rollback was undone: %s", config)
	}

	write(`export default () => "third"`)
	rebundle(1)
	w.awaitConfig(t, "orders", "third")
	w.awaitApplied(t, "orders", 7)
	rebundle(0)

	// A file that cannot be built is no reason either, as long as it stays as it is.
	write(`export default () => {{`)
	rebundle(1)
	w.awaitRejected(t, "orders", 8)
	if _, err := w.store.Rollback(t.Context(), "orders", 7, 0, "ann"); err != nil {
		t.Fatal(err)
	}
	w.awaitApplied(t, "orders", 9)
	rebundle(0)
	write(`export default () => "fourth"`)
	rebundle(1)
	w.awaitConfig(t, "orders", "fourth")
}

// TestNameThatComesBackBeginsWithNothing deletes a pipeline, and makes one of its name that may not run.
func TestNameThatComesBackBeginsWithNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	w.create(t, spec("orders"))
	w.awaitApplied(t, "orders", 1)
	if err := w.store.Delete(t.Context(), "orders", 0, "ann"); err != nil {
		t.Fatal(err)
	}
	w.engine.Await(t, "the pipeline gone", func() bool { return w.engine.Config("orders") == "" })
	s := spec("orders")
	s.Source.Topic = "nowhere"
	w.create(t, s)
	w.awaitRejected(t, "orders", 2)
	if st, err := w.Status(t.Context(), "orders"); err != nil || st.Phase != pipeline.PhaseFailed || w.engine.Config("orders") != "" {
		t.Errorf("%s: %s (%v), running %q", st.Phase, st.Message, err, w.engine.Config("orders"))
	}
}

func TestNonsenseStopsNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	w.exec(t, `insert into pipelines (name, source_topic, target_topic, batch) values ('bad', 'in', 'out', '7')`)
	w.exec(t, `insert into pipelines (name, source_topic, target_topic) values ('Worse Name', 'in', 'out')`)
	w.create(t, spec("good"))
	w.awaitConfig(t, "good", "version: 1")
	s := w.awaitStatus(t, "bad", "rejected", func(s pipeline.Status) bool { return s.Phase == pipeline.PhaseFailed })
	if !strings.Contains(s.Message, "batch: ") || !strings.HasSuffix(s.Message, "nothing is running") {
		t.Error(s.Message)
	}
	s = w.awaitStatus(t, "Worse Name", "rejected", func(s pipeline.Status) bool { return s.Phase == pipeline.PhaseFailed })
	if !strings.Contains(s.Message, "name: must be a DNS label") {
		t.Error(s.Message)
	}
}

func TestUnchangedPipelinesAreLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	s := spec("orders")
	s.Source.Schema = &pipeline.Schema{Subject: "in-value"}
	s.Limits.Rate = 1.5
	s.Steps[0].Params = []byte(`{"a": 12345678901234567890, "b": [null, 1e400]}`)
	w.create(t, s)
	w.awaitApplied(t, "orders", 1)
	w.stop()
	w.start(t)
	w.awaitStatus(t, "orders", "applied again", func(s pipeline.Status) bool { return s.AppliedRevision == 1 })
	if got := w.engine.Changes(); len(got) != 1 || got[0] != "POST orders" {
		t.Errorf("a restarted control plane changed engines: %v", got)
	}
	if w.lookup.checks != 1 {
		t.Errorf("a revision that ran went through the gate %d times", w.lookup.checks)
	}
}

func TestLatestIsPinnedAndRenewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	s := spec("orders")
	s.Source.Schema = &pipeline.Schema{Subject: "in-value", Version: pipeline.Latest}
	w.create(t, s)
	w.awaitConfig(t, "orders", `"version":"4"`)
	w.lookup.set(func(l *lookup) { l.versions["in-value"] = 5 })
	w.awaitConfig(t, "orders", `"version":"5"`)
	// A version that does not fit keeps the old one running.
	w.lookup.set(func(l *lookup) { l.versions["in-value"], l.refuse = 6, `version: "6"` })
	st := w.awaitStatus(t, "orders", "the rejection of version 6", func(s pipeline.Status) bool { return s.Phase == pipeline.PhaseRejected })
	if st.Revision != 3 || st.AppliedRevision != 2 || !strings.Contains(w.engine.Config("orders"), `"version":"5"`) {
		t.Errorf("%+v runs %s", st, w.engine.Config("orders"))
	}
	entries, err := w.store.Audit(t.Context(), "orders", "", 1)
	if err != nil || entries.Items[0].Action != "schema_moved" || entries.Items[0].Actor != "inflect" {
		t.Errorf("audit: %+v, %v", entries.Items, err)
	}
}

func TestMissingTopicsAreMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	s := spec("orders")
	s.Target = pipeline.Target{Topic: "new-out", Create: &pipeline.CreateTopic{}}
	s.DLQ = &pipeline.Target{Topic: "new-dlq", Create: &pipeline.CreateTopic{Partitions: 2}}
	w.create(t, s)
	w.awaitConfig(t, "orders", "version: 1")
	w.lookup.set(func(l *lookup) {
		if l.topics["new-out"] != 6 || l.topics["new-dlq"] != 2 {
			t.Errorf("topics are %v", l.topics)
		}
	})
}
