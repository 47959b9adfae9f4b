package schema

import (
	"context"
	"errors"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

// worker holds a slice of a batch against the schema, one message after the other.
type worker struct {
	*processor
	schema *compiled
	ctx    context.Context

	// The last writer that was looked up: records of one batch were mostly written with one schema.
	id     int
	writer *compiled
}

// leftOut is in a failure's place for a record of another subject that is to be filtered.
var leftOut = &record.Failure{Code: CodeWrongSubject}

// process reports whether the message goes on.
func (w *worker) process(m *service.Message) bool {
	started := time.Now()
	var shown []byte
	var f *record.Failure
	if !record.From(m).Null {
		shown, f = w.convert(m)
	}
	filtered := f == leftOut
	if f != nil && !filtered {
		if f.Code != record.CodePipeline {
			f.Message = clip(f.Message, maxMessage) + " (" + w.schema.String() + ")"
		}
		w.fail(m, f)
	}
	if !w.trace {
		return !filtered
	}
	stage := record.StageOf(w.stage, shown, f, time.Since(started))
	if filtered {
		stage.Outcome, stage.Error = record.Filtered.String(), nil
		m.MetaSetMut(record.MetaOutcome, stage.Outcome)
	}
	if err := record.Trace(m, stage); err != nil {
		w.log.Errorf("tracing %s: %v", w.stage, err)
	}
	return true
}

// convert replaces the message's bytes. It returns the JSON that went into or came out of the stage.
func (w *worker) convert(m *service.Message) (shown []byte, f *record.Failure) {
	defer func() {
		if r := recover(); r != nil {
			// A defect in a format's library is this record's misfortune and nobody else's (invariant 7).
			f = fail(CodeViolation, "checking it broke down: %v", r)
		}
	}()
	b, err := m.AsBytes()
	if err != nil {
		return nil, fail(record.CodeNotJSON, "cannot be written as bytes: %v", err)
	}
	if w.direction == encode {
		return b, w.encode(m, b)
	}
	id, payload, framed, f := unframe(b, w.framing)
	if f != nil {
		return nil, f
	}
	var writer *compiled
	if framed {
		if writer, f = w.writerOf(id); f != nil {
			return nil, f
		}
	}
	out, f := w.schema.format.decode(payload, writer)
	if f != nil {
		return nil, f
	}
	if framed || !sameBytes(out, b) {
		m.SetBytes(out)
	}
	return out, nil
}

func (w *worker) encode(m *service.Message, b []byte) *record.Failure {
	framed := w.framing != framingBare
	out := make([]byte, 0, len(b)+headerSize)
	if framed {
		out = appendFrame(out, w.schema.ID)
	}
	out, f := w.schema.format.encode(out, b, framed)
	if f != nil {
		return f
	}
	m.SetBytes(out)
	return nil
}

// writerOf is the schema that a record's frame names.
func (w *worker) writerOf(id int) (*compiled, *record.Failure) {
	if id == w.schema.ID {
		return w.schema, nil
	}
	if w.writer != nil && id == w.id {
		return w.writer, nil
	}
	c, f := w.lookUp(id)
	if f != nil {
		return nil, f
	}
	w.id, w.writer = id, c
	return c, nil
}

func (w *worker) lookUp(id int) (*compiled, *record.Failure) {
	subject := w.named.subject
	versions, err := w.registry.versionsOf(w.ctx, subject, id, w.waits)
	version := versionAmong(versions, subject)
	switch {
	case errors.Is(err, errUnknownID):
		return nil, fail(CodeUnknownID, "is framed with schema id %d, which the registry does not have: "+
			"if the topic's producers do not frame, set the schema's framing to bare", id)
	case err != nil:
		return nil, fail(record.CodePipeline, "looking up schema id %d: %s", id, clip(err.Error(), maxMessage))
	case version == 0 && w.others == othersFilter && len(versions) > 0:
		// An id that no subject has any more may well have been this one's.
		return nil, leftOut
	case version == 0:
		return nil, fail(CodeWrongSubject, "is framed with schema id %d, which is no version of subject %s", id, subject)
	case w.schema.Type == typeJSON:
		// JSON reads the same whatever it was written with.
		return w.schema, nil
	}
	c, err := w.registry.schema(w.ctx, variant{name{subject, version}, w.named.Options}, w.waits)
	var final *finalError
	switch {
	case errors.As(err, &final):
		return nil, fail(CodeIncompatible, "was written with version %d of subject %s, which cannot be used: %s", version, subject, clip(err.Error(), maxMessage))
	case err != nil:
		return nil, fail(record.CodePipeline, "loading version %d of subject %s: %s", version, subject, clip(err.Error(), maxMessage))
	}
	return c, nil
}

func sameBytes(a, b []byte) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }
