package kube

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
)

func (s *system) spec(name string, partitions int) pipeline.Spec {
	s.t.Helper()
	return pipeline.Spec{
		Name: name, Source: pipeline.Source{Topic: s.kafka.Topic(s.t, name+"-in", partitions)},
		Steps:  []pipeline.Step{{Name: "one", Kind: pipeline.Transform, Code: "(e) => ({ ...e, by: 1 })"}},
		Target: pipeline.Target{Topic: s.kafka.Topic(s.t, name+"-out", partitions)},
	}
}

// TestARowBecomesPodsAndGoes is the life of a pipeline: row inserted, changed, paused, resumed, deleted.
func TestARowBecomesPodsAndGoes(t *testing.T) {
	t.Parallel()
	s := start(t, bed.Options{KEDA: true})
	spec := s.spec("life", 3)
	spec.Scaling = pipeline.Scaling{Min: 1, Max: 3, Poll: pipeline.Duration(time.Second), Cooldown: pipeline.Duration(5 * time.Second)}
	out := s.kafka.Client(t, kgo.ConsumeTopics(spec.Target.Topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	next := func(want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var got []string
		for len(got) == 0 {
			f := out.PollFetches(ctx)
			if err := f.Err(); err != nil {
				t.Fatalf("waiting for %s: %v", want, err)
			}
			f.EachRecord(func(r *kgo.Record) { got = append(got, string(r.Value)) })
		}
		if !slices.Equal(got, []string{want}) {
			t.Fatalf("got %s, want %s", got, want)
		}
	}

	s.produce(spec.Source.Topic, 0, 1)
	began := time.Now()
	s.create(spec)
	next(`{"n":0,"by":1}`)
	t.Logf("from the row to the first event delivered: %s", time.Since(began).Round(time.Millisecond))
	s.runs("life")
	s.replicas("life", 1, patience)

	starts := s.Node.Starts()
	began = time.Now()
	s.update("life", func(p *pipeline.Spec) { p.Steps[0].Code = "(e) => ({ ...e, by: 2 })" })
	s.runs("life")
	t.Logf("from the changed row to the pod running it: %s", time.Since(began).Round(time.Millisecond))
	s.produce(spec.Source.Topic, 1, 1)
	next(`{"n":1,"by":2}`)
	if now := s.Node.Starts(); fmt.Sprint(now) != fmt.Sprint(starts) {
		t.Errorf("a changed step started processes: %v became %v", starts, now)
	}
	// A pod that starts alone finds the newest revision in its ConfigMaps, even one that does not fit into one.
	s.update("life", func(p *pipeline.Spec) {
		p.Steps[0].Code = "const ballast = '" + noise(1, 900<<10) + "'\nexport default (e) => ({ ...e, by: ballast.length > 0 ? 3 : 0 })"
		p.Steps = append(p.Steps, pipeline.Step{Name: "two", Kind: pipeline.Transform, Code: "const more = '" + noise(2, 900<<10) + "'\nexport default (e) => more.length > 0 ? e : null"})
	})
	s.runs("life")
	// Pods have it first; it is complete in the ConfigMaps when the last of them is there.
	s.Until("the config is in two ConfigMaps", func(context.Context) error {
		if have := s.all("life"); !slices.Contains(have, "ConfigMap/inflect-life.1") {
			return fmt.Errorf("there are %v", have)
		}
		return nil
	})
	s.serve.Stop(t)
	pod := s.pods("life")[0].Name
	if !s.Node.Kill(pod) {
		t.Fatal("the pod has no process")
	}
	s.produce(spec.Source.Topic, 2, 1)
	began = time.Now()
	next(`{"n":2,"by":3}`)
	t.Logf("a killed engine delivered again, without the control plane, after %s", time.Since(began).Round(time.Millisecond))
	s.serve.Start(t)
	s.runs("life")

	began = time.Now()
	s.act("life", "pause")
	s.replicas("life", 0, patience)
	s.empty("life")
	t.Logf("paused: no pod after %s", time.Since(began).Round(time.Millisecond))
	s.Until("it says that it is paused", func(context.Context) error {
		st, err := s.status("life")
		if err == nil && st.Phase != pipeline.PhasePaused {
			err = errors.New(string(st.Phase) + " " + st.Message)
		}
		return err
	})
	s.produce(spec.Source.Topic, 3, 1)
	began = time.Now()
	s.act("life", "resume")
	next(`{"n":3,"by":3}`)
	t.Logf("resumed: the first event after %s", time.Since(began).Round(time.Millisecond))

	began = time.Now()
	s.remove("life")
	s.gone("life")
	t.Logf("deleted: nothing left after %s", time.Since(began).Round(time.Millisecond))
}

// noise is text that hardly compresses.
func noise(seed byte, n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	out := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(out)
	for i := range out {
		out[i] = letters[out[i]&63]
	}
	return string(out)
}
