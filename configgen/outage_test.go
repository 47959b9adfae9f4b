package configgen_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/inflect-dev/inflect/configgen/streams/enginetest"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

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

func TestOneEngineAwayHoldsNobodyBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.Postgres(t).URL())
	w.stop()
	w.second = enginetest.Start(t)
	w.start(t)
	w.second.SetAway(true)
	w.create(t, spec("orders"))
	w.awaitConfig(t, "orders", "version: 1")
	s := w.awaitStatus(t, "orders", "waiting for the other engine", func(s pipeline.Status) bool { return s.Phase == pipeline.PhaseWaiting })
	if !strings.Contains(s.Message, "cannot be reached") || !strings.Contains(s.Message, "revision 1 is running") {
		t.Error(s.Message)
	}
	// What passed the gate passes it once, however often the other engine is tried.
	w.exec(t, `update pipeline_steps set code = '(e) => "edited"'`)
	w.awaitConfig(t, "orders", "edited")
	w.lookup.set(func(l *lookup) {
		if l.checks != 2 {
			t.Errorf("two revisions were checked %d times", l.checks)
		}
	})
	w.second.SetAway(false)
	w.second.Await(t, "the edit on the other engine", func() bool { return strings.Contains(w.second.Config("orders"), "edited") })
	w.awaitApplied(t, "orders", 2)
}
