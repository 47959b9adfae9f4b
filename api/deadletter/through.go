package deadletter

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/pipeline"
)

// Runner says what becomes of events in a pipeline, without producing anything.
type Runner interface {
	Run(context.Context, pipeline.Pipeline, []pipeline.TestEvent) ([]pipeline.TestResult, error)
}

// through is what the pipeline makes of dead letters, with their marks. A letter that a trial cannot take as it is, or on
// which the pipeline would halt, is left alone.
func (r *replay) through(ctx context.Context, letters []letter) (records []*kgo.Record, sent int, err error) {
	var taken []*kgo.Record
	var events []pipeline.TestEvent
	for _, l := range letters {
		again := r.to.again(l.record, l.edit, time.Now())
		if event, ok := eventOf(again); ok {
			taken, events = append(taken, l.record), append(events, event)
		} else {
			r.out.Refused++
		}
	}
	if len(events) == 0 {
		return nil, 0, nil
	}
	results, err := r.try(ctx, events)
	if err != nil {
		return nil, 0, err
	}
	for i, result := range results {
		if result.Outcome == "stopped" || result.Outcome == "delivered" && slices.ContainsFunc(result.Records, garbled) {
			r.out.Refused++
			continue
		}
		var unit []*kgo.Record
		for _, made := range result.Records {
			unit = append(unit, r.written(made, taken[i]))
		}
		if slices.ContainsFunc(unit, func(out *kgo.Record) bool { return !r.targets[out.Topic].takes(out) }) {
			r.out.Refused++
			continue
		}
		records = append(records, unit...)
		records = append(records, r.letters.marks.mark(r.topicID, taken[i], r.pipeline.Name))
		sent++
	}
	return records, sent, nil
}

// try runs events through the pipeline. A trial that breaks down or takes too long says at which event: what comes before it
// is tried again without it, and it and the rest in a trial of their own. One that breaks down alone halts the pipeline.
func (r *replay) try(ctx context.Context, events []pipeline.TestEvent) ([]pipeline.TestResult, error) {
	results, err := r.letters.options.Runner.Run(ctx, r.pipeline, events)
	at, broke := brokeAt(err)
	switch {
	case broke && len(events) == 1:
		return []pipeline.TestResult{{Outcome: "stopped"}}, nil
	case broke:
		at = min(max(at, 1), len(events)-1)
		before, err := r.try(ctx, events[:at])
		if err != nil {
			return nil, err
		}
		rest, err := r.try(ctx, events[at:])
		return append(before, rest...), err
	case err == nil && len(results) != len(events):
		err = fmt.Errorf("replaying dead letters of %s: the trial gave %d results for %d events", r.pipeline.Name, len(results), len(events))
	}
	return results, err
}

// brokeAt is the event at which a trial broke down.
func brokeAt(err error) (event int, ok bool) {
	var e *pipeline.Error
	if !errors.As(err, &e) || e.Code != pipeline.CodeRejected {
		return 0, false
	}
	n, scanned := fmt.Sscanf(e.Field, "events[%d]", &event)
	return event, n == 1 && scanned == nil
}

// eventOf is a record as a trial takes it; ok is false when the trial would take something else.
func eventOf(r *kgo.Record) (e pipeline.TestEvent, ok bool) {
	if r.Key != nil {
		key := string(r.Key)
		if e.Key = &key; !utf8.Valid(r.Key) {
			return e, false
		}
	}
	e.Headers = make(map[string]string, len(r.Headers))
	for _, h := range r.Headers {
		if _, twice := e.Headers[h.Key]; twice || h.Value == nil || !utf8.Valid(h.Value) || !utf8.ValidString(h.Key) {
			return e, false
		}
		e.Headers[h.Key] = string(h.Value)
	}
	switch {
	case r.Value == nil:
		e.Tombstone = true
	case len(r.Value) == 0:
		return e, false
	default:
		e.ValueBase64 = base64.StdEncoding.EncodeToString(r.Value)
	}
	return e, true
}

// garbled reports whether a step may have given the record a key or a header that is not text: a trial has this character
// in the place of what it cannot say.
func garbled(made pipeline.TestRecord) bool {
	const unsaid = string(utf8.RuneError)
	if made.Key != nil && strings.Contains(*made.Key, unsaid) {
		return true
	}
	for name, value := range made.Headers {
		if strings.Contains(name, unsaid) || strings.Contains(value, unsaid) {
			return true
		}
	}
	return false
}

// written is a record of a trial as the pipeline would have written it. A new dead letter says where the old one came
// from, not where it was in the trial.
func (r *replay) written(made pipeline.TestRecord, from *kgo.Record) *kgo.Record {
	out := &kgo.Record{Topic: made.Topic, Partition: -1, Value: bytesOf(made)}
	if at, ok := timestampOf(from); ok && r.targets[made.Topic].keeps(at, time.Now()) {
		out.Timestamp = at
	}
	if made.Key != nil {
		out.Key = []byte(*made.Key)
	}
	for _, name := range slices.Sorted(maps.Keys(made.Headers)) {
		value := []byte(made.Headers[name])
		switch {
		case name == headerAttempt && made.Topic != r.pipeline.DLQ.Topic:
			continue // The target need not know that it took more than one attempt.
		case strings.HasPrefix(name, headerSource):
			value = []byte(header(from, name))
		}
		out.Headers = append(out.Headers, kgo.RecordHeader{Key: name, Value: value})
	}
	return out
}

func bytesOf(made pipeline.TestRecord) []byte {
	switch {
	case made.Tombstone:
		return nil
	case made.ValueBase64 != "":
		b, _ := base64.StdEncoding.DecodeString(made.ValueBase64) // The trial wrote it.
		return b
	default:
		return append(json.RawMessage{}, made.Value...)
	}
}
