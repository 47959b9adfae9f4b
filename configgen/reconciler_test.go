package configgen_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/inflect-dev/inflect/configgen"
	"github.com/inflect-dev/inflect/configgen/postgres"
	"github.com/inflect-dev/inflect/configgen/render"
	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/configgen/streams/enginetest"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

// world is a control plane on a real database with a fake engine.
type world struct {
	*configgen.Reconciler

	url    string
	store  *postgres.Store
	engine *enginetest.Engine
	lookup *lookup
	sql    *pgx.Conn
	stop   func()

	transforms string
	metrics    *prometheus.Registry
	// resync is so long that only notifications can be in time, unless a test says otherwise.
	resync time.Duration
}

// lookup is the cluster, the registry and the child process in one.
type lookup struct {
	mu       sync.Mutex
	topics   map[string]int
	versions map[string]int
	away     bool
	refuse   string
	checks   int
	// moved is what Move was asked for, and what ran then.
	moved   string
	running func() []string
}

var errAway = pipeline.Errorf(pipeline.CodeUnavailable, "", "nobody answers")

func (l *lookup) set(f func(*lookup)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l)
}

func (l *lookup) Topic(_ context.Context, name string) (pipeline.Topic, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, ok := l.topics[name]
	switch {
	case l.away:
		return pipeline.Topic{}, errAway
	case !ok:
		return pipeline.Topic{}, pipeline.Errorf(pipeline.CodeNotFound, "", "there is no topic %q", name)
	}
	return pipeline.Topic{Name: name, Partitions: make([]pipeline.TopicPartition, n)}, nil
}

func (l *lookup) CreateTopic(_ context.Context, name string, partitions int32, _ int16) error {
	l.set(func(l *lookup) { l.topics[name] = int(partitions) })
	return nil
}

func (l *lookup) Resolve(_ context.Context, subject string, _ pipeline.Version) (pipeline.RegisteredSchema, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, ok := l.versions[subject]
	switch {
	case l.away:
		return pipeline.RegisteredSchema{}, errAway
	case !ok:
		return pipeline.RegisteredSchema{}, pipeline.Errorf(pipeline.CodeNotFound, "", "there is no subject %q", subject)
	}
	return pipeline.RegisteredSchema{Subject: subject, Version: n, Type: "JSON"}, nil
}

func (l *lookup) Check(_ context.Context, config []byte) (pipeline.Errors, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.checks++
	if l.refuse != "" && strings.Contains(string(config), l.refuse) {
		return pipeline.Errors{pipeline.Errorf(pipeline.CodeRejected, "", "cannot be built: %s", l.refuse)}, nil
	}
	return nil, nil
}

func (l *lookup) Idle(context.Context, string) error { return nil }

func (l *lookup) Move(_ context.Context, group, topic string, to pipeline.Replay) error {
	l.set(func(l *lookup) {
		l.moved = fmt.Sprintf("%s %s %v, running %v", group, topic, to.Beginning, l.running())
	})
	return nil
}

func newWorld(t *testing.T, url string) *world {
	t.Helper()
	w := &world{url: url, engine: enginetest.Start(t), transforms: t.TempDir(), resync: time.Hour, lookup: &lookup{
		topics: map[string]int{"in": 6, "out": 6, "dlq": 1}, versions: map[string]int{"in-value": 4},
	}}
	w.lookup.running = w.engine.Running
	sql, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	w.sql = sql
	t.Cleanup(func() { _ = sql.Close(context.Background()) })
	w.start(t)
	return w
}

// start starts a control plane, again after stop.
func (w *world) start(t *testing.T) {
	t.Helper()
	store, err := postgres.Open(t.Context(), w.url, postgres.Options{Lease: 50 * time.Millisecond, KeepAlive: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	w.store = store
	client := streams.New([]streams.Engine{w.engine.Address()}, streams.Options{})
	w.metrics = prometheus.NewRegistry()
	w.Reconciler = configgen.New(configgen.Options{
		Store: store, Target: configgen.Engines{Client: client}, Offsets: w.lookup, Registerer: w.metrics,
		Gate:   &configgen.Gate{Transforms: w.transforms, Topics: w.lookup, Schemas: w.lookup, Linter: w.lookup, Render: render.Settings{Brokers: []string{"broker:9092"}}},
		Resync: w.resync, Observe: 20 * time.Millisecond, SchemaPoll: 50 * time.Millisecond,
		MinBackoff: 10 * time.Millisecond, MaxBackoff: 100 * time.Millisecond,
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the reconciler ended with %v", err)
		}
		client.Close()
		store.Close()
	})
	t.Cleanup(w.stop)
}

func (w *world) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := w.sql.Exec(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// awaitStatus waits for a status, and says what there was instead when it does not come.
func (w *world) awaitStatus(t *testing.T, name, what string, ok func(pipeline.Status) bool) pipeline.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	changes := w.Subscribe(ctx)
	for {
		s, err := w.Status(ctx, name)
		if err == nil && ok(s) {
			return s
		}
		select {
		case _, open := <-changes:
			if !open {
				t.Fatalf("%s: %s did not come to be, but %+v (%v)", name, what, s, err)
			}
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// awaitApplied waits until the database knows that a revision has run.
func (w *world) awaitApplied(t *testing.T, name string, revision int64) {
	t.Helper()
	w.awaitStatus(t, name, "applied", func(s pipeline.Status) bool {
		rev, err := w.store.Revision(t.Context(), name, revision)
		return err == nil && rev.Applied && s.AppliedRevision == revision
	})
}

// awaitRejected waits until the database knows that a revision was not let in.
func (w *world) awaitRejected(t *testing.T, name string, revision int64) {
	t.Helper()
	w.awaitStatus(t, name, "rejected", func(pipeline.Status) bool {
		why, err := w.store.Rejected(t.Context(), name, revision)
		return err == nil && why.Why != ""
	})
}

func (w *world) awaitConfig(t *testing.T, name, part string) {
	t.Helper()
	w.engine.Await(t, part+" at work", func() bool { return strings.Contains(w.engine.Config(name), part) })
}

func spec(name string) pipeline.Spec {
	return pipeline.Spec{
		Name: name, Source: pipeline.Source{Topic: "in"}, Target: pipeline.Target{Topic: "out"}, DLQ: &pipeline.Target{Topic: "dlq"},
		Steps: []pipeline.Step{{Name: "one", Kind: pipeline.Transform, Code: "(e) => ({...e, version: 1})"}},
	}
}

func (w *world) create(t *testing.T, s pipeline.Spec) {
	t.Helper()
	if _, err := w.store.Create(t.Context(), s, "ann"); err != nil {
		t.Fatal(err)
	}
}

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

func TestReplayMovesThePlaceWhileNobodyReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	w.create(t, spec("orders"))
	w.awaitApplied(t, "orders", 1)
	if err := w.Replay(t.Context(), "orders", pipeline.Replay{Beginning: true}); err != nil {
		t.Fatal(err)
	}
	w.lookup.set(func(l *lookup) {
		if l.moved != "inflect.orders in true, running []" {
			t.Errorf("moved %s", l.moved)
		}
	})
	w.awaitConfig(t, "orders", "version: 1")
}

func TestMetricsAreNamedAndCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	w.create(t, spec("orders"))
	w.awaitApplied(t, "orders", 1)
	families, err := w.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range families {
		names = append(names, f.GetName())
	}
	want := []string{"inflect_reconcile_duration_seconds", "inflect_reconcile_gate_seconds", "inflect_reconcile_hints_total",
		"inflect_reconcile_leading", "inflect_reconcile_queue_length", "inflect_reconcile_resyncs_total", "inflect_reconcile_total"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
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

func TestEnginesAreBroughtBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	w.create(t, spec("orders"))
	w.awaitApplied(t, "orders", 1)
	w.stop()
	w.resync = 200 * time.Millisecond
	w.start(t)

	w.engine.Lose()
	w.awaitConfig(t, "orders", "version: 1")

	w.engine.Set("orders", map[string]any{"input": "by hand"})
	w.awaitConfig(t, "orders", "version: 1")

	w.engine.Set("stray", map[string]any{"input": "by hand"})
	w.engine.Await(t, "the stray stream is gone", func() bool { return w.engine.Config("stray") == "" })

	w.engine.SetAway(true)
	w.exec(t, `update pipeline_steps set code = '(e) => "later"'`)
	w.awaitStatus(t, "orders", "waiting for the engine", func(s pipeline.Status) bool { return s.Phase == pipeline.PhaseWaiting })
	w.engine.SetAway(false)
	w.awaitConfig(t, "orders", "later")
	w.awaitStatus(t, "orders", "no longer waiting", func(s pipeline.Status) bool { return s.Phase != pipeline.PhaseWaiting })
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

func TestOutagesOfWhatIsLookedUpStopNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	s := spec("orders")
	s.Source.Schema = &pipeline.Schema{Subject: "in-value", Version: pipeline.Latest}
	w.create(t, s)
	w.awaitConfig(t, "orders", "version: 1")
	w.lookup.set(func(l *lookup) { l.away = true })
	w.engine.Lose()
	w.awaitConfig(t, "orders", "version: 1")
	w.exec(t, `update pipeline_steps set code = '(e) => "edited"'`)
	st := w.awaitStatus(t, "orders", "waiting for the lookup", func(s pipeline.Status) bool { return s.Phase == pipeline.PhaseWaiting })
	if !strings.Contains(st.Message, "nobody answers") || !strings.Contains(st.Message, "revision 1 is running") {
		t.Error(st.Message)
	}
	w.lookup.set(func(l *lookup) { l.away = false })
	w.awaitConfig(t, "orders", "edited")
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

func TestPostgresOutage(t *testing.T) {
	t.Parallel()
	db := parts.OwnPostgres(t)
	w := newWorld(t, db.URL())
	w.create(t, spec("orders"))
	w.awaitConfig(t, "orders", "version: 1")
	w.awaitApplied(t, "orders", 1)
	db.Kill(t)
	w.engine.Lose()
	w.awaitConfig(t, "orders", "version: 1")
	if _, err := w.Status(t.Context(), "orders"); err != nil {
		t.Errorf("no status while the database is away: %v", err)
	}
	if _, err := w.store.Get(t.Context(), "orders"); pipeline.CodeOf(err) != pipeline.CodeUnavailable {
		t.Errorf("reading while the database is away: %v", err)
	}
	db.Start(t)
	sql, err := pgx.Connect(t.Context(), w.url)
	if err != nil {
		t.Fatal(err)
	}
	w.sql = sql
	t.Cleanup(func() { _ = sql.Close(context.Background()) })
	w.exec(t, `update pipeline_steps set code = '(e) => "after"'`)
	w.awaitConfig(t, "orders", "after")
}

func TestOneReplicaActsAtATime(t *testing.T) {
	t.Parallel()
	url := parts.Postgres(t).URL()
	first := newWorld(t, url)
	first.create(t, spec("orders"))
	first.awaitConfig(t, "orders", "version: 1")
	second := newWorld(t, url)
	s := second.awaitStatus(t, "orders", "known to the follower", func(s pipeline.Status) bool { return s.AppliedRevision == 1 })
	if s.Revision != 1 || len(second.engine.Changes()) != 0 {
		t.Errorf("the follower knows %+v and changed %v", s, second.engine.Changes())
	}
	if err := second.Restart(t.Context(), "orders"); pipeline.CodeOf(err) != pipeline.CodeUnavailable {
		t.Errorf("a follower restarts: %v", err)
	}
	first.exec(t, `update pipeline_steps set code = '(e => {'`)
	second.awaitStatus(t, "orders", "the rejection, by the follower", func(s pipeline.Status) bool { return s.Phase == pipeline.PhaseRejected })
	first.stop()
	second.awaitConfig(t, "orders", "version: 1")
}

func TestOperations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	w.create(t, spec("orders"))
	w.awaitConfig(t, "orders", "version: 1")
	w.awaitApplied(t, "orders", 1)
	if err := w.Restart(t.Context(), "orders"); err != nil {
		t.Error(err)
	}
	if got := strings.Join(w.engine.Changes(), ", "); got != "POST orders, DELETE orders, POST orders" {
		t.Errorf("a restart made %s", got)
	}
	if err := w.Drain(t.Context(), "orders"); err != nil {
		t.Error(err)
	}
	if got := w.engine.Running(); len(got) != 0 {
		t.Errorf("drained, and running %v", got)
	}
	w.awaitStatus(t, "orders", "paused", func(s pipeline.Status) bool { return s.Phase == pipeline.PhasePaused })
	err := w.Restart(t.Context(), "orders")
	var e *pipeline.Error
	if !errors.As(err, &e) || e.Field != "state" {
		t.Errorf("restarting a paused pipeline: %v", err)
	}
	if err := w.Drain(t.Context(), "nobody"); pipeline.CodeOf(err) != pipeline.CodeNotFound {
		t.Errorf("draining nothing: %v", err)
	}
}
