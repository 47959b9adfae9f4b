package deadletter_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/api/catalog"
	"github.com/inflect-dev/inflect/api/deadletter"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
)

func TestMain(m *testing.M) { parts.Main(m) }

// patience is how long a call and its transactions may take on a busy machine.
const patience = 4 * time.Minute

// bench is a pipeline's topics on a real cluster, without the pipeline.
type bench struct {
	t       *testing.T
	brokers []string
	spec    pipeline.Spec
	letters *deadletter.Letters
	client  *kgo.Client
	marks   string
}

func setUp(t *testing.T) *bench {
	t.Helper()
	cluster := parts.Kafka(t)
	b := &bench{t: t, brokers: cluster.Addrs(), marks: parts.Unique("replays")}
	b.spec = pipeline.Spec{Name: parts.Unique("eu"), Source: pipeline.Source{Topic: cluster.Topic(t, "in", 3)},
		DLQ: &pipeline.Target{Topic: cluster.Topic(t, "dlq", 2)}}
	b.client = cluster.Client(t)
	b.letters = b.another(deadletter.Options{})
	return b
}

// atWork is the revision that letters are replayed through.
const atWork = 7

func (b *bench) saved() pipeline.Pipeline { return pipeline.Pipeline{Spec: b.spec, Revision: atWork} }

// another is what a second server would use.
func (b *bench) another(options deadletter.Options) *deadletter.Letters {
	b.t.Helper()
	kafka, err := catalog.OpenKafka(catalog.KafkaOptions{Brokers: b.brokers, Timeout: patience})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(kafka.Close)
	options.MarksTopic = b.marks
	if options.Budget == 0 {
		options.Budget = patience
	}
	if options.TransactionTimeout == 0 {
		options.TransactionTimeout = patience
	}
	return deadletter.New(kafka, options)
}

// fail writes dead letters as inflect_dlq does.
func (b *bench) fail(n int, change ...func(i int, r *kgo.Record)) {
	b.t.Helper()
	var records []*kgo.Record
	for i := range n {
		r := &kgo.Record{Topic: b.spec.DLQ.Topic, Key: []byte("k" + strconv.Itoa(i)), Value: fmt.Appendf(nil, `{"id":%d}`, i)}
		set(r, "trace", "a")
		set(r, "trace", "b")
		set(r, "inflect-custom", "mine")
		set(r, "inflect-pipeline", b.spec.Name)
		set(r, "inflect-error", "boom at "+strconv.Itoa(i))
		set(r, "inflect-error-code", "step_threw")
		set(r, "inflect-stage", "step:price")
		set(r, "inflect-source-topic", b.spec.Source.Topic)
		set(r, "inflect-source-partition", strconv.Itoa(i%3))
		set(r, "inflect-source-offset", strconv.Itoa(i))
		set(r, "inflect-source-timestamp", strconv.FormatInt(time.Now().UnixMilli()-1000, 10))
		set(r, "inflect-attempt", "1")
		set(r, "inflect-fingerprint", "f"+strconv.Itoa(i%5))
		for _, f := range change {
			f(i, r)
		}
		records = append(records, r)
	}
	if err := b.client.ProduceSync(b.t.Context(), records...).FirstErr(); err != nil {
		b.t.Fatal(err)
	}
}

func set(r *kgo.Record, key, value string) {
	r.Headers = append(r.Headers, kgo.RecordHeader{Key: key, Value: []byte(value)})
}

func reset(r *kgo.Record, key, value string) {
	for i, h := range r.Headers {
		if h.Key == key {
			r.Headers[i].Value = []byte(value)
		}
	}
}

func (b *bench) replay(q pipeline.DeadLetterReplay) pipeline.DeadLetterReplayed {
	b.t.Helper()
	out, err := b.letters.Replay(b.t.Context(), b.saved(), filled(q))
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func filled(q pipeline.DeadLetterReplay) pipeline.DeadLetterReplay {
	if q.Limit == 0 {
		q.Limit = 10_000
	}
	if q.MaxAttempts == 0 {
		q.MaxAttempts = 3
	}
	return q
}

// sent is what is in the source topic.
func (b *bench) sent() []*kgo.Record {
	b.t.Helper()
	return b.read(b.spec.Source.Topic)
}

// read is what is in a topic, as pipelines see it.
func (b *bench) read(topic string) []*kgo.Record {
	b.t.Helper()
	kafka, err := catalog.OpenKafka(catalog.KafkaOptions{Brokers: b.brokers, Timeout: patience})
	if err != nil {
		b.t.Fatal(err)
	}
	defer kafka.Close()
	spans, err := kafka.OpenSpans(b.t.Context(), topic)
	if err != nil {
		b.t.Fatal(err)
	}
	// What was committed can be read a moment later: a scan that comes too early does not see the end.
	for deadline := time.Now().Add(patience); ; {
		var out []*kgo.Record
		seen, err := kafka.Scan(b.t.Context(), topic, spans, func(r *kgo.Record) bool {
			out = append(out, r)
			return true
		})
		if err == nil && seen {
			return out
		}
		if err != nil || time.Now().After(deadline) {
			b.t.Fatalf("topic %s was not read to its end, but %d records: %v", topic, len(out), err)
		}
	}
}

// wantOnce fails the test unless each of n values was sent exactly once.
func (b *bench) wantOnce(n int) {
	b.t.Helper()
	times := map[string]int{}
	for _, r := range b.sent() {
		times[string(r.Value)]++
	}
	for value, times := range times {
		if times != 1 {
			b.t.Errorf("%s was sent %d times", value, times)
		}
	}
	if len(times) != n {
		b.t.Errorf("%d different records were sent, want %d", len(times), n)
	}
}

func TestDeadLettersAreGroupedByCause(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.fail(50)
	b.fail(7, func(_ int, r *kgo.Record) { reset(r, "inflect-pipeline", "somebody-else") })
	got, err := b.letters.List(t.Context(), b.spec, pipeline.DeadLetterQuery{Records: 3, Scan: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Groups) != 5 || got.Scanned != 57 || !got.Complete {
		t.Fatalf("%d groups of %d records, complete %v", len(got.Groups), got.Scanned, got.Complete)
	}
	for _, g := range got.Groups {
		if g.Count != 10 || len(g.Records) != 3 || g.Code != "step_threw" || g.Stage != "step:price" || g.Last.Before(g.First) {
			t.Errorf("group %+v", g)
		}
		for _, r := range g.Records {
			if r.Source == nil || r.Source.Topic != b.spec.Source.Topic || r.Attempt != 1 || r.Replayed {
				t.Errorf("record %+v", r)
			}
			want := []pipeline.RecordHeader{{Name: "trace", Value: []byte("a")}, {Name: "trace", Value: []byte("b")}, {Name: "inflect-custom", Value: []byte("mine")}}
			if diff := cmp.Diff(want, r.Record.Headers); diff != "" {
				t.Errorf("headers are not the record's own: %s", diff)
			}
		}
	}
	few, err := b.letters.List(t.Context(), b.spec, pipeline.DeadLetterQuery{Fingerprint: "f2", Records: 1, Scan: 20})
	if err != nil {
		t.Fatal(err)
	}
	if few.Complete || few.Scanned > 22 || len(few.Groups) > 1 {
		t.Errorf("scanned %d, complete %v, %d groups", few.Scanned, few.Complete, len(few.Groups))
	}
}

func TestReplayedRecordIsAsItWas(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.fail(6)
	b.fail(1, func(_ int, r *kgo.Record) { r.Value, r.Key = nil, nil })
	if got := b.replay(pipeline.DeadLetterReplay{All: true}); got != (pipeline.DeadLetterReplayed{Replayed: 7}) {
		t.Fatalf("%+v", got)
	}
	tombstones := 0
	for _, r := range b.sent() {
		if r.Value == nil && r.Key == nil {
			tombstones++
			continue
		}
		var v struct{ ID int }
		if err := json.Unmarshal(r.Value, &v); err != nil {
			t.Fatal(err)
		}
		if string(r.Key) != "k"+strconv.Itoa(v.ID) || int(r.Partition) != v.ID%3 {
			t.Errorf("record %d has key %s and went to partition %d", v.ID, r.Key, r.Partition)
		}
		want := []kgo.RecordHeader{{Key: "trace", Value: []byte("a")}, {Key: "trace", Value: []byte("b")}, {Key: "inflect-custom", Value: []byte("mine")},
			{Key: "inflect-attempt", Value: []byte("1")}}
		if diff := cmp.Diff(want, r.Headers); diff != "" {
			t.Error(diff)
		}
	}
	if tombstones != 1 {
		t.Errorf("%d tombstones", tombstones)
	}
}

// What its topic takes no more at its age goes as of now, rather than not at all and nothing with it.
func TestReplayedRecordIsAsOldAsItsTopicLetsIt(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	old := time.Now().Add(-2 * time.Hour)
	const limit = "message.timestamp.before.max.ms"
	cluster := parts.Kafka(t)
	b.spec.Source.Topic, b.spec.Target.Topic = cluster.Topic(t, "in", 3, limit, "3600000"), cluster.Topic(t, "out", 1)
	routed := cluster.Topic(t, "routed", 1, limit, "3600000")
	b.spec.Outputs = map[string]pipeline.Target{"routed": {Topic: routed}}
	b.fail(2, func(_ int, r *kgo.Record) {
		reset(r, "inflect-source-timestamp", strconv.FormatInt(old.UnixMilli(), 10))
		r.Headers = r.Headers[1:] // Only one header "trace".
	})
	first, second := pipeline.DeadLetterPlace{Partition: 0}, pipeline.DeadLetterPlace{Partition: 1}
	if where := b.read(b.spec.DLQ.Topic); where[0].Partition == where[1].Partition {
		first.Partition, second.Partition, second.Offset = where[0].Partition, where[0].Partition, 1
	}
	b.replay(pipeline.DeadLetterReplay{Records: []pipeline.DeadLetterPlace{first}})
	if got := b.sent(); len(got) != 1 || got[0].Timestamp.Before(old.Add(time.Hour)) {
		t.Errorf("sent %v", got)
	}
	b.letters = b.another(deadletter.Options{Runner: keyed{routed}})
	b.replay(pipeline.DeadLetterReplay{Records: []pipeline.DeadLetterPlace{second}, To: pipeline.ToPipeline})
	if got := b.read(routed); len(got) != 1 || got[0].Timestamp.Before(old.Add(time.Hour)) {
		t.Errorf("routed %v", got)
	}
}

func TestSecondReplayIsHarmless(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.fail(40)
	if got := b.replay(pipeline.DeadLetterReplay{Fingerprint: "f1"}); got != (pipeline.DeadLetterReplayed{Replayed: 8}) {
		t.Errorf("one group: %+v", got)
	}
	if got := b.replay(pipeline.DeadLetterReplay{All: true, Limit: 20}); got != (pipeline.DeadLetterReplayed{Replayed: 20, AlreadyReplayed: got.AlreadyReplayed, Remaining: 12}) {
		t.Errorf("the first part: %+v", got)
	}
	if got := b.replay(pipeline.DeadLetterReplay{All: true}); got != (pipeline.DeadLetterReplayed{Replayed: 12, AlreadyReplayed: 28}) {
		t.Errorf("the rest: %+v", got)
	}
	b.letters = b.another(deadletter.Options{}) // A server that was restarted remembers nothing itself.
	if got := b.replay(pipeline.DeadLetterReplay{All: true}); got != (pipeline.DeadLetterReplayed{AlreadyReplayed: 40}) {
		t.Errorf("once more: %+v", got)
	}
	b.wantOnce(40)
	got, err := b.letters.List(t.Context(), b.spec, pipeline.DeadLetterQuery{Records: 1, Scan: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range got.Groups {
		if g.Replayed != 8 || !g.Records[0].Replayed {
			t.Errorf("group %s has %d replayed", g.Fingerprint, g.Replayed)
		}
	}
}

// Ten thousand dead letters of five causes are replayed once each, group by group, with bytes, keys and headers as they
// were.
func TestManyDeadLettersAreReplayedOnceEach(t *testing.T) {
	t.Parallel()
	const n = 10_000
	b := setUp(t)
	b.fail(n)
	listed, err := b.letters.List(t.Context(), b.spec, pipeline.DeadLetterQuery{Records: 1, Scan: n})
	if err != nil {
		t.Fatal(err)
	}
	if len(listed.Groups) != 5 || !listed.Complete {
		t.Fatalf("%d groups, complete %v", len(listed.Groups), listed.Complete)
	}
	begin := time.Now()
	for _, g := range listed.Groups {
		if got := b.replay(pipeline.DeadLetterReplay{Fingerprint: g.Fingerprint}); got != (pipeline.DeadLetterReplayed{Replayed: g.Count}) || g.Count != n/5 {
			t.Errorf("group of %d: %+v", g.Count, got)
		}
	}
	t.Logf("%d dead letters replayed in %s", n, time.Since(begin).Round(time.Millisecond))
	if got := b.replay(pipeline.DeadLetterReplay{All: true}); got != (pipeline.DeadLetterReplayed{AlreadyReplayed: n}) {
		t.Errorf("once more: %+v", got)
	}
	b.wantOnce(n)
	for _, r := range b.sent() {
		var v struct{ ID int }
		if err := json.Unmarshal(r.Value, &v); err != nil || string(r.Key) != "k"+strconv.Itoa(v.ID) || len(r.Headers) != 4 {
			t.Fatalf("record %s with key %s and headers %v", r.Value, r.Key, r.Headers)
		}
	}
}

func TestReplaysAtOnceSendEachRecordOnce(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.fail(2000)
	var wg sync.WaitGroup
	for range 4 {
		letters := b.another(deadletter.Options{})
		wg.Go(func() {
			// Whoever is taken over from fails, which is fine: what counts is what was sent.
			_, err := letters.Replay(t.Context(), b.saved(), filled(pipeline.DeadLetterReplay{All: true}))
			if err != nil && pipeline.CodeOf(err) == pipeline.CodeInternal {
				t.Errorf("an error that nobody can act on: %v", err)
			}
		})
	}
	wg.Wait()
	b.replay(pipeline.DeadLetterReplay{All: true})
	b.wantOnce(2000)
}

// Marks that were deleted with their topic are gone; those of the topic that takes its place are not overlooked.
func TestMarksOfANewTopicAreRead(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.fail(5)
	b.replay(pipeline.DeadLetterReplay{All: true})
	parts.Kafka(t).DeleteTopic(t, b.marks)
	for range 2 {
		b.fail(1)
		b.replay(pipeline.DeadLetterReplay{All: true})
	}
	if got := b.replay(pipeline.DeadLetterReplay{All: true}); got != (pipeline.DeadLetterReplayed{AlreadyReplayed: 7}) {
		t.Errorf("%+v", got)
	}
}

func TestReplayTakesOverWhatACrashLeftOpen(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.fail(3)
	b.replay(pipeline.DeadLetterReplay{Records: []pipeline.DeadLetterPlace{{Partition: 9, Offset: 9}}}) // Makes the topic of marks.
	crashed, err := kgo.NewClient(kgo.SeedBrokers(b.brokers...), kgo.TransactionalID("inflect.replay."+b.spec.Name))
	if err != nil {
		t.Fatal(err)
	}
	defer crashed.Close()
	if err := crashed.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	open := []*kgo.Record{{Topic: b.spec.Source.Topic, Value: []byte(`{"id":0}`)}, {Topic: b.marks, Key: []byte("x/0/0")}}
	if err := crashed.ProduceSync(t.Context(), open...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if got := b.replay(pipeline.DeadLetterReplay{All: true}); got.Replayed != 3 {
		t.Errorf("%+v", got)
	}
	b.wantOnce(3)
}

func TestPoisonGoesRoundAsOftenAsAllowed(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	for attempt := 1; attempt <= 5; attempt++ {
		// The pipeline has read it once more and failed once more.
		b.fail(1, func(_ int, r *kgo.Record) { reset(r, "inflect-attempt", strconv.Itoa(attempt)) })
		got := b.replay(pipeline.DeadLetterReplay{All: true, MaxAttempts: 3})
		if sent := attempt < 3; (got.Replayed == 1) != sent || (got.LoopGuard > 0) == sent {
			t.Errorf("attempt %d: %+v", attempt, got)
		}
	}
	if n := len(b.sent()); n != 2 {
		t.Errorf("it was replayed %d times, 2 are allowed", n)
	}
}

func TestSelectedRecordsCanBeEdited(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.fail(4, func(i int, r *kgo.Record) {
		if i == 3 {
			r.Value = append([]byte{0, 0, 0, 0, 7}, `{"id":3}`...)
		}
	})
	listed, err := b.letters.List(t.Context(), b.spec, pipeline.DeadLetterQuery{Records: 10, Scan: 100})
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]pipeline.DeadLetterPlace{}
	for _, g := range listed.Groups {
		for _, r := range g.Records {
			at[string(r.Record.Key)] = pipeline.DeadLetterPlace{Partition: r.Record.Partition, Offset: r.Record.Offset}
		}
	}
	bytes := "/wA="
	zero, one, three := at["k0"], at["k1"], at["k3"]
	zero.Value, one.ValueBase64, three.Value = json.RawMessage(`{"id": 9007199254740993}`), &bytes, json.RawMessage(`{"fixed":true}`)
	got := b.replay(pipeline.DeadLetterReplay{Records: []pipeline.DeadLetterPlace{zero, one, three, {Partition: 0, Offset: 999}}})
	if got != (pipeline.DeadLetterReplayed{Replayed: 3, NotFound: 1}) {
		t.Errorf("%+v", got)
	}
	values := map[string]string{}
	for _, r := range b.sent() {
		values[string(r.Key)] = string(r.Value)
	}
	want := map[string]string{"k0": `{"id": 9007199254740993}`, "k1": "\xff\x00", "k3": "\x00\x00\x00\x00\x07{\"fixed\":true}"}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Error(diff)
	}
}

// upper delivers letters in upper case, filters what says filter, fails what says fail and halts on what says halt.
type upper struct{ dlq string }

func (u upper) Run(_ context.Context, s pipeline.Pipeline, events []pipeline.TestEvent) ([]pipeline.TestResult, error) {
	if s.Revision != atWork {
		return nil, fmt.Errorf("revision %d is not at work", s.Revision)
	}
	out := make([]pipeline.TestResult, len(events))
	for i, e := range events {
		value, err := base64.StdEncoding.DecodeString(e.ValueBase64)
		if err != nil {
			return nil, err
		}
		switch text := string(value); text {
		case "filter":
			out[i].Outcome = "filtered"
		case "halt":
			out[i].Outcome = "stopped"
		case "fail":
			headers := maps.Clone(e.Headers)
			headers["inflect-attempt"], headers["inflect-source-offset"], headers["inflect-pipeline"] = "2", "0", s.Name
			out[i] = pipeline.TestResult{Outcome: "dead_lettered", Records: []pipeline.TestRecord{{Topic: u.dlq, Key: e.Key, Headers: headers, ValueBase64: e.ValueBase64}}}
		default:
			out[i] = pipeline.TestResult{Outcome: "delivered", Records: []pipeline.TestRecord{
				{Topic: s.Target.Topic, Key: e.Key, Headers: e.Headers, Value: json.RawMessage(strconv.Quote(strings.ToUpper(text)))},
				{Topic: s.Target.Topic, Key: e.Key, Tombstone: true}}}
		}
	}
	return out, nil
}

func TestReplayStraightThroughThePipeline(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.spec.Target.Topic = parts.Kafka(t).Topic(t, "out", 1)
	texts := []string{"a", "filter", "fail", "halt", "twice", "binary", ""}
	b.fail(len(texts), func(i int, r *kgo.Record) {
		r.Value = []byte(texts[i])
		r.Headers = r.Headers[1:] // Only one header "trace".
		switch texts[i] {
		case "twice":
			set(r, "trace", "again")
		case "binary":
			r.Key = []byte{0xff}
		}
	})
	b.letters = b.another(deadletter.Options{Runner: upper{b.spec.DLQ.Topic}})
	want := pipeline.DeadLetterReplayed{Replayed: 3, Refused: 4}
	if got := b.replay(pipeline.DeadLetterReplay{All: true, To: pipeline.ToPipeline}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	want = pipeline.DeadLetterReplayed{AlreadyReplayed: 3, LoopGuard: 1, Refused: 4}
	if got := b.replay(pipeline.DeadLetterReplay{All: true, To: pipeline.ToPipeline, MaxAttempts: 2}); got != want {
		t.Errorf("once more: got %+v, want %+v", got, want)
	}
	if n := len(b.sent()); n != 0 {
		t.Errorf("%d records were sent to the source topic, whose readers have seen them", n)
	}
	delivered := b.read(b.spec.Target.Topic)
	if len(delivered) != 2 || string(delivered[0].Value) != `"A"` || delivered[1].Value != nil || string(delivered[0].Key) != "k0" {
		t.Fatalf("delivered %v", delivered)
	}
	headers := []kgo.RecordHeader{{Key: "inflect-custom", Value: []byte("mine")}, {Key: "trace", Value: []byte("b")}}
	if diff := cmp.Diff(headers, delivered[0].Headers); diff != "" {
		t.Error(diff)
	}
	listed, err := b.letters.List(t.Context(), b.spec, pipeline.DeadLetterQuery{Records: 10, Scan: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range listed.Groups {
		for _, r := range g.Records {
			if r.Attempt == 2 && (r.Replayed || r.Source != nil && r.Source.Offset != 2) {
				t.Errorf("the new dead letter is %+v from %+v", r, r.Source)
			}
		}
	}
	b.letters = b.another(deadletter.Options{})
	if _, err := b.letters.Replay(t.Context(), b.saved(), filled(pipeline.DeadLetterReplay{All: true, To: pipeline.ToPipeline})); pipeline.CodeOf(err) != pipeline.CodeUnavailable {
		t.Errorf("without a runner: %v", err)
	}
}

func TestReplayKeepsToItsRateAndItsTime(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.fail(100)
	b.letters = b.another(deadletter.Options{Budget: 500 * time.Millisecond})
	begin := time.Now()
	got := b.replay(pipeline.DeadLetterReplay{All: true, Rate: 2})
	// A second one has its turn when the time is over; a machine that is slow leaves it no turn.
	if got.Replayed < 1 || got.Replayed > 2 || got.Remaining == 0 {
		t.Errorf("%+v after %s", got, time.Since(begin))
	}
}

func TestReplayWithoutACluster(t *testing.T) {
	t.Parallel()
	kafka, err := catalog.OpenKafka(catalog.KafkaOptions{Brokers: []string{"127.0.0.1:1"}, Timeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer kafka.Close()
	spec := pipeline.Spec{Name: "a", Source: pipeline.Source{Topic: "in"}, DLQ: &pipeline.Target{Topic: "dlq"}}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err = deadletter.New(kafka, deadletter.Options{}).Replay(ctx, pipeline.Pipeline{Spec: spec}, filled(pipeline.DeadLetterReplay{All: true}))
	if pipeline.CodeOf(err) != pipeline.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}
