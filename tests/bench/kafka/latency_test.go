package kafka

import (
	"context"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/tests/parts"
)

// BenchmarkLatency is the time from producing a record to its copy's arrival at a read_committed consumer, at a steady
// 2,000 records a second.
func BenchmarkLatency(b *testing.B) {
	const rate = 2000
	seconds, size := setting(b, "INFLECT_BENCH_SECONDS", 8), setting(b, "INFLECT_BENCH_BYTES", 1200)
	k := parts.Kafka(b)
	exactly := func(batch string) string { return "delivery: exactly_once\n    instance: bench\n    batch: " + batch }
	for _, v := range []struct{ name, input string }{
		{"raw", ""},
		{"at_least_once", "delivery: at_least_once"},
		{"exactly_once_0ms_1lane", exactly("{linger: 0s}\n    lanes: 1")},
		{"exactly_once_0ms", exactly("{linger: 0s}")},
		{"exactly_once_20ms", exactly("{linger: 20ms}")},
		{"exactly_once_50ms", exactly("{linger: 50ms}")},
		{"exactly_once_100ms", exactly("{linger: 100ms}")},
		{"exactly_once_200ms", exactly("{linger: 200ms}")},
	} {
		b.Run(v.name, func(b *testing.B) {
			for b.Loop() {
				in, out := k.Topic(b, "in", partitions), k.Topic(b, "out", partitions)
				n := rate * seconds
				ages := make(chan []time.Duration, 1)
				reader := k.Client(b, kgo.ConsumeTopics(out), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.MetadataMinAge(100*time.Millisecond))
				go func() { ages <- collect(b.Context(), reader, n) }()
				go steady(b, k, in, n, size, rate)
				run := copying(rawCopy)
				if v.input != "" {
					run = through(v.input)
				}
				run(b, k, in, out, n, func() {})
				all := <-ages
				slices.Sort(all)
				b.ReportMetric(float64(all[len(all)/2])/1e6, "p50-ms")
				b.ReportMetric(float64(all[len(all)*99/100])/1e6, "p99-ms")
			}
		})
	}
}

// steady produces n records at a rate, each with the time in its first bytes.
func steady(b *testing.B, k *parts.Cluster, topic string, n, size, rate int) {
	client := k.Client(b, kgo.ProducerLinger(0), kgo.MetadataMinAge(100*time.Millisecond))
	tick := time.NewTicker(time.Second / 500)
	defer tick.Stop()
	for sent := 0; sent < n; {
		<-tick.C
		for range rate / 500 {
			value := make([]byte, size)
			binary.BigEndian.PutUint64(value, uint64(time.Now().UnixNano()))
			client.Produce(b.Context(), &kgo.Record{Topic: topic, Key: value[:8], Value: value}, nil)
			sent++
		}
	}
	_ = client.Flush(b.Context())
}

// collect returns the ages of n records; those of the first second, in which the group joins, are left out.
func collect(ctx context.Context, client *kgo.Client, n int) []time.Duration {
	var ages []time.Duration
	var first time.Time
	for seen := 0; seen < n; {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil || fetches.IsClientClosed() {
			break
		}
		now := time.Now()
		if first.IsZero() && fetches.NumRecords() > 0 {
			first = now
		}
		fetches.EachRecord(func(r *kgo.Record) {
			seen++
			if now.Sub(first) > time.Second {
				ages = append(ages, now.Sub(time.Unix(0, int64(binary.BigEndian.Uint64(r.Value)))))
			}
		})
	}
	return ages
}
