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
	"go.uber.org/goleak"

	"github.com/inflect-dev/inflect/plugins/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
	go func() { p.ended <- p.stream.Run(context.Background()) }()
	t.Cleanup(func() { p.stop(t) })
	return p
}

func (p *pipeline) stop(t *testing.T) {
	t.Helper()
	if p.ended == nil {
		return
	}
	if err := p.stream.StopWithin(20 * time.Second); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("stopping the stream: %v", err)
	}
	<-p.ended
	p.ended = nil
}

// consume reads n records of a topic, committed ones only.
func consume(t *testing.T, c *kfake.Cluster, topic string, n int) []*kgo.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
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
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		why := complaint()
		if why == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(why)
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
output:
  inflect_kafka: {brokers: [BROKERS], topic: out}
`

// deliveries runs a test with both guarantees. It fills DELIVERY in configs.
func deliveries(t *testing.T, test func(t *testing.T, delivery string)) {
	for _, d := range []string{atLeastOnce, exactlyOnce} {
		t.Run(d, func(t *testing.T) {
			t.Parallel()
			test(t, d)
		})
	}
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
	eventually(t, func() string {
		b := p.stats.Boards()[0]
		if b.Read != 3000 || b.Delivered != 3000 || b.InFlight != 0 || b.Lag != 0 || b.State != "running" {
			return fmt.Sprintf("%+v", b)
		}
		return ""
	})
}
