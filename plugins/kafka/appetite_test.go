package kafka

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
)

func TestAppetiteIsAShareOfABatch(t *testing.T) {
	t.Parallel()
	const kB = 1000
	for _, c := range []struct {
		name                           string
		limit, size, soon, behind, now int
	}{
		{"a share", 10_000, kB, 200_000, 3, 3_333_333},
		{"a share of many partitions", 10_000, kB, 200_000, 30, usualAppetite},
		{"one partition alone", 10_000, kB, 200_000, 1, 4 << 20},
		{"slow steps", 600, kB, 600, 6, leastAppetite},
		{"less slow ones", 10_000, kB, 20_000, 60, 333_333},
		{"nothing known to be behind", 300, kB, 200_000, 0, usualAppetite},
		{"nearly what it was", 135, kB, 135, 1, leastAppetite},
		{"nobody knows how slow", 10_000, kB, 0, 3, leastAppetite},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conf := &inputConfig{fetchMaxBytes: 16 << 20, fetchPartition: 4 << 20}
			client, err := kgo.NewClient(kgo.FetchMaxPartitionBytes(int32(conf.firstAppetite())))
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			a := conf.appetite(client)
			a.ate(haul{records: make([]*kgo.Record, 7), bytes: 7 * c.size}, c.limit, c.soon, c.behind)
			if asked := client.OptValue(kgo.FetchMaxPartitionBytes); a.now != c.now || asked != int32(c.now) {
				t.Errorf("asks for %d, and the client for %v, want %d", a.now, asked, c.now)
			}
		})
	}
}

// With slow steps no partition may wait until all is done that was fetched of the others.
func TestPartitionsTakeTurns(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		const partitions, n = 8, 6400
		c := broker(t, partitions, "in", "out")
		records := numbered("in", n, partitions)
		for _, r := range records {
			r.Value = bytes.Repeat([]byte("x"), 1000)
		}
		cl := client(t, c, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(16_000), kgo.ProducerBatchCompression(kgo.NoCompression()))
		if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		var read, wait int              // records, and the most of them between two of one partition
		last := make([]int, partitions) // when a partition had its turn
		config := strings.ReplaceAll(eachStream, "DELIVERY", delivery+"\n    lanes: 1\n    transaction_timeout: 2s")
		start(t, c, strings.Replace(config, "batch: {", "batch: {max_records: 100, ", 1), each(func(m *service.Message) bool {
			_ = pause(context.Background(), time.Millisecond)
			at := &last[record.From(m).Source.Partition]
			read++
			wait, *at = max(wait, read-*at), read
			return true
		}))
		committed(t, c, "g", n)
		if wait > n/3 {
			t.Errorf("a partition waited until %d of %d records were done", wait, n)
		}
	})
}
