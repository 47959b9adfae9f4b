package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
)

// TestTrapsOfLag is what KEDA's trigger gets wrong unless it is told better.
func TestTrapsOfLag(t *testing.T) {
	t.Parallel()
	s := start(t, bed.Options{KEDA: true})
	scaling := pipeline.Scaling{Min: 0, Max: 4, LagThreshold: 100, Poll: pipeline.Duration(time.Second), Cooldown: pipeline.Duration(3 * time.Second)}

	t.Run("a full topic that nobody has read yet starts pods", func(t *testing.T) {
		spec := s.spec("fresh", 4)
		spec.Scaling = scaling
		s.produce(spec.Source.Topic, 0, 50)
		s.create(spec)
		once(t, s.count(spec.Target.Topic, 50, patience))
		s.replicas("fresh", 0, patience)
	})

	t.Run("markers of transactions are no lag", func(t *testing.T) {
		// The target of one pipeline is the source of the next: each of its transactions leaves a marker at the end.
		spec := s.spec("markers", 2)
		spec.Scaling = scaling
		first := s.kafka.Client(t, kgo.TransactionalID("markers"), kgo.DefaultProduceTopic(spec.Source.Topic))
		for i := range 20 {
			if err := first.BeginTransaction(); err != nil {
				t.Fatal(err)
			}
			first.Produce(t.Context(), &kgo.Record{Key: []byte(strconv.Itoa(i)), Value: []byte("{}")}, nil)
			if err := first.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := first.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
				t.Fatal(err)
			}
		}
		s.create(spec)
		once(t, s.count(spec.Target.Topic, 20, patience))
		t.Logf("all read, markers included, and no pod left after %s", s.replicas("markers", 0, patience).Round(100*time.Millisecond))
		if n, err := s.lag(t.Context(), "markers", spec.Source.Topic); err != nil || n != 0 {
			t.Errorf("without a pod it is %d behind (%v), want 0", n, err)
		}
	})

	t.Run("a lag on one partition asks for one pod", func(t *testing.T) {
		spec := s.spec("hot", 4)
		spec.Scaling = scaling
		// KEDA compares whole thresholds: a lag of one and a half gets two pods, if it is looked at just then.
		spec.Scaling.LagThreshold = 1
		spec.Limits.Rate = 200
		client := s.kafka.Client(t, kgo.RecordPartitioner(kgo.ManualPartitioner()))
		var records []*kgo.Record
		for i := range 3000 {
			records = append(records, &kgo.Record{Topic: spec.Source.Topic, Partition: 1, Key: []byte(strconv.Itoa(i)), Value: []byte("{}")})
		}
		if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		s.create(spec)
		highest := int32(0)
		s.Until("all is read", func(ctx context.Context) error {
			if d, err := s.deployment("hot"); err == nil {
				highest = max(highest, d.Status.Replicas)
			}
			n, err := s.lag(ctx, "hot", spec.Source.Topic)
			if err == nil && n > 0 {
				err = fmt.Errorf("%d behind", n)
			}
			return err
		})
		if highest > 1 {
			t.Errorf("there were %d pods for the lag of one partition", highest)
		}
	})

	t.Run("a pipeline that is stuck gets no more pods", func(t *testing.T) {
		spec := s.spec("stuck", 4)
		spec.Scaling, spec.Scaling.Min = scaling, 1
		spec.OnError = pipeline.Stop
		spec.Steps[0].Code = `(e) => { if (e.n >= 40) throw new Error("no"); return e }`
		s.produce(spec.Source.Topic, 0, 40)
		s.create(spec)
		s.caughtUp("stuck", spec.Source.Topic, patience)
		s.produce(spec.Source.Topic, 40, 2000)
		s.Until("it has failed", func(context.Context) error {
			st, err := s.status("stuck")
			if err == nil && (st.Phase == pipeline.PhaseRunning || len(st.LastErrors) == 0) {
				err = errors.New(string(st.Phase))
			}
			return err
		})
		// A first look cannot tell a lag that stays from one that goes, so there may be pods for a moment.
		t.Logf("2000 records behind and stuck: at most %d pods, then one", s.calm("stuck", spec.Source.Topic, 2000))
		s.remove("stuck")
	})

	t.Run("records that retention took are lag until the next ones", func(t *testing.T) {
		spec := s.spec("expired", 2)
		spec.Scaling = scaling
		s.produce(spec.Source.Topic, 0, 40)
		s.create(spec)
		once(t, s.count(spec.Target.Topic, 40, patience))
		s.replicas("expired", 0, patience)
		s.act("expired", "pause")
		s.empty("expired")
		s.produce(spec.Source.Topic, 40, 100)
		ends, err := s.admin.ListEndOffsets(t.Context(), spec.Source.Topic)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.admin.DeleteRecords(t.Context(), ends.Offsets()); err != nil {
			t.Fatal(err)
		}
		s.act("expired", "resume")
		// Nothing can be read of that lag, so it keeps a pod; the next record takes the group past it.
		s.replicas("expired", 1, patience)
		s.produce(spec.Source.Topic, 140, 20)
		s.caughtUp("expired", spec.Source.Topic, patience)
		t.Logf("no pod left %s after the next records were read", s.replicas("expired", 0, patience).Round(100*time.Millisecond))
	})

	t.Run("never more pods than partitions", func(t *testing.T) {
		spec := s.spec("few", 2)
		spec.Scaling, spec.Scaling.Max = scaling, 10
		spec.Limits.Rate = 300
		const events = 40_000
		s.produce(spec.Source.Topic, 0, events)
		s.create(spec)
		most := int32(0)
		look := func() {
			if d, err := s.deployment("few"); err == nil && d.Spec.Replicas != nil {
				most = max(most, *d.Spec.Replicas)
			}
		}
		s.Until("two pods read", func(context.Context) error {
			if look(); most < 2 {
				return fmt.Errorf("there was %d", most)
			}
			return nil
		})
		s.replicas("few", 2, patience)
		s.unleash("few")
		s.Until("all is read", func(ctx context.Context) error {
			look()
			n, err := s.lag(ctx, "few", spec.Source.Topic)
			if err == nil && n > 0 {
				err = fmt.Errorf("%d behind", n)
			}
			return err
		})
		if most != 2 {
			t.Errorf("%d records in two partitions had %d pods, want two at most", events, most)
		}
	})

	t.Run("every pod has its share of the partitions", func(t *testing.T) {
		// A pod has more members in the group than one, and the group knows members only.
		spec := s.spec("even", 4)
		spec.Scaling = pipeline.Scaling{Min: 1, Max: 4, LagThreshold: 100, Poll: scaling.Poll, Cooldown: scaling.Cooldown}
		spec.Limits.Rate = 150
		const events = 60_000
		s.produce(spec.Source.Topic, 0, events)
		s.create(spec)
		s.replicas("even", 4, patience)
		s.shares("even", 1, 1, 1, 1)
		s.update("even", func(p *pipeline.Spec) { p.Scaling.Max = 3 })
		s.shares("even", 2, 1, 1)
		s.unleash("even")
		s.caughtUp("even", spec.Source.Topic, patience)
		once(t, s.count(spec.Target.Topic, events, patience))
	})

	t.Run("a lag that comes and goes is no storm of rebalances", func(t *testing.T) {
		spec := s.spec("waves", 3)
		spec.Scaling = pipeline.Scaling{Min: 1, Max: 3, LagThreshold: 100, Poll: scaling.Poll, Cooldown: pipeline.Duration(time.Hour)}
		spec.Limits.Rate = 1000
		s.create(spec)
		s.runs("waves")
		const waves, height = 4, 2000
		var seen []int32
		for i := range waves {
			s.produce(spec.Source.Topic, i*height, height)
			s.Until("a wave is read", func(ctx context.Context) error {
				if d, err := s.deployment("waves"); err == nil && (len(seen) == 0 || seen[len(seen)-1] != *d.Spec.Replicas) {
					seen = append(seen, *d.Spec.Replicas)
				}
				n, err := s.lag(ctx, "waves", spec.Source.Topic)
				if err == nil && n > 0 {
					err = fmt.Errorf("%d behind", n)
				}
				return err
			})
			s.Until("the autoscaler sees no lag", func(ctx context.Context) error {
				hpa, err := s.Client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Get(ctx, "keda-hpa-inflect-waves", metav1.GetOptions{})
				if err != nil {
					return err
				}
				if said := asked(hpa); said != "a lag of 0 a pod" {
					return errors.New(said)
				}
				return nil
			})
		}
		if len(seen) > 3 || !slices.IsSorted(seen) {
			t.Errorf("%d waves: there were %v pods, want them to go up at most", waves, seen)
		}
		t.Logf("%d waves of %d records: %v pods, %d rebalances", waves, height, seen, s.rebalances("waves"))
		once(t, s.count(spec.Target.Topic, waves*height, patience))
	})
}
