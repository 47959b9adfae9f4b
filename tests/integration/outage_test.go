package integration

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

// outage is how long a neighbour stays away: INFLECT_OUTAGE=20s for the real thing.
func outage(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("INFLECT_OUTAGE")
	if text == "" {
		return 3 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("INFLECT_OUTAGE: %v", err)
	}
	return d
}

// numbered produces events 0, 1, 2, … until stop, which returns how many there are.
func (s *system) numbered(topic string) (stop func() int) {
	s.t.Helper()
	client := s.kafka.Client(s.t, kgo.DefaultProduceTopic(topic))
	quit, done := make(chan struct{}), make(chan int)
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-quit:
				done <- n
				return
			case <-tick.C:
				client.Produce(s.t.Context(), &kgo.Record{Key: []byte(strconv.Itoa(n)), Value: fmt.Appendf(nil, `{"id":%d}`, n)}, func(_ *kgo.Record, err error) {
					if err != nil {
						s.t.Errorf("producing: %v", err)
					}
				})
			}
		}
	}()
	stopped := false
	stop = func() int {
		stopped = true
		close(quit)
		n := <-done
		if err := client.Flush(s.t.Context()); err != nil {
			s.t.Error(err)
		}
		return n
	}
	s.t.Cleanup(func() {
		if !stopped {
			close(quit)
			<-done
		}
	})
	return stop
}

// all reads until every number below n has come, and fails when one comes twice.
func all(t *testing.T, r *kgo.Client, n int, seen map[string]bool) {
	t.Helper()
	for len(seen) < n {
		for _, rec := range next(t, r) {
			if seen[string(rec.Key)] {
				t.Fatalf("event %s came twice", rec.Key)
			}
			seen[string(rec.Key)] = true
		}
	}
}

// moving waits until n more events have come out.
func moving(t *testing.T, r *kgo.Client, n int, seen map[string]bool) {
	t.Helper()
	all(t, r, len(seen)+n, seen)
}

func during(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

func TestPipelinesOutliveTheDatabase(t *testing.T) {
	database := parts.OwnPostgres(t)
	s := start(t, needs{database: database})
	spec := s.simple(`(e) => ({...e, v: 1})`)
	s.create(spec)
	stop := s.numbered(spec.Source.Topic)
	out, seen := s.reader(spec.Target.Topic), map[string]bool{}
	moving(t, out, 50, seen)

	database.Kill(t)
	began := time.Now()
	for time.Since(began) < outage(t) {
		moving(t, out, 50, seen)
	}
	if code, body := s.do("GET", "/readyz", nil); code != 503 {
		t.Errorf("the control plane says that it is ready without its database: %d %s", code, body)
	}
	if code, _ := s.do("GET", "/livez", nil); code != 200 {
		t.Errorf("the control plane says that it is dead: %d", code)
	}
	if code, body := s.do("GET", "/api/v1/pipelines", nil); code != 503 {
		t.Errorf("listing pipelines without a database: %d %s", code, body)
	}
	// An engine that loses its streams now is given them back out of memory.
	s.engines[0].Kill(t)
	s.engines[0].Start(t)
	moving(t, out, 50, seen)

	database.Start(t)
	s.until("the control plane is ready again", s.ready)
	back := time.Now()
	s.update(spec.Name, func(p *pipeline.Spec) { p.Steps[0].Code = `(e) => ({...e, v: 2})` })
	s.phase(spec.Name, pipeline.PhaseRunning)
	t.Logf("a change is at work %s after the database was back", time.Since(back).Round(time.Millisecond))
	all(t, out, stop(), seen)
}

const anyID = `{"type":"object","required":["id"],"properties":{"id":{"type":"integer"}}}`

func TestPipelinesOutliveTheRegistry(t *testing.T) {
	registry := parts.OwnRegistry(t)
	s := start(t, needs{registry: registry})
	spec := s.simple(`(e) => e`)
	spec.Source.Schema = s.schema("in", anyID)
	spec.Target.Schema = s.schema("out", anyID)
	s.create(spec)
	stop := s.numbered(spec.Source.Topic)
	out, seen := s.reader(spec.Target.Topic), map[string]bool{}
	moving(t, out, 50, seen)

	registry.Kill(t)
	began := time.Now()
	for time.Since(began) < outage(t) {
		moving(t, out, 50, seen)
	}
	// An engine that starts now has to wait for the registry and says so.
	s.engines[0].Kill(t)
	s.engines[0].Start(t)
	s.shows(spec.Name, "it says that it waits", func(st pipeline.Status) error {
		if st.Phase != pipeline.PhaseWaiting && st.Phase != pipeline.PhasePending {
			return fmt.Errorf("it is %s: %s", st.Phase, st.Message)
		}
		return nil
	})
	registry.Start(t)
	s.phase(spec.Name, pipeline.PhaseRunning)
	all(t, out, stop(), seen)
	if st := s.status(spec.Name); st.Counts.DeadLettered != 0 {
		t.Errorf("%d events became dead letters because the registry was away", st.Counts.DeadLettered)
	}
}

func TestEngineComesBackByItself(t *testing.T) {
	s := start(t, needs{})
	spec := s.simple(`(e) => e`)
	s.create(spec)
	stop := s.numbered(spec.Source.Topic)
	out, seen := s.reader(spec.Target.Topic), map[string]bool{}
	for range 3 {
		moving(t, out, 50, seen)
		s.engines[0].Kill(t)
		s.engines[0].Start(t)
	}
	moving(t, out, 50, seen)
	s.engines[0].Stop(t)
	during(t, outage(t)/3)
	s.engines[0].Start(t)
	all(t, out, stop(), seen)
}

// TestControlPlaneMayBeAway is invariant 4: engines need it for changes alone.
func TestControlPlaneMayBeAway(t *testing.T) {
	s := start(t, needs{})
	spec := s.simple(`(e) => ({...e, v: 1})`)
	s.create(spec)
	stop := s.numbered(spec.Source.Topic)
	out, seen := s.reader(spec.Target.Topic), map[string]bool{}
	moving(t, out, 50, seen)
	s.serve.Kill(t)
	s.sql(`UPDATE pipeline_steps SET code = '(e) => ({...e, v: 2})' WHERE pipeline = $1`, spec.Name)
	moving(t, out, 50, seen)
	s.serve.Start(t)
	s.shows(spec.Name, "the change that it missed is at work", func(st pipeline.Status) error {
		if st.AppliedRevision != 2 || st.Phase != pipeline.PhaseRunning {
			return fmt.Errorf("it is %s at revision %d: %s", st.Phase, st.AppliedRevision, st.Message)
		}
		return nil
	})
	all(t, out, stop(), seen)
}
