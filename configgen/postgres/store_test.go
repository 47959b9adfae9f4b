package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/inflect-dev/inflect/configgen/postgres"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

// patience is how long tests wait for what a busy machine may be slow to do.
const patience = 4 * time.Minute

// open is a store on a fresh database, and a connection for plain SQL.
func open(t *testing.T) (*postgres.Store, *pgx.Conn) {
	t.Helper()
	url := parts.Postgres(t).URL()
	s, err := postgres.Open(t.Context(), url, postgres.Options{Lease: 50 * time.Millisecond, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return s, conn
}

func exec(t *testing.T, conn *pgx.Conn, statement string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func full() pipeline.Spec {
	return pipeline.Spec{
		Name: "orders-eu", Description: "all of 'them' ${PATH}\n—☃", Owner: "team-orders", Labels: map[string]string{"env": "prod"},
		Source: pipeline.Source{Topic: "orders", Start: "latest", Schema: &pipeline.Schema{Subject: "orders-value", Version: "latest", Others: pipeline.FilterOthers}},
		Steps: []pipeline.Step{
			{Name: "keep_paid", Kind: pipeline.Filter, Transform: "orders.ts#keepPaid", Params: json.RawMessage(`{"z":1.0,"a":9007199254740993,"e":1e2,"n":-0}`)},
			{Name: "mask", Kind: pipeline.Transform, Code: "(e) => `${e.id}'; drop table pipelines; --`"},
		},
		Target:  pipeline.Target{Topic: "orders-clean", Schema: &pipeline.Schema{Subject: "orders-clean-value", Version: "3", Framing: "bare"}},
		Outputs: map[string]pipeline.Target{"eu": {Topic: "orders-eu", Create: &pipeline.CreateTopic{Partitions: 3}}},
		DLQ:     &pipeline.Target{Topic: "orders-dlq", Create: &pipeline.CreateTopic{}},
		OnError: pipeline.DeadLetter, Tombstones: pipeline.Steps, Delivery: pipeline.AtLeastOnce,
		Batch:      pipeline.Batch{MaxRecords: 100, Linger: pipeline.Duration(250 * time.Millisecond)},
		Limits:     pipeline.Limits{Time: pipeline.Duration(2 * time.Second), Memory: "64MiB", Rate: 0.5},
		Scaling:    pipeline.Scaling{Min: 1, Max: 6, LagSeconds: 2.5, Partitions: pipeline.Partitions{Grow: true, Max: 12}},
		Kubernetes: json.RawMessage(`{"b":1,"a":{"cpu":"500m"}}`),
		State:      pipeline.Paused,
	}
}

func TestSpecComesBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	want := full()
	p, err := s.Create(t.Context(), want, "ann")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, p.Spec); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	if p.Revision != 1 || p.UpdatedBy != "ann" || p.CreatedAt.IsZero() {
		t.Errorf("identity: %+v", p)
	}
	rev, err := s.Revision(t.Context(), want.Name, 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, rev.Spec); diff != "" {
		t.Errorf("in the history (-want +got):\n%s", diff)
	}
	minimal := pipeline.Spec{Name: "a", Source: pipeline.Source{Topic: "in"}, Steps: []pipeline.Step{}, Target: pipeline.Target{Topic: "out"}}
	p, err = s.Create(t.Context(), minimal, "ann")
	if err != nil {
		t.Fatal(err)
	}
	minimal.State = pipeline.Running
	if diff := cmp.Diff(minimal, p.Spec); diff != "" {
		t.Errorf("minimal (-want +got):\n%s", diff)
	}
}

func TestEveryChangeIsOneRevisionWhoeverMakesIt(t *testing.T) {
	t.Parallel()
	s, conn := open(t)
	spec := full()
	if _, err := s.Create(t.Context(), spec, "ann"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(t *testing.T)
		grows  int64
		author string
	}{
		{"an update through the store", func(t *testing.T) {
			spec.Description = "new"
			spec.Steps[1].Code = "(e) => e"
			if _, err := s.Update(t.Context(), spec.Name, 1, spec, "ben"); err != nil {
				t.Fatal(err)
			}
		}, 1, "ben"},
		{"the same update again", func(t *testing.T) {
			if _, err := s.Update(t.Context(), spec.Name, 0, spec, "cid"); err != nil {
				t.Fatal(err)
			}
		}, 0, "ben"},
		{"a column by plain SQL", func(t *testing.T) { exec(t, conn, `update pipelines set target_topic = 'other'`) }, 1, "sql:postgres"},
		{"a column to what it is", func(t *testing.T) { exec(t, conn, `update pipelines set target_topic = 'other'`) }, 0, "sql:postgres"},
		{"the revision by plain SQL", func(t *testing.T) { exec(t, conn, `update pipelines set revision = 99`) }, 0, "sql:postgres"},
		{"a step by plain SQL", func(t *testing.T) {
			exec(t, conn, `update pipeline_steps set code = '(e) => null' where name = 'mask'`)
		}, 1, "sql:postgres"},
		{"a step to what it is", func(t *testing.T) { exec(t, conn, `update pipeline_steps set code = code`) }, 0, "sql:postgres"},
		{"a step's parameters alone", func(t *testing.T) {
			exec(t, conn, `update pipeline_steps set params = '{"min":11}' where name = 'keep_paid'`)
		}, 1, "sql:postgres"},
		{"a step taken away", func(t *testing.T) { exec(t, conn, `delete from pipeline_steps where name = 'mask'`) }, 1, "sql:postgres"},
		{"many statements in one transaction", func(t *testing.T) {
			exec(t, conn, `begin`)
			exec(t, conn, `insert into pipeline_steps (pipeline, position, name, kind, code) values ('orders-eu', 5, 'x', 'filter', '(e) => e')`)
			exec(t, conn, `update pipelines set owner = 'other'`)
			exec(t, conn, `update pipelines set dlq_topic = 'other-dlq'`)
			exec(t, conn, `commit`)
		}, 1, "sql:postgres"},
		{"a state", func(t *testing.T) {
			if _, err := s.SetState(t.Context(), spec.Name, pipeline.Running, "dee"); err != nil {
				t.Fatal(err)
			}
		}, 1, "dee"},
		{"a renewal", func(t *testing.T) {
			p, err := s.Get(t.Context(), spec.Name)
			if err == nil {
				err = s.Touch(t.Context(), spec.Name, p.Revision, "inflect", "schema_moved", nil)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, 1, "inflect"},
	}
	for _, tt := range tests {
		before, err := s.Get(t.Context(), spec.Name)
		if err != nil {
			t.Fatal(err)
		}
		tt.change(t)
		after, err := s.Get(t.Context(), spec.Name)
		if err != nil {
			t.Fatal(err)
		}
		if after.Revision != before.Revision+tt.grows || after.UpdatedBy != tt.author {
			t.Errorf("%s: revision %d to %d by %q, want %+d by %q", tt.name, before.Revision, after.Revision, after.UpdatedBy, tt.grows, tt.author)
		}
		rev, err := s.Revision(t.Context(), spec.Name, after.Revision)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(after.Spec, rev.Spec); diff != "" {
			t.Errorf("%s: history differs from the row (-row +history):\n%s", tt.name, diff)
		}
	}
	entries, err := s.Audit(t.Context(), spec.Name, "", 3)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range entries.Items {
		actions = append(actions, e.Action+" by "+e.Actor)
	}
	if diff := cmp.Diff([]string{"schema_moved by inflect", "resume by dee", "update by sql:postgres"}, actions); diff != "" {
		t.Error(diff)
	}
	more, err := s.Audit(t.Context(), spec.Name, entries.Next, 100)
	if err != nil {
		t.Fatal(err)
	}
	if last := more.Items[len(more.Items)-1]; last.Action != "create" || string(last.Before) != "null" || len(entries.Items)+len(more.Items) != 9 {
		t.Errorf("the audit ends in %+v after %d entries", last, len(entries.Items)+len(more.Items))
	}
}

func TestNonsenseNamesItsFieldAndStopsNothing(t *testing.T) {
	t.Parallel()
	s, conn := open(t)
	tests := []struct{ name, set, field string }{
		{"batch-list", `batch = '[]'`, "batch"},
		{"linger", `batch = '{"linger": "soon"}'`, "batch.linger"},
		{"records", `batch = '{"max_records": "many"}'`, "batch.max_records"},
		{"labels", `labels = '{"a": {}}'`, "labels.a"},
		{"outputs", `outputs = '{"eu": {"topic": 7}}'`, "outputs.eu.topic"},
		{"memory", `limits = '{"memory": "lots"}'`, "limits.memory"},
		{"topic", `source_topic = 'a b'`, "source.topic"},
		{"version", `source_subject = 's', source_version = 'newest'`, "source.schema.version"},
		{"others", `source_subject = 's', source_others = 'keep'`, "source.schema.others"},
		{"others-alone", `source_others = 'filter'`, "source.schema.subject"},
		{"subjectless", `target_version = '3'`, "target.schema.subject"},
		{"state", `state = 'sleeping'`, "state"},
		{"delivery", `delivery = 'perhaps'`, "delivery"},
	}
	for _, tt := range tests {
		exec(t, conn, `insert into pipelines (name, source_topic, target_topic) values ($1, 'in', 'out')`, tt.name)
		exec(t, conn, `update pipelines set `+tt.set+` where name = $1`, tt.name)
	}
	exec(t, conn, `insert into pipelines (name, source_topic, target_topic) values ('Bad Name', 'in', 'out')`)
	exec(t, conn, `insert into pipelines (name, source_topic, target_topic) values ('fine', 'in', 'out')`)
	exec(t, conn, `insert into pipeline_steps (pipeline, position, name, kind) values ('fine', 1, 'no code', 'map')`)
	exec(t, conn, `insert into pipelines (name, source_topic, target_topic) values (repeat('x', 9000), 'in', 'out')`)
	rows, err := s.Rows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	problems := map[string]pipeline.Errors{}
	for _, r := range rows {
		problems[r.Name] = r.Problems
	}
	for _, tt := range tests {
		if errs := problems[tt.name]; len(errs) == 0 || errs[0].Field != tt.field {
			t.Errorf("%s: %v, want an error about %s", tt.set, errs, tt.field)
		}
	}
	if errs := problems["Bad Name"]; len(errs) == 0 || errs[0].Field != "name" {
		t.Errorf("a bad name: %v", errs)
	}
	if errs := problems["fine"]; len(errs) != 3 {
		t.Errorf("a bad step: %v", errs)
	}
	page, err := s.List(t.Context(), pipeline.Query{Limit: 500})
	if err != nil || len(page.Items) != len(tests)+3 {
		t.Errorf("the list has %d of %d rows: %v", len(page.Items), len(tests)+3, err)
	}
}

func TestErrorsHaveCodes(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	spec := full()
	if _, err := s.Create(t.Context(), spec, "ann"); err != nil {
		t.Fatal(err)
	}
	nul := full()
	nul.Name, nul.Description = "nul", "a\x00b"
	nulCode := full()
	nulCode.Name, nulCode.Steps[1].Code = "nul", "a\x00b"
	renamed := full()
	renamed.Name = "other"
	tests := []struct {
		name  string
		do    func(context.Context) error
		code  pipeline.Code
		field string
	}{
		{"created twice", func(ctx context.Context) error { _, err := s.Create(ctx, spec, ""); return err }, pipeline.CodeExists, "name"},
		{"an old revision", func(ctx context.Context) error { _, err := s.Update(ctx, spec.Name, 7, spec, ""); return err }, pipeline.CodeStale, ""},
		{"deleting an old revision", func(ctx context.Context) error { return s.Delete(ctx, spec.Name, 7, "") }, pipeline.CodeStale, ""},
		{"renaming", func(ctx context.Context) error { _, err := s.Update(ctx, spec.Name, 0, renamed, ""); return err }, pipeline.CodeInvalid, "name"},
		{"unknown", func(ctx context.Context) error { _, err := s.Get(ctx, "nobody"); return err }, pipeline.CodeNotFound, ""},
		{"an unknown name with a NUL", func(ctx context.Context) error { _, err := s.Get(ctx, "no\x00body"); return err }, pipeline.CodeNotFound, ""},
		{"unknown to delete", func(ctx context.Context) error { return s.Delete(ctx, "nobody", 0, "") }, pipeline.CodeNotFound, ""},
		{"unknown to pause", func(ctx context.Context) error { _, err := s.SetState(ctx, "nobody", pipeline.Paused, ""); return err }, pipeline.CodeNotFound, ""},
		{"no such state", func(ctx context.Context) error { _, err := s.SetState(ctx, spec.Name, "asleep", ""); return err }, pipeline.CodeInvalid, "state"},
		{"no such revision", func(ctx context.Context) error { _, err := s.Revision(ctx, spec.Name, 9); return err }, pipeline.CodeNotFound, ""},
		{"no history", func(ctx context.Context) error { _, err := s.Revisions(ctx, "nobody"); return err }, pipeline.CodeNotFound, ""},
		{"a NUL", func(ctx context.Context) error { _, err := s.Create(ctx, nul, ""); return err }, pipeline.CodeInvalid, "description"},
		{"a NUL in code", func(ctx context.Context) error { _, err := s.Create(ctx, nulCode, ""); return err }, pipeline.CodeInvalid, "steps[1].code"},
		{"a made-up cursor", func(ctx context.Context) error { _, err := s.List(ctx, pipeline.Query{Cursor: "%"}); return err }, pipeline.CodeInvalid, "cursor"},
		{"a made-up cursor of the audit", func(ctx context.Context) error { _, err := s.Audit(ctx, "", "YQ", 0); return err }, pipeline.CodeInvalid, "cursor"},
	}
	for _, tt := range tests {
		err := tt.do(t.Context())
		var e *pipeline.Error
		if !errors.As(err, &e) || e.Code != tt.code || e.Field != tt.field {
			t.Errorf("%s: %v (code %s), want code %s and field %q", tt.name, err, pipeline.CodeOf(err), tt.code, tt.field)
		}
	}
}

func TestNameThatComesBackGoesOnCounting(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	if _, err := s.Create(t.Context(), full(), "ann"); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "orders-eu", 1, "ben"); err != nil {
		t.Fatal(err)
	}
	entries, err := s.Audit(t.Context(), "orders-eu", "", 1)
	if err != nil || entries.Items[0].Action != "delete" || entries.Items[0].Actor != "ben" || string(entries.Items[0].After) != "null" {
		t.Errorf("audit of the deletion: %+v, %v", entries, err)
	}
	p, err := s.Create(t.Context(), full(), "ann")
	if err != nil || p.Revision != 2 {
		t.Errorf("created again as revision %d, %v", p.Revision, err)
	}
}

func TestListFiltersAndPages(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	for _, name := range []string{"a-1", "a-2", "a-3", "b_no"} {
		spec := full()
		spec.Name, spec.Description, spec.State = name, "100%_of "+name, pipeline.Running
		spec.Labels = map[string]string{"env": name[:1]}
		if name == "a-2" {
			spec.Owner = "someone"
			spec.State = pipeline.Stopped
		}
		if _, err := s.Create(t.Context(), spec, "ann"); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		q    pipeline.Query
		want []string
	}{
		{"everything", pipeline.Query{}, []string{"a-1", "a-2", "a-3", "b_no"}},
		{"search", pipeline.Query{Search: "%_of A-"}, []string{"a-1", "a-2", "a-3"}},
		{"search is literal", pipeline.Query{Search: "0_%"}, nil},
		{"label", pipeline.Query{Labels: map[string]string{"env": "b"}}, []string{"b_no"}},
		{"owner and state", pipeline.Query{Owner: "someone", State: pipeline.Stopped}, []string{"a-2"}},
	}
	for _, tt := range tests {
		for _, limit := range []int{0, 1, 2} {
			var got []string
			for q := tt.q; ; {
				q.Limit = limit
				page, err := s.List(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range page.Items {
					got = append(got, p.Name)
				}
				if q.Cursor = page.Next; q.Cursor == "" {
					break
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s by %d:\n%s", tt.name, limit, diff)
			}
		}
	}
}

func TestRollbackTakesTheOldCodeAlong(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	spec := full()
	if _, err := s.Create(t.Context(), spec, "ann"); err != nil {
		t.Fatal(err)
	}
	build := pipeline.Build{Steps: []pipeline.BuiltStep{{Code: "export default 1"}, {Code: "x", Export: "y"}}, Versions: map[string]int{"source": 4}, Hash: "abc"}
	if err := s.SaveBuild(t.Context(), spec.Name, 1, build); err != nil {
		t.Fatal(err)
	}
	if err := s.MarkApplied(t.Context(), spec.Name, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveBuild(t.Context(), spec.Name, 1, pipeline.Build{Hash: "another"}); err != nil {
		t.Fatal(err)
	}
	changed := spec
	changed.Description, changed.State = "changed", pipeline.Running
	if _, err := s.Update(t.Context(), spec.Name, 1, changed, "ann"); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Build(t.Context(), spec.Name, 2); ok || err != nil {
		t.Errorf("revision 2 was never built: %v, %v", ok, err)
	}
	p, err := s.Rollback(t.Context(), spec.Name, 1, 2, "ben")
	if err != nil {
		t.Fatal(err)
	}
	if p.Revision != 3 || p.Description != spec.Description || p.State != pipeline.Running {
		t.Errorf("rolled back to %+v", p)
	}
	got, ok, err := s.Build(t.Context(), spec.Name, 3)
	if err != nil || !ok {
		t.Fatalf("no build: %v", err)
	}
	build.Chosen = true
	if diff := cmp.Diff(build, got); diff != "" {
		t.Error(diff)
	}
	rev, ok, err := s.Applied(t.Context(), spec.Name, 3)
	if err != nil || !ok || rev.Revision != 1 || rev.BundleHash != "abc" {
		t.Errorf("applied before 3: %+v, %v, %v", rev, ok, err)
	}
	// What was chosen stays until the pipeline is saved.
	if _, err := s.SetState(t.Context(), spec.Name, pipeline.Paused, "ben"); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := s.Build(t.Context(), spec.Name, 4); err != nil || !ok || !cmp.Equal(build, got) {
		t.Errorf("paused: %+v, %v, %v", got, ok, err)
	}
	changed.State = ""
	if _, err := s.Update(t.Context(), spec.Name, 4, changed, "ann"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetState(t.Context(), spec.Name, pipeline.Running, "ben"); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{5, 6} {
		if _, ok, err := s.Build(t.Context(), spec.Name, n); ok || err != nil {
			t.Errorf("revision %d has a build: %v, %v", n, ok, err)
		}
	}
}
