package js

import (
	"errors"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

// finish appends what became of one message to the batch that leaves.
func (p *processor) finish(out service.MessageBatch, j *job) service.MessageBatch {
	if j.skip {
		return append(out, j.message)
	}
	p.publish(j)
	switch {
	case j.failure != nil:
		p.traceTo(j.message, j)
		record.Fail(j.message, j.failure)
		return append(out, j.message)
	case len(j.items) == 0 && p.program.trace:
		p.traceTo(j.message, j)
		j.message.MetaSetMut(record.MetaOutcome, record.Filtered.String())
		return append(out, j.message)
	case len(j.items) == 0:
		p.filtered(j.envelope.Source)
		return out
	}
	for i := range j.items {
		msg := j.message
		if i < len(j.items)-1 {
			msg = j.message.Copy()
		}
		it := &j.items[i]
		if it.changed {
			msg.SetBytes(it.text)
		}
		if it.addressed || it.null != j.envelope.Null {
			readdress(msg, j.envelope, it)
		}
		p.traceTo(msg, j)
		out = append(out, msg)
	}
	return out
}

// readdress gives the message the key, headers and topic that its steps want.
func readdress(msg *service.Message, was *record.Envelope, it *item) {
	for _, h := range was.Headers {
		msg.MetaDelete(record.MetaHeaderPrefix + h.Key)
	}
	e := *was
	e.Key, e.Headers, e.Topic, e.Null = it.key, it.headers, it.topic, it.null
	record.Attach(msg, &e)
	record.Publish(msg, &e)
}

// filtered notes that nothing is left of a record. Nobody else will count it when it came from a foreign input.
func (p *processor) filtered(s *record.Source) {
	if s.Outcome == record.Pending {
		s.Outcome = record.Filtered
	}
	if s.Owner == nil {
		var t record.Tally
		t.Add(record.Filtered)
		p.stats.Read(1)
		p.stats.Committed(t, time.Now())
	}
}

// traced is a stage of a trial; its fields are those of the control plane's StageResult.
type traced struct {
	Stage      string          `json:"stage"`
	Outcome    string          `json:"outcome"`
	Output     rawJSON         `json:"output,omitempty"`
	Error      *record.Failure `json:"error,omitempty"`
	DurationUS float64         `json:"duration_us"`
}

// rawJSON is text that is JSON already and keeps every digit.
type rawJSON []byte

func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }

func (p *processor) traceTo(msg *service.Message, j *job) {
	if !p.program.trace {
		return
	}
	for i, s := range p.program.steps {
		t := traced{Stage: s.stage, Outcome: "not_reached"}
		if i < len(j.trace) {
			st := j.trace[i]
			t = traced{s.stage, st.outcome, st.output, st.failure, float64(st.duration.Nanoseconds()) / 1000}
		}
		if err := record.Trace(msg, t); err != nil {
			p.log.Errorf("tracing step %s: %v", s.name, err)
		}
	}
}

// record notes what a step made of an event, in a trial. Of several events of one record the first is followed.
func (m *machine) record(i int, it *item, keep bool, err error, d time.Duration) {
	u := m.unit
	if i != len(u.trace) {
		return
	}
	t := stageTrace{outcome: "ok", duration: d}
	switch {
	case err != nil:
		t.outcome = "failed"
		errors.As(err, &t.failure)
	case keep && it.value != nil:
		_ = m.try(func() { t.output, _ = m.encode(it.value, it.wide) })
	case len(u.emitted) > 0:
		t.output = u.emitted[0].text
	default:
		t.outcome = "filtered"
	}
	u.trace = append(u.trace, t)
}
