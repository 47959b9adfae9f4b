package catalog_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/api/catalog"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

func TestMain(m *testing.M) { parts.Main(m) }

// patience is how long a question may take on a busy machine.
const patience = 4 * time.Minute

func openKafka(t *testing.T, brokers []string) *catalog.Kafka {
	t.Helper()
	k, err := catalog.OpenKafka(catalog.KafkaOptions{Brokers: brokers, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

// fake is a broker that can be told what to answer, with one topic of one partition.
func fake(t *testing.T, topic string) *kfake.Cluster {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster
}

func values(records []pipeline.Record) string {
	var out []string
	for _, r := range records {
		out = append(out, strconv.Itoa(int(r.Partition))+":"+string(r.Value))
	}
	return strings.Join(out, " ")
}

func TestTopicsOfACluster(t *testing.T) {
	t.Parallel()
	cluster := parts.Kafka(t)
	k := openKafka(t, cluster.Addrs())
	name := cluster.Topic(t, "orders", 3, "retention.ms", "60000")
	topic, err := k.Topic(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if len(topic.Partitions) != 3 || topic.Partitions[2].Leader < 0 || len(topic.Partitions[0].Replicas) != 1 {
		t.Errorf("partitions %+v", topic.Partitions)
	}
	for _, c := range topic.Configs {
		if c.Name == "retention.ms" && (c.Default || *c.Value != "60000") || c.Name == "cleanup.policy" && !c.Default {
			t.Errorf("config %+v", c)
		}
	}
	if n, err := k.Partitions(t.Context(), name); n != 3 || err != nil {
		t.Errorf("%d partitions, %v", n, err)
	}
	if _, err := k.Topic(t.Context(), "no-such-topic"); pipeline.CodeOf(err) != pipeline.CodeUnknownTopic || !strings.Contains(err.Error(), cluster.Addrs()[0]) {
		t.Errorf("got %v", err)
	}
	if _, err := k.Partitions(t.Context(), "not a topic/name"); pipeline.CodeOf(err) != pipeline.CodeUnknownTopic {
		t.Errorf("got %v", err)
	}
}

func TestCreatedTopicCanBeUsedAtOnce(t *testing.T) {
	t.Parallel()
	k := openKafka(t, parts.Kafka(t).Addrs())
	name := parts.Unique("made")
	for range 2 { // The second time it is there already.
		if err := k.CreateTopic(t.Context(), name, 4, 0); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := k.Partitions(t.Context(), name); n != 4 || err != nil {
		t.Errorf("%d partitions, %v", n, err)
	}
	placed, err := k.Produce(t.Context(), name, []pipeline.Record{{Key: []byte("k"), Value: []byte("v")}, {}})
	if err != nil || len(placed) != 2 {
		t.Fatalf("%v, %v", placed, err)
	}
	got, err := k.Records(t.Context(), name, pipeline.RecordQuery{})
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	if err := k.CreateTopic(t.Context(), parts.Unique("bad"), 1, 99); pipeline.CodeOf(err) != pipeline.CodeRejected {
		t.Errorf("an impossible replication: %v", err)
	}
	if _, err := k.Produce(t.Context(), parts.Unique("none"), []pipeline.Record{{}}); pipeline.CodeOf(err) != pipeline.CodeUnknownTopic {
		t.Errorf("an unknown topic: %v", err)
	}
}

func TestRecordsByOffsetTimeAndNewest(t *testing.T) {
	t.Parallel()
	cluster := parts.Kafka(t)
	k := openKafka(t, cluster.Addrs())
	name := cluster.Topic(t, "in", 2)
	client := cluster.Client(t, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	begin := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	for i := range 10 {
		r := &kgo.Record{Topic: name, Partition: int32(i % 2), Value: []byte(strconv.Itoa(i)), Timestamp: begin.Add(time.Duration(i) * time.Minute)}
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	one, three, nine, late := int32(1), int64(3), int32(9), begin.Add(7*time.Minute)
	after := begin.Add(time.Hour)
	tests := []struct {
		name  string
		query pipeline.RecordQuery
		want  string
	}{
		{"newest over all partitions", pipeline.RecordQuery{Limit: 3}, "0:8 1:7 1:9"},
		{"newest of one partition", pipeline.RecordQuery{Partition: &one, Limit: 2}, "1:7 1:9"},
		{"from an offset", pipeline.RecordQuery{Partition: &one, Offset: &three, Limit: 10}, "1:7 1:9"},
		{"from a time", pipeline.RecordQuery{Time: &late, Limit: 10}, "0:8 1:7 1:9"},
		{"from a time when there was nothing any more", pipeline.RecordQuery{Time: &after, Limit: 10}, ""},
		{"all", pipeline.RecordQuery{}, "0:0 0:2 0:4 0:6 0:8 1:1 1:3 1:5 1:7 1:9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := k.Records(t.Context(), name, tt.query)
			if err != nil || values(got) != tt.want {
				t.Errorf("got %q, want %q (%v)", values(got), tt.want, err)
			}
		})
	}
	if _, err := k.Records(t.Context(), name, pipeline.RecordQuery{Partition: &nine}); pipeline.CodeOf(err) != pipeline.CodeInvalid {
		t.Errorf("a partition that is not there: %v", err)
	}
}

func TestOnlyCommittedRecordsAreShown(t *testing.T) {
	t.Parallel()
	cluster := parts.Kafka(t)
	k := openKafka(t, cluster.Addrs())
	name := cluster.Topic(t, "in", 1)
	client := cluster.Client(t, kgo.TransactionalID(parts.Unique("txn")))
	for i, commit := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: name, Value: []byte(strconv.Itoa(i))}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := client.EndTransaction(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: name, Value: []byte("open")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	got, err := k.Records(t.Context(), name, pipeline.RecordQuery{})
	if err != nil || values(got) != "0:0 0:2" {
		t.Errorf("got %q (%v)", values(got), err)
	}
	if err := client.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
}

func TestNewestRecordsAreFoundBehindMarkersAndAbortedOnes(t *testing.T) {
	t.Parallel()
	cluster := parts.Kafka(t)
	k := openKafka(t, cluster.Addrs())
	name := cluster.Topic(t, "in", 1)
	client := cluster.Client(t, kgo.TransactionalID(parts.Unique("txn")))
	write := func(end kgo.TransactionEndTry, n int) {
		t.Helper()
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		var batch []*kgo.Record
		for range n {
			batch = append(batch, &kgo.Record{Topic: name, Value: []byte(strconv.FormatBool(bool(end)))})
		}
		if err := client.ProduceSync(t.Context(), batch...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := client.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	write(kgo.TryCommit, 2)
	write(kgo.TryAbort, 1000)
	got, err := k.Records(t.Context(), name, pipeline.RecordQuery{Limit: 1})
	if err != nil || values(got) != "0:true" {
		t.Errorf("got %q (%v)", values(got), err)
	}
}

func TestFramedAndHugeValues(t *testing.T) {
	t.Parallel()
	id := int32(7)
	tests := []struct {
		name  string
		value []byte
		want  pipeline.Record
	}{
		{"framed JSON", []byte("\x00\x00\x00\x00\x07{}"), pipeline.Record{Value: []byte("{}"), SchemaID: &id, Size: 7}},
		{"framed Avro keeps its bytes", []byte("\x00\x00\x00\x00\x07\x02\xff"), pipeline.Record{Value: []byte("\x00\x00\x00\x00\x07\x02\xff"), SchemaID: &id, Size: 7}},
		{"bare JSON", []byte("{}"), pipeline.Record{Value: []byte("{}"), Size: 2}},
		{"huge", make([]byte, 2<<20), pipeline.Record{Truncated: true, Size: 2 << 20}},
		{"null", nil, pipeline.Record{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := catalog.Shown(&kgo.Record{Value: tt.value})
			if string(got.Value) != string(tt.want.Value) || got.Size != tt.want.Size || got.Truncated != tt.want.Truncated ||
				(got.SchemaID == nil) != (tt.want.SchemaID == nil) || got.SchemaID != nil && *got.SchemaID != *tt.want.SchemaID {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestGroupIsMoved(t *testing.T) {
	t.Parallel()
	cluster := parts.Kafka(t)
	k := openKafka(t, cluster.Addrs())
	topic, group := cluster.Topic(t, "in", 1), parts.Unique("group")
	producer := cluster.Client(t)
	begin := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	for i := range 10 {
		r := &kgo.Record{Topic: topic, Value: []byte(strconv.Itoa(i)), Timestamp: begin.Add(time.Duration(i) * time.Minute)}
		if err := producer.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	four, far, at := int64(4), int64(99), begin.Add(6*time.Minute)
	for _, tt := range []struct {
		to   pipeline.Replay
		want int64
	}{
		{pipeline.Replay{Offset: &four}, 4},
		{pipeline.Replay{Offset: &far}, 10},
		{pipeline.Replay{Time: &at}, 6},
		{pipeline.Replay{Beginning: true}, 0},
	} {
		if err := k.Move(t.Context(), group, topic, tt.to); err != nil {
			t.Fatal(err)
		}
		offsets, err := cluster.Admin(t).FetchOffsets(t.Context(), group)
		if err != nil {
			t.Fatal(err)
		}
		if o, _ := offsets.Lookup(topic, 0); o.At != tt.want {
			t.Errorf("%+v: the group is at %d, want %d", tt.to, o.At, tt.want)
		}
	}
}

func TestIdleWaitsForTheLastMember(t *testing.T) {
	t.Parallel()
	cluster := parts.Kafka(t)
	k := openKafka(t, cluster.Addrs())
	topic, group := cluster.Topic(t, "in", 1), parts.Unique("group")
	joined := make(chan struct{})
	join := sync.OnceFunc(func() { close(joined) })
	member, err := kgo.NewClient(kgo.SeedBrokers(cluster.Addrs()...), kgo.ConsumeTopics(topic), kgo.ConsumerGroup(group),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { join() }))
	if err != nil {
		t.Fatal(err)
	}
	defer member.Close()
	<-joined
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := k.Idle(short, group); pipeline.CodeOf(err) != pipeline.CodeUnavailable {
		t.Errorf("somebody is in the group, but Idle says %v", err)
	}
	if err := k.Move(t.Context(), group, topic, pipeline.Replay{Beginning: true}); err == nil {
		t.Error("a group with members was moved")
	}
	done := make(chan error, 1)
	go func() { done <- k.Idle(t.Context(), group) }()
	member.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := k.Idle(t.Context(), parts.Unique("nobody")); err != nil {
		t.Errorf("a group that is not there: %v", err)
	}
}

func TestClusterThatIsAway(t *testing.T) {
	t.Parallel()
	k, err := catalog.OpenKafka(catalog.KafkaOptions{Brokers: []string{"127.0.0.1:1"}, Timeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	for range 5 {
		if _, err := k.Topics(t.Context()); pipeline.CodeOf(err) != pipeline.CodeUnavailable || !strings.Contains(err.Error(), "127.0.0.1:1") {
			t.Errorf("got %v", err)
		}
	}
	if err := k.Ping(t.Context()); pipeline.CodeOf(err) != pipeline.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}

// What is held of a topic is bounded, wherever its bytes are.
func TestHeadersAreWeighed(t *testing.T) {
	t.Parallel()
	cluster := fake(t, "heavy")
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	const large = 900_000
	for range 40 {
		r := &kgo.Record{Topic: "heavy", Headers: []kgo.RecordHeader{{Key: "large", Value: make([]byte, large)}}}
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	k := openKafka(t, cluster.ListenAddrs())
	for name, offset := range map[string]*int64{"newest": nil, "from the beginning": new(int64)} {
		got, err := k.Records(t.Context(), "heavy", pipeline.RecordQuery{Offset: offset, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(got); n == 0 || (n-1)*large > 32<<20 {
			t.Errorf("%s: %d records of %d bytes are held", name, n, large)
		}
	}
}
