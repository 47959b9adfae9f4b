package integration

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

// feed produces an event every few milliseconds until the test ends, so that a change is seen as soon as it is at work.
func (s *system) feed(topic, value string) {
	s.t.Helper()
	client := s.kafka.Client(s.t, kgo.DefaultProduceTopic(topic), kgo.ProducerLinger(0))
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				client.Produce(ctx, kgo.StringRecord(value), nil)
			}
		}
	}()
	s.t.Cleanup(func() {
		cancel()
		<-done
	})
}

// untilValue reads until a record has the value.
func untilValue(t *testing.T, r *kgo.Client, want string) {
	t.Helper()
	for {
		for _, got := range next(t, r) {
			if string(got.Value) == want {
				return
			}
		}
	}
}

// simple is a pipeline of one step between new topics.
func (s *system) simple(code string) pipeline.Spec {
	s.t.Helper()
	return pipeline.Spec{
		Name: parts.Unique("simple"), Source: pipeline.Source{Topic: s.kafka.Topic(s.t, "source", 2)},
		Steps:  []pipeline.Step{{Name: "step", Kind: pipeline.Transform, Code: code}},
		Target: pipeline.Target{Topic: s.kafka.Topic(s.t, "target", 2)},
		DLQ:    &pipeline.Target{Topic: s.kafka.Topic(s.t, "dlq", 2)},
	}
}

func (s *system) sql(statement string, args ...any) {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.database.URL())
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(s.t.Context()))
	if _, err := conn.Exec(s.t.Context(), statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// TestChangesAreAtWorkAtOnce measures from the moment of a change to the first event that went through it.
func TestChangesAreAtWorkAtOnce(t *testing.T) {
	for _, delivery := range []pipeline.Delivery{pipeline.AtLeastOnce, pipeline.ExactlyOnce} {
		t.Run(string(delivery), func(t *testing.T) {
			s := start(t, needs{})
			spec := s.simple(`(e) => ({v: "posted"})`)
			spec.Delivery = delivery
			s.feed(spec.Source.Topic, "{}")
			out := s.reader(spec.Target.Topic)
			measure := func(what, want string, change func()) {
				t.Helper()
				began := time.Now()
				change()
				untilValue(t, out, `{"v":"`+want+`"}`)
				t.Logf("%s is at work after %s", what, time.Since(began).Round(time.Millisecond))
			}
			measure("a POST", "posted", func() { s.create(spec) })
			s.phase(spec.Name, pipeline.PhaseRunning)
			measure("a PUT", "put", func() {
				s.update(spec.Name, func(s *pipeline.Spec) { s.Steps[0].Code = `(e) => ({v: "put"})` })
			})
			measure("an UPDATE", "updated", func() {
				s.sql(`UPDATE pipeline_steps SET code = '(e) => ({v: "updated"})' WHERE pipeline = $1`, spec.Name)
			})
			s.transform("step.ts", `export default (e: object) => ({v: "file"})`)
			measure("a PUT that names a file", "file", func() {
				s.update(spec.Name, func(s *pipeline.Spec) { s.Steps[0].Code, s.Steps[0].Transform = "", "step.ts" })
			})
			measure("a change of the file", "edited", func() {
				s.transform("step.ts", `export default (e: object) => ({v: "edited"})`)
			})
			if st := s.phase(spec.Name, pipeline.PhaseRunning); st.Revision != 5 {
				t.Errorf("the pipeline is at revision %d after five changes", st.Revision)
			}
		})
	}
}

// TestBrokenEditCostsNothing is invariant 4: what ran keeps running, and the status says why.
func TestBrokenEditCostsNothing(t *testing.T) {
	s := start(t, needs{})
	spec := s.simple(`(e) => ({v: "good"})`)
	s.create(spec)
	s.phase(spec.Name, pipeline.PhaseRunning)
	s.feed(spec.Source.Topic, "{}")
	out := s.reader(spec.Target.Topic)
	untilValue(t, out, `{"v":"good"}`)

	// The API refuses it before it is saved; a row takes everything.
	code, body := s.do(http.MethodPut, "/api/v1/pipelines/"+spec.Name, broken(spec), "If-Match", `"1"`)
	if code != http.StatusUnprocessableEntity && code != http.StatusBadRequest || !strings.Contains(string(body), "steps[0]") {
		t.Errorf("a step that does not parse: %d %s", code, body)
	}
	s.sql(`UPDATE pipeline_steps SET code = '(e) => {{' WHERE pipeline = $1`, spec.Name)
	st := s.phase(spec.Name, pipeline.PhaseRejected)
	if st.AppliedRevision != 1 || !strings.Contains(st.Message, "revision 2 rejected") || !strings.Contains(st.Message, "revision 1 is running") {
		t.Errorf("status is %+v", st)
	}
	before := s.status(spec.Name).Counts.Delivered
	s.shows(spec.Name, "it goes on delivering", func(st pipeline.Status) error {
		if now := st.Counts.Delivered; now <= before {
			return fmt.Errorf("%d delivered, after %d", now, before)
		}
		return nil
	})
	s.sql(`UPDATE pipelines SET delivery = 'perhaps', source_topic = '' WHERE name = $1`, spec.Name)
	s.shows(spec.Name, "the status names the fields", func(st pipeline.Status) error {
		if !strings.Contains(st.Message, "delivery") || !strings.Contains(st.Message, "source.topic") {
			return fmt.Errorf("it says %q", st.Message)
		}
		return nil
	})
	s.sql(`UPDATE pipelines SET delivery = NULL, source_topic = $2 WHERE name = $1`, spec.Name, spec.Source.Topic)
	s.sql(`UPDATE pipeline_steps SET code = '(e) => ({v: "mended"})' WHERE pipeline = $1`, spec.Name)
	untilValue(t, out, `{"v":"mended"}`)
}

func broken(spec pipeline.Spec) pipeline.Spec {
	spec.Steps = []pipeline.Step{{Name: "step", Kind: pipeline.Transform, Code: "(e) => {{"}}
	return spec
}
