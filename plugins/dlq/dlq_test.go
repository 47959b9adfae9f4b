package dlq

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

// build makes a processor from YAML, as a stream does, and returns the counters it counts into.
func build(t *testing.T, yaml string) (*processor, *record.Stats) {
	t.Helper()
	conf, err := spec().ParseYAML(yaml, nil)
	if err != nil {
		t.Fatal(err)
	}
	mgr := service.MockResources()
	stats := record.NewStats()
	record.Share(mgr, stats)
	p, err := newProcessor(conf, mgr)
	if err != nil {
		t.Fatal(err)
	}
	return p, stats
}

// source is a record of our own input.
func source(offset int64) *record.Source {
	return &record.Source{Topic: "orders", Partition: 3, Offset: offset, Timestamp: time.UnixMilli(1700000000123),
		Key: []byte("k"), Value: []byte(`{"id":1}`), Owner: "input",
		Headers: []record.Header{{Key: "a", Value: []byte("1")}, {Key: "a", Value: nil}, {Key: "b", Value: []byte{0xff}}}}
}

func message(s *record.Source, body string, f *record.Failure) *service.Message {
	m := service.NewMessage([]byte(body))
	record.Attach(m, record.Of(s))
	if f != nil {
		record.Fail(m, f)
	}
	return m
}

func process(t *testing.T, p *processor, batch ...*service.Message) service.MessageBatch {
	t.Helper()
	out, err := p.ProcessBatch(context.Background(), batch)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		return nil
	}
	return out[0]
}

func failure() *record.Failure {
	return &record.Failure{Code: record.CodeThrown, Stage: "step:price", Message: "boom at 17", File: "a.ts", Line: 3, Column: 9}
}

func headersOf(e *record.Envelope) (theirs []record.Header, ourOwn map[string]string) {
	ourOwn = map[string]string{}
	for _, h := range e.Headers {
		if ours(h) {
			ourOwn[h.Key] = string(h.Value)
		} else {
			theirs = append(theirs, h)
		}
	}
	return theirs, ourOwn
}

func TestDeadLetterIsTheRecordAsItWasRead(t *testing.T) {
	t.Parallel()
	p, stats := build(t, "{topic: orders-dlq, pipeline: eu, revision: 7}")
	s := source(42)
	got := process(t, p, message(s, `{"id":1,"changed":true}`, failure()))
	if len(got) != 1 {
		t.Fatalf("%d messages, want 1", len(got))
	}
	e := record.From(got[0])
	if body, _ := got[0].AsBytes(); string(body) != string(s.Value) {
		t.Errorf("value %s", body)
	}
	if !e.DeadLetter || e.Topic != "orders-dlq" || string(e.Key) != "k" || e.Null || got[0].GetError() != nil {
		t.Errorf("envelope %+v, error %v", e, got[0].GetError())
	}
	theirs, own := headersOf(e)
	if diff := cmp.Diff(s.Headers, theirs); diff != "" {
		t.Errorf("the source's headers changed: %s", diff)
	}
	want := map[string]string{HeaderError: "boom at 17", HeaderCode: "step_threw", HeaderStage: "step:price",
		HeaderPlace: "a.ts:3:9", HeaderPipeline: "eu", HeaderRevision: "7", HeaderTopic: "orders", HeaderPartition: "3",
		HeaderOffset: "42", HeaderTimestamp: "1700000000123", HeaderAttempt: "1", HeaderFingerprint: Fingerprint(failure())}
	if diff := cmp.Diff(want, own); diff != "" {
		t.Error(diff)
	}
	if s.Outcome != record.DeadLettered {
		t.Errorf("outcome %s", s.Outcome)
	}
	if b := stats.Boards()[0]; len(b.Errors) != 1 || b.DeadLettered != 0 {
		t.Errorf("board %+v: one error is to be remembered, and outcomes are counted at the commit", b)
	}
}

func TestUnitFailsAsAWhole(t *testing.T) {
	t.Parallel()
	p, stats := build(t, "{topic: dlq}")
	a, b, c := source(1), source(2), source(3)
	got := process(t, p, message(a, "a1", nil), message(b, "b1", nil), message(b, "b2", failure()), message(c, "c1", nil),
		message(b, "b3", failure()), message(c, "c2", nil))
	var order []string
	for _, m := range got {
		body, _ := m.AsBytes()
		order = append(order, fmt.Sprintf("%d:%s:%v", record.From(m).Source.Offset, body, record.From(m).DeadLetter))
	}
	want := []string{"1:a1:false", `2:{"id":1}:true`, "3:c1:false", "3:c2:false"}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Error(diff)
	}
	if n := len(stats.Boards()[0].Errors); n != 1 {
		t.Errorf("%d failures counted for one unit", n)
	}
}

func TestNullStaysNull(t *testing.T) {
	t.Parallel()
	p, _ := build(t, "{topic: dlq}")
	null, empty := source(1), source(2)
	null.Value, empty.Value = nil, []byte{}
	got := process(t, p, message(null, "x", failure()), message(empty, "x", failure()))
	if !record.From(got[0]).Null || record.From(got[1]).Null {
		t.Error("null and empty are not the same")
	}
	if v, _ := got[0].MetaGet(record.MetaTombstone); v != "true" {
		t.Errorf("tombstone metadata %q", v)
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	ofPipeline := &record.Failure{Code: record.CodePipeline, Stage: "step:x", Message: "steps time out again and again"}
	tests := []struct {
		name, yaml string
		failure    *record.Failure
		outcome    record.Outcome
		left       int
		errored    bool
	}{
		{"dead letter", "{topic: d}", failure(), record.DeadLettered, 1, false},
		{"drop", "{on_error: drop}", failure(), record.Dropped, 0, false},
		{"drop although there is a topic", "{on_error: drop, topic: d}", failure(), record.Dropped, 0, false},
		{"stop", "{on_error: stop, topic: d}", failure(), record.Pending, 2, true},
		{"stop is the default without a topic", "{}", failure(), record.Pending, 2, true},
		{"a failed pipeline is not the record's fault", "{topic: d}", ofPipeline, record.Pending, 2, true},
		{"a failed pipeline drops nothing", "{on_error: drop}", ofPipeline, record.Pending, 2, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, stats := build(t, tt.yaml)
			s := source(1)
			got := process(t, p, message(s, "1", nil), message(s, "2", tt.failure))
			if len(got) != tt.left || s.Outcome != tt.outcome {
				t.Fatalf("%d messages left, outcome %s", len(got), s.Outcome)
			}
			errored := false
			for _, m := range got {
				errored = errored || m.GetError() != nil
			}
			if errored != tt.errored {
				t.Errorf("errored %v", errored)
			}
			if n := len(stats.Boards()[0].Errors); n != 1 {
				t.Errorf("%d failures counted", n)
			}
		})
	}
}

func TestPipelineFailureWinsOverTheRecords(t *testing.T) {
	t.Parallel()
	p, _ := build(t, "{topic: d}")
	s := source(1)
	got := process(t, p, message(s, "1", failure()), message(s, "2", &record.Failure{Code: record.CodePipeline, Message: "x"}))
	if len(got) != 2 || s.Outcome != record.Pending {
		t.Errorf("%d messages, outcome %s", len(got), s.Outcome)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	conf, err := spec().ParseYAML("{on_error: dead_letter}", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newProcessor(conf, service.MockResources()); err == nil || !strings.Contains(err.Error(), "topic") {
		t.Errorf("got %v", err)
	}
}

func TestReplayedRecordCountsItsAttempts(t *testing.T) {
	t.Parallel()
	p, _ := build(t, "{topic: d}")
	tests := []struct{ name, have, want string }{
		{"second time", "1", "2"},
		{"tenth time", "9", "10"},
		{"nonsense", "many", "1"},
		{"negative", "-5", "1"},
		{"absurd", "99999999999999999999", "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := source(1)
			s.Headers = append(s.Headers, record.Header{Key: HeaderAttempt, Value: []byte(tt.have)},
				record.Header{Key: HeaderError, Value: []byte("old")}, record.Header{Key: "inflect-custom", Value: []byte("mine")})
			e := record.From(process(t, p, message(s, "x", failure()))[0])
			seen := map[string][]string{}
			for _, h := range e.Headers {
				seen[h.Key] = append(seen[h.Key], string(h.Value))
			}
			if diff := cmp.Diff([]string{tt.want}, seen[HeaderAttempt]); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"boom at 17"}, seen[HeaderError]); diff != "" {
				t.Error(diff)
			}
			if len(seen["inflect-custom"]) != 1 {
				t.Error("a header that is not ours was touched")
			}
		})
	}
}

// A pipeline that reads this one's target would take the attempts here for its own, and its loop guard would leave alone
// what has failed there once. A dead letter that is copied stays what it is.
func TestDeliveredRecordForgetsItsAttempts(t *testing.T) {
	t.Parallel()
	p, _ := build(t, "{topic: dlq, pipeline: eu}")
	attempt := record.Header{Key: HeaderAttempt, Value: []byte("2")}
	replayed, copied := source(1), source(2)
	replayed.Headers = append(replayed.Headers, attempt)
	copied.Headers = append(copied.Headers, record.Header{Key: HeaderPipeline, Value: []byte("other")}, attempt)
	m := message(replayed, "x", nil)
	record.Publish(m, record.From(m))
	got := process(t, p, m, message(copied, "x", nil))
	if diff := cmp.Diff(source(1).Headers, record.From(got[0]).Headers); diff != "" {
		t.Error(diff)
	}
	if v, ok := got[0].MetaGet(record.MetaHeaderPrefix + HeaderAttempt); ok {
		t.Errorf("metadata say that it is attempt %s", v)
	}
	if diff := cmp.Diff(copied.Headers, record.From(got[1]).Headers); diff != "" {
		t.Error(diff)
	}
	if len(replayed.Headers) != 4 {
		t.Error("its source has forgotten them, too")
	}
}

func TestHeaderValuesAreBounded(t *testing.T) {
	t.Parallel()
	p, _ := build(t, "{topic: d}")
	f := failure()
	f.Message, f.Code = strings.Repeat("é", 10_000), strings.Repeat("x", 10_000)
	_, own := headersOf(record.From(process(t, p, message(source(1), "x", f))[0]))
	if n := len(own[HeaderError]); n > maxError || !utf8.ValidString(own[HeaderError]) {
		t.Errorf("error header of %d bytes", n)
	}
	if n := len(own[HeaderCode]); n > maxHeader {
		t.Errorf("code header of %d bytes", n)
	}
}

func TestForeignRecordsGoByMetadata(t *testing.T) {
	t.Parallel()
	p, stats := build(t, "{topic: d, pipeline: eu}")
	bad := service.NewMessage([]byte("body"))
	bad.MetaSetMut(record.MetaKey, "k")
	bad.MetaSetMut(record.MetaTopic, "orders")
	bad.MetaSetMut(record.MetaHeaderPrefix+"h", "v")
	bad.SetError(errors.New("foreign processor says no"))
	got := process(t, p, service.NewMessage([]byte("fine")), bad)
	meta := map[string]string{}
	_ = got[1].MetaWalk(func(k, v string) error { meta[k] = v; return nil })
	for k, want := range map[string]string{record.MetaTarget: "d", record.MetaKey: "k", record.MetaHeaderPrefix + "h": "v",
		record.MetaHeaderPrefix + HeaderCode:  record.CodeUnknown,
		record.MetaHeaderPrefix + HeaderStage: record.StageUnknown,
		record.MetaHeaderPrefix + HeaderError: "foreign processor says no",
		record.MetaHeaderPrefix + HeaderTopic: "orders", record.MetaOutcome: "dead_lettered"} {
		if meta[k] != want {
			t.Errorf("%s is %q, want %q", k, meta[k], want)
		}
	}
	if _, ok := meta[record.MetaHeaderPrefix+HeaderOffset]; ok {
		t.Error("an offset that is not known is not to be written")
	}
	if b := stats.Boards()[0]; b.Read != 2 || b.Delivered != 1 || b.DeadLettered != 1 || b.InFlight != 0 {
		t.Errorf("board %+v", b)
	}
}

func TestForeignUnitCountsOnce(t *testing.T) {
	t.Parallel()
	p, stats := build(t, "{topic: d}")
	s := source(1)
	s.Owner = nil
	process(t, p, message(s, "1", nil), message(s, "2", nil))
	if b := stats.Boards()[0]; b.Delivered != 1 {
		t.Errorf("delivered %d", b.Delivered)
	}
}

func TestTraceKeepsWhatIsDropped(t *testing.T) {
	t.Parallel()
	p, _ := build(t, "{on_error: drop, trace: true}")
	got := process(t, p, message(source(1), "x", failure()))
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	if v, _ := got[0].MetaGet(record.MetaOutcome); v != "dropped" || got[0].GetError() != nil {
		t.Errorf("outcome %q, error %v", v, got[0].GetError())
	}
}

func TestOutputMayAskAboutARefusal(t *testing.T) {
	t.Parallel()
	tooLarge := &record.Failure{Code: record.CodeTooLarge, Stage: record.StageTarget, Message: "record is larger than 1 MiB"}
	s := source(1)
	p, stats := build(t, "{topic: d}")
	process(t, p, message(s, "x", nil))
	e, value, ok := s.Refused.DeadLetter(s, tooLarge)
	if !ok || e.Topic != "d" || !e.DeadLetter || string(value) != string(s.Value) || s.Outcome != record.DeadLettered {
		t.Errorf("envelope %+v, ok %v, outcome %s", e, ok, s.Outcome)
	}
	if n := len(stats.Boards()[0].Errors); n != 1 {
		t.Errorf("%d failures counted", n)
	}

	s = source(1)
	p, _ = build(t, "{on_error: drop}")
	process(t, p, message(s, "x", nil))
	if _, _, ok := s.Refused.DeadLetter(s, tooLarge); ok || s.Outcome != record.Dropped {
		t.Errorf("ok %v, outcome %s", ok, s.Outcome)
	}

	s = source(1)
	p, _ = build(t, "{}")
	process(t, p, message(s, "x", nil))
	if s.Refused != nil {
		t.Error("a pipeline that stops has nothing to say about refusals")
	}
}

// Whatever the batch, each unit leaves whole or as one dead letter, in the order of first appearance.
func TestAnyBatchKeepsUnitsWhole(t *testing.T) {
	t.Parallel()
	p, _ := build(t, "{topic: d}")
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		sources := make([]*record.Source, 1+rng.IntN(6))
		for i := range sources {
			sources[i] = source(int64(i))
		}
		var batch []*service.Message
		sent, broken := map[*record.Source]int{}, map[*record.Source]bool{}
		for range rng.IntN(20) {
			s := sources[rng.IntN(len(sources))]
			var f *record.Failure
			if rng.IntN(5) == 0 {
				f, broken[s] = failure(), true
			}
			sent[s]++
			batch = append(batch, message(s, "x", f))
		}
		got, letters := map[*record.Source]int{}, map[*record.Source]int{}
		for _, m := range process(t, p, batch...) {
			e := record.From(m)
			got[e.Source]++
			if e.DeadLetter {
				letters[e.Source]++
			}
		}
		for s, n := range sent {
			if broken[s] && (got[s] != 1 || letters[s] != 1) || !broken[s] && (got[s] != n || letters[s] != 0) {
				t.Fatalf("seed %d: a unit of %d, broken %v, left as %d with %d dead letters", seed, n, broken[s], got[s], letters[s])
			}
		}
	}
}

// BenchmarkGoodBatch is what the processor costs a record that did not fail.
func BenchmarkGoodBatch(b *testing.B) {
	conf, err := spec().ParseYAML("{topic: d}", nil)
	if err != nil {
		b.Fatal(err)
	}
	p, err := newProcessor(conf, service.MockResources())
	if err != nil {
		b.Fatal(err)
	}
	const size = 1000
	batch := make(service.MessageBatch, size)
	for i := range batch {
		batch[i] = message(source(int64(i)), "{}", nil)
	}
	b.ReportAllocs()
	for n := 0; n < b.N; n += size {
		if _, err := p.ProcessBatch(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
}
