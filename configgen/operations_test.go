package configgen_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

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
	var (
		families []*dto.MetricFamily
		names    []string
	)
	// What was done is counted a moment after the database knows of it.
	w.awaitStatus(t, "orders", "counted", func(pipeline.Status) bool {
		var err error
		if families, err = w.metrics.Gather(); err != nil {
			t.Fatal(err)
		}
		names = nil
		for _, f := range families {
			names = append(names, f.GetName())
		}
		return slices.Contains(names, "inflect_reconcile_total")
	})
	for _, f := range families {
		if f.GetName() == "inflect_pipeline_phase" {
			if got := fmt.Sprint(f.GetMetric()); len(f.GetMetric()) != 1 || !strings.Contains(got, `value:"orders"`) {
				t.Errorf("the phases are %s", got)
			}
		}
	}
	want := []string{"inflect_pipeline_phase", "inflect_reconcile_duration_seconds", "inflect_reconcile_gate_seconds", "inflect_reconcile_hints_total",
		"inflect_reconcile_leading", "inflect_reconcile_queue_length", "inflect_reconcile_resyncs_total", "inflect_reconcile_total"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
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

// TestManyPipelines has all of them made true at once, and then looked at without touching any.
func TestManyPipelines(t *testing.T) {
	t.Parallel()
	const pipelines = 200
	w := newWorld(t, parts.Postgres(t).URL())
	began := time.Now()
	w.exec(t, `insert into pipelines (name, source_topic, target_topic) select 'many-' || n, 'in', 'out' from generate_series(1, $1::int) n`, pipelines)
	w.engine.Await(t, "every pipeline at work", func() bool { return len(w.engine.Running()) == pipelines })
	t.Logf("%d pipelines were made true in %v", pipelines, time.Since(began).Round(time.Millisecond))
	for n := range pipelines {
		w.awaitApplied(t, fmt.Sprintf("many-%d", n+1), 1)
	}
	w.stop()
	began = time.Now()
	w.start(t)
	w.awaitStatus(t, fmt.Sprintf("many-%d", pipelines), "applied", func(s pipeline.Status) bool { return s.AppliedRevision == 1 })
	for n := range pipelines {
		w.awaitStatus(t, fmt.Sprintf("many-%d", n+1), "applied", func(s pipeline.Status) bool { return s.AppliedRevision == 1 })
	}
	t.Logf("a restarted control plane knew all of them after %v", time.Since(began).Round(time.Millisecond))
	if got := len(w.engine.Changes()); got != pipelines {
		t.Errorf("%d changes were made for %d pipelines", got, pipelines)
	}
}
