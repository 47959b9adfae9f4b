package configgen_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/inflect-dev/inflect/configgen"
	"github.com/inflect-dev/inflect/configgen/postgres"
	"github.com/inflect-dev/inflect/configgen/render"
	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/configgen/streams/enginetest"
	"github.com/inflect-dev/inflect/pipeline"
)

// patience is how long tests wait for what a busy machine may be slow to do, and so does what they run.
const patience = 4 * time.Minute

// storeOptions let a replica follow another one at once. A connection that is slow to answer is no reason to give up the
// lease: databases that end here close theirs.
var storeOptions = postgres.Options{Lease: 50 * time.Millisecond, KeepAlive: patience, Timeout: patience}

// world is a control plane on a real database with a fake engine.
type world struct {
	*configgen.Reconciler

	url    string
	store  *postgres.Store
	engine *enginetest.Engine
	// second is another engine, for tests that want one.
	second *enginetest.Engine
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
	store, err := postgres.Open(t.Context(), w.url, storeOptions)
	if err != nil {
		t.Fatal(err)
	}
	w.store = store
	engines := []streams.Engine{w.engine.Address()}
	if w.second != nil {
		engines = append(engines, w.second.Address())
	}
	client := streams.New(engines, streams.Options{Timeout: patience, StopTimeout: patience})
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
	ctx, cancel := context.WithTimeout(t.Context(), patience)
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
