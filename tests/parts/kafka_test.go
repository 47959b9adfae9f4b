package parts_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/tests/parts"
)

func TestKafkaKeepsWhatIsProduced(t *testing.T) {
	t.Parallel()
	cluster := parts.Kafka(t)
	topic := cluster.Topic(t, "orders", 3, "retention.ms", "60000")
	produce(t, cluster.Client(t), topic, "one")
	consume(t, cluster.Client(t, kgo.ConsumeTopics(topic), kgo.ConsumerGroup(parts.Unique("group"))), "one")
}

func TestKafkaCommitsTransactions(t *testing.T) {
	t.Parallel()
	cluster := parts.Kafka(t)
	topic := cluster.Topic(t, "orders", 1)
	producer := cluster.Client(t, kgo.TransactionalID(parts.Unique("tx")))
	if err := producer.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	produce(t, producer, topic, "in a transaction")
	if err := producer.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	consume(t, cluster.Client(t, kgo.ConsumeTopics(topic),
		kgo.FetchIsolationLevel(kgo.ReadCommitted())), "in a transaction")
}

func TestBrokerKeepsPortAndDataThroughStopAndKill(t *testing.T) {
	t.Parallel()
	cluster := parts.OwnKafka(t, parts.KafkaConfig{Settings: map[string]string{"message.max.bytes": "2000000"}})
	broker := cluster.Broker(1)
	topic := cluster.Topic(t, "orders", 1)
	client := cluster.Client(t, kgo.ConsumeTopics(topic))

	produce(t, client, topic, "before the stop")
	broker.Stop(t)
	broker.Start(t)
	produce(t, client, topic, "before the crash")
	broker.Kill(t)
	broker.Start(t)
	consume(t, client, "before the stop", "before the crash")
}

func TestPausedBrokerAnswersNothingUntilItIsResumed(t *testing.T) {
	t.Parallel()
	cluster := parts.OwnKafka(t, parts.KafkaConfig{})
	topic := cluster.Topic(t, "orders", 1)
	client := cluster.Client(t)
	produce(t, client, topic, "before")

	cluster.Broker(1).Pause(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := client.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("pinging a paused broker: got %v, want the deadline exceeded", err)
	}
	cluster.Broker(1).Resume(t)
	produce(t, client, topic, "after")
}

func TestThreeBrokersServeWithoutOneOfThem(t *testing.T) {
	t.Parallel()
	cluster := parts.OwnKafka(t, parts.KafkaConfig{Brokers: 3, Proxied: true, Heap: "256m"})
	topic := cluster.Topic(t, "orders", 3)
	client := cluster.Client(t, kgo.ConsumeTopics(topic))
	produce(t, client, topic, "by three")
	cluster.Broker(2).Kill(t)
	produce(t, client, topic, "by two")
	consume(t, client, "by three", "by two")
	if cluster.Broker(1).Link().Connections() == 0 {
		t.Error("no client passed the link of broker 1")
	}
}

// patience is how long a test waits for what a busy machine may be slow to do.
const patience = 4 * time.Minute

// produce writes one record, the value being its key as well.
func produce(t *testing.T, client *kgo.Client, topic, value string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	record := &kgo.Record{Topic: topic, Key: []byte(value), Value: []byte(value)}
	if err := client.ProduceSync(ctx, record).FirstErr(); err != nil {
		t.Fatalf("producing %q: %v", value, err)
	}
}

// consume reads until all the values have come, in any order.
func consume(t *testing.T, client *kgo.Client, values ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	missing := make(map[string]bool)
	for _, value := range values {
		missing[value] = true
	}
	for len(missing) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			t.Fatalf("consuming, %v still missing: %v", missing, err)
		}
		fetches.EachRecord(func(r *kgo.Record) { delete(missing, string(r.Value)) })
	}
}
