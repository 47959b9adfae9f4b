package kafka

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	_ "github.com/redpanda-data/connect/v4/public/components/pure"
	"github.com/twmb/franz-go/pkg/kgo"

	_ "github.com/inflect-dev/inflect/plugins/kafka"
	"github.com/inflect-dev/inflect/plugins/record"
	"github.com/inflect-dev/inflect/tests/parts"
)

const partitions = 6

// warmUps are the rounds that do not count: a JVM has compiled what matters after about a million records.
const warmUps = 2

func TestMain(m *testing.M) { parts.Main(m) }

func setting(b *testing.B, name string, otherwise int) int {
	b.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("%s is %q: it must be a positive number", name, text)
	}
	return n
}

// variant copies the topic in to out, stops, and says what it took until everything was committed.
type variant struct {
	name string
	run  func(b *testing.B, k *parts.Cluster, in, out string, n int) cost
}

// The variants, in the order in which they run.
const (
	raw = iota
	atLeastOnce
	exactlyOnce
	exactlyOnceOneLane
	streamsAtLeastOnce
	streamsExactlyOnce
)

func variants(s *javaStreams) []variant {
	return []variant{
		raw:                {"raw copy", here(rawCopy)},
		atLeastOnce:        {"at_least_once", here(through("delivery: at_least_once"))},
		exactlyOnce:        {"exactly_once 10000 or 100ms, 2 lanes", here(through("delivery: exactly_once\n    instance: bench\n    lanes: 2"))},
		exactlyOnceOneLane: {"exactly_once 10000 or 100ms, 1 lane", here(through("delivery: exactly_once\n    instance: bench\n    lanes: 1"))},
		streamsAtLeastOnce: {"Kafka Streams at_least_once", s.copy("at_least_once")},
		streamsExactlyOnce: {"Kafka Streams exactly_once_v2, 100ms", s.copy("exactly_once_v2")},
	}
}

// cost is what one run took.
type cost struct{ cpu, wall time.Duration }

func BenchmarkDelivery(b *testing.B) {
	records, size, rounds := setting(b, "INFLECT_BENCH_RECORDS", 300_000), setting(b, "INFLECT_BENCH_BYTES", 1200), setting(b, "INFLECT_BENCH_ROUNDS", 5)
	k := parts.Kafka(b)
	in := k.Topic(b, "in", partitions)
	fill(b, k, in, records, size)
	all := variants(startJavaStreams(b, k))
	costs := make([][]cost, len(all))
	for b.Loop() {
		for round := range warmUps + rounds {
			for i, v := range all {
				out := k.Topic(b, "out", partitions)
				c := v.run(b, k, in, out, records)
				if _, err := k.Admin(b).DeleteTopics(b.Context(), out); err != nil {
					b.Fatal(err)
				}
				if round >= warmUps {
					costs[i] = append(costs[i], c)
				}
			}
		}
	}
	report(b, all, costs, records)
}

func report(b *testing.B, all []variant, costs [][]cost, records int) {
	million := float64(records) / 1e6
	b.Logf("%-38s %28s %26s %18s %18s", "median (min – max)", "CPU-s per million", "thousand events/s", "CPU / raw", "CPU / at_least_once")
	for i, v := range all {
		var cpu, rate []float64
		for _, c := range costs[i] {
			cpu = append(cpu, c.cpu.Seconds()/million)
			rate = append(rate, float64(records)/1000/c.wall.Seconds())
		}
		b.Logf("%-38s %28s %26s %18s %18s", v.name, spread(cpu), spread(rate), ratio(costs[i], costs[raw], cpuTime), ratio(costs[i], costs[atLeastOnce], cpuTime))
	}
	for _, pair := range [][2]int{
		{exactlyOnce, atLeastOnce}, {streamsExactlyOnce, streamsAtLeastOnce}, {exactlyOnce, streamsExactlyOnce}, {atLeastOnce, streamsAtLeastOnce},
	} {
		one, other := pair[0], pair[1]
		b.Logf("throughput of %s / %s: %s", all[one].name, all[other].name, ratio(costs[other], costs[one], wallTime))
	}
}

func cpuTime(c cost) float64  { return c.cpu.Seconds() }
func wallTime(c cost) float64 { return c.wall.Seconds() }

// ratio is that of two variants, round by round.
func ratio(a, b []cost, of func(cost) float64) string {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = of(a[i]) / of(b[i])
	}
	return spread(ratios)
}

func spread(v []float64) string {
	v = slices.Sorted(slices.Values(v))
	return fmt.Sprintf("%.2f (%.2f – %.2f)", v[len(v)/2], v[0], v[len(v)-1])
}

// copying is a copy in this process. It calls committed once everything is, and returns when it has stopped.
type copying func(b *testing.B, k *parts.Cluster, in, out string, n int, committed func())

// here measures a copy in this process.
func here(run copying) func(*testing.B, *parts.Cluster, string, string, int) cost {
	return func(b *testing.B, k *parts.Cluster, in, out string, n int) (c cost) {
		cpu, at := spent(), time.Now()
		run(b, k, in, out, n, func() { c = cost{cpu: spent() - cpu, wall: time.Since(at)} })
		return c
	}
}

// spent is the CPU time of this process so far.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// fill writes n records of about the given size, that do not compress to nothing.
func fill(b *testing.B, k *parts.Cluster, topic string, n, size int) {
	b.Helper()
	client := k.Client(b)
	random := rand.New(rand.NewPCG(1, 2))
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789 \",:{}"
	for i := range n {
		value := make([]byte, size)
		for j := range value {
			value[j] = letters[random.IntN(len(letters))]
		}
		client.Produce(b.Context(), &kgo.Record{Topic: topic, Key: strconv.AppendInt(nil, int64(i%10_000), 10), Value: value}, func(_ *kgo.Record, err error) {
			if err != nil {
				b.Error(err)
			}
		})
	}
	if err := client.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// rawCopy is the floor: poll, produce, wait, commit, with the same settings as the plugins have.
func rawCopy(b *testing.B, k *parts.Cluster, in, out string, n int, committed func()) {
	client := k.Client(b,
		kgo.ConsumeTopics(in), kgo.ConsumerGroup(parts.Unique("raw")), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.AutoCommitMarks(), kgo.FetchMaxBytes(16<<20), kgo.FetchMaxPartitionBytes(1<<20),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerLinger(5*time.Millisecond), kgo.MaxBufferedRecords(100_000))
	defer client.Close()
	done := make(chan struct{})
	left := n
	for read := 0; read < n; {
		fetches := client.PollRecords(b.Context(), 5000)
		if err := fetches.Err(); err != nil {
			b.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			read++
			client.Produce(b.Context(), &kgo.Record{Topic: out, Key: r.Key, Value: r.Value, Headers: r.Headers, Timestamp: r.Timestamp}, func(_ *kgo.Record, err error) {
				if err != nil {
					b.Error(err)
				}
				client.MarkCommitRecords(r)
				if left--; left == 0 {
					close(done)
				}
			})
		})
	}
	<-done
	if err := client.CommitMarkedOffsets(b.Context()); err != nil {
		b.Fatal(err)
	}
	committed()
}

// through is a copy through Benthos with our input and output.
func through(input string) copying {
	return func(b *testing.B, k *parts.Cluster, in, out string, n int, committed func()) {
		sb := service.NewStreamBuilder()
		err := sb.SetYAML(fmt.Sprintf(`
input:
  inflect_kafka:
    brokers: %q
    topics: [%s]
    group: %s
    pipeline: bench
    producer: {compression: none}
    %s
pipeline: {threads: 1}
output:
  inflect_kafka: {brokers: %q, topic: %s, producer: {compression: none}}
logger: {level: none}
`, k.Addrs(), in, parts.Unique("bench"), input, k.Addrs(), out))
		if err != nil {
			b.Fatal(err)
		}
		stream, err := sb.Build()
		if err != nil {
			b.Fatal(err)
		}
		stats := record.StatsOf(stream.Resources())
		ended := make(chan error, 1)
		go func() { ended <- stream.Run(context.WithoutCancel(b.Context())) }()
		await(b, stats, n)
		committed()
		if err := stream.StopWithin(time.Minute); err != nil {
			b.Fatal(err)
		}
		<-ended
	}
}

// await returns when the board counts n delivered records.
func await(b *testing.B, stats *record.Stats, n int) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, board := range stats.Boards() {
			if board.Delivered >= int64(n) {
				return
			}
		}
		select {
		case <-tick.C:
		case <-b.Context().Done():
			b.Fatal("interrupted")
		}
	}
}
