package kube

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
)

// TestManyPipelines measures what a fleet costs the control plane and the API server. Its pods have no node: hundreds of
// engines do not fit on one machine.
func TestManyPipelines(t *testing.T) {
	t.Parallel()
	pipelines := 20 * scale()
	s := start(t, bed.Options{Definitions: true, Pending: true, Audit: true})
	source, target := s.kafka.Topic(t, "fleet-in", 6), s.kafka.Topic(t, "fleet-out", 6)
	spec := func(i int) pipeline.Spec {
		return pipeline.Spec{Name: fmt.Sprintf("fleet-%d", i), Source: pipeline.Source{Topic: source}, Target: pipeline.Target{Topic: target},
			Steps:   []pipeline.Step{{Name: "one", Kind: pipeline.Transform, Code: "(e) => e"}},
			Scaling: pipeline.Scaling{Max: 3}}
	}
	count := func(r schema.GroupVersionResource) int {
		list, err := s.Dynamic.Resource(r).Namespace(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=inflect"})
		s.must(err)
		return len(list.Items)
	}
	scaledObjects := schema.GroupVersionResource{Group: "keda.sh", Version: "v1alpha1", Resource: "scaledobjects"}
	began := time.Now()
	for i := range pipelines {
		s.create(spec(i))
	}
	created := time.Since(began)
	bed.Until(t, "every pipeline has its objects", time.Hour, func(context.Context) error {
		if n := count(scaledObjects); n != pipelines {
			return fmt.Errorf("%d have", n)
		}
		return nil
	})
	t.Logf("%d pipelines: rows in %s, all objects %s after the first row; the control plane holds %d MiB", pipelines,
		created.Round(time.Millisecond), time.Since(began).Round(time.Millisecond), s.memory())

	// What was made a moment ago may be looked at once more.
	before, since := s.Requests(namespace, "inflect"), time.Now()
	s.Until("nothing is asked for any more", func(context.Context) error {
		if now := s.Requests(namespace, "inflect"); now != before {
			before, since = now, time.Now()
		}
		if time.Since(since) < 3*time.Second {
			return fmt.Errorf("there were %d requests", before)
		}
		return nil
	})
	// A change of one pipeline is a change of one ConfigMap, and of nothing else.
	began = time.Now()
	const changes = 5
	for i := range changes {
		s.update(fmt.Sprintf("fleet-%d", i), func(p *pipeline.Spec) { p.Steps[0].Code = "(e) => ({ ...e, changed: true })" })
	}
	s.Until("the changes are in the ConfigMaps", func(ctx context.Context) error {
		for i := range changes {
			m, err := s.Client.CoreV1().ConfigMaps(namespace).Get(ctx, fmt.Sprintf("inflect-fleet-%d", i), metav1.GetOptions{})
			if err != nil {
				return err
			}
			if !strings.Contains(m.Data[fmt.Sprintf("fleet-%d.yaml", i)], "changed") {
				return fmt.Errorf("fleet-%d is as it was", i)
			}
		}
		return nil
	})
	requests := s.Requests(namespace, "inflect") - before
	t.Logf("%d changes are in their ConfigMaps after %s, with %d requests to the API server", changes, time.Since(began).Round(time.Millisecond), requests)
	if requests > 2*changes {
		t.Errorf("%d changes took %d requests, want one each", changes, requests)
	}
}

// memory is how much the control plane holds, in MiB.
func (s *system) memory() int64 {
	s.t.Helper()
	_, body, _ := s.ask("GET", "/metrics", nil)
	for line := range strings.Lines(string(body)) {
		if value, ok := strings.CutPrefix(line, "process_resident_memory_bytes "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			s.must(err)
			return int64(n) >> 20
		}
	}
	s.t.Fatalf("the control plane does not say how much memory it holds")
	return 0
}
