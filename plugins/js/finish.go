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
		p.traceTo(j.message, j)
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
		j.gone = true
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

// countFiltered notes the records of which nothing is left.
func (p *processor) countFiltered(jobs []*job, out service.MessageBatch) {
	var gone []*record.Source
	var left service.MessageBatch
	for _, j := range jobs {
		if !j.gone {
			continue
		}
		gone = append(gone, j.source())
		if j.sibling {
			left = out
		}
	}
	p.stats.Filtered(gone, left)
}

// traceTo reports, in a trial, what each step did with the message; steps that did not see it were not reached.
func (p *processor) traceTo(msg *service.Message, j *job) {
	if !p.program.trace {
		return
	}
	for i, s := range p.program.steps {
		t := record.Stage{Stage: s.stage, Outcome: "not_reached"}
		if i < len(j.trace) {
			st := j.trace[i]
			t = record.Stage{Stage: s.stage, Outcome: st.outcome, Output: st.output, Error: st.failure,
				DurationUS: float64(st.duration) / float64(time.Microsecond)}
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
