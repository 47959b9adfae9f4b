package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

func scaled(to int) pipeline.ScalingChange {
	return pipeline.ScalingChange{Pipeline: "orders-eu", Time: time.Now().UTC().Truncate(time.Millisecond), Of: pipeline.ScaledReplicas, From: to - 1, To: to,
		Cause: pipeline.ByLag, Message: "9,214 records \x00 behind", Actor: "autoscaler", Figures: pipeline.Figures{Lag: 9214, Threshold: 3000, Min: 1, Max: 3, Partitions: 3}}
}

func TestScalingIsKeptUpToAPoint(t *testing.T) {
	t.Parallel()
	s, conn := open(t)
	if _, err := s.Create(t.Context(), full(), "ann"); err != nil {
		t.Fatal(err)
	}
	exec(t, conn, `insert into scaling_changes (pipeline, subject, before, after, cause, message)
		select 'orders-eu', 'max', n, n + 1, 'edit', '' from generate_series(1, 1200) n`)
	last := scaled(3)
	if err := s.Scaled(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	var kept int
	if err := conn.QueryRow(t.Context(), `select count(*) from scaling_changes`).Scan(&kept); err != nil || kept != 1000 {
		t.Errorf("%d changes are kept, want 1000 (%v)", kept, err)
	}
	page, err := s.ScalingChanges(t.Context(), "orders-eu", "", 2)
	if err != nil || len(page.Items) != 2 || page.Next == "" {
		t.Fatalf("the first page is %+v (%v)", page, err)
	}
	got := page.Items[0]
	last.ID, last.Message = got.ID, "9,214 records \uFFFD behind"
	if got != last {
		t.Errorf("got  %+v\nwant %+v", got, last)
	}
	next, err := s.ScalingChanges(t.Context(), "orders-eu", page.Next, 2)
	if err != nil || len(next.Items) != 2 || next.Items[0].ID >= page.Items[1].ID {
		t.Errorf("the second page is %+v (%v)", next, err)
	}
	if _, err := s.ScalingChanges(t.Context(), "orders-eu", "nonsense", 2); pipeline.CodeOf(err) != pipeline.CodeInvalid {
		t.Errorf("a cursor that no list gave: %v", err)
	}
	newest, err := s.LastScalings(t.Context())
	if err != nil || len(newest) != 2 || newest[0].Of != pipeline.ScaledMax || newest[0].To != 1201 || newest[1] != last {
		t.Errorf("the newest of each subject are %+v (%v)", newest, err)
	}

	exec(t, conn, `delete from pipelines`)
	if err := s.Scaled(t.Context(), last); err != nil {
		t.Errorf("a change of a pipeline that is gone: %v", err)
	}
	if page, err := s.ScalingChanges(t.Context(), "orders-eu", "", 2); err != nil || len(page.Items) != 0 {
		t.Errorf("after the pipeline is gone there is %+v (%v)", page, err)
	}
}

func TestAGrowthIsAuditedOrDoesNotHappen(t *testing.T) {
	t.Parallel()
	s, conn := open(t)
	if _, err := s.Create(t.Context(), full(), "ann"); err != nil {
		t.Fatal(err)
	}
	audited := func() (n int) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), `select count(*) from audit where action = 'grow_partitions' and actor = 'inflect'
			and before ->> 'partitions' = '3' and after ->> 'partitions' = '6' and after ->> 'topic' = 'orders'
			and exists (select from scaling_changes where subject = 'partitions' and after = 6)`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	c := scaled(6)
	c.Of, c.From, c.Actor = pipeline.ScaledPartitions, 3, "inflect"
	refused := errors.New("not allowed")
	if err := s.Growing(t.Context(), "orders", c, func(context.Context) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if audited() != 0 {
		t.Error("a growth that was refused is in the audit")
	}
	// Two at the same moment: one after the other.
	inside, second := make(chan struct{}), make(chan error, 1)
	err := s.Growing(t.Context(), "orders", c, func(context.Context) error {
		go func() {
			second <- s.Growing(t.Context(), "orders", c, func(context.Context) error { close(inside); return refused })
		}()
		select {
		case <-inside:
			t.Error("two grow a topic at the same time")
		case <-time.After(100 * time.Millisecond):
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	<-second
	if audited() != 1 {
		t.Error("the growth is not in the audit once")
	}
}
