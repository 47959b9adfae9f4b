package kube

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
)

// TestAnotherControlPlaneTakesOver has two replicas of the control plane. The one that acts is killed under load, and the
// other has to act in its place.
func TestAnotherControlPlaneTakesOver(t *testing.T) {
	t.Parallel()
	s := start(t, bed.Options{})
	leader := s.serve
	spec := s.spec("led", 3)
	s.create(spec)
	s.runs("led")
	// All replicas answer; what this one is told, the other one does.
	s.serve, s.url = s.control()
	s.Until("the second control plane is ready", func(context.Context) error {
		if code, body, _ := s.ask(http.MethodGet, "/readyz", nil); code != http.StatusOK {
			return fmt.Errorf("%d %s", code, body)
		}
		return nil
	})
	starts := s.Node.Starts()
	load := s.load(spec.Source.Topic)
	change := func(n int) time.Duration {
		began := time.Now()
		s.update("led", func(p *pipeline.Spec) { p.Steps[0].Code = fmt.Sprintf("(e) => ({ ...e, by: %d })", n) })
		s.runs("led")
		return time.Since(began).Round(time.Millisecond)
	}
	t.Logf("a change told to the other control plane is at work after %s", change(2))
	leader.Kill(t)
	t.Logf("the leader was killed: a change is at work after %s", change(3))
	s.create(s.spec("new", 1))
	t.Logf("a new pipeline after %s", s.runs("new").Round(time.Millisecond))

	total := load.stop()
	s.caughtUp("led", spec.Source.Topic, patience)
	once(t, s.count(spec.Target.Topic, total, patience))
	now := s.Node.Starts()
	maps.DeleteFunc(now, func(pod string, _ int) bool { _, ok := starts[pod]; return !ok })
	if !maps.Equal(now, starts) {
		t.Errorf("the takeover started processes: %v became %v", starts, now)
	}
}
