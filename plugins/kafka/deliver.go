package kafka

import (
	"context"
	"fmt"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/plugins/record"
)

// maxTopicName is how long Kafka lets the name of a topic be.
const maxTopicName = 249

// writer writes messages of one batch.
type writer struct {
	output *output
	batch  *batch
	client *kgo.Client
	limits *limits

	envelopes []*record.Envelope
	records   []kgo.Record
	refused   map[*record.Source]*record.Failure
}

// write enqueues the messages' records in two passes: the first one finds what stops the pipeline or is refused for
// certain, so that nothing of such a unit is written; the second one produces.
func (w *writer) write(ctx context.Context, messages service.MessageBatch) error {
	if err := w.batch.open(); err != nil {
		return err
	}
	defer w.batch.written()
	stop := context.AfterFunc(ctx, func() { w.batch.fail(errLeft) })
	defer stop()
	if in := w.batch.input; in != nil {
		if last := in.writing.Load(); last == nil || last.limits != w.limits {
			in.writing.Store(&writing{limits: w.limits, logger: w.output.logger})
		}
	}
	w.envelopes = make([]*record.Envelope, len(messages))
	w.records = make([]kgo.Record, len(messages))
	for i, m := range messages {
		if err := w.prepare(ctx, i, m); err != nil {
			w.batch.fail(err)
			return err
		}
	}
	for i := range w.records {
		if err := w.produce(ctx, i); err != nil {
			w.batch.fail(err)
			return err
		}
	}
	if w.batch.client == nil {
		sendNow(w.client)
	}
	return nil
}

// sendNow ends the linger of what is buffered, since more will not come soon. A flush does that first and then waits,
// which is not wanted here.
func sendNow(client *kgo.Client) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = client.Flush(ctx)
}

// prepare makes the record of one message and judges it.
func (w *writer) prepare(ctx context.Context, i int, m *service.Message) error {
	e := record.Ensure(m)
	s := e.Source
	w.envelopes[i] = e
	if f := record.FailureOf(m); f != nil {
		return w.stop(s, f, "the record failed, and there is no inflect_dlq to say what to do with it, or it says stop")
	}
	value, err := m.AsBytes()
	if err != nil {
		return fmt.Errorf("reading a message: %w", err)
	}
	w.fill(&w.records[i], e, value)
	if topic, ok := m.MetaGet(record.MetaTarget); ok && topic != "" && e.Topic == "" {
		w.records[i].Topic = topic
	}
	f := unnamable(w.records[i].Topic)
	if f == nil {
		if err := w.limits.learn(ctx, w.records[i].Topic, w.batch.read); err != nil {
			return err
		}
		if f, err = w.verdict(&w.records[i], e); f == nil {
			return err
		}
	}
	if e.DeadLetter {
		return w.stop(s, f, "its dead letter cannot be written")
	}
	if s.Refused == nil {
		return w.stop(s, f, "the target refused it, and there is no inflect_dlq to say what to do with it, or it says stop")
	}
	if w.refused == nil {
		w.refused = map[*record.Source]*record.Failure{}
	}
	w.refused[s] = f
	return nil
}

// unnamable is the failure of a record for a topic that cannot exist, where others would be waited for.
func unnamable(topic string) *record.Failure {
	foreign := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
	}
	if len(topic) <= maxTopicName && topic != "." && topic != ".." && strings.IndexFunc(topic, foreign) < 0 {
		return nil
	}
	return &record.Failure{Code: record.CodeRefused, Stage: record.StageTarget,
		Message: fmt.Sprintf("%.300q is not a topic name: letters, digits, '.', '_' and '-', at most %d", topic, maxTopicName)}
}

// verdict is why the target will refuse the record, nil when nothing speaks against it. Its error says that this is not
// known yet. That the target has refused the record speaks against no dead letter of it: a step may have failed this time.
func (w *writer) verdict(r *kgo.Record, e *record.Envelope) (*record.Failure, error) {
	if limit := w.limits.of(r.Topic); len(r.Value) > int(limit)/2 || len(r.Key)+len(r.Headers) > 0 {
		if n := size(r); n > int(limit) {
			if err := w.limits.unsaid(r.Topic); err != nil {
				return nil, err
			}
			return &record.Failure{Code: record.CodeTooLarge, Stage: record.StageTarget,
				Message: fmt.Sprintf("the record has about %d bytes, and topic %s takes at most %d", n, r.Topic, limit)}, nil
		}
	}
	if in := w.batch.input; in != nil && !e.DeadLetter && !in.refusals.empty() {
		return in.refusals.of(e.Source), nil
	}
	return nil, nil
}

// fill is how an envelope and a value leave.
func (w *writer) fill(r *kgo.Record, e *record.Envelope, value []byte) {
	s := e.Source
	r.Topic, r.Key, r.Value, r.Timestamp, r.Partition = e.Topic, e.Key, value, s.Timestamp, s.Partition
	if r.Topic == "" {
		r.Topic = w.output.topic
	}
	switch {
	case e.Null:
		r.Value = nil
	case value == nil:
		r.Value = []byte{}
	}
	var from *kgo.Record
	if o := originOf(e); o != nil {
		from = o.record
	}
	r.Headers = headersOf(e, from)
}

// produce writes one record, or what takes the place of its whole unit.
func (w *writer) produce(ctx context.Context, i int) error {
	e, r := w.envelopes[i], &w.records[i]
	s := e.Source
	if f, ok := w.refused[s]; ok {
		if f == nil {
			return nil // the unit's dead letter is written
		}
		w.refused[s] = nil
		return w.refuse(ctx, s, f)
	}
	switch s.Outcome {
	case record.Pending:
		s.Outcome = record.Delivered
	case record.DeadLettered, record.Dropped:
		if !e.DeadLetter {
			return nil // an earlier part of the unit was refused
		}
	}
	w.batch.produce(w.client, w.limits, r)
	return nil
}

// refuse writes a dead letter in place of a unit.
func (w *writer) refuse(ctx context.Context, s *record.Source, f *record.Failure) error {
	if in := w.batch.input; in != nil { // a processor may have split the unit
		switch s.Outcome {
		case record.Delivered: // its first part is written; the next time it is known from the start
			in.refusals.add(s, f)
			return w.batch.narrower(f)
		case record.DeadLettered, record.Dropped:
			return nil // an earlier part was refused
		}
	}
	e, value, ok := s.Refused.DeadLetter(s, f)
	if !ok {
		return nil
	}
	r := &kgo.Record{}
	w.fill(r, e, value)
	if err := w.limits.learn(ctx, r.Topic, w.batch.read); err != nil {
		return err
	}
	if n, limit := size(r), int(w.limits.of(r.Topic)); n > limit {
		if err := w.limits.unsaid(r.Topic); err != nil {
			return err
		}
		return w.stop(s, &record.Failure{Code: record.CodeTooLarge, Stage: record.StageTarget, Message: fmt.Sprintf(
			"its dead letter has about %d bytes, and topic %s takes at most %d: raise the topic's max.message.bytes", n, r.Topic, limit)},
			"its dead letter cannot be written")
	}
	w.batch.produce(w.client, w.limits, r)
	return nil
}

// stop is the error for a record on which the pipeline halts. Among others it is first read again with fewer of them, so
// that what lies before it is finished and committed.
func (w *writer) stop(s *record.Source, f *record.Failure, why string) error {
	err := &stopError{source: s, failure: f, why: why}
	if len(w.batch.records) > 1 {
		return w.batch.narrower(err)
	}
	return err
}
