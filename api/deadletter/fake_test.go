package deadletter_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/api/deadletter"
	"github.com/inflect-dev/inflect/pipeline"
)

// fake is a bench on a fake broker, for what needs no real one.
func fake(t *testing.T) *bench {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in", "out", "dlq", "replays"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b := &bench{t: t, brokers: cluster.ListenAddrs(), marks: "replays", spec: pipeline.Spec{Name: "p", Source: pipeline.Source{Topic: "in"},
		Target: pipeline.Target{Topic: "out"}, DLQ: &pipeline.Target{Topic: "dlq"}}}
	if b.client, err = kgo.NewClient(kgo.SeedBrokers(b.brokers...), kgo.ProducerBatchMaxBytes(8<<20)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	b.letters = b.another(deadletter.Options{})
	return b
}

// configure sets a config of topics.
func (b *bench) configure(key, value string, topics ...string) {
	b.t.Helper()
	done, err := kadm.NewClient(b.client).AlterTopicConfigs(b.t.Context(), []kadm.AlterConfig{{Name: key, Value: &value}}, topics...)
	if err == nil {
		for _, d := range done {
			err = d.Err
		}
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// What a topic takes is said by the topic: a record that was read from it can be written to it.
func TestReplayedRecordMayBeAsLargeAsItsTopicLetsIt(t *testing.T) {
	t.Parallel()
	for _, to := range []pipeline.ReplayTo{pipeline.ToSource, pipeline.ToPipeline} {
		b := fake(t)
		b.configure("max.message.bytes", "8000000", "in", "out", "dlq")
		b.letters = b.another(deadletter.Options{Runner: upper{"dlq"}})
		b.fail(3, func(i int, r *kgo.Record) {
			if i == 1 {
				r.Value = bytes.Repeat([]byte("x"), 3<<19)
			}
			r.Headers = r.Headers[1:] // Only one header "trace".
		})
		if got := b.replay(pipeline.DeadLetterReplay{All: true, To: to}); got != (pipeline.DeadLetterReplayed{Replayed: 3}) {
			t.Errorf("to the %s: %+v", to, got)
		}
	}
}

// A header says anything. A time that cannot be written makes no list unreadable, and no record older than it is.
func TestTimeThatCannotBeIsNone(t *testing.T) {
	t.Parallel()
	b := fake(t)
	began := time.Now().Add(-time.Second)
	b.fail(2, func(i int, r *kgo.Record) {
		reset(r, "inflect-source-timestamp", []string{"1767225600000000", "10000000000000"}[i]) // the years 57971 and 2286
	})
	got, err := b.letters.List(t.Context(), b.spec, pipeline.DeadLetterQuery{Records: 1, Scan: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(got); err != nil {
		t.Error(err)
	}
	b.replay(pipeline.DeadLetterReplay{All: true})
	for _, r := range b.sent() {
		if r.Timestamp.Before(began) {
			t.Errorf("it was replayed with the time %s", r.Timestamp)
		}
	}
}

// A call that gives up counting has not looked for the rest of what was selected.
func TestWhatWasNotLookedForRemains(t *testing.T) {
	t.Parallel()
	b := fake(t)
	b.fail(3)
	b.letters = b.another(deadletter.Options{Budget: time.Nanosecond})
	places := []pipeline.DeadLetterPlace{{Offset: 0}, {Offset: 1}, {Offset: 2}}
	got := b.replay(pipeline.DeadLetterReplay{Records: places})
	if got.NotFound != 0 || got.Replayed+got.Remaining != len(places) {
		t.Errorf("%+v", got)
	}
}

// What is left over is asked for at once: one call after the other is no faster than one.
func TestRateIsKeptFromCallToCall(t *testing.T) {
	t.Parallel()
	b := fake(t)
	b.fail(20)
	b.letters = b.another(deadletter.Options{Budget: time.Millisecond})
	const rate = 4
	begin, sent := time.Now(), 0
	for range 4 {
		sent += b.replay(pipeline.DeadLetterReplay{All: true, Rate: rate}).Replayed
	}
	if took, least := time.Since(begin), time.Duration(sent)*time.Second/rate; took < least {
		t.Errorf("%d were sent in %s, at %d a second that takes %s", sent, took, rate, least)
	}
}

// keyed delivers to a topic, and gives what says binary a key that is not text, as it comes out of a trial.
type keyed struct{ topic string }

func (k keyed) Run(_ context.Context, _ pipeline.Pipeline, events []pipeline.TestEvent) ([]pipeline.TestResult, error) {
	out := make([]pipeline.TestResult, len(events))
	for i, e := range events {
		made := pipeline.TestRecord{Topic: k.topic, Key: e.Key, Headers: e.Headers, ValueBase64: e.ValueBase64}
		if value, _ := base64.StdEncoding.DecodeString(e.ValueBase64); string(value) == "binary" {
			text, err := json.Marshal("\xff")
			if err != nil {
				return nil, err
			}
			if err := json.Unmarshal(text, &made.Key); err != nil {
				return nil, err
			}
		}
		out[i] = pipeline.TestResult{Outcome: "delivered", Records: []pipeline.TestRecord{made}}
	}
	return out, nil
}

// A trial speaks JSON: what that cannot say stays where it is, rather than being written as something else.
func TestOnlyTextGoesStraightThrough(t *testing.T) {
	t.Parallel()
	b := fake(t)
	texts := []string{"good", "null header", "binary name", "binary"}
	b.fail(len(texts), func(i int, r *kgo.Record) {
		r.Value = []byte(texts[i])
		r.Headers = r.Headers[1:] // Only one header "trace".
		switch texts[i] {
		case "null header":
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: "null"})
		case "binary name":
			set(r, "\xff", "x")
		}
	})
	b.letters = b.another(deadletter.Options{Runner: keyed{"out"}})
	if got, want := b.replay(pipeline.DeadLetterReplay{All: true, To: pipeline.ToPipeline}), (pipeline.DeadLetterReplayed{Replayed: 1, Refused: 3}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := b.read("out"); len(got) != 1 || string(got[0].Value) != "good" {
		t.Errorf("delivered %v", got)
	}
}

// What is held of a topic is bounded, wherever its bytes are.
func TestHeadersAreWeighed(t *testing.T) {
	t.Parallel()
	b := fake(t)
	const large = 900_000
	b.fail(40, func(_ int, r *kgo.Record) { set(r, "large", strings.Repeat("x", large)) })
	got, err := b.letters.List(t.Context(), b.spec, pipeline.DeadLetterQuery{Records: 500, Scan: 1000})
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, g := range got.Groups {
		shown += len(g.Records)
	}
	if shown == 0 || shown*large > 32<<20 {
		t.Errorf("%d dead letters of %d bytes are held", shown, large)
	}
}

// What is too large to be shown has no frame for that.
func TestEditedRecordHasItsFrameAndNoOther(t *testing.T) {
	t.Parallel()
	b := fake(t)
	b.configure("max.message.bytes", "8000000", "in", "dlq")
	large := bytes.Repeat([]byte("x"), 3<<19)
	values := [][]byte{append([]byte{0, 1, 2, 3, 4}, large...), append([]byte("\x00\x00\x00\x00\x07\""), append(large, '"')...)}
	b.fail(len(values), func(i int, r *kgo.Record) { r.Value = values[i] })
	places := []pipeline.DeadLetterPlace{{Offset: 0, Value: json.RawMessage("1")}, {Offset: 1, Value: json.RawMessage("2")}}
	b.replay(pipeline.DeadLetterReplay{Records: places})
	for i, want := range []string{"1", "\x00\x00\x00\x00\x072"} {
		if got := b.sent(); len(got) != 2 || string(got[i].Value) != want {
			t.Errorf("sent %q, want %q", got[i].Value, want)
		}
	}
}

// One that its topic does not take any more holds up no other.
func TestWhatIsTooLargeIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, to := range []pipeline.ReplayTo{pipeline.ToSource, pipeline.ToPipeline} {
		b := fake(t)
		b.configure("max.message.bytes", "8000000", "dlq")
		b.letters = b.another(deadletter.Options{Runner: keyed{"out"}})
		b.fail(3, func(i int, r *kgo.Record) {
			if i == 1 {
				r.Value = bytes.Repeat([]byte("x"), 3<<19)
			}
			r.Headers = r.Headers[1:] // Only one header "trace".
		})
		if got := b.replay(pipeline.DeadLetterReplay{All: true, To: to}); got != (pipeline.DeadLetterReplayed{Replayed: 2, Refused: 1}) {
			t.Errorf("to the %s: %+v", to, got)
		}
	}
}

// crashing is a trial that dies of what says crash, and is too slow for more than four events.
type crashing struct{ keyed }

func (c crashing) Run(ctx context.Context, p pipeline.Pipeline, events []pipeline.TestEvent) ([]pipeline.TestResult, error) {
	for i, e := range events {
		if value, _ := base64.StdEncoding.DecodeString(e.ValueBase64); string(value) == "crash" || i == 4 {
			return nil, pipeline.Errorf(pipeline.CodeRejected, fmt.Sprintf("events[%d]", i), "the trial broke down at this event")
		}
	}
	return c.keyed.Run(ctx, p, events)
}

func TestWhatBreaksATrialHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	b := fake(t)
	b.fail(12, func(i int, r *kgo.Record) {
		r.Headers = r.Headers[1:] // Only one header "trace".
		if i == 0 || i == 6 {
			r.Value = []byte("crash")
		}
	})
	b.letters = b.another(deadletter.Options{Runner: crashing{keyed{"out"}}})
	if got, want := b.replay(pipeline.DeadLetterReplay{All: true, To: pipeline.ToPipeline}), (pipeline.DeadLetterReplayed{Replayed: 10, Refused: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	times := map[string]int{}
	for _, r := range b.read("out") {
		times[string(r.Key)]++
	}
	if len(times) != 10 || times["k0"]+times["k6"] != 0 {
		t.Errorf("delivered %v", times)
	}
}
