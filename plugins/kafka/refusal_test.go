package kafka

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
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

func TestPipelineStopsOnAnErrorThatNobodyTookCareOf(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out")
		produce(t, c, numbered("in", 1000, 1)...)
		p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery), each(func(m *service.Message) bool {
			if record.From(m).Source.Offset == 700 {
				record.Fail(m, &record.Failure{Code: "test", Stage: "step:s", Message: "no such price"})
			}
			return true
		}))
		p.board(t, func(b record.Board) string {
			for _, part := range []string{"in/0", "offset 700", "step:s", "no such price"} {
				if !strings.Contains(b.Reason, part) {
					return "the reason lacks " + part
				}
			}
			if b.State != stateFailed || b.Delivered != 700 {
				return "not stopped behind 700 records"
			}
			return ""
		})
		committed(t, c, "g", 700)
		p.stop(t)
		if got := len(consumeAll(t, c, "out")); got != 700 {
			t.Errorf("%d records are in the target, want the 700 before the failed one", got)
		}
		admin := kadm.NewClient(client(t, c))
		offsets, err := admin.FetchOffsets(t.Context(), "g")
		if o, _ := offsets.Lookup("in", 0); err != nil || o.At != 700 {
			t.Errorf("committed %v, %v; want 700", o.At, err)
		}
	})
}

func TestNothingBehindAStopIsWritten(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out")
		produce(t, c, numbered("in", 5000, 1)...)
		config := strings.Replace(eachStream, "batch: {linger: 5ms}", "batch: {max_records: 100}", 1)
		p := start(t, c, strings.ReplaceAll(config, "DELIVERY", delivery), each(func(m *service.Message) bool {
			if record.From(m).Source.Offset == 250 {
				record.Fail(m, &record.Failure{Code: "test", Stage: "step:s", Message: "no such price"})
			}
			return true
		}))
		p.board(t, func(b record.Board) string {
			if b.State != stateFailed || b.Delivered != 250 {
				return "not stopped behind 250 records"
			}
			return ""
		})
		p.stop(t)
		if got := len(consumeAll(t, c, "out")); got != 250 {
			t.Errorf("%d records are in the target, want the 250 before the failed one", got)
		}
	})
}

func TestRecordTooLargeBecomesADeadLetter(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "dead")
		small(t, c, "out", "2000")
		records := numbered("in", 100, 1)
		records[40].Value = bytes.Repeat([]byte("x"), 3000)
		produce(t, c, records...)
		p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery), refusing("dead"))
		checkRefused(t, c, p, 40, record.CodeTooLarge)
	})
}

// small creates a topic that takes batches of at most limit bytes.
func small(t *testing.T, c *kfake.Cluster, topic, limit string) {
	t.Helper()
	admin := kadm.NewClient(client(t, c))
	if _, err := admin.CreateTopic(t.Context(), 1, 1, map[string]*string{"max.message.bytes": &limit}, topic); err != nil {
		t.Fatal(err)
	}
}

// checkRefused expects 99 of 100 records in the topic out and the refused one in the topic dead, as it was.
func checkRefused(t *testing.T, c *kfake.Cluster, p *pipeline, refused int64, code string) {
	t.Helper()
	p.board(t, func(b record.Board) string {
		if b.Read != 100 || b.Delivered != 99 || b.DeadLettered != 1 || b.State != stateRunning {
			return "not all is counted"
		}
		return ""
	})
	dead := consume(t, c, "dead", 1)
	if len(dead) != 1 || string(dead[0].Headers[0].Value) != code {
		t.Errorf("dead letters are %v, want one with code %s", dead, code)
	}
	want := map[string]bool{}
	for i := range int64(100) {
		if i != refused {
			want[strconv.Itoa(int(i))] = true
		}
	}
	var order []int
	// In at_least_once a slow writer has written some before it meets the refusal, which then come again.
	for _, v := range values(consumeAll(t, c, "out")) {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(order, n) {
			order = append(order, n)
		}
		delete(want, v)
	}
	if len(want) > 0 {
		t.Errorf("missing from the target: %v", want)
	}
	if !slices.IsSorted(order) {
		t.Errorf("first occurrences are out of order: %v", order)
	}
}

func TestLimitThatIsLoweredIsLearned(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out", "dead")
		p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery), refusing("dead"))
		produce(t, c, numbered("in", 10, 1)...)
		committed(t, c, "g", 10)
		limit := "2000"
		_, err := kadm.NewClient(client(t, c)).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "max.message.bytes", Value: &limit}}, "out")
		if err != nil {
			t.Fatal(err)
		}
		records := numbered("in", 300, 1) // a batch of them is larger than that
		records[200].Value = bytes.Repeat([]byte("x"), 3000)
		produce(t, c, records...)
		p.board(t, func(b record.Board) string {
			if b.Delivered != 309 || b.DeadLettered != 1 || b.State != stateRunning {
				return "not all is counted"
			}
			return ""
		})
	})
}

// poison makes the broker refuse every produce request to the topic that holds the text.
func poison(c *kfake.Cluster, topic, text string, err *kerr.Error) *kfake.FaultHandle {
	id := c.TopicInfo(topic).TopicID
	return c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: err, Count: -1, When: func(req kmsg.Request) bool {
		for _, rt := range req.(*kmsg.ProduceRequest).Topics {
			for _, p := range rt.Partitions {
				if (rt.Topic == topic || rt.TopicID == id) && bytes.Contains(p.Records, []byte(text)) {
					return true
				}
			}
		}
		return false
	}})
}

func TestRecordThatTheBrokerRefusesIsFoundAmongOthers(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out", "dead")
		records := numbered("in", 100, 1)
		records[77].Value = []byte("poison")
		produce(t, c, records...)
		poison(c, "out", "poison", kerr.InvalidRecord)
		p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery), refusing("dead"))
		checkRefused(t, c, p, 77, record.CodeRefused)
		if delivery == exactlyOnce {
			if n := len(consumeAll(t, c, "out")); n != 99 {
				t.Errorf("%d records in the target, want 99", n)
			}
		}
	})
}

// The producer puts records of several small batches into one request, which is refused as a whole.
func TestNeighboursOfARefusedRecordAreDelivered(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out", "dead")
		records := numbered("in", 100, 1)
		records[77].Value = []byte("poison")
		produce(t, c, records...)
		c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
			c.KeepControl()
			c.SleepControl(func() { _ = pause(context.Background(), 10*time.Millisecond) })
			return nil, nil, false
		})
		poison(c, "out", "poison", kerr.InvalidRecord)
		config := strings.ReplaceAll(eachStream, "DELIVERY", delivery+"\n    instance: a")
		p := start(t, c, strings.Replace(config, "batch: {linger: 5ms}", "batch: {max_records: 1, linger: 0s}", 1), refusing("dead"))
		checkRefused(t, c, p, 77, record.CodeRefused)
	})
}

// What one lane commits says nothing of the records among which another one looks for the culprit.
func TestRefusedRecordIsFoundThoughOtherLanesAreBusy(t *testing.T) {
	t.Parallel()
	const partitions = 8
	c := broker(t, partitions, "in", "out", "dead")
	poison(c, "out", "poison", kerr.InvalidRecord)
	config := strings.ReplaceAll(eachStream, "DELIVERY", fmt.Sprintf("%s\n    instance: a\n    lanes: %d\n    rate: 300", exactlyOnce, partitions))
	p := start(t, c, strings.Replace(config, "batch: {linger: 5ms}", "batch: {linger: 0s}", 1), refusing("dead"))
	produce(t, c, numbered("in", partitions, partitions)...)
	committed(t, c, "g", partitions)
	ctx, cancel := context.WithCancel(t.Context())
	var feeding sync.WaitGroup
	feeding.Go(func() {
		cl := client(t, c, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0))
		for pause(ctx, 10*time.Millisecond) == nil {
			for i := range partitions - 1 {
				cl.Produce(ctx, &kgo.Record{Topic: "in", Partition: int32(i + 1), Value: []byte("x")}, nil)
			}
		}
	})
	defer feeding.Wait()
	defer cancel()
	records := numbered("in", 100, 1)
	records[50].Value = []byte("poison")
	produce(t, c, records...)
	p.board(t, func(b record.Board) string {
		if b.DeadLettered != 1 {
			return "no dead letter"
		}
		return ""
	})
}

// A batch that is alone in flight stays so, though a commit lets the next ones be larger.
func TestBatchThatGoesAloneIsNotJoined(t *testing.T) {
	t.Parallel()
	c := broker(t, 1, "in")
	produce(t, c, numbered("in", 10, 1)...)
	conf, err := inputSpec().ParseYAML(fmt.Sprintf("brokers: %q\ntopics: [in]\ngroup: g\ndelivery: at_least_once\nbatch: {max_records: 1}\n", c.ListenAddrs()), nil)
	if err != nil {
		t.Fatal(err)
	}
	in, err := newInput(conf, service.MockResources())
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close(context.Background()) }()
	in.narrow[0].shrink(1)
	_, done, err := in.ReadBatch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in.narrow[0].grow(1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, _, err := in.ReadBatch(ctx); err == nil {
		t.Error("another batch is in flight")
	}
	if err := done(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := in.ReadBatch(t.Context()); err != nil {
		t.Error(err)
	}
}

// A topic that does not exist is waited for, one that cannot exist is not.
func TestRecordForNoTopicIsRefused(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "out", "dead")
		produce(t, c, numbered("in", 100, 1)...)
		p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery), each(func(m *service.Message) bool {
			s := record.From(m).Source
			s.Refused = policy{"dead"}
			if s.Offset == 55 {
				m.MetaSetMut(record.MetaTarget, "../out")
			}
			return true
		}))
		checkRefused(t, c, p, 55, record.CodeRefused)
	})
}

func TestRefusedRecordIsDroppedWhenThePolicySaysSo(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in")
		small(t, c, "out", "2000")
		records := numbered("in", 10, 1)
		records[4].Value = bytes.Repeat([]byte("x"), 3000)
		produce(t, c, records...)
		p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery), refusing(""))
		p.board(t, func(b record.Board) string {
			if b.Delivered != 9 || b.Dropped != 1 {
				return "not all is counted"
			}
			return ""
		})
	})
}

func TestPipelineStopsWhenADeadLetterIsRefused(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in")
		small(t, c, "out", "2000")
		small(t, c, "dead", "2000")
		records := numbered("in", 10, 1)
		records[4].Value = bytes.Repeat([]byte("x"), 3000)
		produce(t, c, records...)
		p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery), refusing("dead"))
		p.board(t, func(b record.Board) string {
			if b.State != stateFailed || b.Delivered != 4 || !strings.Contains(b.Reason, "max.message.bytes") {
				return "not stopped"
			}
			return ""
		})
	})
}

func TestUnitIsHeldTogether(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "dead")
		small(t, c, "out", "2000")
		produce(t, c, numbered("in", 10, 1)...)
		// Each record becomes two messages, and the second one of record 4 is too large.
		split := func(env *service.Environment) {
			err := env.RegisterBatchProcessor("each", service.NewConfigSpec(),
				func(*service.ParsedConfig, *service.Resources) (service.BatchProcessor, error) { return twice{}, nil })
			if err != nil {
				panic(err)
			}
		}
		p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery), split)
		p.board(t, func(b record.Board) string {
			if b.Read != 10 || b.Delivered != 9 || b.DeadLettered != 1 {
				return "not all is counted"
			}
			return ""
		})
		for _, r := range consume(t, c, "out", 18) {
			if strings.HasPrefix(string(r.Value), "4") {
				t.Errorf("a part of the refused unit was written: %.20q", r.Value)
			}
		}
	})
}

type twice struct{}

func (twice) ProcessBatch(_ context.Context, in service.MessageBatch) ([]service.MessageBatch, error) {
	var out service.MessageBatch
	for _, m := range in {
		s := record.From(m).Source
		s.Refused = policy{"dead"}
		second := m.Copy()
		if s.Offset == 4 {
			second.SetBytes(append([]byte("4"), make([]byte, 3000)...))
		}
		out = append(out, m, second)
	}
	return []service.MessageBatch{out}, nil
}

func (twice) Close(context.Context) error { return nil }

// apart gives each message a batch of its own, as the processor split does.
type apart struct{ service.BatchProcessor }

func (p apart) ProcessBatch(ctx context.Context, in service.MessageBatch) (out []service.MessageBatch, err error) {
	batches, err := p.BatchProcessor.ProcessBatch(ctx, in)
	for _, b := range batches {
		for _, m := range b {
			out = append(out, service.MessageBatch{m})
		}
	}
	return out, err
}

func TestUnitThatWasSplitIsOneDeadLetter(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		c := broker(t, 1, "in", "dead")
		small(t, c, "out", "2000")
		produce(t, c, numbered("in", 10, 1)...)
		p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery), asEach(apart{twice{}}))
		p.board(t, func(b record.Board) string {
			if b.Read != 10 || b.Delivered != 9 || b.DeadLettered != 1 {
				return "not all is counted"
			}
			return ""
		})
		if n := len(consumeAll(t, c, "dead")); n != 1 {
			t.Errorf("%d dead letters of one record", n)
		}
	})
}

// A record that the target refused may fail before it gets there the next time, be it of a timeout.
func TestDeadLetterOfARefusedRecordIsWritten(t *testing.T) {
	t.Parallel()
	deliveries(t, func(t *testing.T, delivery string) {
		certain := map[string]int{exactlyOnce: 1, atLeastOnce: 2}[delivery] // refusals until the record is to blame
		c := broker(t, 1, "in", "out", "dead")
		produce(t, c, numbered("in", 1, 1)...)
		refused := poison(c, "out", "0", kerr.InvalidRecord)
		p := start(t, c, strings.ReplaceAll(eachStream, "DELIVERY", delivery), each(func(m *service.Message) bool {
			s := record.From(m).Source
			s.Refused = policy{"dead"}
			if refused.Hits() >= certain {
				e, _, _ := s.Refused.DeadLetter(s, &record.Failure{Code: record.CodeTimeout})
				record.Attach(m, e)
			}
			return true
		}))
		p.board(t, func(b record.Board) string {
			if b.DeadLettered != 1 || b.State != stateRunning {
				return "no dead letter"
			}
			return ""
		})
	})
}

func TestNarrowFindsItsWayBack(t *testing.T) {
	t.Parallel()
	var n narrow
	if limit, narrowed := n.of(5000); limit != 5000 || narrowed {
		t.Fatalf("limit %d, narrowed %v at the start", limit, narrowed)
	}
	n.shrink(5000)
	n.shrink(625)
	var seen []string
	for {
		limit, narrowed := n.of(5000)
		seen = append(seen, fmt.Sprint(limit))
		if !narrowed {
			break
		}
		n.grow(5000)
	}
	if got, want := strings.Join(seen, " "), "78 156 312 624 1248 2496 4992 5000"; got != want {
		t.Errorf("limits %s, want %s", got, want)
	}
}
