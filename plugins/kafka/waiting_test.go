package kafka

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/inflect-dev/inflect/plugins/record"
)

func TestMissingTargetIsWaitedFor(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in")
		produce(t, c, numbered("in", 100, 1)...)
		p := start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery))
		p.board(t, func(b record.Board) string {
			if b.State != stateWaiting || !strings.Contains(b.Reason, "UNKNOWN_TOPIC") {
				return "does not say that the topic is missing"
			}
			return ""
		})
		if _, err := kadm.NewClient(client(t, c)).CreateTopic(t.Context(), 1, 1, nil, "out"); err != nil {
			t.Fatal(err)
		}
		p.board(t, func(b record.Board) string {
			if b.Delivered != 100 || b.State != stateRunning {
				return "not resumed"
			}
			return ""
		})
		if got := values(consume(t, c, "out", 100)); len(got) != 100 || got[0] != "0" || got[99] != "99" {
			t.Errorf("%d records, from %s to %s", len(got), got[0], got[len(got)-1])
		}
	})
}

// Of the topics that records choose one may be gone for good.
func TestTopicThatWasWrittenToOnceIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	c := broker(t, 1, "in", "out", "old")
	var slow atomic.Bool
	slow.Store(true)
	config := strings.ReplaceAll(eachStream, "DELIVERY", exactlyOnce+"\n    instance: a\n    transaction_timeout: 1s\n    metadata_max_age: 100ms")
	p := start(t, c, config, each(func(m *service.Message) bool {
		if record.From(m).Source.Offset == 0 {
			m.MetaSetMut(record.MetaTarget, "old")
		} else if slow.Swap(false) {
			_ = pause(context.Background(), 1200*time.Millisecond)
		}
		return true
	}))
	produce(t, c, &kgo.Record{Topic: "in", Value: []byte("0")})
	committed(t, c, "g", 1)
	if _, err := kadm.NewClient(client(t, c)).DeleteTopic(t.Context(), "old"); err != nil {
		t.Fatal(err)
	}
	produce(t, c, &kgo.Record{Topic: "in", Value: []byte("1")})
	p.board(t, func(b record.Board) string {
		if b.Delivered != 2 || b.State != stateRunning {
			return "not resumed"
		}
		return ""
	})
}

func TestTargetThatForbidsIsWaitedFor(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out")
		produce(t, c, numbered("in", 100, 1)...)
		forbidden := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.TopicAuthorizationFailed, Count: -1})
		p := start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery))
		p.board(t, func(b record.Board) string {
			if b.State != stateWaiting || !strings.Contains(b.Reason, "TOPIC_AUTHORIZATION_FAILED") {
				return "does not say that the topic is forbidden"
			}
			return ""
		})
		forbidden.Remove()
		p.board(t, func(b record.Board) string {
			if b.Delivered != 100 || b.Read != 100 || b.State != stateRunning {
				return "not resumed"
			}
			return ""
		})
	})
}

func TestLatestIsWhereAGroupStartsForTheFirstTimeOnly(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out")
		produce(t, c, numbered("in", 10, 1)...)
		config := strings.ReplaceAll(copyStream, "DELIVERY", delivery+"\n    start: latest\n    metadata_max_age: 100ms")
		p := start(t, c, config)
		committed(t, c, "g", 10)
		produce(t, c, &kgo.Record{Topic: "in", Value: []byte("a")})
		committed(t, c, "g", 11)
		p.stop(t)
		// A partition that nobody has seen yet is read from its beginning, and so is what came while nobody ran.
		if _, err := kadm.NewClient(client(t, c)).CreatePartitions(t.Context(), 1, "in"); err != nil {
			t.Fatal(err)
		}
		produce(t, c, &kgo.Record{Topic: "in", Value: []byte("b")}, &kgo.Record{Topic: "in", Partition: 1, Value: []byte("c")})
		start(t, c, config)
		committed(t, c, "g", 13)
		got := map[string]bool{}
		for _, v := range values(consume(t, c, "out", 3)) {
			got[v] = true
		}
		if len(got) != 3 || !got["a"] || !got["b"] || !got["c"] {
			t.Errorf("delivered %v, want a, b and c", got)
		}
	})
}

func TestInstancesComeAndGo(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		const n, partitions = 20000, 6
		c := broker(t, partitions, "in", "out")
		config := strings.ReplaceAll(copyStream, "DELIVERY", delivery+"\n    instance: INSTANCE\n    batch: {max_records: 200, linger: 5ms}\n    rate: 10000\n    heartbeat_interval: 50ms")
		config = strings.Replace(config, "    batch: {linger: 5ms}\n", "", 1)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		feeding := make(chan struct{})
		go func() {
			defer close(feeding)
			cl := client(t, c, kgo.RecordPartitioner(kgo.ManualPartitioner()))
			for i, r := range numbered("in", n, partitions) {
				cl.Produce(ctx, r, nil)
				if i%1000 == 999 {
					_ = pause(ctx, 50*time.Millisecond)
				}
			}
			_ = cl.Flush(ctx)
		}()
		first := start(t, c, strings.ReplaceAll(config, "INSTANCE", "a"))
		committed(t, c, "g", n/10)
		second := start(t, c, strings.ReplaceAll(config, "INSTANCE", "b"))
		committed(t, c, "g", n/3)
		first.stop(t)
		committed(t, c, "g", n/2)
		start(t, c, strings.ReplaceAll(config, "INSTANCE", "a"))
		committed(t, c, "g", n*2/3)
		second.stop(t)
		<-feeding
		committed(t, c, "g", n)
		checkOnce(t, consume(t, c, "out", n), n)
	})
}

// checkOnce expects each of the numbers once, those of one key in order.
func checkOnce(t *testing.T, records []*kgo.Record, n int) {
	t.Helper()
	seen := map[int]int{}
	last := map[string]int{}
	for _, r := range records {
		v, err := strconv.Atoi(string(r.Value))
		if err != nil {
			t.Fatal(err)
		}
		seen[v]++
		if before, ok := last[string(r.Key)]; ok && v < before {
			t.Fatalf("key %s: %d came after %d", r.Key, v, before)
		}
		last[string(r.Key)] = v
	}
	twice := 0
	for _, times := range seen {
		if times > 1 {
			twice++
		}
	}
	if len(seen) != n || twice > 0 {
		t.Errorf("%d of %d records arrived, %d of them more than once", len(seen), n, twice)
	}
}

func TestLagCountsNoTransactionMarkers(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out", "end")
		produce(t, c, numbered("in", 100, 1)...)
		start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", exactlyOnce))
		second := strings.NewReplacer("[in]", "[out]", "topic: out", "topic: end", "group: g", "group: h", "DELIVERY", delivery).Replace(copyStream)
		start(t, c, second)
		consume(t, c, "end", 100)
		admin := kadm.NewClient(client(t, c))
		eventually(t, func() string {
			ends, err := admin.ListEndOffsets(t.Context(), "out")
			if err != nil {
				return err.Error()
			}
			offsets, err := admin.FetchOffsets(t.Context(), "h")
			if err != nil {
				return err.Error()
			}
			end, _ := ends.Lookup("out", 0)
			at, _ := offsets.Lookup("out", 0)
			if end.Offset <= 100 || at.At != end.Offset {
				return fmt.Sprintf("committed %d of %d: the marker is counted as lag", at.At, end.Offset)
			}
			return ""
		})
	})
}

func TestRateIsALimit(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out")
		produce(t, c, numbered("in", 300, 1)...)
		begun := time.Now()
		start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery+"\n    rate: 300"))
		consume(t, c, "out", 300)
		if took := time.Since(begun); took < 850*time.Millisecond {
			t.Errorf("300 records at 300 per second took %v", took)
		}
	})
}

func TestSlowStepsGetSmallerTransactions(t *testing.T) {
	t.Parallel()
	c := broker(t, 1, "in", "out")
	produce(t, c, numbered("in", 64, 1)...)
	config := strings.ReplaceAll(eachStream, "DELIVERY", exactlyOnce+"\n    instance: a\n    transaction_timeout: 1s")
	start(t, c, config, each(func(*service.Message) bool {
		_ = pause(context.Background(), 25*time.Millisecond)
		return true
	}))
	checkOnce(t, consume(t, c, "out", 64), 64)
}

func TestNewPartitionsAreHeldUntilTheOldOnesAreDone(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out")
		start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery+"\n    rate: 100\n    fetch: {max_partition_bytes: 100B}\n    heartbeat_interval: 50ms\n    metadata_max_age: 50ms\n    hold_new_partitions: 5s"))
		produce(t, c, numbered("in", 20, 1)...)
		committed(t, c, "g", 20)
		// Late for whoever reads the new partition at once. The hold asks the group for its offsets when its time is over, and has
		// an answer when they are there, however slow this machine is.
		unsaid := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetFetch}, Group: "g", Err: kerr.CoordinatorLoadInProgress, Count: -1})
		if _, err := kadm.NewClient(client(t, c)).CreatePartitions(t.Context(), 1, "in"); err != nil {
			t.Fatal(err)
		}
		produce(t, c, &kgo.Record{Topic: "in", Partition: 1, Value: []byte("new")})
		for late := range slices.Chunk(numbered("in", 150, 1), 10) {
			produce(t, c, late...) // in batches that are fetched one by one, so that there is a turn for the new partition
		}
		unsaid.Remove()
		got := values(consume(t, c, "out", 171))
		if last := got[len(got)-1]; last != "new" {
			t.Errorf("the new partition's record is not the last one: %v", got)
		}
		committed(t, c, "g", 171)
	})
}

// A partition that stays empty is new only once: whoever reads it later, be it after a restart, does not hold it again.
func TestHoldEndsWithACommitOfTheBeginning(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out")
		start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery+"\n    instance: a\n    metadata_max_age: 50ms\n    hold_new_partitions: 100ms"))
		produce(t, c, numbered("in", 20, 1)...)
		committed(t, c, "g", 20)
		admin := kadm.NewClient(client(t, c))
		if _, err := admin.CreatePartitions(t.Context(), 1, "in"); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() string {
			offsets, err := admin.FetchOffsets(t.Context(), "g")
			if err != nil {
				return err.Error()
			}
			if o, ok := offsets.Lookup("in", 1); !ok || o.At != 0 {
				return fmt.Sprintf("the new partition's beginning is not committed: %+v", o)
			}
			return ""
		})
	})
}

// Brokers that are away must not keep a process from ending: neither its last commit nor leaving the group has time of its
// own beyond shutdown_timeout.
func TestStopEndsThoughBrokersAreAway(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		for _, instance := range []string{"", "a"} {
			t.Run("instance "+instance, func(t *testing.T) {
				t.Parallel()
				c := broker(t, 1, "in", "out")
				produce(t, c, numbered("in", 10, 1)...)
				p := start(t, c, strings.ReplaceAll(copyStream, "DELIVERY", delivery+fmt.Sprintf("\n    instance: %q\n    shutdown_timeout: 1s\n    commit_interval: 1h", instance)))
				consume(t, c, "out", 10)
				produce(t, c, numbered("in", 10, 1)...)
				consume(t, c, "out", 20)
				thaw := freeze(c)
				defer thaw()
				begun := time.Now()
				p.stop(t)
				if took := time.Since(begun); took > leaveTimeout {
					t.Errorf("stopping took %v, with shutdown_timeout 1s", took)
				}
			})
		}
	})
}

// freeze keeps a cluster from answering until the returned function is called.
func freeze(c *kfake.Cluster) (thaw func()) {
	thawed := make(chan struct{})
	c.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		<-thawed
		return nil, nil, false
	})
	return func() { close(thawed) }
}

// A target that takes records slowly, as under a quota, must get transactions that it can take in their time.
func TestSlowTargetGetsSmallerTransactions(t *testing.T) {
	t.Parallel()
	c := broker(t, 1, "in", "out")
	records := numbered("in", 32, 1)
	for _, r := range records {
		r.Key = bytes.Repeat([]byte("k"), 300) // one in a request
	}
	produce(t, c, records...)
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		c.SleepControl(func() { _ = pause(context.Background(), 100*time.Millisecond) })
		return nil, nil, false
	})
	config := strings.ReplaceAll(copyStream, "DELIVERY", exactlyOnce+"\n    instance: a\n    transaction_timeout: 3s\n    producer: {compression: none, max_message_bytes: 512B}")
	p := start(t, c, config)
	p.board(t, func(b record.Board) string {
		if b.Delivered != 32 {
			return "not all is delivered"
		}
		return ""
	})
	checkOnce(t, consume(t, c, "out", 32), 32)
}
