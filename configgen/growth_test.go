package configgen_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/inflect-dev/inflect/configgen"
	"github.com/inflect-dev/inflect/configgen/kube"
	"github.com/inflect-dev/inflect/configgen/postgres"
	"github.com/inflect-dev/inflect/configgen/render"
	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

// pods is a target with a pod for each partition, and the topic that it reads.
type pods struct {
	mu         sync.Mutex
	partitions int
	lag        int64 // of each partition
	faster     int64 // how much it grows with each look
	grown      []int
	refuse     error
}

func (f *pods) Apply(context.Context, pipeline.Pipeline, []byte) error  { return nil }
func (f *pods) Stop(context.Context, pipeline.Pipeline) error           { return nil }
func (f *pods) Restart(context.Context, string, []byte) error           { return nil }
func (f *pods) Check(context.Context, []byte) (pipeline.Errors, error)  { return nil, nil }
func (f *pods) CreateTopic(context.Context, string, int32, int16) error { return nil }

func (f *pods) Topic(_ context.Context, name string) (pipeline.Topic, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return pipeline.Topic{Name: name, Partitions: make([]pipeline.TopicPartition, f.partitions)}, nil
}

func (f *pods) Observe(context.Context) []streams.Sight {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lag += f.faster
	var out []streams.Sight
	for n := range f.partitions {
		board := streams.Board{Pipeline: "orders", Revision: 1, State: "running", Lag: f.lag, Partitions: []pipeline.Partition{{Topic: "in", Partition: int32(n), Lag: f.lag}}}
		out = append(out, streams.Sight{Engine: string(rune('a' + n)), Instance: string(rune('a' + n)), Only: "orders",
			Active: map[string]bool{"orders": true}, Boards: map[string]streams.Board{"orders": board}})
	}
	return out
}

func (f *pods) Scale(p pipeline.Pipeline) (configgen.Scale, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := configgen.Scale{Figures: pipeline.Figures{Threshold: p.Scaling.LagThreshold, Min: p.Scaling.Min, Max: min(p.Scaling.Max, f.partitions), Partitions: f.partitions}}
	s.Workload = kube.Workload{Replicas: f.partitions, By: kube.Autoscaler}
	return s, p.Name == "orders"
}

func (f *pods) GrowTopic(_ context.Context, topic string, from, to int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return f.refuse
	}
	if from != f.partitions {
		return pipeline.Errorf(pipeline.CodeStale, "", "topic %q has %d partitions by now, not %d", topic, f.partitions, from)
	}
	f.partitions = to
	f.grown = append(f.grown, to)
	return nil
}

// growing is a database and two control planes, of which one leads, whose pods are those of f. They have no lag until all
// pipelines are known.
func growing(t *testing.T, f *pods, specs ...pipeline.Spec) *postgres.Store {
	t.Helper()
	lag, faster := f.lag, f.faster
	f.lag, f.faster = 0, 0
	url := parts.Postgres(t).URL()
	var stores []*postgres.Store
	var planes []*configgen.Reconciler
	for range 2 {
		store, err := postgres.Open(t.Context(), url, storeOptions)
		if err != nil {
			t.Fatal(err)
		}
		stores = append(stores, store)
		r := configgen.New(configgen.Options{Store: store, Target: f, Growth: f, Registerer: prometheus.NewRegistry(),
			Gate:   &configgen.Gate{Topics: f, Linter: f, Render: render.Settings{Brokers: []string{"broker:9092"}}},
			Resync: time.Hour, Observe: 10 * time.Millisecond, MinBackoff: 10 * time.Millisecond, MaxBackoff: 100 * time.Millisecond})
		planes = append(planes, r)
		ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("the reconciler ended with %v", err)
			}
			store.Close()
		})
	}
	for _, s := range specs {
		if _, err := stores[0].Create(t.Context(), s, "ann"); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.After(patience)
	for _, r := range planes {
		for known := 0; known < len(specs); {
			statuses, err := r.Statuses(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			known = len(statuses)
			select {
			case <-time.After(20 * time.Millisecond):
			case <-deadline:
				t.Fatalf("%d of %d pipelines are known", known, len(specs))
			}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lag, f.faster = lag, faster
	return stores[0]
}

// await waits for a change of the partitions.
func await(t *testing.T, store *postgres.Store, from, to int) pipeline.ScalingChange {
	t.Helper()
	deadline := time.After(patience)
	for {
		page, err := store.ScalingChanges(t.Context(), "orders", "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Items {
			if c.Of == pipeline.ScaledPartitions && c.From == from && c.To == to {
				return c
			}
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatalf("the partitions did not go from %d to %d: %+v", from, to, page.Items)
		}
	}
}

func orders() pipeline.Spec {
	s := spec("orders")
	s.Scaling = pipeline.Scaling{Min: 1, Max: 6, LagThreshold: 100, Poll: pipeline.Duration(20 * time.Millisecond),
		Partitions: pipeline.Partitions{Grow: true, Max: 12, MetadataAge: pipeline.Duration(50 * time.Millisecond)}}
	return s
}

func TestATopicGrowsOnceAndIsAudited(t *testing.T) {
	t.Parallel()
	f := &pods{partitions: 2, lag: 200, faster: 1}
	store := growing(t, f, orders())
	first := await(t, store, 2, 4)
	await(t, store, 4, 6)
	if first.Cause != pipeline.ByGrowth || first.Actor != "inflect" || first.Figures.Partitions != 2 || !strings.Contains(first.Message, "records behind") {
		t.Errorf("the first growth is %+v", first)
	}
	audit, err := store.Audit(t.Context(), "orders", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range audit.Items {
		if e.Action == "grow_partitions" {
			said = append(said, string(e.Before)+" "+string(e.After))
		}
	}
	// Not a third time: six pods are all that it may have.
	if len(said) != 2 || !strings.Contains(said[1], `"partitions":2`) || !strings.Contains(said[1], `"partitions":4`) || !strings.Contains(said[0], `"partitions":6`) {
		t.Errorf("the audit says %q", said)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.grown) != 2 {
		t.Errorf("the topic grew to %v", f.grown)
	}
}

func TestATopicDoesNotGrow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		pods *pods
		also func(*pipeline.Spec)
		want string
	}{
		{name: "when the brokers do not allow it", pods: &pods{partitions: 2, lag: 200, faster: 1, refuse: pipeline.Errorf(pipeline.CodeForbidden, "", "check the ACLs")}, want: "check the ACLs"},
		{name: "when another pipeline would mix up its keys", pods: &pods{partitions: 2, lag: 200, faster: 1},
			also: func(s *pipeline.Spec) { s.Name, s.Scaling = "other", pipeline.Scaling{} }, want: "pipeline other reads it too"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			specs := []pipeline.Spec{orders()}
			if tt.also != nil {
				s := orders()
				tt.also(&s)
				specs = append(specs, s)
			}
			store := growing(t, tt.pods, specs...)
			if said := await(t, store, 2, 2); !strings.Contains(said.Message, tt.want) {
				t.Errorf("it says %q, want %q", said.Message, tt.want)
			}
		})
	}
}
