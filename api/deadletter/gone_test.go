package deadletter_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/inflect-dev/inflect/api/catalog"
	"github.com/inflect-dev/inflect/api/deadletter"
	"github.com/inflect-dev/inflect/pipeline"
)

// The pipeline reads nothing behind an open transaction: who leaves in the middle of a replay must not leave one.
func TestWhoAsksForAReplayMayLeave(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in", "dlq", "replays"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	kafka, err := catalog.OpenKafka(catalog.KafkaOptions{Brokers: cluster.ListenAddrs(), Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r := &kgo.Record{Topic: "dlq", Value: []byte("{}")}
	set(r, "inflect-pipeline", "p")
	if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	written := 0
	cluster.ControlKey(kmsg.Produce.Int16(), func(asking kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if written += len(asking.(*kmsg.ProduceRequest).Topics); written == 2 { // the record and its mark, together or not
			leave()
		}
		return nil, nil, false
	})
	letters := deadletter.New(kafka, deadletter.Options{MarksTopic: "replays", Budget: patience, TransactionTimeout: patience})
	spec := pipeline.Spec{Name: "p", Source: pipeline.Source{Topic: "in"}, DLQ: &pipeline.Target{Topic: "dlq"}}
	if out, err := letters.Replay(ctx, pipeline.Pipeline{Spec: spec}, filled(pipeline.DeadLetterReplay{})); err != nil || out.Replayed != 1 {
		t.Errorf("replayed %+v, %v", out, err)
	}
	admin := kadm.NewClient(client)
	for _, topic := range []string{"in", "replays"} {
		ends, err := admin.ListEndOffsets(t.Context(), topic)
		if err != nil {
			t.Fatal(err)
		}
		stable, err := admin.ListCommittedOffsets(t.Context(), topic)
		if err != nil {
			t.Fatal(err)
		}
		end, _ := ends.Lookup(topic, 0)
		if at, _ := stable.Lookup(topic, 0); end.Offset == 0 || at.Offset != end.Offset {
			t.Errorf("%s can be read up to %d of %d", topic, at.Offset, end.Offset)
		}
	}
}

// A partition that nobody leads takes no record, for as long as that lasts. A call is not to wait for it.
func TestReplayDoesNotWaitForALeader(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in", "dlq", "replays"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b := &bench{t: t, brokers: cluster.ListenAddrs(), marks: "replays",
		spec: pipeline.Spec{Name: "p", Source: pipeline.Source{Topic: "in"}, DLQ: &pipeline.Target{Topic: "dlq"}}}
	if b.client, err = kgo.NewClient(kgo.SeedBrokers(b.brokers...)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	b.fail(1)
	b.letters = b.another(deadletter.Options{TransactionTimeout: time.Second})
	var led atomic.Bool
	cluster.ControlKey(kmsg.Produce.Int16(), func(asking kmsg.Request) (kmsg.Response, error, bool) {
		if cluster.KeepControl(); led.Load() {
			return nil, nil, false
		}
		req := asking.(*kmsg.ProduceRequest)
		resp := req.ResponseKind().(*kmsg.ProduceResponse)
		for _, rt := range req.Topics {
			st := kmsg.NewProduceResponseTopic()
			st.Topic, st.TopicID = rt.Topic, rt.TopicID
			for _, rp := range rt.Partitions {
				sp := kmsg.NewProduceResponseTopicPartition()
				sp.Partition, sp.ErrorCode = rp.Partition, kerr.NotLeaderForPartition.Code
				st.Partitions = append(st.Partitions, sp)
			}
			resp.Topics = append(resp.Topics, st)
		}
		return resp, nil, true
	})
	if out, err := b.letters.Replay(t.Context(), b.saved(), filled(pipeline.DeadLetterReplay{All: true})); pipeline.CodeOf(err) != pipeline.CodeUnavailable || out.Replayed != 0 {
		t.Errorf("replayed %+v, %v", out, err)
	}
	led.Store(true)
	b.letters = b.another(deadletter.Options{})
	if got := b.replay(pipeline.DeadLetterReplay{All: true}); got != (pipeline.DeadLetterReplayed{Replayed: 1}) {
		t.Errorf("with a leader: %+v", got)
	}
}
