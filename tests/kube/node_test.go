package kube

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
)

// lostAfter is how long nothing is heard of a node until it counts as lost: Kubernetes has 50 s.
const lostAfter = 10 * time.Second

// impatience has pods made anew 5 s after that. Our own half a minute (ADR 59) is waited for where more is measured.
func impatience() string {
	if scale() > 1 {
		return ""
	}
	const toleration = "{key: node.kubernetes.io/%s, operator: Exists, effect: NoExecute, tolerationSeconds: 5}"
	return fmt.Sprintf("  tolerations: ["+toleration+", "+toleration+"]\n", "not-ready", "unreachable")
}

// TestPipelinesOutliveANode takes a node away under load: the machine with all that ran on it, and later its network
// alone, so that its pods go on while others take their place. Every event is counted at the end.
func TestPipelinesOutliveANode(t *testing.T) {
	t.Parallel()
	s := install(t, bed.Options{Nodes: 2, Grace: lostAfter}, installation{settings: impatience()})
	spec := s.spec("node", 4)
	spec.Scaling = pipeline.Scaling{Min: 2, Max: 2}
	s.create(spec)
	s.runs("node")
	s.replicas("node", 2, patience)
	first, second := s.Nodes[0], s.Nodes[1]
	if here, there := s.podsOn("node", first), s.podsOn("node", second); len(here) != 1 || len(there) != 1 {
		t.Fatalf("the nodes have pods %v and %v, want one each", here, there)
	}
	load := s.load(spec.Source.Topic)

	lost := time.Now()
	first.Lose()
	// Those of the group that are left go on with the lost one's partitions once its session is over.
	t.Logf("a node is lost: the other pod had all partitions after %s", s.overtakes("node", spec.Source.Topic).Round(100*time.Millisecond))
	s.Until("the pod of the lost node is given up", func(context.Context) error { return s.givenUp("node", first) })
	t.Logf("its pod was given up after %s, of which %s until the node counted as lost", time.Since(lost).Round(100*time.Millisecond), lostAfter)
	s.Until("two pods run on the other node", func(context.Context) error { return s.runOn("node", second, 2) })
	t.Logf("two pods ran again after %s", time.Since(lost).Round(100*time.Millisecond))

	first.Return(t.Context())
	s.Until("the lost node has no pod any more", func(context.Context) error {
		if left := s.podsOn("node", first); len(left) > 0 {
			return fmt.Errorf("there are %v", left)
		}
		return nil
	})

	cut := time.Now()
	second.Cut()
	s.Until("two pods run on the node that came back", func(context.Context) error { return s.runOn("node", first, 2) })
	t.Logf("a node is cut off: two pods more ran on the other %s later, beside those that nobody could end", time.Since(cut).Round(100*time.Millisecond))
	second.Return(t.Context())
	s.replicas("node", 2, patience)

	total := load.stop()
	s.caughtUp("node", spec.Source.Topic, patience)
	once(t, s.count(spec.Target.Topic, total, patience))
	t.Logf("%d events, each delivered once; %d rebalances", total, s.rebalances("node"))
}

// load is a stream of events that goes on while something happens.
type load struct {
	t      *testing.T
	cancel context.CancelFunc
	ended  chan struct{}
	sent   int // read it after ended
	err    error
}

// load writes a hundred events a second, numbered from 0.
func (s *system) load(topic string) *load {
	s.t.Helper()
	const pause = 10 * time.Millisecond
	ctx, cancel := context.WithCancel(s.t.Context())
	l := &load{t: s.t, cancel: cancel, ended: make(chan struct{})}
	client := s.client()
	go func() {
		defer close(l.ended)
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for ctx.Err() == nil {
			// It is waited for, so that what was sent is known.
			l.err = client.ProduceSync(context.WithoutCancel(ctx), event(topic, l.sent)).FirstErr()
			if l.err != nil {
				return
			}
			l.sent++
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	}()
	s.t.Cleanup(func() {
		cancel()
		<-l.ended
	})
	return l
}

// stop ends the stream and returns how many events there were.
func (l *load) stop() int {
	l.t.Helper()
	l.cancel()
	<-l.ended
	if l.err != nil {
		l.t.Fatalf("producing: %v", l.err)
	}
	return l.sent
}

// overtakes waits until everything has been read that was written by now, on every partition.
func (s *system) overtakes(name, topic string) time.Duration {
	s.t.Helper()
	ends, err := s.admin.ListEndOffsets(s.t.Context(), topic)
	s.must(err)
	return s.Until("what was written is read", func(ctx context.Context) error {
		committed, err := s.admin.FetchOffsets(ctx, "inflect."+name)
		if err != nil {
			return err
		}
		for _, end := range ends.Offsets()[topic] {
			if at, ok := committed.Lookup(topic, end.Partition); !ok || at.At < end.At {
				return fmt.Errorf("partition %d is read to %d of %d", end.Partition, at.At, end.At)
			}
		}
		return nil
	})
}

// podsOn are the names of a pipeline's pods that a node has.
func (s *system) podsOn(name string, n *bed.Node) []string {
	s.t.Helper()
	var out []string
	for _, p := range s.pods(name) {
		if p.Spec.NodeName == n.Name() {
			out = append(out, p.Name)
		}
	}
	return out
}

// givenUp is nil once a node has no pod of a pipeline that is not about to go.
func (s *system) givenUp(name string, n *bed.Node) error {
	for _, p := range s.pods(name) {
		if p.Spec.NodeName == n.Name() && p.DeletionTimestamp == nil {
			return errors.New(p.Name + " is still wanted")
		}
	}
	return nil
}

// runOn is nil once as many pods of a pipeline are ready on a node.
func (s *system) runOn(name string, n *bed.Node, want int) error {
	ready := 0
	for _, p := range s.pods(name) {
		for _, c := range p.Status.Conditions {
			if p.Spec.NodeName == n.Name() && c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
				ready++
			}
		}
	}
	if ready != want {
		return fmt.Errorf("%d are ready", ready)
	}
	return nil
}
