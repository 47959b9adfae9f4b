package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	_ "github.com/redpanda-data/connect/v4/public/components/pure"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
	"github.com/inflect-dev/inflect/tests/leaks"
)

// patience is how long anything may take that has to happen, on a machine that has other things to do as well.
const patience = 3 * time.Minute

func TestMain(m *testing.M) { leaks.Main(m) }

// broker is a fake cluster that speaks the real protocol.
func broker(t *testing.T, partitions int32, topics ...string) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, topics...),
		kfake.BrokerConfigs(map[string]string{"group.min.session.timeout.ms": "100", "group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func client(t *testing.T, c *kfake.Cluster, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(c.ListenAddrs()...)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func produce(t *testing.T, c *kfake.Cluster, records ...*kgo.Record) {
	t.Helper()
	cl := client(t, c, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// numbered are n records with the values 0 to n-1, dealt out to the partitions in turn.
func numbered(topic string, n, partitions int) []*kgo.Record {
	out := make([]*kgo.Record, n)
	for i := range out {
		out[i] = &kgo.Record{Topic: topic, Partition: int32(i % partitions), Key: fmt.Append(nil, "k", i%partitions), Value: fmt.Append(nil, i)}
	}
	return out
}

// pipeline is a stream that runs until the test or stop ends it.
type pipeline struct {
	stats  *record.Stats
	stream *service.Stream
	ended  chan error
	cancel context.CancelFunc
}

// start runs a stream. The config's %s are the brokers.
func start(t *testing.T, c *kfake.Cluster, config string, add ...func(*service.Environment)) *pipeline {
	t.Helper()
	env := service.GlobalEnvironment().Clone()
	for _, f := range add {
		f(env)
	}
	sb := env.NewStreamBuilder()
	p := &pipeline{ended: make(chan error, 1)}
	brokers := strings.Join(c.ListenAddrs(), ",")
	if err := sb.SetYAML(strings.ReplaceAll(config, "BROKERS", brokers) + "\nlogger: {level: none}\n"); err != nil {
		t.Fatal(err)
	}
	var err error
	if p.stream, err = sb.Build(); err != nil {
		t.Fatal(err)
	}
	p.stats = record.StatsOf(p.stream.Resources())
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	go func() { p.ended <- p.stream.Run(ctx) }()
	t.Cleanup(func() { p.stop(t) })
	return p
}

func (p *pipeline) stop(t *testing.T) {
	t.Helper()
	if p.ended == nil {
		return
	}
	defer p.cancel()
	if err := p.stream.StopWithin(patience); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("stopping the stream: %v", err)
		p.cancel()
	}
	<-p.ended
	p.ended = nil
}

// consume reads n records of a topic, committed ones only.
func consume(t *testing.T, c *kfake.Cluster, topic string, n int) []*kgo.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cl := client(t, c, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(50*time.Millisecond))
	var out []*kgo.Record
	for len(out) < n {
		f := cl.PollFetches(ctx)
		if err := f.Err(); err != nil {
			t.Fatalf("consuming %s: %v, after %d of %d records", topic, err, len(out), n)
		}
		out = append(out, f.Records()...)
	}
	return out
}

// consumeAll reads a topic of one partition to its present end, committed records only.
func consumeAll(t *testing.T, c *kfake.Cluster, topic string) (out []*kgo.Record) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ends, err := kadm.NewClient(client(t, c)).ListEndOffsets(ctx, topic)
	if err != nil || ends.Error() != nil {
		t.Fatal(err, ends.Error())
	}
	end, _ := ends.Lookup(topic, 0)
	cl := client(t, c, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(50*time.Millisecond), kgo.KeepControlRecords())
	for at := int64(0); at < end.Offset; {
		f := cl.PollFetches(ctx)
		if err := f.Err(); err != nil {
			t.Fatalf("consuming %s: %v, at offset %d of %d", topic, err, at, end.Offset)
		}
		f.EachRecord(func(r *kgo.Record) {
			if at = r.Offset + 1; !r.Attrs.IsControl() {
				out = append(out, r)
			}
		})
	}
	return out
}

// committed waits until the group has committed n records of the topic in all.
func committed(t *testing.T, c *kfake.Cluster, group string, n int64) {
	t.Helper()
	admin := kadm.NewClient(client(t, c))
	eventually(t, func() string {
		offsets, err := admin.FetchOffsets(t.Context(), group)
		if err != nil {
			return err.Error()
		}
		var sum int64
		offsets.Each(func(o kadm.OffsetResponse) { sum += o.At })
		if sum < n {
			return fmt.Sprintf("group %s has committed %d of %d records", group, sum, n)
		}
		return ""
	})
}

// eventually polls until there is nothing to complain about.
func eventually(t *testing.T, complaint func() string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		why := complaint()
		if why == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v: %s", patience, why)
		}
		<-tick.C
	}
}

const copyStream = `
input:
  inflect_kafka:
    brokers: [BROKERS]
    topics: [in]
    group: g
    pipeline: p
    delivery: DELIVERY
    batch: {linger: 5ms}
output:
  inflect_kafka: {brokers: [BROKERS], topic: out, producer: {compression: none}}
`

// eachStream is copyStream with the test's own processor in between.
const eachStream = copyStream + "pipeline: {threads: 1, processors: [{each: {}}]}\n"

// deliveries runs a test with both guarantees. It fills DELIVERY in configs.
func deliveries(t *testing.T, test func(t *testing.T, delivery string)) {
	for _, d := range []string{atLeastOnce, exactlyOnce} {
		t.Run(d, func(t *testing.T) {
			t.Parallel()
			test(t, d)
		})
	}
}

// each registers a processor "each", which calls f for every message and drops those for which it returns false.
func each(f func(*service.Message) bool) func(*service.Environment) { return asEach(eachMessage(f)) }

// asEach registers p as the processor "each".
func asEach(p service.BatchProcessor) func(*service.Environment) {
	return func(env *service.Environment) {
		err := env.RegisterBatchProcessor("each", service.NewConfigSpec(),
			func(*service.ParsedConfig, *service.Resources) (service.BatchProcessor, error) { return p, nil })
		if err != nil {
			panic(err)
		}
	}
}

type eachMessage func(*service.Message) bool

func (f eachMessage) ProcessBatch(_ context.Context, in service.MessageBatch) ([]service.MessageBatch, error) {
	var out service.MessageBatch
	for _, m := range in {
		if f(m) {
			out = append(out, m)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return []service.MessageBatch{out}, nil
}

func (eachMessage) Close(context.Context) error { return nil }

// policy is a refusal policy as inflect_dlq gives records one: dead letters to a topic with the code as a header, or
// dropping when the topic is empty.
type policy struct{ topic string }

func (p policy) DeadLetter(s *record.Source, f *record.Failure) (*record.Envelope, []byte, bool) {
	if p.topic == "" {
		s.Outcome = record.Dropped
		return nil, nil, false
	}
	s.Outcome = record.DeadLettered
	e := record.Of(s)
	e.Topic, e.DeadLetter = p.topic, true
	e.Headers = record.WithHeader(e.Headers, "code", []byte(f.Code))
	return e, s.Value, true
}

// refusing gives every record a policy.
func refusing(topic string) func(*service.Environment) {
	return each(func(m *service.Message) bool {
		record.From(m).Source.Refused = policy{topic}
		return true
	})
}

// board waits until the pipeline's board is as the complaint wants it.
func (p *pipeline) board(t *testing.T, complaint func(b record.Board) string) {
	t.Helper()
	eventually(t, func() string {
		boards := p.stats.Boards()
		if len(boards) == 0 {
			return "the pipeline has not started"
		}
		if why := complaint(boards[0]); why != "" {
			return fmt.Sprintf("%s: %+v", why, boards[0])
		}
		return ""
	})
}

func values(records []*kgo.Record) []string {
	out := make([]string, len(records))
	for i, r := range records {
		out[i] = string(r.Value)
	}
	return out
}

func TestRecordsArriveInOrderAndAreCommitted(t *testing.T) {
	t.Parallel()
	deliveries(t, testCopy)
}

func testCopy(t *testing.T, delivery string) {
	c := broker(t, 3, "in", "out")
	produce(t, c, numbered("in", 3000, 3)...)
	p := start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery))
	got := consume(t, c, "out", 3000)
	last := map[string]int{}
	for _, r := range got {
		var n int
		fmt.Sscan(string(r.Value), &n)
		if before, ok := last[string(r.Key)]; ok && n <= before {
			t.Fatalf("%s: %d came after %d", r.Key, n, before)
		}
		last[string(r.Key)] = n
	}
	committed(t, c, "g", 3000)
	p.board(t, func(b record.Board) string {
		if b.Read != 3000 || b.Delivered != 3000 || b.InFlight != 0 || b.Lag != 0 || b.State != stateRunning {
			return "not all is counted"
		}
		return ""
	})
}
