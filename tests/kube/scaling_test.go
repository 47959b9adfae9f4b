package kube

import (
	"context"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
)

// count reads a topic until each of n keys was there, and a moment longer, and returns how often each one was.
func (s *system) count(topic string, n int, limit time.Duration) []int {
	s.t.Helper()
	client := s.client(kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	seen := make([]int, n)
	have := 0
	ctx, cancel := context.WithTimeout(s.t.Context(), limit)
	defer cancel()
	take := func(f kgo.Fetches) {
		f.EachRecord(func(r *kgo.Record) {
			i, err := strconv.Atoi(string(r.Key))
			if err != nil || i < 0 || i >= n {
				s.t.Fatalf("a record has the key %q", r.Key)
			}
			if seen[i]++; seen[i] == 1 {
				have++
			}
		})
	}
	for have < n {
		f := client.PollFetches(ctx)
		if ctx.Err() != nil {
			s.t.Fatalf("%d of %d records after %s", have, n, limit)
		}
		take(f)
	}
	quiet, stop := context.WithTimeout(s.t.Context(), 2*time.Second)
	defer stop()
	for quiet.Err() == nil {
		take(client.PollFetches(quiet))
	}
	return seen
}

// once fails when an event was delivered twice.
func once(t *testing.T, seen []int) {
	t.Helper()
	twice := 0
	for _, n := range seen {
		if n != 1 {
			twice++
		}
	}
	if twice > 0 {
		t.Errorf("%d of %d events were not delivered exactly once", twice, len(seen))
	}
}

var generation = regexp.MustCompile(`[Ss]tabilized group (\S+) generation (\d+)`)

// rebalances is how often a pipeline's group got a new generation, from the broker's log.
func (s *system) rebalances(name string) int {
	s.t.Helper()
	text, err := os.ReadFile(s.kafka.Broker(1).Log())
	s.must(err)
	n := 0
	for _, m := range generation.FindAllSubmatch(text, -1) {
		if string(m[1]) == "inflect."+name {
			n++
		}
	}
	return n
}

// TestPodsFollowTheLag is 1 to 3 to 1 replicas on real lag, exactly once, and then to none and back.
func TestPodsFollowTheLag(t *testing.T) {
	t.Parallel()
	s := start(t, bed.Options{KEDA: true})
	events, most := 60_000*scale(), int32(3)
	spec := s.spec("scale", 6)
	spec.Scaling = pipeline.Scaling{Min: 1, Max: int(most), LagThreshold: 3000, Poll: pipeline.Duration(time.Second), Cooldown: pipeline.Duration(5 * time.Second)}
	spec.Limits.Rate = 400 * float64(scale())
	s.create(spec)
	s.runs("scale")
	s.replicas("scale", 1, patience)

	s.produce(spec.Source.Topic, 0, events)
	up := s.replicas("scale", most, patience)
	t.Logf("1 -> %d pods after %s", most, up.Round(100*time.Millisecond))
	left, err := s.lag(t.Context(), "scale", spec.Source.Topic)
	s.must(err)
	began := time.Now()
	s.unleash("scale")
	s.caughtUp("scale", spec.Source.Topic, 2*patience)
	took := time.Since(began)
	t.Logf("%d events were left: %s with %d pods that may, %.0f events/s", left, took.Round(100*time.Millisecond), most, float64(left)/took.Seconds())
	once(t, s.count(spec.Target.Topic, events, 2*patience))
	down := s.replicas("scale", 1, patience)
	t.Logf("%d -> 1 pods %s after the last event; %d rebalances in all", most, down.Round(100*time.Millisecond), s.rebalances("scale"))

	s.update("scale", func(p *pipeline.Spec) { p.Scaling.Min = 0 })
	t.Logf("1 -> 0 pods after %s", s.replicas("scale", 0, patience).Round(100*time.Millisecond))
	began = time.Now()
	s.produce(spec.Source.Topic, events, 10)
	once(t, s.count(spec.Target.Topic, events+10, patience))
	t.Logf("0 -> 1 pods and 10 events delivered %s after they came (2s of it the test's own)", time.Since(began).Round(100*time.Millisecond))
	s.replicas("scale", 0, patience)
}
