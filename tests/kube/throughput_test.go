package kube

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
)

// TestThroughputPerPod measures what 1, 2, 3 and 6 pods get through of a topic with six partitions: held to a rate each,
// as by steps that are slow without taking processor time, and as fast as they can. All share one machine, brokers
// included: once its processors are busy, a pod more adds nothing, and what counts is the processor time of an event.
func TestThroughputPerPod(t *testing.T) {
	t.Parallel()
	s := start(t, bed.Options{})
	const partitions, heldTo = 6, 500
	for _, run := range []struct {
		name string
		rate float64
		// events is how many there are for each pod, or in all when the rate is not held.
		events int
	}{
		{"held", heldTo, 4 * heldTo},
		{"free", 0, 60_000 * scale()},
	} {
		spec := s.spec(run.name, partitions)
		spec.Limits.Rate = run.rate
		spec.Scaling = pipeline.Scaling{Min: 1, Max: 1}
		s.create(spec)
		s.runs(run.name)
		sent, one := 0, 0.0
		for _, pods := range []int{1, 2, 3, 6} {
			s.update(run.name, func(p *pipeline.Spec) { p.Scaling.Min, p.Scaling.Max = pods, pods })
			s.replicas(run.name, int32(pods), patience)
			s.settled(run.name, spec.Source.Topic, pods)
			events := run.events
			if run.rate > 0 {
				events *= pods
			}
			before, began := s.cpu(run.name), time.Now()
			s.produce(spec.Source.Topic, sent, events)
			sent += events
			s.caughtUp(run.name, spec.Source.Topic, 2*patience)
			took := time.Since(began)
			cpu := s.cpu(run.name) - before
			s.shares(run.name, slices.Repeat([]int{partitions / pods}, pods)...) // a pod tells of a partition once it has read of it
			rate := float64(events) / took.Seconds()
			t.Logf("%s, %d pods: %d events in %s, %.0f/s; %.0f µs of the pods' processor time each, %.2f processors", run.name, pods, events,
				took.Round(10*time.Millisecond), rate, float64(cpu.Microseconds())/float64(events), cpu.Seconds()/took.Seconds())
			if pods == 1 {
				one = rate
			}
			if pods == partitions && run.rate > 0 && rate < 2*one {
				t.Errorf("%d pods held to %.0f/s each got through %.0f/s, one through %.0f/s", pods, run.rate, rate, one)
			}
		}
		once(t, s.count(spec.Target.Topic, sent, patience))
		s.remove(run.name)
		s.empty(run.name)
	}
}

// cpu is the processor time that a pipeline's pods have taken so far.
func (s *system) cpu(name string) time.Duration {
	s.t.Helper()
	var sum time.Duration
	for pod, used := range s.Node.CPU() {
		if strings.HasPrefix(pod, "inflect-"+name+"-") {
			sum += used
		}
	}
	return sum
}
