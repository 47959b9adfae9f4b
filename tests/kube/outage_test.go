package kube

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
)

// TestPipelinesOutliveTheirCluster takes the API server, the control plane and KEDA away, one after the other, and counts
// every event at the end.
func TestPipelinesOutliveTheirCluster(t *testing.T) {
	t.Parallel()
	s := start(t, bed.Options{KEDA: true})
	spec := s.spec("outage", 3)
	spec.Scaling = pipeline.Scaling{Min: 1, Max: 2, LagThreshold: 2000, Poll: pipeline.Duration(time.Second), Cooldown: pipeline.Duration(5 * time.Second)}
	spec.Limits.Rate = 200
	s.create(spec)
	s.runs("outage")
	s.replicas("outage", 1, patience)
	total := 0
	flow := func(what string, n int) {
		t.Helper()
		began := time.Now()
		s.produce(spec.Source.Topic, total, n)
		total += n
		s.caughtUp("outage", spec.Source.Topic, patience)
		t.Logf("%s: %d events went through in %s", what, n, time.Since(began).Round(time.Millisecond))
	}
	flow("everybody is there", 100)

	away := 10 * time.Second * time.Duration(scale())
	if away > 2*time.Minute {
		away = 2 * time.Minute
	}
	s.API.Pause(t)
	over := time.After(away)
	flow("the API server is away", 100)
	<-over
	s.API.Resume(t)
	began := time.Now()
	s.update("outage", func(p *pipeline.Spec) { p.Steps[0].Code = "(e) => ({ ...e, by: 2 })" })
	s.runs("outage")
	t.Logf("the API server is back after %s: a change is at work %s later", away, time.Since(began).Round(time.Millisecond))

	s.serve.Kill(t)
	flow("the control plane was killed", 100)
	crashed := s.pods("outage")[0].Name
	s.Node.Kill(crashed)
	flow("and so was the engine", 100)
	began = time.Now()
	s.serve.Start(t)
	s.runs("outage")
	t.Logf("the control plane is back: it knows everything after %s", time.Since(began).Round(time.Millisecond))

	old := s.pods("outage")[0].Name
	s.Operator.Kill(t)
	flow("KEDA was killed", 100)
	s.produce(spec.Source.Topic, total, 20_000)
	total += 20_000
	s.Operator.Start(t)
	t.Logf("KEDA is back, with a lag: two pods after %s", s.replicas("outage", 2, patience).Round(time.Millisecond))
	s.vanish("outage", old, spec.Target.Topic)
	s.unleash("outage")
	s.caughtUp("outage", spec.Source.Topic, patience)
	once(t, s.count(spec.Target.Topic, total, patience))
}

// vanish loses a pod for good in the middle of a transaction: nobody will end it, and who reads committed records would
// wait for its timeout.
func (s *system) vanish(name, pod, topic string) {
	s.t.Helper()
	const timeout = 3 * patience // so that it is not what ends it
	id := "inflect." + name + "-" + pod + ".9-0"
	producer := s.kafka.Client(s.t, kgo.TransactionalID(id), kgo.TransactionTimeout(timeout), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	s.must(producer.BeginTransaction())
	s.must(producer.ProduceSync(s.t.Context(), &kgo.Record{Topic: topic, Key: []byte("0"), Value: []byte("never committed")}).FirstErr())
	s.must(s.Client.CoreV1().Pods(namespace).Delete(s.t.Context(), pod, metav1.DeleteOptions{}))
	took := s.Until("the transaction is ended", func(ctx context.Context) error {
		open, err := s.admin.ListTransactions(ctx, nil, []string{"Ongoing"})
		if _, ok := open[id]; err == nil && ok {
			err = errors.New("it is open")
		}
		return err
	})
	s.t.Logf("the transaction of a pod that vanished was ended after %s instead of %s", took.Round(time.Millisecond), timeout)
}
