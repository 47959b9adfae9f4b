package dlq

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

// failed is a message that speaks for its unit.
type failed struct {
	message *service.Message
	failure *record.Failure
}

func (f failed) ofPipeline() bool { return f.failure.Code == record.CodePipeline }

// ProcessBatch implements service.BatchProcessor. A batch without failures is returned as it is.
func (p *processor) ProcessBatch(_ context.Context, batch service.MessageBatch) ([]service.MessageBatch, error) {
	var t record.Tally
	units := failedUnits(batch)
	if units == nil {
		for _, m := range batch {
			p.deliver(m, &t)
		}
	} else {
		batch = p.replace(batch, units, &t)
	}
	if t != (record.Tally{}) {
		p.stats.Settled(t)
	}
	if len(batch) == 0 {
		return nil, nil
	}
	return []service.MessageBatch{batch}, nil
}

// failedUnits picks each unit's first failure, or the first of its failures that concerns the whole pipeline.
func failedUnits(batch service.MessageBatch) map[*record.Source]failed {
	var units map[*record.Source]failed
	for _, m := range batch {
		if m.GetError() == nil {
			continue
		}
		if units == nil {
			units = map[*record.Source]failed{}
		}
		s, f := record.Ensure(m).Source, failed{m, record.FailureOf(m)}
		if have, ok := units[s]; !ok || !have.ofPipeline() && f.ofPipeline() {
			units[s] = f
		}
	}
	return units
}

// replace puts the verdict on each failed unit in the place of the unit's first message.
func (p *processor) replace(batch service.MessageBatch, units map[*record.Source]failed, t *record.Tally) service.MessageBatch {
	out := make(service.MessageBatch, 0, len(batch))
	done := map[*record.Source]bool{}
	for _, m := range batch {
		var s *record.Source
		if e := record.From(m); e != nil {
			s = e.Source
		}
		unit, bad := units[s]
		if !bad {
			p.deliver(m, t)
			out = append(out, m)
			continue
		}
		stops := p.onError == stop || unit.ofPipeline()
		if !done[s] {
			done[s] = true
			p.stats.Failed(unit.failure)
			if !stops {
				out = p.settle(out, s, unit, t)
			}
		}
		if stops {
			out = append(out, m)
		}
	}
	return out
}

// deliver notes what the output needs to know about a record that did not fail. Records of a foreign input are counted
// here, since nobody commits them.
func (p *processor) deliver(m *service.Message, t *record.Tally) {
	e := record.From(m)
	if e == nil {
		t.Add(record.Delivered)
		return
	}
	s := e.Source
	if p.onError != stop {
		s.Refused = p
	}
	if replayed(e.Headers) {
		// Whoever reads it next counts failures of its own.
		clean := *e
		clean.Headers = record.WithHeader(e.Headers, HeaderAttempt, nil)
		record.Attach(m, &clean)
		m.MetaDelete(record.MetaHeaderPrefix + HeaderAttempt)
	}
	if s.Owner == nil && s.Outcome == record.Pending && !record.Traced(m) {
		s.Outcome = record.Delivered
		t.Add(s.Outcome)
	}
}

// settle appends what is left of a failed unit: its dead letter, or nothing when the policy is to drop it.
func (p *processor) settle(out service.MessageBatch, s *record.Source, unit failed, t *record.Tally) service.MessageBatch {
	e, value, ok := p.verdict(s, unit.failure)
	if s.Owner == nil {
		t.Add(s.Outcome)
	}
	if !ok && !p.trace {
		return out
	}
	m := unit.message
	if ok {
		m.SetBytes(value)
		if was := record.From(m); was != nil {
			for _, h := range was.Headers {
				m.MetaDelete(record.MetaHeaderPrefix + h.Key) // A step may have given it.
			}
		}
		record.Attach(m, e)
		record.Publish(m, e)
	}
	m.SetError(nil)
	m.MetaSetMut(record.MetaOutcome, s.Outcome.String())
	return append(out, m)
}

// DeadLetter implements record.Refusal.
func (p *processor) DeadLetter(s *record.Source, f *record.Failure) (*record.Envelope, []byte, bool) {
	p.stats.Failed(f)
	return p.verdict(s, f)
}

// verdict sets the source's outcome. ok is false when the record is to be dropped.
func (p *processor) verdict(s *record.Source, f *record.Failure) (e *record.Envelope, value []byte, ok bool) {
	if p.onError == drop {
		s.Outcome = record.Dropped
		return nil, nil, false
	}
	s.Outcome = record.DeadLettered
	e = record.Of(s)
	e.Topic, e.Headers, e.DeadLetter = p.topic, p.headers(s, f), true
	return e, s.Value, true
}
