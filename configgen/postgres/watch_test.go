package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/inflect-dev/inflect/configgen/postgres"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

// watching is a store that watches, with what it was told.
type watching struct {
	store     *postgres.Store
	hints     chan string
	standings chan postgres.Standing
	stop      func()
}

// watch starts a store that watches. It gives up a connection that does not answer for keepAlive.
func watch(t *testing.T, url string, keepAlive time.Duration) *watching {
	t.Helper()
	s, err := postgres.Open(t.Context(), url, postgres.Options{Lease: 20 * time.Millisecond, KeepAlive: keepAlive, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	w := &watching{store: s, hints: make(chan string, 1000), standings: make(chan postgres.Standing, 1000)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.Watch(ctx, postgres.Watcher{
			Hint:     func(name string) { w.hints <- name },
			Standing: func(s postgres.Standing) { w.standings <- s },
		})
	}()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("watching ended with %v", err)
		}
		s.Close()
	})
	t.Cleanup(w.stop)
	return w
}

// await reads from c until it gives want.
func await[T comparable](t *testing.T, c <-chan T, want T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		select {
		case got := <-c:
			if got == want {
				return
			}
		case <-ctx.Done():
			t.Fatalf("%v never came", want)
		}
	}
}

func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	url := parts.Postgres(t).URL()
	w := watch(t, url, patience)
	await(t, w.hints, "")
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	tests := []struct{ change, hint string }{
		{`insert into pipelines (name, source_topic, target_topic) values ('a', 'in', 'out')`, "a"},
		{`insert into pipeline_steps (pipeline, position, name, kind, code) values ('a', 1, 's', 'filter', 'e => e')`, "a"},
		{`update pipeline_steps set code = 'e => 1'`, "a"},
		{`update pipelines set name = 'b'`, "b"},
		{`insert into pipelines (name, source_topic, target_topic) values ('Nonsense "''; --', 'in', 'out')`, `Nonsense "'; --`},
		{`delete from pipelines where name = 'b'`, "b"},
		{`truncate pipelines cascade`, ""},
	}
	for _, tt := range tests {
		exec(t, conn, tt.change)
		await(t, w.hints, tt.hint)
	}
}

func TestLeaseGoesToOneAtATime(t *testing.T) {
	t.Parallel()
	url := parts.Postgres(t).URL()
	first := watch(t, url, patience)
	await(t, first.standings, postgres.Leading)
	second := watch(t, url, patience)
	await(t, second.standings, postgres.Following)
	// However much there is to listen to, the lease is asked for.
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_, _ = conn.Exec(ctx, `select pg_notify('public.pipelines', gen_random_uuid()::text) from generate_series(1, 10)`)
		}
		_ = conn.Close(context.Background())
	}()
	drain := func(w *watching) {
		for range w.hints {
		}
	}
	go drain(first)
	go drain(second)
	first.stop()
	await(t, second.standings, postgres.Leading)
	cancel()
	<-done
	second.stop()
	close(first.hints)
	close(second.hints)
}

func TestWatchComesBack(t *testing.T) {
	t.Parallel()
	db := parts.OwnPostgres(t)
	link := parts.Proxy(t, db.Addr())
	w := watch(t, strings.Replace(db.URL(), db.Addr(), link.Addr(), 1), time.Second)
	await(t, w.hints, "")
	await(t, w.standings, postgres.Leading)
	db.Kill(t)
	await(t, w.standings, postgres.Adrift)
	if _, err := w.store.Rows(t.Context()); pipeline.CodeOf(err) != pipeline.CodeUnavailable {
		t.Errorf("reading from a killed database: %v", err)
	}
	db.Start(t)
	await(t, w.standings, postgres.Leading)
	await(t, w.hints, "")
	// A server behind a dead link answers nothing, and closes nothing either.
	link.Blackhole()
	await(t, w.standings, postgres.Adrift)
	link.Heal()
	await(t, w.standings, postgres.Leading)
	await(t, w.hints, "")
}

func TestADatabaseWithoutTablesIsNotReadyYet(t *testing.T) {
	t.Parallel()
	s, err := postgres.Connect(parts.Postgres(t).URL(), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Rows(t.Context()); pipeline.CodeOf(err) != pipeline.CodeUnavailable {
		t.Errorf("a database before its first migration: %v", err)
	}
}

func TestServersMigrateTogether(t *testing.T) {
	t.Parallel()
	url := parts.Postgres(t).URL()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := postgres.Open(t.Context(), url, postgres.Options{Timeout: patience})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if _, err := s.Rows(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestOneOfManyWritersWins(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	if _, err := s.Create(t.Context(), full(), "ann"); err != nil {
		t.Fatal(err)
	}
	const writers = 8
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		won  int
		lost int
	)
	for i := range writers {
		wg.Go(func() {
			spec := full()
			spec.Description = fmt.Sprintf("writer %d", i)
			_, err := s.Update(t.Context(), spec.Name, 1, spec, "ann")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case pipeline.CodeOf(err) == pipeline.CodeStale:
				lost++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	revs, err := s.Revisions(t.Context(), "orders-eu")
	if won != 1 || lost != writers-1 || err != nil || len(revs) != 2 {
		t.Errorf("%d won, %d lost, %d revisions (%v)", won, lost, len(revs), err)
	}
}

func TestBadConnectionStringsKeepTheirSecrets(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"postgres://inflect:hunter2@host:port/db", "host=x password=hunter2 port=y", "mysql://inflect:hunter2@host/db"} {
		_, err := postgres.Connect(dsn, postgres.Options{})
		var e *pipeline.Error
		if err == nil || !errors.As(err, &e) || e.Field != "postgres" {
			t.Errorf("%v", err)
			continue
		}
		if e := err.Error(); len(e) == 0 || strings.Contains(e, "hunter2") {
			t.Errorf("the password is in %q", e)
		}
	}
}
